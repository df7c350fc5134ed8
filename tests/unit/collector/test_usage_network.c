/* Network bytes and packets, and softirq time, of sockets that talk to each other on the loopback device. */
#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/collector/kernel_version.h"
#include "tests/unit/collector/usage_world.h"

#define SEGMENTS 100 /* each way */
#define EARS     500
#define SHOUTS   1000
#define TIMES    3
#define MUCH     (1 << 20)

/* Question and answer over TCP with oneself: a segment each, and acknowledgements. */
static void talk_over_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	char byte = 'x';

	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
		connect(fd, (struct sockaddr *)&address, size) < 0 ||
		(peer = accept(listener, NULL, NULL)) < 0)
		_exit(7);
	for (int i = 0; i < SEGMENTS; i++)
		if (send(fd, &byte, 1, 0) != 1 || recv(peer, &byte, 1, 0) != 1 ||
			send(peer, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			_exit(7);
	close(fd);
	close(peer);
	close(listener);
}

static void network_bytes_are_counted_to_the_byte_and_local_sockets_are_not(void **state)
{
	struct world *world = *state;

	if (kernel_is_before(6, 3))
		skip();
	assert_true(counts(world, USAGE_tx_bytes) && counts(world, USAGE_rx_bytes));
	let(world, talk_to_oneself);
	read_usage(world);
	assert_int_equal(world->sum[USAGE_tx_bytes], DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_rx_bytes], DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_tx_packets], DATAGRAMS);
	assert_int_equal(world->sum[USAGE_rx_packets], DATAGRAMS);
	let(world, talk_over_tcp);
	read_usage(world);
	uint64_t sent = world->sum[USAGE_tx_packets] - DATAGRAMS,
		 received = world->sum[USAGE_rx_packets] - DATAGRAMS;
	assert_in_range(sent, 2 * SEGMENTS, 5 * SEGMENTS);
	assert_in_range(received + 5, sent, sent + 10); /* both ends are ours */
}

/* A kernel that tells nothing of what sockets send, as those before 6.3. */
static bool is_older;
int32_t __real_btf__find_by_name_kind(const struct btf *btf, const char *name, uint32_t kind);
int32_t __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, uint32_t kind);
int32_t __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, uint32_t kind)
{
	if (is_older && (strcmp(name, "btf_trace_sock_send_length") == 0 ||
				strcmp(name, "btf_trace_sock_recv_length") == 0))
		return -ENOENT;
	return __real_btf__find_by_name_kind(btf, name, kind);
}

static int set_up_older(void **state)
{
	is_older = true;
	int r = world_set_up(state);
	is_older = false;
	return r;
}

/* More than a packet at once, which the kernel cuts into segments as it leaves, to a listener and back. */
static void send_much(void)
{
	static char much[MUCH];
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
		connect(fd, (struct sockaddr *)&address, size) < 0 ||
		(peer = accept(listener, NULL, NULL)) < 0)
		_exit(9);
	for (size_t sent = 0, taken = 0; taken < MUCH;) { /* the peer speaks first, once connected */
		ssize_t some = sent < MUCH ? send(peer, much, MUCH - sent, MSG_DONTWAIT) : 0;
		sent += some > 0 ? (size_t)some : 0;
		some = recv(fd, much, MUCH, MSG_DONTWAIT);
		taken += some > 0 ? (size_t)some : 0;
	}
	close(fd);
	close(peer);
	close(listener);
}

/* By what leaves for a device: payload alone, to the byte, whoever's softirq it leaves in. */
static void where_sockets_do_not_tell_what_they_send_the_packets_do(void **state)
{
	struct world *world = *state;

	assert_true(counts(world, USAGE_tx_bytes) && counts(world, USAGE_tx_packets));
	assert_false(counts(world, USAGE_rx_bytes) || counts(world, USAGE_rx_packets));
	let(world, talk_to_oneself);
	read_usage(world);
	assert_int_equal(world->sum[USAGE_tx_bytes], DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_tx_packets], DATAGRAMS);
	let(world, talk_over_tcp);
	read_usage(world);
	assert_int_equal(world->sum[USAGE_tx_bytes], DATAGRAMS * DATAGRAM + 2 * SEGMENTS);
	assert_in_range(world->sum[USAGE_tx_packets] - DATAGRAMS, 2 * SEGMENTS, 5 * SEGMENTS);
	let(world, send_much);
	read_usage(world);
	assert_int_equal(world->sum[USAGE_tx_bytes], DATAGRAMS * DATAGRAM + 2 * SEGMENTS + MUCH);
	assert_true(reported(world, "probe_runs_total", "probe=\"transmit\"") > 0);
	restart(world);
	read_usage(world);
	assert_true(counts(world, USAGE_tx_bytes));
}

static struct sockaddr_in everybody = { .sin_family = AF_INET };
static int mouth;

static void add_ears(int count)
{
	const int yes = 1, little = 1;
	socklen_t size = sizeof(everybody);

	for (int i = 0; i < count; i++) {
		int ear = socket(AF_INET, SOCK_DGRAM, 0);
		if (setsockopt(ear, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
			setsockopt(ear, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)) < 0 ||
			bind(ear, (struct sockaddr *)&everybody, size) < 0 ||
			getsockname(ear, (struct sockaddr *)&everybody, &size) < 0)
			_exit(8);
	}
}

static void add_first_ear(void)
{
	const int yes = 1;

	everybody.sin_addr.s_addr = htonl(INADDR_LOOPBACK | IN_CLASSA_HOST); /* 127.255.255.255 */
	mouth = socket(AF_INET, SOCK_DGRAM, 0);
	if (setsockopt(mouth, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)) < 0)
		_exit(8);
	add_ears(1);
}

static void add_more_ears(void)
{
	add_ears(EARS);
}

static void shout(void)
{
	for (int i = 0; i < SHOUTS; i++)
		if (sendto(mouth, "", 1, 0, (struct sockaddr *)&everybody, sizeof(everybody)) != 1)
			_exit(8);
}

/* What shouting costs: the least of some times, for an emulated machine is faster and slower. */
static void measure(struct world *world, uint64_t *ret_cpu_ns, uint64_t *ret_softirq_ns)
{
	*ret_cpu_ns = UINT64_MAX, *ret_softirq_ns = 0;
	for (int i = 0; i < TIMES; i++) {
		read_usage(world);
		uint64_t cpu_ns = world->sum[USAGE_cpu_ns], softirq_ns = world->sum[USAGE_softirq_ns];
		let(world, shout);
		read_usage(world);
		if (world->sum[USAGE_cpu_ns] - cpu_ns >= *ret_cpu_ns)
			continue;
		*ret_cpu_ns = world->sum[USAGE_cpu_ns] - cpu_ns;
		*ret_softirq_ns = world->sum[USAGE_softirq_ns] - softirq_ns;
	}
}

/*
 * A broadcast is handed to each who listens in a softirq of the sender, and the sender does the same for one as for many.
 * So what many cost it more, by the scheduler's clock, is softirq time. (The kernel's own column in /proc/stat is what its
 * ticks hit: docs/decisions/0018-counters.md.)
 */
static void softirq_time_is_what_more_listeners_cost_the_sender(void **state)
{
	uint64_t one_cpu, one_softirq, many_cpu, many_softirq;
	struct world *world = *state;

	assert_true(counts(world, USAGE_softirq_ns));
	let(world, add_first_ear);
	measure(world, &one_cpu, &one_softirq);
	assert_in_range(one_softirq, 1, one_cpu);
	let(world, add_more_ears);
	measure(world, &many_cpu, &many_softirq);
	print_message("one listener: %llu us of CPU, %llu us of softirqs; %d: %llu, %llu\n",
		(unsigned long long)one_cpu / 1000, (unsigned long long)one_softirq / 1000, EARS + 1,
		(unsigned long long)many_cpu / 1000, (unsigned long long)many_softirq / 1000);
	if (many_softirq > many_cpu)
		skip(); /* CONFIG_IRQ_TIME_ACCOUNTING: softirqs are in nobody's CPU time */
	assert_true(many_cpu > 2 * one_cpu);
	uint64_t more = many_cpu - one_cpu;
	assert_in_range(many_softirq - one_softirq, more * 85 / 100, more * 115 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			network_bytes_are_counted_to_the_byte_and_local_sockets_are_not, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(where_sockets_do_not_tell_what_they_send_the_packets_do,
			set_up_older, world_tear_down),
		cmocka_unit_test_setup_teardown(
			softirq_time_is_what_more_listeners_cost_the_sender, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
