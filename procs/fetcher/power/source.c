#include "fetcher/power/source_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/log.h"
#include "base/origin.h"
#include "fetcher/power/source_remedy.h"
#include "fetcher/power/source_request.h"

#define LOST_NS      (60 * NS_PER_SECOND)
#define METRICS_PATH "/metrics"
#define TEXT_FORMAT  "text/plain;version=0.0.4"
#define BODY_MAX     8192

/* Once per cause, not per request. */
void source_fail(struct source_member *member, const char *reason)
{
	++*member->server.failures;
	member->is_well = false;
	if (strcmp(member->failure, reason) == 0)
		return;
	snprintf(member->failure, sizeof(member->failure), "%s", reason);
	log_warning("no power from %s: %s; trying again", member->server.address.url, reason);
}

static void succeed(struct source_member *member)
{
	++*member->server.answers;
	member->is_well = true;
	member->set->answered++;
	if (member->failure[0] != '\0')
		log_info("%s answers again", member->server.address.url);
	member->failure[0] = '\0';
}

int source_add_reading(struct source_set *set, const struct reading *reading)
{
	if (!array_grow(&set->readings, set->reading_count, &set->reading_room, sizeof(*set->readings)))
		return -ENOMEM;
	set->readings[set->reading_count++] = *reading;
	return 0;
}

/* Rounds */

/* The analyst says it where watts are missing. */
static void tell_failure(struct source_set *set)
{
	const struct frame_head head = { .kind = FRAME_source };
	const struct source_member *failed = NULL;
	char text[640] = "";

	for (size_t i = 0; i < set->count && failed == NULL; i++)
		if (set->members[i].failure[0] != '\0')
			failed = &set->members[i];
	if (failed != NULL)
		snprintf(text, sizeof(text), "%.300s: %.330s", failed->server.address.url, failed->failure);
	const struct source_once once = { .failure = text_of(text) };
	link_send(set->power->analyst, &head, &once, NULL, 0);
}

static void end_round(struct source_set *set)
{
	bool is_partial = set->answered < set->count;

	for (size_t i = 0; i < set->count; i++)
		is_partial |= set->members[i].was_partial;
	if (set->answered > 0 && set->kind == SOURCE_KEPLER)
		power_tell(set->power, clock_now().real_ns, is_partial);
	tell_failure(set);
}

static void end_one(struct source_member *member)
{
	if (--member->set->pending == 0)
		end_round(member->set);
}

static int on_sample(void *context, const struct metric_sample *sample)
{
	struct source_member *member = context;
	struct source_set *set = member->set;
	struct reading reading;

	member->is_stale |= kepler_tells_stale(sample) && sample->value > 0;
	int r = tally_series(&set->power->tally, member->index, sample, &reading);

	if (r == 0)
		return source_add_reading(set, &reading);
	return r == -ENOENT || r == -ENOSPC ? 0 : r; /* what has no room is counted, and told as the rest */
}

static void take_metrics(struct source_member *member, const struct fetch_answer *answer)
{
	struct source_set *set = member->set;
	struct metrics_error error;
	char text[256];
	int r;

	set->reading_count = 0;
	member->is_stale = false;
	r = metrics_parse(answer->body, answer->size, SOURCE_SAMPLES_MAX, on_sample, member, &error);
	if (r < 0) {
		snprintf(text, sizeof(text), "line %zu of its answer: %s", error.line, error.reason);
		source_fail(member, text);
	} else if (member->is_stale)
		source_fail(member, "it answers, but its own sensor is silent (tanso_power_state is stale)");
	else if (set->reading_count == 0)
		source_fail(member, "it answers, but shows no Kepler metric of a pod, a machine or the node");
	else if (tally_apply(&set->power->tally, member->index, set->readings, set->reading_count,
			 clock_now().real_ns) == 0)
		succeed(member);
}

static void ask(struct source_member *member);

static const char *key_of(const struct source_set *set)
{
	return set->kind == SOURCE_KEPLER ? "kepler_endpoint" : "prometheus_url";
}

static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct source_member *member = context;
	bool has_more = false;
	char text[512];

	server_note(&member->server, answer, clock_mono_ns());
	if (source_ails(key_of(member->set), answer, text, sizeof(text)))
		source_fail(member, text);
	else if (member->set->kind == SOURCE_STORE) {
		has_more = store_take(member, answer);
		if (member->is_well)
			succeed(member);
	} else if (answer->status != 200) {
		snprintf(text, sizeof(text), "HTTP status %ld", answer->status);
		source_fail(member, text);
	} else
		take_metrics(member, answer);
	if (has_more)
		ask(member);
	else
		end_one(member);
}

static void ask(struct source_member *member)
{
	struct source_set *set = member->set;
	const struct address *address = &member->server.address;
	char body[BODY_MAX] = "", url[sizeof(address->url) + 64], why[CONFIG_TEXT_MAX + 128];
	struct fetch_request request;
	int r = source_request(set->config, address, &set->credentials, &request, why, sizeof(why));

	if (r == 0) {
		request.accept = set->kind == SOURCE_KEPLER ? TEXT_FORMAT : NULL;
		if (set->kind == SOURCE_STORE) {
			store_request(member, body, sizeof(body), url, sizeof(url));
			request.url = url;
			request.body = body;
		}
		r = fetch_start(member->server.fetch, &request);
		if (r < 0)
			snprintf(why, sizeof(why), "%s", strerror(-r));
	}
	if (r < 0) {
		source_fail(member, why);
		end_one(member);
	}
}

static int on_timer(struct timer *timer)
{
	struct source_set *set = container_of(timer, struct source_set, timer);

	if (set->pending > 0) /* the round before is not over: its time-outs are longer than the interval */
		return 0;
	if (power_must_wait(set->power))
		return 0;
	set->pending = set->count;
	set->answered = 0;
	for (size_t i = 0; i < set->count; i++)
		ask(&set->members[i]);
	return 0;
}

/* Opening */

static int open_member(struct source_set *set, struct loop *loop, struct stats *stats, const char *url)
{
	struct source_member *member = &set->members[set->count];
	char label[48];
	int r;

	*member = (struct source_member) { .set = set, .index = (unsigned)set->count };
	snprintf(label, sizeof(label), "source=\"%zu\"", set->count++);
	server_count_in(&member->server, stats, "source_requests_total", label);
	r = server_open(&member->server, loop, key_of(set), url,
		set->kind == SOURCE_KEPLER ? METRICS_PATH : "/", true, on_answer, member);
	if (r == 0 && member->server.address.is_plain && !member->server.address.is_loopback)
		log_warning("%s is asked in plain text: whoever is in between reads and writes along, and is "
			    "shown no credential",
			member->server.address.url);
	return r;
}

static int open_members(struct source_set *set, struct loop *loop, struct stats *stats)
{
	char urls[CONFIG_TEXT_MAX], *rest = urls, *url;
	int r = 0;

	snprintf(urls, sizeof(urls), "%s",
		set->kind == SOURCE_KEPLER ? set->config->kepler_endpoint : set->config->prometheus_url);
	while (r == 0 && (url = strsep(&rest, set->kind == SOURCE_KEPLER ? ", " : "")) != NULL) {
		if (url[0] == '\0')
			continue;
		if (set->count == TALLY_ENDPOINTS_MAX) {
			log_error("kepler_endpoint: more than %d URLs", TALLY_ENDPOINTS_MAX);
			return -E2BIG;
		}
		r = open_member(set, loop, stats, url);
	}
	return r;
}

/* A Kepler's endpoint has no word for them. */
static int open_owners(struct source_set *set, struct loop *loop, struct stats *stats)
{
	if (set->kind == SOURCE_STORE)
		return owner_asker_new(
			set->config, &set->members[0].server.address, loop, set->power, stats, &set->owners);
	power_infer_owners(set->power, true);
	return 0;
}

int source_set_new(const struct config *config, struct loop *loop, struct power *power, struct stats *stats,
	struct source_set **ret_set)
{
	struct source_set *set = calloc(1, sizeof(*set));
	int r = -ENOMEM;

	if (set == NULL)
		return r;
	set->config = config;
	set->power = power;
	set->kind = origin_of(config) == ORIGIN_KEPLER ? SOURCE_KEPLER : SOURCE_STORE;
	set->timer.source.fd = -1;
	if ((r = store_prepare(set)) < 0 || (r = open_members(set, loop, stats)) < 0 ||
		(r = open_owners(set, loop, stats)) < 0 || (r = timer_open(&set->timer, on_timer)) < 0 ||
		(r = loop_add(loop, &set->timer.source)) < 0) {
		source_set_free(set);
		return r;
	}
	*ret_set = set;
	return 0;
}

void source_set_free(struct source_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++)
		fetch_free(set->members[i].server.fetch);
	owner_asker_free(set->owners);
	timer_close(&set->timer);
	free(set->readings);
	free(set->query);
	free(set);
}

int source_set_begin(struct source_set *set)
{
	return timer_set(&set->timer, 0, (uint64_t)set->config->source_interval_seconds * NS_PER_SECOND);
}

size_t source_set_ports(const struct source_set *set, uint16_t *ports, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; set != NULL && i < set->count && count < room; i++)
		if (set->members[i].server.address.port != 0)
			ports[count++] = set->members[i].server.address.port;
	return count;
}

bool source_set_is_lost(const struct source_set *set, uint64_t mono_ns)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (server_is_lost(&set->members[i].server, mono_ns, LOST_NS))
			return true;
	return false;
}

void source_set_describe(const struct source_set *set, char *text, size_t size)
{
	if (set->kind == SOURCE_STORE)
		snprintf(text, size, in_language("power from the store %s", "전력: 저장소 %s"),
			set->members[0].server.address.url);
	else
		snprintf(text, size,
			in_language(set->count == 1 ? "power from %zu Kepler endpoint"
						    : "power from %zu Kepler endpoints",
				"전력: Kepler 주소 %zu곳"),
			set->count);
}
