/* catalogue, names: what there is to ask about */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyst/answers/answer.h"
#include "analyst/workloads/find.h"
#include "base/fnv.h"
#include "base/idmap.h"
#include "base/nearest.h"

#define NAMES_MAX 65536 /* more than a node has */
#define FORMS_MAX 8

static void write_row(struct json_writer *w, const char *code, const char *name, const char *description)
{
	json_open_object(w, NULL);
	json_write_text(w, "code", code);
	json_write_text(w, "name", name);
	json_write_text(w, "description", description);
	json_close_object(w);
}

int catalogue_answer(struct question *question, struct json_writer *w, struct error_object *error)
{
	const struct data *data = question->knowledge->data;

	(void)error;
	json_open_array(w, "standards");
	for (size_t i = 0; i < data->standard_count; i++)
		write_row(w, data->standards[i].code, data->standards[i].name[question->is_korean],
			data->standards[i].disclaimer[question->is_korean]);
	json_close_array(w);
	json_open_array(w, "regions");
	for (size_t i = 0; i < data->region_count; i++) {
		const struct region *region = &data->regions[i];
		char text[256];
		snprintf(text, sizeof(text),
			question->is_korean ? "%s 전력망(%s)의 탄소집약도"
					    : "Carbon intensity of the grid of %s (%s)",
			region->name[question->is_korean], region->zone);
		write_row(w, region->code, region->name[question->is_korean], text);
	}
	json_close_array(w);
	return 0;
}

/* names */

struct names {
	const char *prefix;
	char *all[NAMES_MAX];
	size_t count;
	struct idmap seen; /* namespaces, by their hash */
};

static int add(struct names *names, const char *name)
{
	if (names->count == NAMES_MAX || strncasecmp(name, names->prefix, strlen(names->prefix)) != 0)
		return 0;
	names->all[names->count] = strdup(name);
	if (names->all[names->count] == NULL)
		return -ENOMEM;
	names->count++;
	return 0;
}

static int add_namespace(void *context, const struct ledger_named *one)
{
	struct names *names = context;
	uint64_t hash = fnv_text(FNV_BEGIN, one->namespace);
	uint32_t index;

	if (idmap_find(&names->seen, hash, &index))
		return 0;
	int r = idmap_put(&names->seen, hash, (uint32_t)names->count);
	return r < 0 ? r : add(names, one->namespace);
}

static int gather_workloads(struct names *names, const struct question *q)
{
	char **found = calloc(NAMES_MAX, sizeof(*found));
	int r = 0;

	if (found == NULL)
		return -ENOMEM;
	size_t count = ledger_names(
		q->knowledge->ledger, question_reach(q), q->since, names->prefix, found, NAMES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (r == 0)
			r = add(names, found[i]);
		free(found[i]);
	}
	free(found);
	return r;
}

static int gather(struct names *names, const struct question *q, const char *kind)
{
	const struct data *data = q->knowledge->data;
	int r = 0;

	if (strcmp(kind, "workload") == 0)
		return gather_workloads(names, q);
	if (strcmp(kind, "namespace") == 0)
		return ledger_identities(q->knowledge->ledger, q->namespaces, add_namespace, names);
	bool is_region = strcmp(kind, "region") == 0;
	size_t count = is_region ? data->region_count : data->standard_count;
	for (size_t i = 0; i < count && r == 0; i++)
		r = add(names, is_region ? data->regions[i].code : data->standards[i].code);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same name may stand for parts in several namespaces. */
static void drop_doubles(struct names *names)
{
	size_t kept = 0;

	qsort(names->all, names->count, sizeof(names->all[0]), by_name);
	for (size_t i = 0; i < names->count; i++) {
		if (kept > 0 && strcmp(names->all[kept - 1], names->all[i]) == 0)
			free(names->all[i]);
		else
			names->all[kept++] = names->all[i];
	}
	names->count = kept;
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->all[i]);
	idmap_done(&names->seen);
	free(names);
}

/* A name that would be asked back stands as those that tell apart whom it may mean; of them what goes on from `typed`. */
static size_t write_names(struct json_writer *w, const struct question *q, const struct names *names,
	const char *typed, size_t limit)
{
	bool is_bare = strchr(typed, '/') == NULL,
	     is_workload = strcmp(question_text(q, "kind", ""), "workload") == 0;
	char forms[FORMS_MAX][SUBJECT_FORM_MAX];
	size_t written = 0;

	for (size_t i = 0; i < names->count && written < limit; i++) {
		size_t count = is_workload ? subject_forms(q, names->all[i], forms, FORMS_MAX) : 0;
		for (size_t f = 0; f < count && written < limit; f++)
			if (is_bare || strncasecmp(forms[f], typed, strlen(typed)) == 0) {
				json_write_text(w, NULL, forms[f]);
				written++;
			}
		if (count == 0 && strncasecmp(names->all[i], typed, strlen(typed)) == 0) {
			json_write_text(w, NULL, names->all[i]);
			written++;
		}
	}
	return written;
}

int names_answer(struct question *question, struct json_writer *w, struct error_object *error)
{
	struct names *names = calloc(1, sizeof(*names));
	size_t limit = (size_t)question_number(question, "limit", 100);

	(void)error;
	if (names == NULL)
		return -ENOMEM;
	const char *typed = question_text(question, "prefix", ""), *slash = strrchr(typed, '/');
	names->prefix = slash != NULL ? slash + 1 : typed;
	int r = gather(names, question, question_text(question, "kind", ""));
	drop_doubles(names);
	if (r == 0) {
		json_open_array(w, "values");
		size_t written = write_names(w, question, names, typed, limit);
		json_close_array(w);
		json_write_integer(w, "total",
			(int64_t)(slash != NULL || written > names->count ? written : names->count));
	}
	names_free(names);
	return r;
}

bool namespace_is_known(const struct question *question, char *ret_hint, size_t size)
{
	bool is_known = false;
	struct names *names = calloc(1, sizeof(*names));

	ret_hint[0] = '\0';
	if (names == NULL)
		return true;
	names->prefix = "";
	gather(names, question, "namespace");
	drop_doubles(names);
	for (size_t i = 0; i < names->count; i++) {
		char quoted[PROSE_NAME_MAX], *name;
		if (strcmp(names->all[i], question->namespace) == 0)
			is_known = true;
		if ((name = strdup(prose_name(names->all[i], quoted))) == NULL)
			continue;
		free(names->all[i]);
		names->all[i] = name;
	}
	if (!is_known && names->count > 0)
		nearest_hint(question->namespace, (const char *const *)names->all, names->count,
			question->is_korean, ret_hint, size);
	names_free(names);
	return is_known;
}
