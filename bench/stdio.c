/*
 * Asks a server that speaks lines: bench_stdio CALLS DEPTH COMMAND ...; DEPTH calls under way, as many new ones as were
 * answered by one write. The first line of standard input opens the session, the second is the call. Prints calls a second;
 * every answer must be a result. bench_stdio fixed SIZE is the limit beside it: to each line it answers a result of SIZE bytes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define READ_SIZE ((size_t)256 << 10)
#define DEPTH_MAX 1024

static const char result[] = "\"isError\":false";
static char input[READ_SIZE];

static void stop(const char *what)
{
	fprintf(stderr, "bench_stdio: %s\n", what);
	exit(EXIT_FAILURE);
}

static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written <= 0)
			stop("write");
		bytes += written;
		size -= (size_t)written;
	}
}

static unsigned long count_lines(const char *bytes, size_t size)
{
	unsigned long count = 0;

	for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes))) != NULL; at++)
		count++;
	return count;
}

static int answer_fixed(size_t size)
{
	char *answers = malloc(DEPTH_MAX * size);
	ssize_t got;

	if (size < sizeof(result) || answers == NULL)
		return 2;
	for (size_t i = 0; i < DEPTH_MAX; i++) {
		memset(answers + i * size, '.', size - 1);
		memcpy(answers + i * size, result, sizeof(result) - 1);
		answers[(i + 1) * size - 1] = '\n';
	}
	while ((got = read(STDIN_FILENO, input, sizeof(input))) > 0)
		for (size_t left = count_lines(input, (size_t)got), some; left > 0; left -= some) {
			some = left < DEPTH_MAX ? left : DEPTH_MAX;
			write_all(STDOUT_FILENO, answers, some * size);
		}
	return EXIT_SUCCESS;
}

/* The server's ends are ours: ret_ends[0] is read, [1] is written. */
static pid_t start(char **command, int ret_ends[static 2])
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		stop("pipe");
	pid_t child = fork();
	if (child == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execv(command[0], command);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	ret_ends[0] = from[0];
	ret_ends[1] = to[1];
	return child;
}

/* The lines that were read whole; what is left of the last one moves to the front. */
static unsigned long hear(int fd, size_t *rest)
{
	ssize_t got = read(fd, input + *rest, sizeof(input) - *rest);
	char *at = input, *end;
	unsigned long count = 0;

	if (got <= 0)
		stop("the server has ended, or a line is too long");
	size_t size = *rest + (size_t)got;
	for (; (end = memchr(at, '\n', size - (size_t)(at - input))) != NULL; at = end + 1, count++)
		if (memmem(at, (size_t)(end - at), result, sizeof(result) - 1) == NULL)
			stop("an answer is no result");
	*rest = size - (size_t)(at - input);
	memmove(input, at, *rest);
	return count;
}

/* Opens the session and puts the calls; the seconds from the first call to the last answer. */
static double ask(const int ends[static 2], unsigned long calls, unsigned long depth)
{
	char *line = NULL;
	size_t room = 0, rest = 0;
	ssize_t size = getline(&line, &room, stdin);

	write_all(ends[1], line, size > 0 ? (size_t)size : 0);
	if (read(ends[0], input, sizeof(input)) <= 0 || (size = getline(&line, &room, stdin)) <= 0)
		stop("no session");
	char *lines = malloc(depth * (size_t)size);
	for (unsigned long i = 0; i < depth; i++)
		memcpy(lines + i * (size_t)size, line, (size_t)size);
	uint64_t begun_ns = clock_mono_ns();
	write_all(ends[1], lines, depth * (size_t)size);
	for (unsigned long asked = depth, answered = 0, more; answered < calls; asked += more) {
		unsigned long some = hear(ends[0], &rest);
		answered += some;
		more = some < calls - asked ? some : calls - asked;
		write_all(ends[1], lines, more * (size_t)size);
	}
	return (double)(clock_mono_ns() - begun_ns) / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long calls, depth;
	int ends[2];

	if (argc == 3 && strcmp(argv[1], "fixed") == 0)
		return answer_fixed(strtoul(argv[2], NULL, 10));
	if (argc < 4 || (depth = strtoul(argv[2], NULL, 10)) == 0 || depth > DEPTH_MAX ||
		(calls = strtoul(argv[1], NULL, 10)) < depth)
		return 2;
	pid_t child = start(argv + 3, ends);
	printf("%.1f\n", (double)calls / ask(ends, calls, depth));
	close(ends[1]);
	return waitpid(child, NULL, 0) == child ? EXIT_SUCCESS : EXIT_FAILURE;
}
