#include "exporter/http.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static bool has_data(const struct http *http)
{
	return http->book.has_power && http->book.has_workloads;
}

static void reply_text(h2o_req_t *req, int status, const char *text)
{
	web_reply(req, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* The exporter counts itself without a frame. */
static void take_own_stats(struct http *http, uint64_t now_ns)
{
	struct stats *own = &http->own;

	*stats_entry(own, STAT_COUNTER, "turns_total", "") = (double)web_turns(http->web);
	*stats_entry(own, STAT_COUNTER, "http_stalled_total", "") = (double)web_stalled(http->web);
	*stats_entry(own, STAT_GAUGE, "exporter_accounts", "") = http->book.accounts.in_use;
	*stats_entry(own, STAT_GAUGE, "exporter_render_seconds", "") = (double)http->scrapes.render_ns / 1e9;
	*stats_entry(own, STAT_COUNTER, "exporter_scrapes_cut_total", "") = (double)http->scrapes.cut;
	*stats_entry(own, STAT_COUNTER, "exporter_scrapes_busy_total", "") = (double)http->scrapes.busy;
	*stats_entry(own, STAT_COUNTER, "exporter_credentials_refused_total", "") =
		(double)http->credentials->refused;
	*stats_entry(own, STAT_COUNTER, "exporter_credentials_delayed_total", "") =
		(double)http->credentials->delayed;
	http->stage_stats.of[STAGE_EXPORTER].count = own->count;
	http->stage_stats.of[STAGE_EXPORTER].received_ns = now_ns;
	for (size_t i = 0; i < own->count; i++) {
		struct stage_stat *stat = &http->stage_stats.of[STAGE_EXPORTER].all[i];
		snprintf(stat->name, sizeof(stat->name), "%s", own->entries[i].name);
		snprintf(stat->labels, sizeof(stat->labels), "%s", own->entries[i].labels);
		stat->type = own->entries[i].type;
		stat->value = own->entries[i].value;
	}
}

static void reply_metrics(struct http *http, h2o_req_t *req)
{
	uint64_t now_ns = clock_mono_ns();

	if (!has_data(http)) {
		reply_text(req, 503, "not ready: the estimator has not sent its state yet\n");
		return;
	}
	take_own_stats(http, now_ns);
	scrape_answer(&http->scrapes, req, &http->book, &http->stage_stats, now_ns);
}

static void reply_stale(h2o_req_t *req, uint64_t age_ns)
{
	char text[128];

	snprintf(text, sizeof(text), "stale: no power has been told for %llu s; watts are left out\n",
		(unsigned long long)(age_ns / NS_PER_SECOND));
	reply_text(req, 503, text);
}

static void reply_ready(const struct http *http, h2o_req_t *req)
{
	uint64_t now_ns = clock_mono_ns();

	if (!has_data(http))
		reply_text(req, 503, "waiting for the estimator\n");
	else if (book_is_stale(&http->book, now_ns))
		reply_stale(req, book_age_ns(&http->book, now_ns));
	else if (http->book.state == POWER_INITIALIZING)
		reply_text(req, 503, "initializing: no watt rests on 200 ms yet\n");
	else
		reply_text(req, 200, "ready\n");
}

static void reply_refusal(h2o_req_t *req, enum credential_verdict verdict)
{
	if (verdict == CREDENTIAL_LATER) {
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_RETRY_AFTER, NULL, H2O_STRLIT("1"));
		reply_text(req, 429, "too many unknown passwords: try again\n");
		return;
	}
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_WWW_AUTHENTICATE, NULL,
		H2O_STRLIT("Basic realm=\"tanso\", charset=\"UTF-8\", Bearer realm=\"tanso\""));
	reply_text(req, 401, "a user and password, or a bearer token, is needed here\n");
}

static void reply_method(h2o_req_t *req)
{
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_ALLOW, NULL,
		H2O_STRLIT("GET, HEAD")); /* RFC 9110 15.5.6 */
	reply_text(req, 405, "only GET and HEAD here\n");
}

static enum credential_verdict judge(struct http *http, h2o_req_t *req)
{
	ssize_t index = h2o_find_header(&req->headers, H2O_TOKEN_AUTHORIZATION, -1);
	h2o_iovec_t value = index < 0 ? h2o_iovec_init(NULL, 0) : req->headers.entries[index].value;

	return credentials_check(http->credentials, value.base, value.len, clock_mono_ns());
}

static const char landing[] =
	"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>tanso "
	"exporter</title></head><body>"
	"<h1>tanso exporter</h1><p>Power of this node's workloads, Kepler-compatible.</p><ul>"
	"<li><a href=\"/metrics\">/metrics</a></li><li><a href=\"/healthz\">/healthz</a></li>"
	"<li><a href=\"/readyz\">/readyz</a></li></ul></body></html>\n";

static bool is_path(const h2o_req_t *req, const char *path)
{
	return req->path_normalized.len == strlen(path) &&
	       memcmp(req->path_normalized.base, path, strlen(path)) == 0;
}

void http_on_request(void *context, h2o_req_t *req)
{
	struct http *http = context;
	bool is_get = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
		      h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
	enum credential_verdict verdict;

	if (!is_get)
		reply_method(req);
	else if (is_path(req, "/healthz"))
		reply_text(req, 200, "ok\n");
	else if (is_path(req, "/readyz"))
		reply_ready(http, req);
	else if ((verdict = judge(http, req)) != CREDENTIAL_RIGHT)
		reply_refusal(req, verdict);
	else if (is_path(req, "/metrics"))
		reply_metrics(http, req);
	else if (is_path(req, "/"))
		web_reply(req, 200, "text/html; charset=utf-8", landing, sizeof(landing) - 1);
	else
		reply_text(req, 404, "no such page; /metrics is what you look for\n");
}
