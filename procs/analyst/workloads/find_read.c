#include "analyst/workloads/find_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool copy(char *to, size_t size, const char *from, size_t length)
{
	snprintf(to, size, "%.*s", (int)length, from);
	return length > 0 && length < size;
}

/* "name (kind)", of which the kind may be missing. */
static bool take_kind(const char *name, struct asked *asked)
{
	const char *kind = NULL;
	size_t length = strlen(name);

	for (const char *at = name; (at = strstr(at, " (")) != NULL; at++)
		kind = at; /* a name may have some of its own */
	if (kind != NULL && kind > name && name[length - 1] == ')') {
		snprintf(asked->kind, sizeof(asked->kind), "%.*s", (int)(name + length - 1 - (kind + 2)),
			kind + 2);
		length = (size_t)(kind - name);
	}
	return copy(asked->name, sizeof(asked->name), name, length);
}

/* The ways to read a name that has a slash at `slash`, NULL = that has none: true where it can be read so. */
typedef bool read_fn(const char *text, const char *slash, struct asked *asked);

/* "namespace/name (kind)", "name (kind)" */
static bool read_place(const char *text, const char *slash, struct asked *asked)
{
	if (slash == NULL)
		return take_kind(text, asked) && asked->kind[0] != '\0';
	return copy(asked->namespace, sizeof(asked->namespace), text, (size_t)(slash - text)) &&
	       take_kind(slash + 1, asked);
}

/* "kind/name", "namespace/kind/name"; kubectl puts the group behind the kind: "deployment.apps/web" */
static bool read_kind(const char *text, const char *slash, struct asked *asked)
{
	const char *kind = slash;

	if (slash == NULL)
		return false;
	while (kind > text && kind[-1] != '/')
		kind--;
	if (!copy(asked->kind, sizeof(asked->kind), kind, (size_t)(slash - kind)) ||
		!copy(asked->name, sizeof(asked->name), slash + 1, strlen(slash + 1)))
		return false;
	for (char *c = asked->kind; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	asked->kind[strcspn(asked->kind, ".")] = '\0';
	return kind == text ||
	       copy(asked->namespace, sizeof(asked->namespace), text, (size_t)(kind - 1 - text));
}

static bool has(const struct found_list *list, const struct found *one)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].workload == one->workload && list->items[i].is_owned == one->is_owned)
			return true;
	return false;
}

/* What is found both ways is one: "system/(root)" is of namespace and kind system. */
static int append(struct found_list *list, const struct found_list *more)
{
	struct found *grown = reallocarray(list->items, list->count + more->count, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	list->items = grown;
	list->room = list->count + more->count;
	if (list->count == 0) { /* the parts of one owner, maybe thousands */
		memcpy(grown, more->items, more->count * sizeof(*grown));
		list->count = more->count;
		return 0;
	}
	for (size_t i = 0; i < more->count; i++)
		if (!has(list, &more->items[i]))
			grown[list->count++] = more->items[i];
	return 0;
}

/* Adds what the name means where it is read so. */
static int read_as(const struct question *question, read_fn *read, const char *slash, struct asked *asked,
	struct found_list *list)
{
	struct asked taken = { 0 };
	struct found_list more = { 0 };
	struct wanted wanted = { .name = taken.name,
		.reach = question_reach(question),
		.kind = taken.kind,
		.since = question->since };
	int r = 0;

	if (!read(question->workload_name, slash, &taken))
		return 0;
	if (taken.namespace[0] != '\0') {
		if (!reach_reaches(wanted.reach, taken.namespace))
			return 0;
		wanted.reach = taken.namespace;
	}
	r = ledger_find(question->knowledge->ledger, &wanted, &more);
	if (r == 0 && more.count > 0) {
		*asked = taken;
		r = append(list, &more);
	}
	free(more.items);
	return r;
}

int find_named(const struct question *question, struct asked *asked, struct found_list *list)
{
	const char *whole = question->workload_name, *slash = NULL;
	const struct wanted wanted = { .name = asked->name,
		.reach = question_reach(question),
		.kind = question->workload_kind,
		.since = question->since };
	int r;

	snprintf(asked->name, sizeof(asked->name), "%s", whole);
	r = ledger_find(question->knowledge->ledger, &wanted, list);
	while (r == 0 && list->count == 0) {
		r = read_as(question, read_place, slash, asked, list);
		if (r == 0)
			r = read_as(question, read_kind, slash, asked, list);
		slash = strchr(slash != NULL ? slash + 1 : whole, '/');
		if (slash == NULL)
			break;
	}
	return r;
}
