#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/language.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "collector/sampler.h"
#include "collector/topology.h"
#include "ipc/handover.h"
#include "ipc/link.h"

#define FIRST_INTERVAL_NS (100 * NS_PER_MILLISECOND) /* doubles up to the configured one */
#define RING_FD_NAME      "ring"

struct collector {
	struct config config;
	struct loop *loop;
	struct hierarchy hierarchy;
	struct usage_reader *usage;
	struct meters *meters;
	struct sampler sampler;
	struct vms vms;
	struct ring_writer *ring;
	int ring_fd, ring_read_fd;
	bool is_new_epoch;
	struct handover *handover;
	struct link *estimator, *resolver, *exporter, *acks;
	struct timer timer;
	uint64_t interval_ns;
	uint64_t run; /* boot time of this process's start */
	struct stats stats;
	double *turns, *readings, *failures;
};

static struct frame_head head_of(const struct collector *collector, enum frame_kind kind)
{
	return (struct frame_head) { .kind = (uint8_t)kind,
		.epoch = *ring_writer_epoch(collector->ring),
		.seq = ring_writer_head(collector->ring) };
}

/* CPU time: eBPF where the kernel lets us, else /proc. The ring belongs to the counters: no ring, new counters. */
static int open_usage(struct collector *collector)
{
	const char *wanted = collector->config.usage_source, *step = "";
	int r = -EOPNOTSUPP;

	collector->is_new_epoch = true;
	if (strcmp(wanted, "procfs") != 0)
		r = usage_open_ebpf(&collector->config, &collector->hierarchy, collector->ring_fd >= 0,
			&collector->usage, &collector->is_new_epoch, &step);
	if (r == 0)
		return 0;
	if (strcmp(wanted, "ebpf") == 0) {
		log_error("cannot %s: %s; remedy: run as root (CAP_BPF, CAP_PERFMON) on a kernel >= 5.15 "
			  "with BTF, or "
			  "set usage_source = auto",
			step, strerror(-r));
		return r;
	}
	if (strcmp(wanted, "auto") == 0)
		log_warning("no eBPF (cannot %s: %s): CPU time comes from /proc; short-lived processes are "
			    "missed and "
			    "every number says procfs",
			step, strerror(-r));
	return usage_open_procfs(&collector->config, &collector->hierarchy, &collector->usage);
}

/* One of another version is none: its counters begin anew with it. */
static void take_ring(struct collector *collector)
{
	collector->ring_fd = ready_take_fd(RING_FD_NAME);
	if (collector->ring_fd < 0 || ring_writer_open(collector->ring_fd, &collector->ring) == 0)
		return;
	log_info("the ring that was kept is of another version: counting begins anew");
	ready_drop_fd(RING_FD_NAME);
	closep(&collector->ring_fd);
	collector->ring_fd = -1;
}

static int make_ring(struct collector *collector)
{
	struct epoch epoch = { .birth_ns = clock_now().boot_ns };
	int r = clock_boot_id(epoch.boot_id);

	if (r < 0)
		return r;
	if (collector->ring_fd >= 0) {
		ring_writer_free(collector->ring);
		ready_drop_fd(RING_FD_NAME);
		closep(&collector->ring_fd);
	}
	if ((r = ring_create((uint32_t)collector->config.ring_rows, &epoch, &collector->ring_fd)) < 0 ||
		(r = ready_store_fd(RING_FD_NAME, collector->ring_fd)) < 0)
		return r;
	return ring_writer_open(collector->ring_fd, &collector->ring);
}

static int open_ring(struct collector *collector)
{
	char path[64];
	int r = collector->is_new_epoch ? make_ring(collector) : 0;

	if (r < 0)
		return r;
	/* Readers get a descriptor that cannot be mapped for writing. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", collector->ring_fd);
	collector->ring_read_fd = open(path, O_RDONLY | O_CLOEXEC);
	return collector->ring_read_fd < 0 ? -errno : 0;
}

static int resume(struct collector *collector)
{
	struct ring_tick tick;
	uint32_t count = 0;

	if (collector->is_new_epoch || ring_writer_last(collector->ring, &tick) < 0)
		return 0;
	CLEANUP(freep) struct ring_row *rows = calloc(ring_writer_capacity(collector->ring), sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	count = ring_writer_last_rows(collector->ring, rows);
	sampler_resume(&collector->sampler, &tick, rows, count, clock_now());
	return 0;
}

static int open_counters(struct collector *collector)
{
	int r;

	take_ring(collector);
	r = hierarchy_find(&collector->config, &collector->hierarchy);
	if (r < 0)
		log_error("no cgroup hierarchy under %s; remedy: mount cgroup2 there or set cgroup_root",
			collector->config.cgroup_root);
	if (r < 0 || (r = identity_init()) < 0 || (r = vms_init(&collector->vms)) < 0 ||
		(r = open_usage(collector)) < 0)
		return r;
	r = meters_open(&collector->config, collector->is_new_epoch, &collector->meters);
	if (r < 0) {
		log_error("meters = %s: %s", collector->config.meters,
			collector->meters != NULL ? meters_reason(collector->meters) : strerror(-r));
		return r;
	}
	if ((r = open_ring(collector)) < 0 ||
		(r = sampler_init(&collector->sampler, &collector->config, &collector->hierarchy,
			 collector->usage, collector->meters)) < 0)
		return r;
	return resume(collector);
}

static void send_full_estimator(void *context)
{
	struct collector *collector = context;
	struct frame_head head = head_of(collector, FRAME_topology);

	topology_send_full(collector->estimator, &head, &collector->sampler.cgroups, &collector->vms);
	timer_set(&collector->timer, 0, 0); /* a consumer that came back does not wait for the interval */
}

static void send_full_resolver(void *context)
{
	struct collector *collector = context;
	struct frame_head head = head_of(collector, FRAME_topology);

	topology_send_full(collector->resolver, &head, &collector->sampler.cgroups, &collector->vms);
}

static void on_forgotten(void *context, uint64_t id)
{
	struct collector *collector = context;
	struct frame_head head = head_of(collector, FRAME_topology);

	topology_send_forget(collector->estimator, &head, id);
	topology_send_forget(collector->resolver, &head, id);
}

static int on_ack(void *context, const struct frame *frame)
{
	struct collector *collector = context;
	const struct ack_once *ack = frame->once;

	if (epoch_equal(&frame->head.epoch, ring_writer_epoch(collector->ring)))
		sampler_acknowledge(&collector->sampler, ack->committed_seq, on_forgotten, collector);
	return 0;
}

static void send_stats(struct collector *collector)
{
	char labels[64];

	if (!link_stats_are_due(collector->exporter))
		return;
	*collector->turns = (double)loop_turns(collector->loop);
	snprintf(labels, sizeof(labels), "source=\"%s\"", collector->usage->name);
	*stats_entry(&collector->stats, STAT_GAUGE, "usage_source_info", labels) = 1;
	*stats_entry(&collector->stats, STAT_GAUGE, "pmu_present", "") =
		collector->usage->counters >> COUNTER_cycles & 1;
	*stats_entry(&collector->stats, STAT_GAUGE, "virtual_machine_processes", "") = collector->vms.count;
	*stats_entry(&collector->stats, STAT_COUNTER, "virtual_machines_dropped_total", "") =
		collector->vms.dropped;
	meters_report(collector->meters, &collector->stats);
	sampler_report(&collector->sampler, &collector->stats);
	link_send_stats(collector->exporter, STAGE_COLLECTOR, collector->run, &collector->stats);
}

static void tell(struct collector *collector)
{
	struct frame_head topology = head_of(collector, FRAME_topology),
			  tick = head_of(collector, FRAME_tick);
	struct tick_once once = { .mono_ns = clock_mono_ns() };

	if (link_owes_full(collector->estimator))
		topology_send_full(
			collector->estimator, &topology, &collector->sampler.cgroups, &collector->vms);
	if (link_owes_full(collector->resolver))
		topology_send_full(
			collector->resolver, &topology, &collector->sampler.cgroups, &collector->vms);
	topology_send_changes(collector->estimator, collector->resolver, &topology,
		&collector->sampler.cgroups, &collector->vms);
	link_send(collector->estimator, &tick, &once, NULL, 0);
}

static int on_timer(struct timer *timer)
{
	struct collector *collector = container_of(timer, struct collector, timer);
	uint64_t longest_ns = (uint64_t)collector->config.interval_ms * NS_PER_MILLISECOND;
	struct ring_tick tick;
	struct instant now = clock_now();
	int r = sampler_read(&collector->sampler, now, ring_writer_head(collector->ring) + 1, &tick);

	if (r < 0) { /* the world's fault: counters go on in the kernel, the next reading has it all */
		++*collector->failures;
		log_warning("%s/stat or the kernel's counters cannot be read: %s, trying again",
			collector->config.procfs_root, strerror(-r));
	} else {
		++*collector->readings;
		ring_publish(collector->ring, &tick, collector->sampler.rows, collector->sampler.row_count);
		vms_update(&collector->vms, collector->config.procfs_root, &collector->sampler.processes);
		tell(collector);
	}
	send_stats(collector);
	if (link_is_stuck(collector->acks, collector->estimator)) {
		log_error("the estimator's acknowledgements do not come through: restarting to listen anew");
		return -ENOTCONN;
	}
	const char *alone = hierarchy_is_outgrown(&collector->hierarchy);
	if (alone != NULL) {
		log_info("containers (/%s) stand in cgroup v1 alone: restarting to count by it", alone);
		loop_stop(collector->loop);
		return 0;
	}
	collector->interval_ns =
		collector->interval_ns * 2 < longest_ns ? collector->interval_ns * 2 : longest_ns;
	return timer_set(timer, collector->interval_ns, 0);
}

static int open_links(struct collector *collector)
{
	const char *dir = collector->config.runtime_dir;
	char path[CONFIG_TEXT_MAX + 32];
	int r;

	snprintf(path, sizeof(path), "%s/collector/ring.sock", dir);
	if ((r = link_listen(&collector->acks, dir, STAGE_COLLECTOR, STAGE_ESTIMATOR, on_ack, collector)) <
			0 ||
		(r = handover_offer(&collector->handover, path, STAGE_ESTIMATOR, collector->ring_read_fd)) <
			0 ||
		(r = link_dial(&collector->estimator, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR,
			 send_full_estimator, collector)) < 0 ||
		(r = link_dial(&collector->resolver, dir, STAGE_RESOLVER, STAGE_COLLECTOR, send_full_resolver,
			 collector)) < 0 ||
		(r = link_dial(&collector->exporter, dir, STAGE_EXPORTER, STAGE_COLLECTOR, NULL, NULL)) < 0)
		return r;
	return 0;
}

static int add_sources(struct collector *collector)
{
	struct source *sources[] = { link_source(collector->acks), handover_source(collector->handover),
		link_source(collector->estimator), link_source(collector->resolver),
		link_source(collector->exporter), &collector->timer.source };
	struct link *links[] = { collector->acks, collector->estimator, collector->resolver,
		collector->exporter };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = loop_add(collector->loop, sources[i]);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		link_count_in(links[i], &collector->stats);
	collector->turns = stats_entry(&collector->stats, STAT_COUNTER, "turns_total", "");
	collector->readings = stats_entry(&collector->stats, STAT_COUNTER, "readings_total", "");
	collector->failures = stats_entry(&collector->stats, STAT_COUNTER, "readings_failed_total", "");
	return 0;
}

static void close_all(struct collector *collector)
{
	handover_free(collector->handover);
	sampler_done(&collector->sampler);
	vms_done(&collector->vms);
	meters_free(collector->meters);
	collector->usage->free(collector->usage);
	ring_writer_free(collector->ring);
	closep(&collector->ring_fd);
	closep(&collector->ring_read_fd);
	timer_close(&collector->timer);
	loop_free(collector->loop);
}

int main(int argc, char **argv)
{
	static struct collector collector = {
		.ring_fd = -1, .ring_read_fd = -1, .interval_ns = FIRST_INTERVAL_NS / 2
	};
	char status[512];
	int r;

	log_open("collector");
	config_from_arguments(&collector.config, "tanso-collector", argc, argv);
	collector.run = clock_now().boot_ns;
	if ((r = ready_init()) < 0 || (r = config_end_check(&collector.config)) < 0 ||
		(r = loop_new(&collector.loop)) < 0 || (r = open_counters(&collector)) < 0 ||
		(r = open_links(&collector)) < 0 || (r = timer_open(&collector.timer, on_timer)) < 0 ||
		(r = add_sources(&collector)) < 0 || (r = sandbox_enter(STAGE_COLLECTOR)) < 0 ||
		(r = timer_set(&collector.timer, 0, 0)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	snprintf(status, sizeof(status),
		in_language("CPU time by %s%s, cgroup %s, meter %s", "CPU 시간: %s%s, cgroup %s, 계측기: %s"),
		collector.usage->name,
		collector.is_new_epoch ? "" : in_language(" (counters kept)", "(카운터 이어짐)"),
		collector.hierarchy.is_v1 ? "v1" : "v2", meters_reason(collector.meters));
	ready_notify(status);
	r = loop_run(collector.loop);
	close_all(&collector);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
