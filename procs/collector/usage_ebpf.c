#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usage.skel.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/idmap.h"
#include "base/ready.h"
#include "bpf/usage.h"
#include "collector/usage_reader.h"
#include "ipc/vocabulary.h"

#define READ_BYTES    (48 * 1024)
#define BATCH         512
#define PROCESSES_MAX 65536

/* What must outlive the collector, by its name in the fd store. Links first: losing one means counting has stopped. */
#define LINKS(X) X(prime) X(read_usage) X(on_fork) X(on_free) X(on_attach) X(on_mkdir) X(on_rmdir)
#define MAPS(X)  X(threads) X(dead) X(totals) X(runs) X(layout) X(events)

enum held {
#define X(name) LINK_##name,
	LINKS(X)
#undef X
#define X(name) MAP_##name,
		MAPS(X)
#undef X
			HELD_COUNT
};

static const char *const held_names[] = {
#define X(name) "link-" #name,
	LINKS(X)
#undef X
#define X(name) "map-" #name,
		MAPS(X)
#undef X
};

struct process {
	uint64_t cgroup, start_ns, cpu_ns;
	uint32_t tgid;
};

struct ebpf_usage {
	struct usage_reader source;
	int held[HELD_COUNT];
	struct ring_buffer *events;
	const struct usage_visitor *visitor; /* during a reading */
	struct idmap by_tgid;
	struct process *processes;
	uint32_t process_count;
	double process_overflow;
	char buffer[READ_BYTES];
};

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0; /* the caller tells, once, what it means for the user */
}

static int on_event(void *context, void *data, size_t size)
{
	struct ebpf_usage *usage = context;
	const struct usage_event *event = data;

	if (size < sizeof(*event) || usage->visitor == NULL)
		return 0;
	if (event->kind == USAGE_EVENT_MKDIR)
		usage->visitor->cgroup_made(usage->visitor->context, event->cgroup, event->path);
	else
		usage->visitor->cgroup_removed(usage->visitor->context, event->cgroup);
	return 0;
}

static uint64_t read_slot(int map_fd, uint32_t slot)
{
	uint64_t value = 0;

	bpf_map_lookup_elem(map_fd, &slot, &value);
	return value;
}

/* The batch cursor is opaque; -ENOENT ends the walk with `count` valid entries. */
static int read_ended(struct ebpf_usage *usage, const struct usage_visitor *visitor)
{
	uint64_t keys[BATCH], values[BATCH];
	uint32_t cursor = 0;
	bool is_first = true;
	int r;

	do {
		uint32_t count = BATCH;
		r = bpf_map_lookup_batch(usage->held[MAP_dead], is_first ? NULL : &cursor, &cursor, keys,
			values, &count, NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		is_first = false;
		for (uint32_t i = 0; i < count; i++)
			visitor->ended(visitor->context, keys[i], values[i]);
	} while (r == 0);
	uint64_t unplaced_ns = read_slot(usage->held[MAP_totals], USAGE_TOTAL_DEAD_OTHER);
	if (unplaced_ns > 0)
		visitor->ended(visitor->context, ROW_ID_OTHER, unplaced_ns);
	return 0;
}

static void add_to_process(struct ebpf_usage *usage, const struct usage_record *record)
{
	uint32_t index;

	if (!idmap_find(&usage->by_tgid, record->tgid, &index)) {
		if (usage->process_count == PROCESSES_MAX ||
			idmap_put(&usage->by_tgid, record->tgid, usage->process_count) < 0) {
			usage->process_overflow++;
			return;
		}
		index = usage->process_count++;
		usage->processes[index] =
			(struct process) { .tgid = record->tgid, .start_ns = record->start_ns };
	}
	struct process *process = &usage->processes[index];
	process->cpu_ns += record->lifetime_ns + record->group_ended_ns;
	if (record->tid == record->tgid || process->cgroup == 0)
		process->cgroup = record->cgroup;
}

static void take_records(
	struct ebpf_usage *usage, const struct usage_visitor *visitor, const char *bytes, size_t size)
{
	struct usage_record record;

	for (size_t at = 0; at + sizeof(record) <= size; at += sizeof(record)) {
		memcpy(&record, bytes + at, sizeof(record));
		visitor->thread(visitor->context, record.cgroup, record.cpu_ns);
		add_to_process(usage, &record);
	}
}

static int read_live(struct ebpf_usage *usage, const struct usage_visitor *visitor)
{
	CLEANUP(closep) int fd = bpf_iter_create(usage->held[LINK_read_usage]);
	size_t kept = 0;
	ssize_t some;

	if (fd < 0)
		return fd;
	while ((some = read(fd, usage->buffer + kept, sizeof(usage->buffer) - kept)) != 0) {
		if (some < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (some < 0)
			return -errno;
		kept += (size_t)some;
		size_t whole = kept - kept % sizeof(struct usage_record);
		take_records(usage, visitor, usage->buffer, whole);
		kept -= whole;
		memmove(usage->buffer, usage->buffer + whole, kept);
	}
	return 0;
}

static int read_ebpf(struct usage_reader *source, const struct usage_visitor *visitor)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);
	int r;

	usage->process_count = 0;
	idmap_clear(&usage->by_tgid);
	usage->visitor = visitor;
	ring_buffer__consume(usage->events);
	usage->visitor = NULL;
	if ((r = read_ended(usage, visitor)) < 0 || (r = read_live(usage, visitor)) < 0)
		return r;
	for (uint32_t i = 0; i < usage->process_count; i++)
		visitor->process(visitor->context, usage->processes[i].cgroup, usage->processes[i].tgid,
			usage->processes[i].start_ns, usage->processes[i].cpu_ns);
	return 0;
}

static void forget_ebpf(struct usage_reader *source, uint64_t cgroup)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);

	bpf_map_delete_elem(usage->held[MAP_dead], &cgroup);
}

static uint64_t report_ebpf(struct usage_reader *source, struct stats *stats)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);
	static const char *const programs[] = {
#define X(id) #id,
		USAGE_PROGRAMS(X)
#undef X
	};
	char labels[64];

	for (uint32_t i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		snprintf(labels, sizeof(labels), "probe=\"%s\"", programs[i]);
		for (char *c = labels + 7; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		*stats_entry(stats, STAT_COUNTER, "probe_runs_total", labels) =
			(double)read_slot(usage->held[MAP_runs], i);
		*stats_entry(stats, STAT_GAUGE, "probe_attached", labels) = 1;
	}
	*stats_entry(stats, STAT_COUNTER, "events_dropped_total", "") =
		(double)read_slot(usage->held[MAP_totals], USAGE_TOTAL_EVENTS_DROPPED);
	*stats_entry(stats, STAT_COUNTER, "threads_unstored_total", "") =
		(double)read_slot(usage->held[MAP_totals], USAGE_TOTAL_UNSTORED);
	*stats_entry(stats, STAT_COUNTER, "processes_dropped_total", "") = usage->process_overflow;
	return read_slot(usage->held[MAP_totals], USAGE_TOTAL_DEAD_OTHER);
}

static void free_ebpf(struct usage_reader *source)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);

	ring_buffer__free(usage->events);
	for (int i = 0; i < HELD_COUNT; i++)
		closep(&usage->held[i]);
	idmap_done(&usage->by_tgid);
	free(usage->processes);
	free(usage);
}

/* All of them, or none: half of a set of counters is worth nothing. */
static bool adopt(struct ebpf_usage *usage, const struct hierarchy *hierarchy, bool may_adopt)
{
	struct usage_layout layout = { 0 };
	uint32_t zero = 0;
	bool has_all = may_adopt;

	for (int i = 0; i < HELD_COUNT; i++) {
		usage->held[i] = ready_take_fd(held_names[i]);
		has_all &= usage->held[i] >= 0;
	}
	if (has_all && bpf_map_lookup_elem(usage->held[MAP_layout], &zero, &layout) == 0 &&
		layout.version == USAGE_LAYOUT && layout.is_v1 == hierarchy->is_v1)
		return true;
	for (int i = 0; i < HELD_COUNT; i++) {
		if (usage->held[i] >= 0)
			ready_drop_fd(held_names[i]);
		closep(&usage->held[i]);
		usage->held[i] = -1;
	}
	return false;
}

/* Runs `prime` over all tasks: what they used so far belongs to nobody. */
static int run_prime(struct ebpf_usage *usage)
{
	CLEANUP(closep) int fd = bpf_iter_create(usage->held[LINK_prime]);
	ssize_t some;

	if (fd < 0)
		return fd;
	while ((some = read(fd, usage->buffer, sizeof(usage->buffer))) > 0)
		;
	return some < 0 ? -errno : 0;
}

/* The skeleton closes its own descriptors when it is destroyed; ours are duplicates, which keep everything alive. */
static int keep_descriptors(struct ebpf_usage *usage, struct usage *object)
{
	const struct {
		enum held held;
		int fd;
	} kept[] = {
#define X(name) { LINK_##name, bpf_link__fd(object->links.name) },
		LINKS(X)
#undef X
#define X(name) { MAP_##name, bpf_map__fd(object->maps.name) },
			MAPS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		usage->held[kept[i].held] = dup(kept[i].fd);
		if (usage->held[kept[i].held] < 0)
			return -errno;
	}
	return 0;
}

static int store_descriptors(struct ebpf_usage *usage)
{
	for (int i = 0; i < HELD_COUNT; i++) {
		int r = ready_store_fd(held_names[i], usage->held[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_counters(struct ebpf_usage *usage, const struct hierarchy *hierarchy, const char **ret_step)
{
	const struct usage_layout layout = { .version = USAGE_LAYOUT, .is_v1 = hierarchy->is_v1 };
	const uint32_t zero = 0;
	struct usage *object = usage__open();
	int r;

	*ret_step = "open the BPF object";
	if (object == NULL)
		return -errno;
	object->rodata->is_v1 = hierarchy->is_v1;
	object->rodata->hierarchy_id = hierarchy->id;
	object->rodata->birth_ns = clock_now().boot_ns;
	*ret_step = "load the BPF programs";
	r = usage__load(object);
	if (r == 0) {
		*ret_step = "attach the BPF programs";
		r = usage__attach(object);
	}
	if (r == 0)
		r = keep_descriptors(usage, object);
	usage__destroy(object);
	*ret_step = r == 0 ? "begin counting" : *ret_step;
	if (r < 0 || (r = run_prime(usage)) < 0 ||
		(r = bpf_map_update_elem(usage->held[MAP_layout], &zero, &layout, BPF_ANY)) < 0)
		return r;
	return store_descriptors(usage);
}

int usage_open_ebpf(const struct hierarchy *hierarchy, bool may_adopt, struct usage_reader **ret_source,
	bool *ret_is_new, const char **ret_step)
{
	struct ebpf_usage *usage = calloc(1, sizeof(*usage));
	int r = 0;

	libbpf_set_print(quiet);
	*ret_step = "allocate memory";
	if (usage == NULL)
		return -ENOMEM;
	usage->source = (struct usage_reader) { "ebpf", read_ebpf, forget_ebpf, report_ebpf, free_ebpf };
	usage->processes = calloc(PROCESSES_MAX, sizeof(*usage->processes));
	if (usage->processes == NULL)
		r = -ENOMEM;
	*ret_is_new = !adopt(usage, hierarchy, may_adopt);
	if (r == 0 && *ret_is_new)
		r = make_counters(usage, hierarchy, ret_step);
	if (r == 0) {
		*ret_step = "map the event ring";
		usage->events = ring_buffer__new(usage->held[MAP_events], on_event, usage, NULL);
		r = usage->events == NULL ? -errno : 0;
	}
	if (r < 0) {
		free_ebpf(&usage->source);
		return r;
	}
	*ret_source = &usage->source;
	return 0;
}
