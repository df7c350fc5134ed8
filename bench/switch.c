/*
 * What a context switch costs more with tanso's programs attached, beside an empty program on sched_switch: pipe
 * ping-pong of two processes pinned to one CPU, in ABBA order. Without hardware counters tanso attaches nothing to
 * sched_switch; with them, the kernel times its program (bpf_stats) beside one that is empty and one that only reads
 * counters. Needs root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/measure.h"
#include "collector/usage/reader.h"

#define PAIRS       30
#define ROUND_TRIPS 5000

#define OWN_PART_MAX_NS 60.0 /* over an empty program, without its counters */
#define COUNTERS        2

static double wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void echo(int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1)
		if (write(out, &byte, 1) != 1)
			break;
	_exit(0);
}

/* ns per switch; a round trip is two. */
static double ping_pong(void)
{
	int to[2], back[2];
	char byte = 'x';

	if (pipe(to) < 0 || pipe(back) < 0)
		exit(EXIT_FAILURE);
	pid_t child = fork();
	if (child == 0) {
		close(to[1]);
		close(back[0]);
		echo(to[0], back[1]);
	}
	close(to[0]);
	close(back[1]);
	double begin = wall_ns();
	for (int i = 0; i < ROUND_TRIPS; i++)
		if (write(to[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			exit(EXIT_FAILURE);
	double took = wall_ns() - begin;
	close(to[1]);
	close(back[0]);
	waitpid(child, NULL, 0);
	return took / (2 * ROUND_TRIPS);
}

static int attach(const char *name, const struct bpf_insn *program, size_t length)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP,
		.attach_btf_id = (uint32_t)libbpf_find_vmlinux_btf_id("sched_switch", BPF_TRACE_RAW_TP));
	CLEANUP(closep) int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, name, "GPL", program, length, &options);

	return fd < 0 ? fd : bpf_raw_tracepoint_open(NULL, fd);
}

/* tp_btf/sched_switch: return 0 */
static int attach_empty(void)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return attach("empty", program, 2);
}

#define READ_LENGTH 7 /* instructions */

/* bpf_perf_event_read_value(map, event, a struct on the stack, its size) for the first `count` events of the map */
static int attach_reads(int map, int count)
{
	const int32_t size = sizeof(struct bpf_perf_event_value);
	struct bpf_insn program[COUNTERS * READ_LENGTH + 2], *at = program;

	for (int event = 0; event < count; event++) {
		const struct bpf_insn one_read[READ_LENGTH] = {
			{ BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map },
			{ .code = 0 }, /* the upper half of it */
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = event },
			{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0 },
			{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_3, .imm = -size },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = size },
			{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_perf_event_read_value },
		};
		memcpy(at, one_read, sizeof(one_read));
		at += READ_LENGTH;
	}
	*at++ = (struct bpf_insn) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 };
	*at++ = (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT };
	return attach("reads", program, (size_t)(at - program));
}

static void give_up(const char *what)
{
	fprintf(stderr, "bench_switch: %s: %s (root and BTF are needed)\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* A map with COUNTERS software clocks of the CPU we run on. */
static int open_counters(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_PRESERVE_ELEMS);
	struct perf_event_attr clock = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(clock), .config = PERF_COUNT_SW_CPU_CLOCK
	};
	int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "counters", sizeof(uint32_t),
		sizeof(uint32_t), COUNTERS, &options);

	for (uint32_t i = 0; i < COUNTERS; i++) {
		CLEANUP(closep) int event = (int)syscall(SYS_perf_event_open, &clock, -1, 0, -1, 0);
		if (event < 0 || bpf_map_update_elem(map, &i, &event, BPF_ANY) < 0)
			give_up("no counter to read");
	}
	return map;
}

static struct config config;
static struct hierarchy hierarchy;

static struct usage_reader *attach_tanso(const char *pmu)
{
	struct usage_reader *reader = NULL;
	const char *step;
	bool is_new;

	snprintf(config.pmu_cycles, sizeof(config.pmu_cycles), "%s", pmu);
	if (usage_open_ebpf(&config, &hierarchy, false, &reader, &is_new, &step) < 0)
		give_up("cannot attach");
	return reader;
}

static void on_ended(void *context, uint64_t cgroup, const struct usage_sum *sum)
{
	(void)context, (void)cgroup, (void)sum;
}

static void on_begin(void *context)
{
	(void)context;
}

static void on_thread(void *context, const struct usage_record *before, const struct usage_record *now)
{
	(void)context, (void)before, (void)now;
}

static void on_made(void *context, uint64_t cgroup, uint64_t parent, const char *path)
{
	(void)context, (void)cgroup, (void)parent, (void)path;
}

static void on_removed(void *context, uint64_t cgroup)
{
	(void)context, (void)cgroup;
}

enum attached { NOTHING, EMPTY, TANSO };

static double with(enum attached attached)
{
	struct usage_reader *reader = attached == TANSO ? attach_tanso("off") : NULL;
	int link = attached == EMPTY ? attach_empty() : -1;
	double ns = ping_pong();

	if (link >= 0)
		close(link);
	if (reader != NULL)
		reader->free(reader);
	return ns;
}

/* Median of the differences of PAIRS pairs in ABBA order. */
static double extra_ns(enum attached attached, double *ret_bare_ns)
{
	double extra[PAIRS], bare[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		double first = with(i % 2 == 0 ? NOTHING : attached);
		double second = with(i % 2 == 0 ? attached : NOTHING);
		bare[i] = i % 2 == 0 ? first : second;
		extra[i] = (i % 2 == 0 ? second : first) - bare[i];
	}
	*ret_bare_ns = median(bare, PAIRS);
	return median(extra, PAIRS);
}

/* ns a run of the newest program of that name, as the kernel measures it (kernel.bpf_stats_enabled). */
static double run_ns(const char *name)
{
	double ns = 0;

	for (uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		CLEANUP(closep) int fd = bpf_prog_get_fd_by_id(id);
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.run_cnt > 0 &&
			strcmp(info.name, name) == 0)
			ns = (double)info.run_time_ns / (double)info.run_cnt;
	}
	return ns;
}

/*
 * ns a run of the program on 2 * ROUND_TRIPS switches. Each is alone on them: what comes second on a switch finds caches
 * and TLB warm and looks cheaper.
 */
static double alone_ns(const char *name, int link)
{
	CLEANUP(closep) int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (stats < 0 || link < 0)
		give_up(name);
	ping_pong();
	double ns = run_ns(name);
	close(link);
	return ns;
}

/* Its counters open with the first reading. */
static double tanso_ns(void)
{
	const struct usage_visitor visitor = { NULL, on_ended, on_begin, on_thread, on_made, on_removed };
	struct usage_reader *reader = attach_tanso("cpu-clock");
	CLEANUP(closep) int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (stats < 0 || reader->read(reader, &visitor) < 0)
		give_up("on_switch");
	ping_pong();
	double ns = run_ns("on_switch");
	reader->free(reader);
	return ns;
}

/* What of it is the counter's and what its own: beside programs that do nothing, or nothing but read counters. */
static void report_split(void)
{
	double tanso[PAIRS], empty[PAIRS], own[PAIRS], first[PAIRS], second[PAIRS];
	CLEANUP(closep) int map = open_counters();

	for (int i = 0; i < PAIRS; i++) {
		double one = alone_ns("reads", attach_reads(map, 1));
		tanso[i] = tanso_ns();
		empty[i] = alone_ns("empty", attach_empty());
		double two = alone_ns("reads", attach_reads(map, 2));
		own[i] = tanso[i] - one;
		first[i] = one - empty[i];
		second[i] = two - one;
	}
	double empty_ns = median(empty, PAIRS), first_ns = median(first, PAIRS);
	report("the program on a context switch, one counter (cpu-clock)", median(tanso, PAIRS), "ns",
		"an empty program", empty_ns);
	report("of it, its own part: over a program that only reads the counter", median(own, PAIRS), "ns",
		"promised at most", OWN_PART_MAX_NS);
	report("of it, the counter: reading it, over an empty program", first_ns, "ns",
		"reading a second one", median(second, PAIRS));
}

int main(void)
{
	cpu_set_t one;
	double bare;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	config_defaults(&config);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || hierarchy_find(&config, &hierarchy) < 0)
		return EXIT_FAILURE;
	double empty = extra_ns(EMPTY, &bare);
	report("a context switch with an empty program on it", bare + empty, "ns", "without any", bare);
	double tanso = extra_ns(TANSO, &bare);
	report("a context switch with tanso, no hardware counters", bare + tanso, "ns", "without any", bare);
	report_split();
	return EXIT_SUCCESS;
}
