/*
 * What a context switch costs more with tanso's programs attached, beside an empty program on sched_switch: pipe
 * ping-pong of two processes pinned to one CPU, in ABBA order. tanso attaches nothing to sched_switch. Needs root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
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

enum attached { NOTHING, EMPTY, TANSO };

static double with(enum attached attached, const struct hierarchy *hierarchy)
{
	struct usage_reader *reader = NULL;
	const char *step;
	bool is_new;
	int link = -1;

	if ((attached == EMPTY && (link = attach_empty()) < 0) ||
		(attached == TANSO && usage_open_ebpf(hierarchy, false, &reader, &is_new, &step) < 0)) {
		fprintf(stderr, "bench_switch: cannot attach (root and BTF are needed)\n");
		exit(EXIT_FAILURE);
	}
	double ns = ping_pong();
	if (link >= 0)
		close(link);
	if (reader != NULL)
		reader->free(reader);
	return ns;
}

/* Median of the differences of PAIRS pairs in ABBA order. */
static double extra_ns(enum attached attached, const struct hierarchy *hierarchy, double *ret_bare_ns)
{
	double extra[PAIRS], bare[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		double first = with(i % 2 == 0 ? NOTHING : attached, hierarchy);
		double second = with(i % 2 == 0 ? attached : NOTHING, hierarchy);
		bare[i] = i % 2 == 0 ? first : second;
		extra[i] = (i % 2 == 0 ? second : first) - bare[i];
	}
	*ret_bare_ns = median(bare, PAIRS);
	return median(extra, PAIRS);
}

int main(void)
{
	struct config config;
	struct hierarchy hierarchy;
	cpu_set_t one;
	double bare;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	config_defaults(&config);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || hierarchy_find(&config, &hierarchy) < 0)
		return EXIT_FAILURE;
	double empty = extra_ns(EMPTY, &hierarchy, &bare);
	report("a context switch with an empty program on it", bare + empty, "ns", "without any", bare);
	double tanso = extra_ns(TANSO, &hierarchy, &bare);
	report("a context switch with tanso's programs attached", bare + tanso, "ns", "without any", bare);
	return EXIT_SUCCESS;
}
