/*
 * What a context switch costs more with tanso's programs attached, beside an empty program on sched_switch: pipe
 * ping-pong of two processes pinned to one CPU, in ABBA order. Without hardware counters tanso attaches nothing to
 * sched_switch; with them, its program is timed by the kernel beside an empty one on the same switches. Needs root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/measure.h"
#include "collector/usage_reader.h"

#define PAIRS       30
#define ROUND_TRIPS 5000

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

/* tp_btf/sched_switch: return 0 */
static int attach_empty(void)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP,
		.attach_btf_id = (uint32_t)libbpf_find_vmlinux_btf_id("sched_switch", BPF_TRACE_RAW_TP));
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", program, 2, &options);
	int link = fd < 0 ? fd : bpf_raw_tracepoint_open(NULL, fd);

	if (fd >= 0)
		close(fd);
	return link;
}

static struct config config;
static struct hierarchy hierarchy;

static struct usage_reader *attach_tanso(const char *pmu)
{
	struct usage_reader *reader = NULL;
	const char *step;
	bool is_new;

	snprintf(config.pmu_cycles, sizeof(config.pmu_cycles), "%s", pmu);
	if (usage_open_ebpf(&config, &hierarchy, false, &reader, &is_new, &step) < 0) {
		fprintf(stderr, "bench_switch: cannot attach (root and BTF are needed)\n");
		exit(EXIT_FAILURE);
	}
	return reader;
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

/* Both programs on the same switches, so that noise meets both. Median over PAIRS. */
static void compare_with_empty(void)
{
	double ours[PAIRS], empty[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		CLEANUP(closep) int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		struct usage_reader *reader = attach_tanso("cpu-clock");
		CLEANUP(closep) int link = attach_empty();
		(void)stats, (void)link;
		ping_pong();
		ours[i] = run_ns("on_switch");
		empty[i] = run_ns("empty");
		reader->free(reader);
	}
	report("the program on a context switch, one counter (cpu-clock)", median(ours, PAIRS), "ns",
		"an empty program", median(empty, PAIRS));
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
	compare_with_empty();
	return EXIT_SUCCESS;
}
