#include "fetcher/facility.h"

#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "fetcher/facility_told.h"
#include "fetcher/power/promql.h"
#include "fetcher/server.h"
#include "fetcher/power/source_remedy.h"
#include "fetcher/power/source_request.h"
#include "ipc/tools.h"

#define ROUND_S   60
#define RETRY_S   5 /* after a failure: the store may just be starting, too */
#define LOST_NS   (60 * NS_PER_SECOND)
#define METERS    2 /* facility, IT: asked one after the other */
#define BODY_SIZE (3 * CONFIG_TEXT_MAX + 128)

struct facility_asker {
	const struct config *config;
	struct server server;
	struct credentials credentials;
	char *queries[METERS]; /* percent-encoded */
	struct facility_steps steps[METERS];
	struct facility_mean mean;
	int64_t from_s; /* of the round */
	uint64_t next_ns;
	struct instant now; /* of the last tick: answers come a second after it at most */
	unsigned meter;
	bool is_asking, has_news;
	char failure[256];
};

static void fail(struct facility_asker *asker, const char *reason)
{
	char text[sizeof(asker->failure)];

	++*asker->server.failures;
	asker->next_ns = asker->now.mono_ns + RETRY_S * NS_PER_SECOND;
	snprintf(text, sizeof(text), "%s: %s", asker->meter == 0 ? "pue_facility_query" : "pue_it_query",
		reason);
	if (strcmp(asker->failure, text) == 0)
		return;
	snprintf(asker->failure, sizeof(asker->failure), "%s", text);
	asker->has_news = true;
	log_warning("no PUE from %s: %s; trying again", asker->server.address.url, text);
}

static void succeed(struct facility_asker *asker)
{
	if (asker->failure[0] != '\0')
		log_info("%s tells the site's power again", asker->server.address.url);
	asker->failure[0] = '\0';
	asker->has_news = true;
	facility_average(&asker->steps[0], &asker->steps[1], asker->from_s, &asker->mean);
}

static const char *key_of(const struct config *config)
{
	return config->pue_prometheus_url[0] != '\0' ? "pue_prometheus_url" : "prometheus_url";
}

static void ask(struct facility_asker *asker)
{
	char url[sizeof(asker->server.address.url) + 64], body[BODY_SIZE], why[CONFIG_TEXT_MAX + 128];
	struct fetch_request request;
	int r = source_request(
		asker->config, &asker->server.address, &asker->credentials, &request, why, sizeof(why));

	if (r == 0) {
		promql_url(asker->server.address.url, "query_range", url, sizeof(url));
		snprintf(body, sizeof(body), "query=%s&start=%lld&end=%lld&step=%d",
			asker->queries[asker->meter], (long long)asker->from_s,
			(long long)asker->from_s + FACILITY_STEP_S * (FACILITY_STEPS - 1), FACILITY_STEP_S);
		request.url = url;
		request.body = body;
		r = fetch_start(asker->server.fetch, &request);
		if (r < 0)
			snprintf(why, sizeof(why), "%s", strerror(-r));
	}
	asker->is_asking = r == 0;
	if (r < 0)
		fail(asker, why);
}

static bool take(struct facility_asker *asker, const struct fetch_answer *answer)
{
	size_t offset = 0;
	struct json_object *root = json_parse_strict(answer->body, answer->size, &offset);
	int r = root == NULL || answer->status != 200
			? -EBADMSG
			: facility_read(root, asker->from_s, &asker->steps[asker->meter]);
	char text[400];

	if (r < 0) {
		promql_failure(answer->status, root,
			r == -ENODATA ? "no value at any five-minute step of the last da"
					"y (not scraped yet?); an hour of them is needed"
			: r == -E2BIG ? "it is more than one series; sum() makes them one"
				      : "the answer is no result of a range query",
			text, sizeof(text));
		fail(asker, text);
	} else
		++*asker->server.answers;
	json_object_put(root);
	return r == 0;
}

static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct facility_asker *asker = context;
	char text[sizeof(asker->failure)];

	asker->is_asking = false;
	server_note(&asker->server, answer, asker->now.mono_ns);
	if (source_ails(key_of(asker->config), answer, text, sizeof(text)))
		fail(asker, text);
	else if (!take(asker, answer))
		return;
	else if (++asker->meter < METERS)
		ask(asker);
	else
		succeed(asker);
}

void facility_asker_tell(struct facility_asker *asker, struct link *analyst)
{
	const struct frame_head head = { .kind = FRAME_facility };

	if (asker == NULL)
		return;
	const struct facility_once once = { .failure = text_of(asker->failure),
		.facility_watts = asker->mean.facility_watts,
		.it_watts = asker->mean.it_watts,
		.observed_s = (uint64_t)asker->mean.observed_s,
		.until_s = (uint64_t)asker->mean.until_s };
	if (link_send(analyst, &head, &once, NULL, 0) == 0)
		asker->has_news = false;
}

void facility_asker_tick(struct facility_asker *asker, struct link *analyst, const struct instant *now)
{
	if (asker == NULL)
		return;
	asker->now = *now;
	if (!asker->is_asking && now->mono_ns >= asker->next_ns) {
		asker->next_ns = now->mono_ns + ROUND_S * NS_PER_SECOND;
		asker->from_s = (int64_t)(now->real_ns / NS_PER_SECOND) / FACILITY_STEP_S * FACILITY_STEP_S -
				(int64_t)FACILITY_STEP_S * (FACILITY_STEPS - 1);
		asker->meter = 0;
		ask(asker);
	}
	if (asker->has_news || link_owes_full(analyst))
		facility_asker_tell(asker, analyst);
}

/* Opening */

static int encode(const char *query, char **ret_encoded)
{
	char *escaped = curl_easy_escape(NULL, query, 0);

	*ret_encoded = escaped != NULL ? strdup(escaped) : NULL;
	curl_free(escaped);
	return *ret_encoded != NULL ? 0 : -ENOMEM;
}

static const char *objection(const struct config *config)
{
	if (config->pue_facility_query[0] == '\0' || config->pue_it_query[0] == '\0')
		return "pue_facility_query and pue_it_query go together";
	return config->pue_prometheus_url[0] == '\0' && config->prometheus_url[0] == '\0'
		       ? "pue_facility_query needs pue_prometheus_url or prometheus_url"
		       : NULL;
}

static int open_asker(struct facility_asker *asker, struct loop *loop, struct stats *stats)
{
	const struct config *config = asker->config;
	const char *url =
		config->pue_prometheus_url[0] != '\0' ? config->pue_prometheus_url : config->prometheus_url;
	int r;

	server_count_in(&asker->server, stats, "source_requests_total", "source=\"pue\"");
	if ((r = encode(config->pue_facility_query, &asker->queries[0])) < 0 ||
		(r = encode(config->pue_it_query, &asker->queries[1])) < 0)
		return r;
	return server_open(&asker->server, loop, key_of(config), url, "/", true, on_answer, asker);
}

int facility_asker_new(const struct config *config, struct loop *loop, struct stats *stats,
	struct facility_asker **ret_asker)
{
	struct facility_asker *asker;
	const char *why = objection(config);
	int r;

	*ret_asker = NULL;
	if (config->pue_facility_query[0] == '\0' && config->pue_it_query[0] == '\0')
		return 0;
	if (why != NULL) {
		log_error("%s", why);
		return -EINVAL;
	}
	asker = calloc(1, sizeof(*asker));
	if (asker == NULL)
		return -ENOMEM;
	asker->config = config;
	r = open_asker(asker, loop, stats);
	if (r < 0)
		facility_asker_free(asker);
	else
		*ret_asker = asker;
	return r;
}

void facility_asker_free(struct facility_asker *asker)
{
	if (asker == NULL)
		return;
	fetch_free(asker->server.fetch);
	for (size_t i = 0; i < METERS; i++)
		free(asker->queries[i]);
	free(asker);
}

uint16_t facility_asker_port(const struct facility_asker *asker)
{
	return asker != NULL ? asker->server.address.port : 0;
}

bool facility_asker_is_lost(const struct facility_asker *asker, uint64_t mono_ns)
{
	return asker != NULL && server_is_lost(&asker->server, mono_ns, LOST_NS);
}
