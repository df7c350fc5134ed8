/* resource_rightsizing: a CPU request by what was used, and the idle power that goes with it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/improvement/private.h"
#include "analyst/improvement/text.h"
#include "analyst/improvement/rightsize.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/kst.h"

#define SAMPLES_MAX   (1u << 19) /* of all parts together: 227 pods of eight days */
#define MILLICORES    1000.0
#define HOURS_LEAST   1.0
#define HOURS_OF_DAY  24.0
#define DAYS_FOR_HIGH 7.0

/* CPU time of all parts of a workload, slot by slot. */
struct usage_history {
	int64_t now;
	struct load_sample *samples;
	size_t count, room;
	double hours, part_hours; /* counted of the part that was there longest, and of the one being read */
	double request_cores;     /* of one part, the newest */
};

static int take_load(void *context, const struct ledger_load *load)
{
	struct usage_history *h = context;

	if (load->request_millicores > 0)
		h->request_cores = (double)load->request_millicores / MILLICORES;
	if (load->counted_ns == 0 || h->count == SAMPLES_MAX)
		return 0;
	if (!array_grow(&h->samples, h->count, &h->room, sizeof(*h->samples)))
		return -ENOMEM;
	h->part_hours += (double)load->counted_ns / NS_PER_HOUR;
	h->samples[h->count++] =
		(struct load_sample) { .amount = (double)load->cpu_ns / (double)load->counted_ns,
			.weight = (double)load->counted_ns *
				  load_weight((double)(h->now - load->start) / (double)HOUR_SECONDS) };
	return 0;
}

static int gather(const struct question *question, const struct subject *subject, struct usage_history *h)
{
	int r = 0;

	h->now = question_now(question);
	for (size_t i = 0; i < subject->count && r == 0; i++) {
		h->part_hours = 0;
		r = ledger_loads(question->knowledge->ledger, subject->workloads[i],
			h->now - LEDGER_LOAD_DAYS * DAY_SECONDS, take_load, h);
		h->hours = fmax(h->hours, h->part_hours);
	}
	return r;
}

static double confidence_of(double hours)
{
	if (hours < HOURS_OF_DAY)
		return CONFIDENCE_LOW;
	return hours < DAYS_FOR_HIGH * HOURS_OF_DAY ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH;
}

/* What the node draws idle and nobody shares, over the workload's own watts. */
static double node_idle_ratio(const struct assessment *a, double watts)
{
	return a->node.present_ns > 0 && watts > 0
		       ? a->node.idle_uj * 1e3 / (double)a->node.present_ns / watts
		       : 0;
}

/* How many container names its parts go by, more than one counted as two; the name where it is one. */
static int name_container(
	const struct question *question, const struct subject *subject, char container[static 254])
{
	int count = 0;

	container[0] = '\0';
	for (size_t i = 0; i < subject->count && count < 2; i++) {
		char name[254];
		int own = ledger_container(question->knowledge->ledger, subject->workloads[i], name);
		if (own > 1 || (own == 1 && count == 1 && strcmp(name, container) != 0))
			return 2;
		if (own == 1) {
			snprintf(container, 254, "%s", name);
			count = 1;
		}
	}
	return count;
}

/* What is changed: the request of the whole, or of one container of several, and then the whole by as much. */
struct change {
	double from, to; /* cores of a part */
	int containers;  /* several count as two */
	bool is_of_one;  /* of several */
	double own_from, own_to;
	char container[254], owner[254], kind[64];
};

/* A container never used more than its pod did: what is enough for the pod is enough for any one of them. So the one that
 * requests more than that can be told to request it, and all others left alone. */
static void choose_container(
	const struct question *question, const struct subject *subject, struct change *change)
{
	char container[254];
	double cores;

	improvement_owner(question, subject, change->owner, change->kind);
	change->containers = name_container(question, subject, change->container);
	change->own_from = change->from;
	change->own_to = change->to;
	if (change->containers < 2 || !command_needs_container(subject, change->kind) ||
		!container_greatest(question, subject, change->from, container, &cores) ||
		change->to >= cores)
		return;
	snprintf(change->container, sizeof(change->container), "%s", container);
	change->is_of_one = true;
	change->own_from = cores;
	change->to = change->from - cores + change->own_to;
}

/* Memory goes along where it is known whose it is. An engine raises it only with the swap, of which nothing is known. */
static struct sizes sizes_of(
	const struct subject *subject, const struct change *change, const struct memory_advice *memory)
{
	struct sizes sizes = { .cores = change->own_to };
	bool is_whole = change->containers < 2 && memory->is_known && memory->is_change;

	if (!is_whole || (memory->is_short && strcmp(subject->kind, "container") == 0))
		return sizes;
	if (!memory->is_limit)
		sizes.memory_request_mib = memory->to_mib;
	if (memory->is_limit || (memory->limit_mib > 0 && memory->limit_mib < memory->to_mib))
		sizes.memory_limit_mib = memory->to_mib;
	return sizes;
}

/* From, to, the command, and why there is none. */
static void tell_change(const struct question *question, const struct subject *subject,
	const struct change *change, const struct memory_advice *memory, struct improvement *imp)
{
	const struct sizes sizes = sizes_of(subject, change, memory);
	char name[PROSE_NAME_MAX], container[PROSE_NAME_MAX];
	bool is_undivided = change->containers < 2 || change->is_of_one ||
			    !command_needs_container(subject, change->kind);

	json_format_number(change->own_from, imp->from);
	json_format_number(change->own_to, imp->to);
	snprintf(imp->unit, sizeof(imp->unit), "cores");
	if (is_undivided)
		command_resize(subject, change->owner, change->kind, change->container, &sizes, imp->action,
			sizeof(imp->action));
	prose_name(subject->name, name);
	if (change->is_of_one)
		improvement_say(question, imp->description, sizeof(imp->description), WORDS_SIZE_ONE, name,
			prose_name(change->container, container), imp->to, imp->from);
	else
		improvement_say(question, imp->description, sizeof(imp->description), WORDS_SIZE, name,
			imp->to, imp->from);
	if (!is_undivided)
		improvement_say(question, imp->action_note, sizeof(imp->action_note), WORDS_SIZE_CONTAINERS,
			name, imp->to, imp->from);
}

bool improvement_is_idle_shared(const struct question *question)
{
	return strcmp(question->knowledge->config->share_idle, "request") == 0;
}

/* What the workload is charged less, and what goes in fact. */
static void propose(const struct question *question, const struct assessment *a, const struct change *change,
	struct improvement *imp)
{
	double idle = a->usage.energy_uj > 0 ? a->usage.idle_uj / a->usage.energy_uj : 0, factor;
	double freed = rightsize_nodes_freed((change->from - change->to) * (double)a->subject.count,
		(double)question->knowledge->book->last.cpus);

	if (!improvement_is_idle_shared(question)) {
		imp->realizable = fmin(1, freed * node_idle_ratio(a, imp->after.watts));
		improvement_refuse(imp, REASON_IDLE_NOT_SHARED);
		return;
	}
	factor = rightsize_watts(1 - idle, idle, change->from, change->to);
	imp->realizable = freed > 0 ? 1 - factor : 0;
	imp->after.watts *= factor;
	imp->after.kwh_month *= factor;
	if (imp->after.krw_month >= 0)
		imp->after.krw_month *= factor;
	imp->is_applied = true;
}

static void size_up(const struct question *question, const struct assessment *a, struct usage_history *h,
	const struct memory_advice *memory, struct improvement *imp)
{
	load_sort(h->samples, h->count);
	double p90 = load_percentile(h->samples, h->count, 0.90), days = h->hours / HOURS_OF_DAY;
	double lower = load_percentile(h->samples, h->count, 0.50) * rightsize_lower_factor(days);
	double upper = load_percentile(h->samples, h->count, 0.95) * rightsize_upper_factor(days);
	struct change change = { .from = h->request_cores, .to = rightsize_target_cores(p90) };

	improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_SIZE_EVIDENCE, p90, h->count,
		h->hours, lower, upper);
	imp->confidence = confidence_of(h->hours);
	if (strcmp(a->subject.kind, "vm") == 0)
		change.to = ceil(change.to); /* its CPUs are whole */
	if (change.to >= change.from)
		return;
	choose_container(question, &a->subject, &change);
	tell_change(question, &a->subject, &change, memory, imp);
	propose(question, a, &change, imp);
}

int improve_rightsizing(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, struct improvement *imp)
{
	struct usage_history h = { 0 };
	struct memory_advice memory;
	char container[254];
	int r = gather(question, &assessment->subject, &h);

	(void)wish;
	if (r == 0)
		r = memory_advise(question, &assessment->subject, &memory);
	if (r == 0 && h.request_cores <= 0)
		improvement_refuse(imp, h.count == 0 ? REASON_NO_HISTORY : REASON_NO_REQUEST);
	else if (r == 0 && h.hours < HOURS_LEAST)
		improvement_refuse(imp, REASON_NO_HISTORY);
	else if (r == 0)
		size_up(question, assessment, &h, &memory, imp);
	if (r == 0)
		memory_tell(question, &memory, name_container(question, &assessment->subject, container) > 1,
			imp);
	free(h.samples);
	return r;
}
