/* What memory a workload should request, told beside its cores: it saves no power, but whoever changes one changes both. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/improvement/private.h"
#include "analyst/improvement/rightsize.h"
#include "analyst/improvement/text.h"
#include "base/kst.h"

#define MIB          1048576.0
#define INTERVALS    LEDGER_LOAD_DAYS /* of 24 h, back from now */
#define SAMPLES_MAX  8192             /* of all parts together */
#define HOURS_LEAST  1.0
#define HOURS_OF_DAY 24.0
#define WORTH        0.9 /* more than that of what it has is as good as that (VPA: pod-update-threshold) */

struct peaks {
	int64_t now;
	struct load_sample samples[SAMPLES_MAX]; /* 24 h of one part each */
	size_t count;
	double interval[INTERVALS]; /* of the part being read */
	double highest, hours, part_hours;
	int64_t newest;
	uint64_t request_bytes, limit_bytes; /* the newest */
	uint64_t kills, kills_bytes;         /* with these, and the most it was seen to hold then */
};

/* What it had when it was killed may have been raised since: then that is over. */
static void take_kills(struct peaks *p, const struct ledger_memory *memory)
{
	bool is_other = memory->request_bytes != p->request_bytes || memory->limit_bytes != p->limit_bytes;

	if (is_other && memory->start >= p->newest)
		p->kills = p->kills_bytes = 0;
	if (memory->start >= p->newest) {
		p->newest = memory->start;
		p->request_bytes = memory->request_bytes;
		p->limit_bytes = memory->limit_bytes;
	} else if (is_other) {
		return;
	}
	if (memory->oom_kills > 0 && memory->peak_bytes > p->kills_bytes)
		p->kills_bytes = memory->peak_bytes;
	p->kills += memory->oom_kills;
}

static int take_peak(void *context, const struct ledger_memory *memory)
{
	struct peaks *p = context;
	int64_t age = p->now - memory->start - LEDGER_MEMORY_SECONDS,
		interval = age > 0 ? age / DAY_SECONDS : 0;
	double mib = (double)memory->peak_bytes / MIB;

	take_kills(p, memory);
	p->part_hours += (double)memory->counted_ns / NS_PER_HOUR;
	p->highest = fmax(p->highest, mib);
	if (interval < INTERVALS)
		p->interval[interval] = fmax(p->interval[interval], mib);
	return 0;
}

/* The containers of a pod are one part already: the ledger has what they held together. */
static int gather(const struct question *question, const struct subject *subject, struct peaks *p)
{
	int r = 0;

	p->now = question_now(question);
	for (size_t i = 0; i < subject->count && r == 0; i++) {
		memset(p->interval, 0, sizeof(p->interval));
		p->part_hours = 0;
		r = ledger_memories(question->knowledge->ledger, subject->workloads[i],
			p->now - LEDGER_LOAD_DAYS * DAY_SECONDS, take_peak, p);
		p->hours = fmax(p->hours, p->part_hours);
		for (int k = 0; k < INTERVALS; k++)
			if (p->interval[k] > 0 && p->count < SAMPLES_MAX)
				p->samples[p->count++] = (struct load_sample) { .amount = p->interval[k],
					.weight = load_weight(k * HOURS_OF_DAY) };
	}
	return r;
}

/* A request may be a little less than the worst day's peak: others' room is used. At a limit there is none. */
static void decide(struct memory_advice *a, double killed_mib)
{
	double enough = rightsize_target_mib(a->p90_mib), days = a->hours / HOURS_OF_DAY;

	a->is_short = a->kills > 0 || a->p90_mib * RIGHTSIZE_MARGIN > a->from_mib;
	if (a->is_limit)
		enough = rightsize_target_mib(
			a->is_short ? a->highest_mib : a->highest_mib * rightsize_upper_factor(days));
	if (a->kills > 0)
		enough = fmax(enough, ceil(rightsize_after_oom_mib(fmax(killed_mib, a->from_mib))));
	a->to_mib = enough;
	a->is_change = a->is_short || enough <= a->from_mib * WORTH;
}

int memory_advise(
	const struct question *question, const struct subject *subject, struct memory_advice *ret_advice)
{
	static struct peaks p; /* too large for the stack; one thread */
	int r;

	*ret_advice = (struct memory_advice) { 0 };
	if (strcmp(subject->kind, "vm") == 0) /* what its guest holds, nobody sees from here */
		return 0;
	memset(&p, 0, sizeof(p));
	r = gather(question, subject, &p);
	if (r < 0 || p.hours < HOURS_LEAST || (p.request_bytes == 0 && p.limit_bytes == 0))
		return r;
	load_sort(p.samples, p.count);
	*ret_advice = (struct memory_advice) { .is_known = true,
		.is_limit = p.request_bytes == 0,
		.from_mib = (double)(p.request_bytes > 0 ? p.request_bytes : p.limit_bytes) / MIB,
		.limit_mib = p.request_bytes > 0 ? (double)p.limit_bytes / MIB : 0,
		.p90_mib = load_percentile(p.samples, p.count, 0.90),
		.highest_mib = p.highest,
		.hours = p.hours,
		.kills = p.kills };
	decide(ret_advice, (double)p.kills_bytes / MIB);
	return 0;
}

static void say_note(const struct question *question, const struct memory_advice *a, bool is_divided,
	struct improvement *imp)
{
	enum improvement_words words = a->is_short   ? WORDS_MEMORY_SHORT
				       : a->is_limit ? WORDS_MEMORY_LIMIT
						     : WORDS_MEMORY_REQUEST;
	char *note = imp->memory_note;

	improvement_say(question, note, sizeof(imp->memory_note), words, imp->memory_to, imp->memory_from);
	if (a->kills > 0)
		improvement_say(question, note, sizeof(imp->memory_note), WORDS_MEMORY_KILLS,
			(unsigned long long)a->kills);
	if (is_divided)
		improvement_say(question, note, sizeof(imp->memory_note), WORDS_MEMORY_DIVIDED);
}

void memory_tell(const struct question *question, const struct memory_advice *advice, bool is_divided,
	struct improvement *imp)
{
	if (!advice->is_known)
		return;
	if (imp->evidence[0] != '\0')
		command_add(imp->evidence, sizeof(imp->evidence), "; ");
	improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_MEMORY_EVIDENCE,
		advice->p90_mib, advice->highest_mib, advice->hours);
	if (advice->hours < HOURS_OF_DAY)
		improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_MEMORY_YOUNG);
	if (!advice->is_change)
		return;
	json_format_number(round(advice->from_mib * 10) / 10, imp->memory_from);
	json_format_number(advice->to_mib, imp->memory_to);
	imp->is_memory_short = advice->is_short;
	say_note(question, advice, is_divided, imp);
}
