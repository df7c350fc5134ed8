/*
 * Loads of known kinds for the system tests: load KIND SECONDS, load count COUNT (that many short processes), or load
 * crowd COUNT (that many processes that wake up once in 5 s, until it is killed). Every process it starts has ended and
 * was waited for when it ends, so that the kernel's own account of its cgroup stands still.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000.0 /* ns */

static double end_ns;

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int is_over(void)
{
	return clock_ns(CLOCK_MONOTONIC) >= end_ns;
}

/* Uses CPU time of this thread, whoever else runs. */
static void burn(double ns)
{
	double until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

static void rest(double ns)
{
	struct timespec t = { .tv_nsec = (long)ns };

	nanosleep(&t, NULL);
}

static void running(void)
{
	while (!is_over())
		;
}

static void sleeping(void)
{
	while (!is_over()) {
		burn(2 * MS);
		rest(10 * MS);
	}
}

/* Children that fork children of their own; some stay zombies for a while. */
static void forking(void)
{
	int unreaped = 0;

	while (!is_over()) {
		pid_t child = fork();
		if (child == 0) {
			pid_t grandchild = fork();
			burn(grandchild == 0 ? 3 * MS : 5 * MS);
			if (grandchild > 0)
				waitpid(grandchild, NULL, 0);
			_exit(0);
		}
		if (child > 0 && ++unreaped < 16)
			continue;
		while (unreaped > 0 && waitpid(-1, NULL, 0) > 0)
			unreaped--;
		rest(40 * MS);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void run_true(void)
{
	while (!is_over()) {
		pid_t child = fork();
		if (child == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
		rest(5 * MS);
	}
}

static void *burn_a_little(void *unused)
{
	burn(2 * MS);
	return unused;
}

/* Threads that are born and die while their process lives; its leader does nothing. */
static void threads(void)
{
	while (!is_over()) {
		pthread_t some[4];
		for (int i = 0; i < 4; i++)
			if (pthread_create(&some[i], NULL, burn_a_little, NULL) != 0)
				exit(EXIT_FAILURE);
		for (int i = 0; i < 4; i++)
			pthread_join(some[i], NULL);
		rest(20 * MS);
	}
}

static void *run_then_leave(void *unused)
{
	while (!is_over()) {
		burn(5 * MS);
		rest(20 * MS);
	}
	exit(EXIT_SUCCESS);
	return unused;
}

/* The leader has ended, its process lives on in another thread. */
static void leaderless(void)
{
	pthread_t thread;

	burn(50 * MS);
	if (pthread_create(&thread, NULL, run_then_leave, NULL) == 0)
		pthread_exit(NULL);
}

static void *become_true(void *unused)
{
	burn(5 * MS);
	execl("/bin/true", "true", (char *)NULL);
	return unused;
}

/* A thread that is not the leader calls exec and takes the leader's pid. */
static void usurping(void)
{
	while (!is_over()) {
		pid_t child = fork();
		if (child == 0) {
			pthread_t thread;
			burn(5 * MS);
			if (pthread_create(&thread, NULL, become_true, NULL) == 0)
				pthread_join(thread, NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
		rest(20 * MS);
	}
}

/* A millisecond of CPU time. By vfork: a copy of our memory would cost more than that. */
__attribute__((noinline)) static void short_process(void)
{
	pid_t child = vfork();

	if (child == 0) {
		burn(MS);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void shorts(void)
{
	while (!is_over())
		short_process();
}

static void crowd(int count)
{
	for (int i = 0; i < count; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			struct timespec t = { .tv_sec = 5 };
			nanosleep(&t, NULL);
			burn(MS / 20);
		}
	}
	pause();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} kinds[] = { { "running", running }, { "sleeping", sleeping }, { "forking", forking },
		{ "true", run_true }, { "threads", threads }, { "leaderless", leaderless },
		{ "usurping", usurping }, { "short", shorts } };

	if (argc != 3)
		return EXIT_FAILURE;
	end_ns = clock_ns(CLOCK_MONOTONIC) + atof(argv[2]) * 1e9;
	if (strcmp(argv[1], "count") == 0) {
		for (int i = atoi(argv[2]); i > 0; i--)
			short_process();
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "crowd") == 0)
		crowd(atoi(argv[2]));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0) {
			kinds[i].run();
			return EXIT_SUCCESS;
		}
	fprintf(stderr, "load: no kind %s\n", argv[1]);
	return EXIT_FAILURE;
}
