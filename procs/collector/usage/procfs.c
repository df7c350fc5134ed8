/*
 * The fallback without eBPF: /proc/<pid>/stat in clock ticks (10 ms) and /proc/<pid>/cgroup. A process that lives and
 * dies between two readings is never seen, what one used after its last reading is lost: every number made from this
 * says "procfs".
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/idmap.h"
#include "collector/procfs_parse.h"
#include "collector/usage/kernel.h"
#include "collector/usage/namespace.h"
#include "collector/usage/reader.h"

#define PROCESSES_MAX 32768

struct process {
	uint32_t tgid;
	uint64_t start_ticks, cpu_ticks, base_ticks, cgroup, resident;
	char comm[USAGE_COMM_MAX];
	bool is_seen;
};

struct ended {
	uint64_t cgroup, ticks;
};

struct procfs_usage {
	struct usage_reader source;
	const struct hierarchy *hierarchy;
	char base[1024]; /* of the cgroup namespace, "" outside of one */
	int proc_fd;
	uint64_t tick_ns;
	bool is_primed;
	struct process *processes;
	uint32_t count;
	struct idmap by_tgid;
	struct ended *ended; /* index = value of by_cgroup */
	uint32_t ended_count;
	struct idmap by_cgroup;
	double overflow;
};

static const char *controller_of(const struct procfs_usage *usage)
{
	return usage->hierarchy->is_v1 ? "cpuacct" : "";
}

/* The inode of the cgroup's directory is its id. Races with its removal are answered by "unknown": 0. */
static uint64_t cgroup_id(const struct procfs_usage *usage, const char *cgroup_text)
{
	char path[CONFIG_TEXT_MAX + 2048], shown[1024], whole[2048];
	struct stat status;

	if (procfs_parse_cgroup(cgroup_text, controller_of(usage), shown, sizeof(shown)) < 0 ||
		procfs_whole_cgroup(usage->base, shown, whole, sizeof(whole)) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s%s", usage->hierarchy->root, whole);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

static void add_ended(struct procfs_usage *usage, uint64_t cgroup, uint64_t ticks)
{
	uint32_t index;

	if (!idmap_find(&usage->by_cgroup, cgroup, &index)) {
		if (usage->ended_count == PROCESSES_MAX ||
			idmap_put(&usage->by_cgroup, cgroup, usage->ended_count) < 0) {
			usage->overflow++;
			return;
		}
		index = usage->ended_count++;
		usage->ended[index] = (struct ended) { .cgroup = cgroup };
	}
	usage->ended[index].ticks += ticks;
}

static struct process *process_of(struct procfs_usage *usage, uint32_t tgid)
{
	uint32_t index;

	if (idmap_find(&usage->by_tgid, tgid, &index))
		return &usage->processes[index];
	if (usage->count == PROCESSES_MAX || idmap_put(&usage->by_tgid, tgid, usage->count) < 0) {
		usage->overflow++;
		return NULL;
	}
	usage->processes[usage->count] = (struct process) { .tgid = tgid };
	return &usage->processes[usage->count++];
}

static void update(struct procfs_usage *usage, uint32_t tgid, const struct procfs_stat *stat, uint64_t cgroup)
{
	struct process *process = process_of(usage, tgid);

	if (process == NULL)
		return;
	if (process->start_ticks != stat->start_ticks) { /* the pid is used again, or is new to us */
		if (process->start_ticks != 0)
			add_ended(usage, process->cgroup, process->cpu_ticks - process->base_ticks);
		*process = (struct process) { .tgid = tgid,
			.start_ticks = stat->start_ticks,
			.cgroup = cgroup,
			.base_ticks = usage->is_primed ? 0 : stat->cpu_ticks };
	} else if (process->cgroup != cgroup && cgroup != 0) { /* moved: the past stays with the old one */
		add_ended(usage, process->cgroup, stat->cpu_ticks - process->base_ticks);
		process->base_ticks = stat->cpu_ticks;
		process->cgroup = cgroup;
	}
	process->cpu_ticks = stat->cpu_ticks > process->cpu_ticks ? stat->cpu_ticks : process->cpu_ticks;
	process->resident = stat->resident;
	memcpy(process->comm, stat->comm, sizeof(process->comm));
	process->is_seen = true;
}

static void visit(struct procfs_usage *usage, const char *pid)
{
	char path[64], text[4096];
	struct procfs_stat stat;

	snprintf(path, sizeof(path), "%.20s/stat", pid);
	if (file_read_text(usage->proc_fd, path, text, sizeof(text)) < 0 ||
		procfs_parse_stat(text, &stat) < 0)
		return; /* it ended while we looked */
	snprintf(path, sizeof(path), "%.20s/cgroup", pid);
	if (file_read_text(usage->proc_fd, path, text, sizeof(text)) < 0)
		return;
	update(usage, (uint32_t)strtoul(pid, NULL, 10), &stat, cgroup_id(usage, text));
}

static int scan(struct procfs_usage *usage)
{
	int fd = openat(usage->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		closep(&fd);
		return -errno;
	}
	for (uint32_t i = 0; i < usage->count; i++)
		usage->processes[i].is_seen = false;
	while ((entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(usage, entry->d_name);
	closedir(dir);
	usage->is_primed = true;
	return 0;
}

static void bury_the_dead(struct procfs_usage *usage)
{
	for (uint32_t i = 0; i < usage->count;) {
		struct process *process = &usage->processes[i];
		if (process->is_seen) {
			i++;
			continue;
		}
		add_ended(usage, process->cgroup, process->cpu_ticks - process->base_ticks);
		idmap_remove(&usage->by_tgid, process->tgid);
		*process = usage->processes[--usage->count];
		if (i < usage->count)
			idmap_put(&usage->by_tgid, process->tgid, i);
	}
}

static void tell(
	const struct procfs_usage *usage, const struct process *process, const struct usage_visitor *visitor)
{
	struct usage_record record = { .cgroup = process->cgroup,
		.start_ns = process->start_ticks * usage->tick_ns,
		.resident = process->resident,
		.tgid = process->tgid,
		.tid = process->tgid };

	record.value[USAGE_cpu_ns] = process->cpu_ticks * usage->tick_ns;
	record.base[USAGE_cpu_ns] = process->base_ticks * usage->tick_ns;
	memcpy(record.comm, process->comm, sizeof(record.comm));
	visitor->thread(visitor->context, NULL, &record);
}

static int read_procfs(struct usage_reader *source, const struct usage_visitor *visitor)
{
	struct procfs_usage *usage = container_of(source, struct procfs_usage, source);
	int r = scan(usage);

	if (r < 0)
		return r;
	bury_the_dead(usage);
	for (uint32_t i = 0; i < usage->ended_count; i++) {
		struct usage_sum sum = { 0 };
		sum.counter[USAGE_cpu_ns] = usage->ended[i].ticks * usage->tick_ns;
		visitor->ended(visitor->context, usage->ended[i].cgroup, &sum);
	}
	visitor->begin(visitor->context);
	for (uint32_t i = 0; i < usage->count; i++)
		tell(usage, &usage->processes[i], visitor);
	return 0;
}

static void forget_procfs(struct usage_reader *source, uint64_t cgroup)
{
	struct procfs_usage *usage = container_of(source, struct procfs_usage, source);
	uint32_t index;

	if (!idmap_find(&usage->by_cgroup, cgroup, &index))
		return;
	idmap_remove(&usage->by_cgroup, cgroup);
	usage->ended[index] = usage->ended[--usage->ended_count];
	if (index < usage->ended_count)
		idmap_put(&usage->by_cgroup, usage->ended[index].cgroup, index);
}

/* None of them counts: a series that says so is found, one that is not there is not looked for. */
static void report_probes(struct stats *stats)
{
	char labels[64];

	for (uint32_t i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		snprintf(labels, sizeof(labels), "probe=\"%s\"", usage_probe_name(i));
		*stats_entry(stats, STAT_GAUGE, "probe_attached", labels) = 0;
	}
}

static void report_procfs(struct usage_reader *source, struct stats *stats)
{
	struct procfs_usage *usage = container_of(source, struct procfs_usage, source);

	report_probes(stats);
	*stats_entry(stats, STAT_COUNTER, "procfs_processes_dropped_total", "") = usage->overflow;
	*stats_entry(stats, STAT_GAUGE, "package_weight_info",
		"by=\"cpu_time\",reason=\"usage is read from /proc\"") = 1;
}

static void free_procfs(struct usage_reader *source)
{
	struct procfs_usage *usage = container_of(source, struct procfs_usage, source);

	closep(&usage->proc_fd);
	idmap_done(&usage->by_tgid);
	idmap_done(&usage->by_cgroup);
	free(usage->processes);
	free(usage->ended);
	free(usage);
}

int usage_open_procfs(
	const struct config *config, const struct hierarchy *hierarchy, struct usage_reader **ret_source)
{
	struct procfs_usage *usage = calloc(1, sizeof(*usage));

	if (usage == NULL)
		return -ENOMEM;
	usage->source = (struct usage_reader) { "procfs", 1U << USAGE_cpu_ns, true, read_procfs,
		forget_procfs, report_procfs, free_procfs };
	usage->hierarchy = hierarchy;
	usage->tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	usage->processes = calloc(PROCESSES_MAX, sizeof(*usage->processes));
	usage->ended = calloc(PROCESSES_MAX, sizeof(*usage->ended));
	usage->proc_fd = open(config->procfs_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (usage->processes == NULL || usage->ended == NULL || usage->proc_fd < 0) {
		int r = usage->proc_fd < 0 ? -errno : -ENOMEM;
		free_procfs(&usage->source);
		return r;
	}
	namespace_find(
		usage->proc_fd, controller_of(usage), hierarchy->root, usage->base, sizeof(usage->base));
	*ret_source = &usage->source;
	return 0;
}
