/* What nng 1.5.2 made of connections that end at the wrong moment (ipc/nng), and of a peer that is away. The peer that breaks them is a thread with a raw socket. */
#include "tests/unit/ipc/link_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ipc/link_private.h"

#define PASSERS_BY 50
#define LONG_ROWS  300
#define BROKEN     300
#define SP_HEAD    8

#define SOME_BYTES 10000 /* of a message that fills the kernel's buffer: most of it is still to be sent */

static const uint8_t sp_push0[SP_HEAD] = { 0, 'S', 'P', 0, 0, 0x50 },
		     sp_pull0[SP_HEAD] = { 0, 'S', 'P', 0, 0, 0x51 };

static struct sockaddr_un address_of(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/estimator/collector.ipc", dir);
	return address;
}

static void pass_by(const char *dir, size_t said)
{
	struct sockaddr_un address = address_of(dir);
	int raw = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(raw, (struct sockaddr *)&address, sizeof(address)), 0);
	if (said > 0)
		assert_int_equal(send(raw, sp_push0, said, MSG_NOSIGNAL), said);
	close(raw);
}

static void a_listener_hears_on_after_handshakes_that_were_broken_off(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < PASSERS_BY; i++)
		pass_by(fixture->dir, i % (SP_HEAD + 1));
	struct link *link = dial(fixture->dir, STAGE_ESTIMATOR, STAGE_COLLECTOR);
	assert_int_equal(send_tick(link, 1, 5), 0);
	serve_until(fixture->link, fixture->seen.sum == 5);
	link_free(link);
}

/* A consumer that ends each connection: at once, or after the handshake and so many bytes of the first message. */
struct breaker {
	char dir[40], folder[64];
	atomic_bool shakes_hands;
	atomic_size_t reads;
	int listener;
	pthread_t thread;
	atomic_int broken;
};

static void *break_connections(void *context)
{
	struct breaker *breaker = context;
	const struct timeval patience = { .tv_usec = 100000 }; /* nobody may be left who sends */
	char bytes[SOME_BYTES];
	int raw;

	while ((raw = accept(breaker->listener, NULL, NULL)) >= 0) {
		setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (breaker->shakes_hands) {
			(void)recv(raw, bytes, SP_HEAD, MSG_WAITALL);
			(void)send(raw, sp_pull0, SP_HEAD, MSG_NOSIGNAL);
			if (breaker->reads > 0)
				(void)recv(raw, bytes, breaker->reads, MSG_WAITALL);
		}
		close(raw);
		breaker->broken++;
	}
	return NULL;
}

static int open_breaker(void **state)
{
	struct breaker *breaker = calloc(1, sizeof(*breaker));

	strcpy(breaker->dir, "/tmp/tanso-link-XXXXXX");
	assert_non_null(mkdtemp(breaker->dir));
	snprintf(breaker->folder, sizeof(breaker->folder), "%s/estimator", breaker->dir);
	assert_int_equal(mkdir(breaker->folder, 0755), 0);
	struct sockaddr_un address = address_of(breaker->dir);
	breaker->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(breaker->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(breaker->listener, 16), 0);
	assert_int_equal(pthread_create(&breaker->thread, NULL, break_connections, breaker), 0);
	*state = breaker;
	return 0;
}

static int close_breaker(void **state)
{
	struct breaker *breaker = *state;

	rmdir(breaker->folder);
	int r = rmdir(breaker->dir);
	free(breaker);
	return r;
}

/* In its place the real one, which the link has to reach. */
static void give_way(struct breaker *breaker, struct link *link)
{
	struct sockaddr_un address = address_of(breaker->dir);
	struct seen seen = { 0 };
	struct link *consumer;

	shutdown(breaker->listener, SHUT_RDWR);
	close(breaker->listener);
	pthread_join(breaker->thread, NULL);
	unlink(address.sun_path);
	assert_int_equal(
		link_listen(&consumer, breaker->dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, note_frame, &seen), 0);
	/* the first ones may be lost with a connection whose end is not noticed yet */
	wait_until((send_tick(link, 2, 5), link_source(consumer)->ready(link_source(consumer)),
		seen.last_seq == 2));
	link_free(link);
	link_free(consumer);
}

static struct link *dial_hastily(const struct breaker *breaker)
{
	struct link *link;

	assert_int_equal(link_dial(&link, breaker->dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, NULL, NULL), 0);
	assert_int_equal(nng_dialer_set_ms(link->dialer, NNG_OPT_RECONNMINT, 2), 0);
	assert_int_equal(nng_dialer_set_ms(link->dialer, NNG_OPT_RECONNMAXT, 2), 0);
	return link;
}

static void a_dialer_dials_on_after_handshakes_that_were_broken_off(void **state)
{
	struct breaker *breaker = *state;
	struct link *link = dial_hastily(breaker);

	wait_until(breaker->broken >= BROKEN);
	give_way(breaker, link);
}

static void a_peer_that_ends_each_connection_after_the_handshake_ends_nobody(void **state)
{
	struct breaker *breaker = *state;

	breaker->shakes_hands = true;
	struct link *link = dial_hastily(breaker);
	while (breaker->broken < BROKEN)
		(void)send_tick(link, 1, 1);
	give_way(breaker, link);
}

static void a_connection_that_ends_within_a_long_message_is_dialled_again(void **state)
{
	struct breaker *breaker = *state;

	breaker->shakes_hands = true;
	breaker->reads = SOME_BYTES;
	struct link *link = dial_hastily(breaker);
	wait_until((send_topology(link, 1, LONG_ROWS), breaker->broken >= BROKEN));
	give_way(breaker, link);
}

static uint64_t processor_ns(void)
{
	struct timespec spent;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent), 0);
	return (uint64_t)spent.tv_sec * NS_PER_SECOND + (uint64_t)spent.tv_nsec;
}

/* No thread spins until the next attempt: that took 7 to 16 ms of each second, and a fifth or less of it without (of this build, by
 * five runs each). A busy machine is given three seconds for a calm one. */
static void waiting_for_a_peer_that_is_away_costs_little(void **state)
{
	struct fixture *fixture = *state;
	uint64_t spent_ns = UINT64_MAX;
	struct link *link;

	assert_int_equal(link_dial(&link, fixture->dir, STAGE_ANALYST, STAGE_ESTIMATOR, NULL, NULL), 0);
	poll(NULL, 0, 500); /* until its pauses have grown */
	for (int i = 0; i < 3 && spent_ns > 5 * NS_PER_MILLISECOND; i++) {
		uint64_t before_ns = processor_ns();
		poll(NULL, 0, 1000);
		spent_ns = processor_ns() - before_ns;
	}
	assert_true(spent_ns <= 5 * NS_PER_MILLISECOND);
	link_free(link);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_breaker, close_breaker)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_listener_hears_on_after_handshakes_that_were_broken_off,
			open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			waiting_for_a_peer_that_is_away_costs_little, open_fixture, close_fixture),
		TEST(a_dialer_dials_on_after_handshakes_that_were_broken_off),
		TEST(a_peer_that_ends_each_connection_after_the_handshake_ends_nobody),
		TEST(a_connection_that_ends_within_a_long_message_is_dialled_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
