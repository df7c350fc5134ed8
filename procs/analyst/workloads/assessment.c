#include "analyst/workloads/assessment.h"

static int gather_usage(const struct question *question, struct assessment *a)
{
	const struct knowledge *k = question->knowledge;
	const struct usage_window window = { .since = question->since,
		.allow_fake = question->allow_fake,
		.zone_mask = k->book->last.zone_mask,
		.grid = &question->grid.grid };
	struct presence presence = { 0 };
	int r = ledger_sum(k->ledger, 0, &window, &a->node, &presence);

	for (size_t i = 0; i < a->subject.count && r == 0; i++)
		r = ledger_sum(k->ledger, a->subject.workloads[i], &window, &a->usage, &presence);
	a->present_ns = presence_ns(&presence);
	presence_done(&presence);
	return r;
}

static void gather_watts(const struct question *question, struct assessment *a)
{
	const struct book *book = question->knowledge->book;

	for (size_t i = 0; i < a->subject.count; i++) {
		const struct book_workload *workload = book_find(book, a->subject.workloads[i]);
		double watts[PART_COUNT];
		a->usage.is_implausible_now |= workload != NULL && book_is_implausible(book, workload);
		if (workload == NULL || !book_watts(book, workload, watts))
			continue;
		a->has_watts = true;
		for (int part = 0; part < PART_COUNT; part++)
			a->watts[part] += watts[part];
	}
}

double assessment_watts(const struct assessment *assessment)
{
	const double *watts = assessment->watts;

	return watts[PART_CPU] + watts[PART_MEMORY] + watts[PART_GPU] + watts[PART_IDLE];
}

int assessment_gather(
	struct question *question, struct assessment *ret_assessment, struct error_object *error)
{
	struct assessment *a = ret_assessment;
	int r;

	*a = (struct assessment) { 0 };
	if ((r = subject_find(question, &a->subject, error)) < 0 || (r = gather_usage(question, a)) < 0)
		return r;
	question->reasons.is_set[REASON_OWNER_INFERRED] = a->subject.is_inferred;
	gather_watts(question, a);
	verdict_reach(question, &a->usage, a->present_ns, &a->node, &a->verdict);
	return 0;
}

void assessment_done(struct assessment *assessment)
{
	subject_done(&assessment->subject);
}
