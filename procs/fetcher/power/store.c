/*
 * A Prometheus-compatible store, by PromQL: an instant query for where the counters stand, then a range query for each
 * round, from the last step that was read on, so that what an outage hid is read afterwards step by step, with its own
 * times.
 */
#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "fetcher/power/promql.h"
#include "fetcher/power/source_private.h"
#include "ipc/tools.h"

#define STEPS_MAX 500   /* of one answer */
#define BACK_S    86400 /* what is older is one step: the counters still tell its energy */

/* Encoded once: the question differs from time to time in its times alone. */
int store_prepare(struct source_set *set)
{
	CLEANUP(freep) char *query = NULL;
	char *escaped;
	size_t size;
	FILE *out = set->kind == SOURCE_STORE ? open_memstream(&query, &size) : NULL;

	if (out == NULL)
		return set->kind == SOURCE_STORE ? -ENOMEM : 0;
	for (size_t i = 0; kepler_metric_names[i] != NULL; i++)
		fprintf(out, "%s%s", i > 0 ? "|" : "{__name__=~\"", kepler_metric_names[i]);
	fprintf(out, "\"%s%s}", set->config->prometheus_selector[0] != '\0' ? "," : "",
		set->config->prometheus_selector);
	fclose(out);
	escaped = query != NULL ? curl_easy_escape(NULL, query, 0) : NULL;
	set->query = escaped != NULL ? strdup(escaped) : NULL;
	curl_free(escaped);
	return set->query != NULL ? 0 : -ENOMEM;
}

static int64_t step_of(const struct source_set *set)
{
	return set->config->source_interval_seconds;
}

/* The steps lie on multiples of their length, so that a repeated question has the same answer. */
void store_request(struct source_member *member, char *body, size_t size, char *url, size_t url_size)
{
	struct source_set *set = member->set;
	int64_t step = step_of(set), now = clock_real_s() / step * step;

	if (member->last_s == 0)
		member->last_s =
			(int64_t)(set->power->tally.endpoints[member->index].real_ns / NS_PER_SECOND);
	if (member->last_s != 0 && member->last_s < now - BACK_S)
		member->last_s = now - BACK_S;
	member->from_s = member->last_s == 0 ? now : member->last_s + step;
	member->to_s = now;
	if (member->to_s > member->from_s + step * (STEPS_MAX - 1))
		member->to_s = member->from_s + step * (STEPS_MAX - 1);
	if (member->last_s == 0) {
		promql_url(member->server.address.url, "query", url, url_size);
		snprintf(body, size, "query=%s&time=%lld", set->query, (long long)now);
		return;
	}
	promql_url(member->server.address.url, "query_range", url, url_size);
	snprintf(body, size, "query=%s&start=%lld&end=%lld&step=%lld", set->query, (long long)member->from_s,
		(long long)member->to_s, (long long)step);
}

/* One value of one series at one step. */
struct point {
	int64_t at_s;
	struct reading reading;
};

struct points {
	struct point *all;
	size_t count, room;
};

/* What an answer tells. */
struct told {
	struct points points;
	struct points silent; /* steps at which a tanso said that its own sensor is silent */
	size_t tansos;        /* that would say so */
};

static int add_point(struct points *points, int64_t at_s, const struct reading *reading)
{
	if (!array_grow(&points->all, points->count, &points->room, sizeof(*points->all)))
		return -ENOMEM;
	points->all[points->count++] = (struct point) { at_s, *reading };
	return 0;
}

/* Labels as texts of json-c, which live as long as the answer's tree. */
static int read_labels(struct json_object *metric, struct metric_sample *sample)
{
	sample->label_count = 0;
	sample->name.size = 0;
	json_object_object_foreach(metric, key, value)
	{
		struct metric_label *label = &sample->labels[sample->label_count];
		struct text text = { json_object_get_string(value),
			(uint32_t)json_object_get_string_len(value) };
		if (!json_object_is_type(value, json_type_string))
			return -EBADMSG;
		if (strcmp(key, "__name__") == 0) {
			sample->name = text;
			continue;
		}
		if (sample->label_count == METRIC_LABELS_MAX)
			return -E2BIG;
		*label = (struct metric_label) { .name = text_of(key), .value = text };
		sample->label_count++;
	}
	return sample->name.size > 0 ? 0 : -EBADMSG;
}

static int read_values(
	struct json_object *values, struct json_object *pair, struct reading *reading, struct points *points)
{
	size_t count = values != NULL ? json_object_array_length(values) : 1;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		int64_t at_s;
		r = promql_point(
			values != NULL ? json_object_array_get_idx(values, i) : pair, &at_s, &reading->value);
		if (r == 0)
			r = add_point(points, at_s, reading);
	}
	return r;
}

static int read_series(struct source_member *member, struct json_object *series, struct told *told)
{
	struct json_object *metric, *values = NULL, *pair = NULL;
	static struct metric_sample sample; /* large; one thread */
	struct reading reading = { 0 };
	int r;

	if (!json_object_object_get_ex(series, "metric", &metric) ||
		!json_object_is_type(metric, json_type_object) || (r = read_labels(metric, &sample)) < 0)
		return -EBADMSG;
	if (!json_object_object_get_ex(series, "values", &values) &&
		!json_object_object_get_ex(series, "value", &pair))
		return -EBADMSG;
	if (kepler_tells_stale(&sample)) {
		told->tansos++;
		return read_values(values, pair, &reading, &told->silent);
	}
	r = tally_series(&member->set->power->tally, member->index, &sample, &reading);
	if (r < 0)
		return r == -ENOENT || r == -ENOSPC ? 0 : r;
	return read_values(values, pair, &reading, &told->points);
}

static int by_time(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return (a->at_s > b->at_s) - (a->at_s < b->at_s);
}

static size_t silent_at(const struct points *silent, int64_t at_s)
{
	size_t count = 0;

	for (size_t i = 0; i < silent->count; i++)
		count += silent->all[i].at_s == at_s && silent->all[i].reading.value > 0;
	return count;
}

/* Each step is a round of its own. One at which every tanso was silent is left out, -ESTALE if it is the last; with some
 * of them silent it is partial. */
static int apply_points(struct source_member *member, const struct told *told)
{
	struct source_set *set = member->set;
	const struct points *points = &told->points;
	int r = 0;

	qsort(points->all, points->count, sizeof(*points->all), by_time);
	for (size_t i = 0, next; i < points->count && (r == 0 || r == -ESTALE); i = next) {
		set->reading_count = 0;
		for (r = 0, next = i;
			next < points->count && points->all[next].at_s == points->all[i].at_s && r == 0;
			next++)
			r = source_add_reading(set, &points->all[next].reading);
		uint64_t real_ns = (uint64_t)points->all[i].at_s * NS_PER_SECOND;
		size_t silent = silent_at(&told->silent, points->all[i].at_s);
		if (r == 0 && silent > 0 && silent == told->tansos)
			r = -ESTALE;
		bool is_partial = member->was_partial || silent > 0;
		set->power->tally.is_partial = is_partial;
		if (r < 0 || tally_apply(&set->power->tally, member->index, set->readings, set->reading_count,
				     real_ns) < 0)
			continue;
		power_tell(set->power, real_ns, is_partial);
	}
	return r;
}

static int read_told(struct source_member *member, struct json_object *root, struct told *told)
{
	struct json_object *result;
	int r = promql_series(root, &result);

	member->was_partial = promql_is_partial(root);
	for (size_t i = 0; r == 0 && i < json_object_array_length(result); i++)
		r = read_series(member, json_object_array_get_idx(result, i), told);
	return r;
}

static void say_twins(const struct source_member *member)
{
	struct tally *tally = &member->set->power->tally;

	if (tally->has_new_twins)
		log_warning("%s tells the same series more than once, of several jobs or several Prometheus: "
			    "each "
			    "is counted once; remedy: prometheus_selector = job=\"kepler\"",
			member->server.address.url);
	tally->has_new_twins = false;
}

static int read_result(struct source_member *member, struct json_object *root)
{
	struct told told = { 0 };
	int r = read_told(member, root, &told);

	if (r == 0 && told.points.count > 0) {
		say_twins(member);
		r = apply_points(member, &told);
	} else if (r == 0) {
		r = -ENODATA;
	}
	free(told.points.all);
	free(told.silent.all);
	return r;
}

static void fail(
	struct source_member *member, const struct fetch_answer *answer, struct json_object *root, int r)
{
	char text[400];

	promql_failure(answer->status, root,
		r == -ENODATA  ? "it answers, but has no Kepler metric of that selector now"
		: r == -ESTALE ? "it answers, but the sensor of the tanso behind it is silent "
				 "(tanso_power_state is stale)"
			       : "its answer is no result of a query",
		text, sizeof(text));
	source_fail(member, text);
}

bool store_take(struct source_member *member, const struct fetch_answer *answer)
{
	size_t offset = 0;
	struct json_object *root = json_parse_strict(answer->body, answer->size, &offset);
	bool is_behind = member->last_s != 0 && member->to_s < clock_real_s() - step_of(member->set);
	int r = root == NULL || answer->status != 200 ? -EBADMSG : read_result(member, root);

	/* A range without data ends where it ended: a store that was empty for a while is asked for what comes. */
	if (r == 0 || r == -ESTALE || (r == -ENODATA && is_behind))
		member->last_s = member->to_s;
	member->is_well = r == 0;
	if (r < 0)
		fail(member, answer, root, r);
	json_object_put(root);
	return r == 0 && is_behind;
}
