#include "analyst/find.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answer.h"
#include "base/clock.h"

#define NAMES_MAX 2000

static void lower(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i] != '\0'; i++)
		to[i] = (char)tolower((unsigned char)from[i]);
	to[i] = '\0';
}

/* Parts of one owner are one subject; everything else stands for itself. */
static bool is_same_subject(const struct found *a, const struct found *b, bool is_owner)
{
	return is_owner && strcmp(a->identity.namespace, b->identity.namespace) == 0 &&
	       strcmp(a->detail, b->detail) == 0;
}

static void name_candidate(
	const struct found *found, bool is_owner, const char *asked, char *text, size_t size)
{
	char kind[64];

	lower(kind, sizeof(kind), is_owner ? found->detail : workload_kind_name(found->identity.kind));
	snprintf(text, size, "%s/%s (%s)", found->identity.namespace, is_owner ? asked : found->identity.name,
		kind);
}

static int refuse_ambiguous(const struct question *question, const struct found *found, size_t count,
	bool is_owner, struct error_object *error)
{
	*error = (struct error_object) { .code = ERROR_AMBIGUOUS_WORKLOAD };
	snprintf(error->field, sizeof(error->field), "workload_name");
	for (size_t i = 0; i < count && error->candidate_count < ERROR_CANDIDATES_MAX; i++) {
		char *candidate = error->candidates[error->candidate_count];
		bool is_new = true;
		for (size_t j = 0; j < i; j++)
			is_new = is_new && !is_same_subject(&found[i], &found[j], is_owner);
		if (!is_new)
			continue;
		name_candidate(&found[i], is_owner, question->workload_name, candidate,
			sizeof(error->candidates[0]));
		error->candidate_count++;
	}
	snprintf(error->hint, sizeof(error->hint), "%s",
		question->is_korean ? "namespace 인수를 더하거나 candidates의 전체 이름을 쓰십시오."
				    : "Add the argument namespace, or use a full name of candidates.");
	return -EINVAL;
}

static void add_nearest(const struct question *question, struct error_object *error)
{
	const struct knowledge *k = question->knowledge;
	char **names = calloc(NAMES_MAX, sizeof(*names));
	size_t count;

	if (names == NULL)
		return;
	count = ledger_names(k->ledger, question->namespace, question->since, names, NAMES_MAX);
	for (size_t left = count; error->candidate_count < ERROR_CANDIDATES_MAX;) {
		int nearest = nearest_name(question->workload_name, (const char *const *)names, left);
		if (nearest < 0)
			break;
		snprintf(error->candidates[error->candidate_count++], sizeof(error->candidates[0]), "%s",
			names[nearest]);
		char *taken = names[nearest];
		names[nearest] = names[--left];
		names[left] = taken;
	}
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int refuse_unknown(const struct question *question, struct error_object *error)
{
	*error = (struct error_object) { .code = ERROR_WORKLOAD_NOT_FOUND };
	snprintf(error->field, sizeof(error->field), "workload_name");
	add_nearest(question, error);
	snprintf(error->hint, sizeof(error->hint), "%s",
		question->is_korean ? "list_top_power_consumers로 측정 중인 이름을 볼 수 있습니다."
				    : "list_top_power_consumers shows the names that are measured.");
	return -EINVAL;
}

/* Known, but nothing of it was counted in the window. */
static int refuse_unseen(
	const struct question *question, const struct found *found, struct error_object *error)
{
	int64_t seen = ledger_last_seen(question->knowledge->ledger, found->workload);
	char time[32];

	refuse_unknown(question, error);
	if (seen <= 0)
		return -EINVAL;
	clock_format_kst((uint64_t)seen * NS_PER_SECOND, time);
	snprintf(error->hint, sizeof(error->hint),
		question->is_korean ? "%s에 마지막으로 측정되었습니다. window 값을 늘려 보십시오."
				    : "It was last measured at %s; try a longer window.",
		time);
	return -EINVAL;
}

int subject_find(const struct question *question, struct subject *ret_subject, struct error_object *error)
{
	const struct knowledge *k = question->knowledge;
	struct found found[FOUND_MAX];
	struct subject *subject = ret_subject;
	bool is_owner;
	int count = ledger_find(
		k->ledger, question->workload_name, question->namespace, question->since, found, &is_owner);

	if (count < 0)
		return count;
	if (count == 0)
		return refuse_unknown(question, error);
	if (!found[0].is_in_window)
		return refuse_unseen(question, &found[0], error);
	for (int i = 1; i < count; i++)
		if (!is_same_subject(&found[0], &found[i], is_owner))
			return refuse_ambiguous(question, found, (size_t)count, is_owner, error);
	*subject = (struct subject) { .count = (size_t)count };
	for (int i = 0; i < count; i++)
		subject->workloads[i] = found[i].workload;
	snprintf(subject->namespace, sizeof(subject->namespace), "%s", found[0].identity.namespace);
	snprintf(subject->name, sizeof(subject->name), "%s",
		is_owner ? question->workload_name : found[0].identity.name);
	lower(subject->kind, sizeof(subject->kind),
		is_owner ? found[0].detail : workload_kind_name(found[0].identity.kind));
	return 0;
}
