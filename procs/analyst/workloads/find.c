#include "analyst/workloads/find_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyst/answers/answer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/nearest.h"

#define NAMES_MAX 2000
#define FORMS_MAX 32

/* Parts of one owner are one subject; everything else stands for itself. */
static bool is_same_subject(const struct found *a, const struct found *b)
{
	return a->is_owned && b->is_owned && strcmp(a->identity.namespace, b->identity.namespace) == 0 &&
	       strcasecmp(a->detail, b->detail) == 0; /* in lower case: inferred */
}

/* "namespace/name (kind)"; false where that does not fit. */
static bool name_fully(const struct found *found, const char *asked, char *text, size_t size)
{
	char kind[64];
	int length;

	found_kind(found, kind);
	length = snprintf(text, size, "%s/%s (%s)", found->identity.namespace,
		found->is_owned ? asked : found->identity.name, kind);
	return length >= 0 && (size_t)length < size;
}

/* Each of the list by its full name, once. */
static void add_candidates(const struct found_list *list, const char *asked, struct error_object *error)
{
	const struct found *found = list->items;

	for (size_t i = 0; i < list->count && error->candidate_count < ERROR_CANDIDATES_MAX; i++) {
		char *candidate = error->candidates[error->candidate_count];
		bool is_new = true;
		for (size_t j = 0; j < i; j++)
			is_new = is_new && !is_same_subject(&found[i], &found[j]);
		if (!is_new)
			continue;
		if (!name_fully(&found[i], asked, candidate, sizeof(error->candidates[0])))
			/* cut short it would find nothing: the bare one may */
			snprintf(candidate, sizeof(error->candidates[0]), "%.253s",
				found[i].is_owned ? asked : found[i].identity.name);
		error->candidate_count++;
	}
}

/* What one of several has for itself: its kind where no two have the same, else its namespace, else both. */
static size_t tell_apart(
	const struct found_list *list, const char *asked, char (*forms)[SUBJECT_FORM_MAX], size_t max)
{
	const struct found *found = list->items;
	bool same_kind = false, same_namespace = false;
	size_t count = 0, first[FORMS_MAX];
	char kind[64], other[64];

	for (size_t i = 0; i < list->count && count < max && count < FORMS_MAX; i++) {
		bool is_new = true;
		for (size_t j = 0; j < count && is_new; j++)
			is_new = !is_same_subject(&found[first[j]], &found[i]);
		found_kind(&found[i], kind);
		for (size_t j = 0; j < count && is_new; j++) {
			found_kind(&found[first[j]], other);
			same_kind |= strcmp(kind, other) == 0;
			same_namespace |=
				strcmp(found[first[j]].identity.namespace, found[i].identity.namespace) == 0;
		}
		if (is_new)
			first[count++] = i;
	}
	for (size_t i = 0; i < count; i++) {
		const struct found *one = &found[first[i]];
		const char *name = one->is_owned ? asked : one->identity.name;
		found_kind(one, kind);
		snprintf(forms[i], SUBJECT_FORM_MAX, "%s%s%s%s%s", same_kind ? one->identity.namespace : "",
			same_kind ? "/" : "", same_kind && !same_namespace ? "" : kind,
			same_kind && !same_namespace ? "" : "/", name);
	}
	return count > 1 ? count : 0;
}

static int refuse_ambiguous(const struct question *question, const struct found_list *list, const char *asked,
	struct error_object *error)
{
	char forms[2][SUBJECT_FORM_MAX] = { "", "" }, first[PROSE_NAME_MAX], second[PROSE_NAME_MAX];

	*error = (struct error_object) { .code = ERROR_AMBIGUOUS_WORKLOAD };
	snprintf(error->field, sizeof(error->field), "workload_name");
	add_candidates(list, asked, error);
	tell_apart(list, asked, forms, ARRAY_SIZE(forms));
	snprintf(error->hint, sizeof(error->hint),
		question->is_korean
			? "어느 것인지 이름으로 밝히십시오(예: %.200s 또는 %.200s). candidates의 전체 이름도 "
			  "됩니다."
			: "Say which: %.200s or %.200s, for instance; or use a full name of candidates.",
		prose_name(forms[0], first), prose_name(forms[1], second));
	return -EINVAL;
}

static void add_nearest(const struct question *question, struct error_object *error)
{
	const struct knowledge *k = question->knowledge;
	char **names = calloc(NAMES_MAX, sizeof(*names));
	size_t count;

	if (names == NULL)
		return;
	count = ledger_names(k->ledger, question_reach(question), question->since, "", names, NAMES_MAX);
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
	snprintf(error->value, sizeof(error->value), "%s", question->workload_name);
	snprintf(error->field, sizeof(error->field), "workload_name");
	add_nearest(question, error);
	snprintf(error->hint, sizeof(error->hint), "%s",
		question->is_korean ? "측정 중인 이름은 list_top_power_consumers에서 볼 수 있습니다."
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

static bool has_owned(const struct found_list *list, int64_t workload)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].is_owned && list->items[i].workload == workload)
			return true;
	return false;
}

/* A part that has its owner's name is no homonym of it: the owner is meant, or the part itself where it is all there is. */
static void settle_namesakes(struct found_list *list)
{
	size_t kept = 0, owned = 0, namesakes = 0;
	bool is_owner_meant;

	for (size_t i = 0; i < list->count; i++) {
		owned += list->items[i].is_owned;
		namesakes += !list->items[i].is_owned && has_owned(list, list->items[i].workload);
	}
	is_owner_meant = namesakes < owned;
	if (namesakes == 0)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const struct found *one = &list->items[i];
		bool is_dropped =
			is_owner_meant ? !one->is_owned && has_owned(list, one->workload) : one->is_owned;
		if (!is_dropped)
			list->items[kept++] = *one;
	}
	list->count = kept;
}

static int by_number(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static bool has_inferred(struct ledger *ledger, const struct found *one)
{
	char owner[254], kind[64];

	if (one->is_owned)
		return owner_is_inferred(one->detail);
	ledger_owner(ledger, one->workload, owner, kind);
	return owner_is_inferred(kind);
}

static int describe(struct ledger *ledger, const struct found_list *list, const struct asked *asked,
	struct subject *subject)
{
	const struct found *first = &list->items[0];
	char kind[64];

	*subject = (struct subject) { .workloads = calloc(list->count, sizeof(*subject->workloads)) };
	if (subject->workloads == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		subject->workloads[subject->count++] = list->items[i].workload;
		subject->is_inferred |= has_inferred(ledger, &list->items[i]);
	}
	qsort(subject->workloads, subject->count, sizeof(*subject->workloads), by_number);
	snprintf(subject->namespace, sizeof(subject->namespace), "%s", first->identity.namespace);
	snprintf(subject->name, sizeof(subject->name), "%s",
		first->is_owned ? asked->name : first->identity.name);
	found_kind(first, kind);
	snprintf(subject->kind, sizeof(subject->kind), "%.31s", kind);
	/* who had to say the kind has to say it again */
	if (asked->kind[0] == '\0' ||
		!name_fully(first, asked->name, subject->handle, sizeof(subject->handle)))
		snprintf(subject->handle, sizeof(subject->handle), "%s", subject->name);
	return 0;
}

/* "ai-team, prod": the namespaces of a list, as many as fit. */
static void list_namespaces(const struct found_list *list, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const char *namespace = list->items[i].identity.namespace;
		char quoted[PROSE_NAME_MAX];
		bool is_new = true;
		for (size_t j = 0; j < i; j++)
			is_new = is_new && strcmp(list->items[j].identity.namespace, namespace) != 0;
		if (!is_new || used + strlen(prose_name(namespace, quoted)) + 3 > size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", quoted);
	}
}

/* Nothing of that name where it was looked for: perhaps elsewhere, or there is no such namespace. */
static int refuse_missing(const struct question *question, struct error_object *error)
{
	const struct wanted wanted = { .name = question->workload_name,
		.reach = question->namespaces,
		.kind = question->workload_kind,
		.since = question->since };
	struct found_list list = { 0 };
	char namespaces[192], nearest[256];

	refuse_unknown(question, error);
	if (question->namespace[0] == '\0')
		return -EINVAL;
	if (ledger_find(question->knowledge->ledger, &wanted, &list) == 0 && list.count > 0) {
		settle_namesakes(&list);
		error->candidate_count = 0;
		add_candidates(&list, question->workload_name, error);
		list_namespaces(&list, namespaces, sizeof(namespaces));
		snprintf(error->hint, sizeof(error->hint),
			question->is_korean ? "그 이름은 다음 네임스페이스에 있습니다: %s"
					    : "That name is in another namespace: %s",
			namespaces);
	} else if (!namespace_is_known(question, nearest, sizeof(nearest))) {
		snprintf(error->hint, sizeof(error->hint),
			question->is_korean ? "그런 네임스페이스가 없습니다. %s"
					    : "There is no such namespace. %s",
			nearest);
	}
	free(list.items);
	return -EINVAL;
}

static int choose(const struct question *question, const struct found_list *list, const struct asked *asked,
	struct subject *ret_subject, struct error_object *error)
{
	if (list->count == 0)
		return refuse_missing(question, error);
	if (!list->items[0].is_in_window)
		return refuse_unseen(question, &list->items[0], error);
	for (size_t i = 1; i < list->count; i++)
		if (!is_same_subject(&list->items[0], &list->items[i]))
			return refuse_ambiguous(question, list, asked->name, error);
	return describe(question->knowledge->ledger, list, asked, ret_subject);
}

int subject_find(const struct question *question, struct subject *ret_subject, struct error_object *error)
{
	struct found_list list = { 0 };
	struct asked asked = { 0 };
	int r = find_named(question, &asked, &list);

	*ret_subject = (struct subject) { 0 };
	settle_namesakes(&list);
	if (r == 0)
		r = choose(question, &list, &asked, ret_subject, error);
	free(list.items);
	return r;
}

size_t subject_forms(
	const struct question *question, const char *name, char (*forms)[SUBJECT_FORM_MAX], size_t max)
{
	const struct wanted wanted = {
		.name = name, .reach = question_reach(question), .kind = "", .since = question->since
	};
	struct found_list list = { 0 };
	size_t count = 0;

	if (ledger_find(question->knowledge->ledger, &wanted, &list) == 0) {
		settle_namesakes(&list);
		count = tell_apart(&list, name, forms, max);
	}
	free(list.items);
	return count;
}

void subject_done(struct subject *subject)
{
	free(subject->workloads);
	*subject = (struct subject) { 0 };
}
