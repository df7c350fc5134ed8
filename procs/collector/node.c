#include "collector/node.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/file.h"
#include "collector/procfs_parse.h"

#define STAT_BYTES_MAX (256 * 1024)

/* counters of the note's row */
enum { NOTE_IDLE, NOTE_STEAL, NOTE_SOFTIRQS, NOTE_END = NOTE_SOFTIRQS + SOFTIRQ_COUNT };
_Static_assert((int)NOTE_END <= (int)COUNTER_COUNT, "room in the note");

void node_resume(struct node *node, const struct ring_tick *tick, const struct ring_row *note)
{
	node->idle_ns = tick->idle_ns;
	node->steal_ns = tick->steal_ns;
	memcpy(node->softirqs, tick->softirqs, sizeof(node->softirqs));
	if (note == NULL)
		return;
	node->idle_last_ticks = note->counter[NOTE_IDLE];
	node->steal_last_ticks = note->counter[NOTE_STEAL];
	memcpy(node->softirqs_last, &note->counter[NOTE_SOFTIRQS], sizeof(node->softirqs_last));
	node->has_base = true;
}

void node_note(const struct node *node, struct ring_row *ret_note)
{
	*ret_note = (struct ring_row) { .id = ROW_ID_NODE, .kind = ROW_NOTE };
	ret_note->counter[NOTE_IDLE] = node->idle_last_ticks;
	ret_note->counter[NOTE_STEAL] = node->steal_last_ticks;
	memcpy(&ret_note->counter[NOTE_SOFTIRQS], node->softirqs_last, sizeof(node->softirqs_last));
}

/* The kernel's idle and iowait may step back (proc_stat(5)); what we publish does not. */
static void add_growth(uint64_t *sum, uint64_t *last, uint64_t now, uint64_t unit)
{
	if (now > *last)
		*sum += (now - *last) * unit;
	*last = now;
}

static void set_base(struct node *node, const struct procfs_cpu *cpu)
{
	node->idle_last_ticks = cpu->idle_ticks;
	node->steal_last_ticks = cpu->steal_ticks;
	memcpy(node->softirqs_last, cpu->softirqs, sizeof(node->softirqs_last));
	node->has_base = true;
}

int node_read(struct node *node, const char *procfs_root, struct ring_tick *tick)
{
	static char text[STAT_BYTES_MAX];
	char path[CONFIG_TEXT_MAX + 16];
	struct procfs_cpu cpu;
	uint64_t tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	int r;

	snprintf(path, sizeof(path), "%s/stat", procfs_root);
	if ((r = file_read_text(AT_FDCWD, path, text, sizeof(text))) < 0 ||
		(r = procfs_parse_cpu(text, &cpu)) < 0)
		return r;
	if (!node->has_base)
		set_base(node, &cpu);
	/* idle and steal are for show (10 ms grain): energy rests on busy_ns and capacity_ns */
	add_growth(&node->idle_ns, &node->idle_last_ticks, cpu.idle_ticks, tick_ns);
	add_growth(&node->steal_ns, &node->steal_last_ticks, cpu.steal_ticks, tick_ns);
	for (int i = 0; i < SOFTIRQ_COUNT; i++)
		add_growth(&node->softirqs[i], &node->softirqs_last[i], cpu.softirqs[i], 1);
	tick->cpus = cpu.cpus;
	tick->idle_ns = node->idle_ns;
	tick->steal_ns = node->steal_ns;
	memcpy(tick->softirqs, node->softirqs, sizeof(tick->softirqs));
	return 0;
}
