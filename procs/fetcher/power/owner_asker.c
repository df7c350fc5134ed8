#include "fetcher/power/owner_asker.h"

#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "fetcher/power/promql.h"
#include "fetcher/power/source_request.h"
#include "fetcher/server.h"
#include "ipc/tools.h"

#define ROUND_NS (60 * NS_PER_SECOND)

struct owner_asker {
	const struct config *config;
	struct power *power;
	struct server server;
	struct credentials credentials;
	struct timer timer;
	char *form;
	bool is_asking, was_told, has_said;
};

static void say(struct owner_asker *asker, bool is_told)
{
	const char *url = asker->server.address.url;

	if (asker->has_said && asker->was_told == is_told)
		return;
	if (is_told)
		log_info("%s tells whose its pods are (kube_pod_owner)", url);
	else
		log_info("%s does not tell whose its pods are (kube_pod_owner of kube-state-metrics): "
			 "Deployments and "
			 "CronJobs are inferred from names",
			url);
	asker->has_said = true;
	asker->was_told = is_told;
}

/* False: it is no answer. One without owners is. */
static bool take(struct owner_asker *asker, const struct fetch_answer *answer)
{
	size_t offset = 0;
	struct json_object *root = answer->error == NULL && answer->status == 200
					   ? json_parse_strict(answer->body, answer->size, &offset)
					   : NULL;
	struct json_object *series;
	struct owners owners = { 0 };
	bool is_read = root != NULL && promql_series(root, &series) == 0 &&
		       owners_read(series, clock_real_s(), &owners) == 0;
	bool is_told = owners.by_pod.used > 0;

	if (is_told)
		power_take_owners(
			asker->power, &owners); /* else those told before hold: a scrape may be missing */
	owners_done(&owners);
	json_object_put(root);
	if (is_read)
		say(asker, is_told || asker->was_told);
	return is_read;
}

/* Until the first question is over nothing is inferred: what it tells goes before. */
static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct owner_asker *asker = context;

	asker->is_asking = false;
	++*(take(asker, answer) ? asker->server.answers : asker->server.failures);
	power_infer_owners(asker->power, !asker->was_told);
}

static int on_timer(struct timer *timer)
{
	struct owner_asker *asker = container_of(timer, struct owner_asker, timer);
	char url[sizeof(asker->server.address.url) + 64], why[CONFIG_TEXT_MAX + 128];
	struct fetch_request request;

	if (asker->is_asking || source_request(asker->config, &asker->server.address, &asker->credentials,
					&request, why, sizeof(why)) < 0)
		return 0; /* why is said where power is asked for */
	promql_url(asker->server.address.url, "query", url, sizeof(url));
	request.url = url;
	request.body = asker->form;
	asker->is_asking = fetch_start(asker->server.fetch, &request) == 0;
	return 0;
}

static char *make_form(void)
{
	char *escaped = curl_easy_escape(NULL, owners_query, 0), *form = NULL;

	if (escaped != NULL && asprintf(&form, "query=%s", escaped) < 0)
		form = NULL;
	curl_free(escaped);
	return form;
}

int owner_asker_new(const struct config *config, const struct address *address, struct loop *loop,
	struct power *power, struct stats *stats, struct owner_asker **ret_asker)
{
	struct owner_asker *asker = calloc(1, sizeof(*asker));
	int r = -ENOMEM;

	if (asker == NULL)
		return r;
	asker->config = config;
	asker->server.address = *address;
	asker->power = power;
	asker->timer.source.fd = -1;
	server_count_in(&asker->server, stats, "source_requests_total", "source=\"owners\"");
	asker->form = make_form();
	if (asker->form == NULL || (r = fetch_new(loop, on_answer, asker, &asker->server.fetch)) < 0 ||
		(r = timer_open(&asker->timer, on_timer)) < 0 ||
		(r = loop_add(loop, &asker->timer.source)) < 0 ||
		(r = timer_set(&asker->timer, 0, ROUND_NS)) < 0) {
		owner_asker_free(asker);
		return r;
	}
	*ret_asker = asker;
	return 0;
}

void owner_asker_free(struct owner_asker *asker)
{
	if (asker == NULL)
		return;
	fetch_free(asker->server.fetch);
	timer_close(&asker->timer);
	free(asker->form);
	free(asker);
}
