#include "fetcher/grid.h"

#include <curl/curl.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/kst.h"
#include "base/log.h"
#include "fetcher/grid_cache.h"
#include "fetcher/grid_providers.h"
#include "korea/data.h"
#include "korea/data_json.h"

#define ASKED_MAX       4
#define ANSWER_MAX      (4U << 20)
#define TIMEOUT_MS      15000
#define BACKOFF_FIRST_S 60
#define BACKOFF_MOST_S  3600
#define OPEN_AFTER      5 /* failures in a row open the circuit: BACKOFF_MOST_S between trials */
#define LOST_NS         (300 * NS_PER_SECOND)
#define KEY_MAX         512
#define URL_MAX         2048

struct asked {
	struct grid_asker *asker;
	const struct grid_provider *provider;
	struct address address;
	struct fetch *fetch;
	struct grid_told told;
	int cache_fd;
	char key[KEY_MAX], token[CREDENTIALS_TOKEN_MAX], failure[256];
	const char *key_file;
	int64_t next_s[GRID_QUERIES_MAX], retrieved_s, failing_since_s, token_until_s;
	unsigned failures[GRID_QUERIES_MAX], query;
	bool is_asking, is_login, has_news;
	uint64_t unreached_ns;
	double *answers, *failed;
};

struct grid_asker {
	const struct config *config;
	struct grid_mix_rules rules;
	struct credentials credentials;
	struct asked asked[ASKED_MAX];
	size_t count;
};

static int64_t now_s(void)
{
	return (int64_t)(clock_now().real_ns / NS_PER_SECOND);
}

/* What is sent to the analyst */

static void tell(struct asked *asked, struct link *analyst)
{
	const struct grid_provider *provider = asked->provider;
	const struct grid_told *told = &asked->told;
	CLEANUP(freep) struct intensity_row *rows = calloc(told->count + 1, sizeof(*rows));
	const struct frame_head head = { .kind = FRAME_intensity };
	struct intensity_once once = { .provider = text_of(provider->name),
		.licence = text_of(provider->licence),
		.factor = text_of(asked->asker->config->grid_factor),
		.is_marginal = provider->is_marginal,
		.is_experimental = provider->is_experimental,
		.max_age_s = (uint64_t)provider->max_age_s,
		.retrieved_s = (uint64_t)asked->retrieved_s,
		.failing_since_s = (uint64_t)asked->failing_since_s,
		.failure = text_of(asked->failure),
		.demand_mw = told->demand_mw,
		.reserve_percent = told->reserve_percent };

	for (size_t i = 0; i < told->count && rows != NULL; i++)
		rows[i] = (struct intensity_row) { .start_s = (uint64_t)told->rows[i].start,
			.seconds = told->rows[i].seconds,
			.value = told->rows[i].value,
			.flags = told->rows[i].flags };
	if (rows != NULL && link_send(analyst, &head, &once, rows, told->count) == 0)
		asked->has_news = false;
}

void grid_asker_tell_all(struct grid_asker *asker, struct link *analyst)
{
	for (size_t i = 0; asker != NULL && i < asker->count; i++)
		tell(&asker->asked[i], analyst);
}

/* Success and failure */

static void fail(struct asked *asked, const char *reason, bool is_refused)
{
	const struct grid_query *query = &asked->provider->queries[asked->query];
	unsigned *failures = &asked->failures[asked->query];
	int64_t wait_s = BACKOFF_FIRST_S << (*failures < OPEN_AFTER ? *failures : OPEN_AFTER);

	++*asked->failed;
	if (++*failures >= OPEN_AFTER || is_refused || wait_s > BACKOFF_MOST_S)
		wait_s = BACKOFF_MOST_S;
	asked->next_s[asked->query] = now_s() + wait_s;
	asked->token_until_s = 0;
	if (query->is_optional) {
		if (*failures == 1)
			log_info("%s: no answer to question %u (%s): left out", asked->provider->name,
				asked->query + 1, reason);
		return;
	}
	if (asked->failing_since_s == 0)
		asked->failing_since_s = now_s();
	asked->has_news = true;
	if (strcmp(asked->failure, reason) == 0)
		return;
	snprintf(asked->failure, sizeof(asked->failure), "%s", reason);
	log_warning("no grid data from %s: %s; asking again in %lld s, what it told before is used",
		asked->provider->name, reason, (long long)wait_s);
}

static void succeed(struct asked *asked)
{
	const struct grid_query *query = &asked->provider->queries[asked->query];

	++*asked->answers;
	asked->failures[asked->query] = 0;
	asked->next_s[asked->query] = now_s() + query->interval_s;
	asked->has_news = true;
	grid_told_trim(&asked->told, GRID_ROWS_MAX);
	if (query->is_optional)
		return;
	if (asked->failure[0] != '\0')
		log_info("%s answers again", asked->provider->name);
	asked->failure[0] = '\0';
	asked->failing_since_s = 0;
	asked->retrieved_s = now_s();
	if (grid_cache_save(asked->cache_fd, &asked->told, asked->retrieved_s) < 0)
		log_warning("%s: its cache cannot be written", asked->provider->name);
}

static void take(struct asked *asked, const struct fetch_answer *answer)
{
	uint64_t dropped = asked->told.dropped;
	size_t count = asked->told.count;
	char text[160];
	int r;

	if (answer->status != 200) {
		snprintf(text, sizeof(text), "HTTP status %ld%s", answer->status,
			answer->status == 401                            ? " (is the key valid?)"
			: answer->status == 403 || answer->status == 404 ? " (not in this plan?)"
			: answer->status == 429                          ? " (too many questions)"
									 : "");
		fail(asked, text,
			answer->status == 401 || answer->status == 403 || answer->status == 404 ||
				answer->status == 429);
		return;
	}
	r = asked->provider->queries[asked->query].parse(
		&asked->asker->rules, answer->body, answer->size, &asked->told);
	if (r == 0 && asked->told.dropped > dropped && asked->told.count == count && count == 0)
		r = -ERANGE;
	if (r == 0)
		succeed(asked);
	else
		fail(asked,
			r == -EACCES    ? "the key is refused"
			: r == -EDQUOT  ? "more questions than a day allows"
			: r == -ENODATA ? "it has no data"
			: r == -ERANGE  ? "nothing in its answer is an intensity between 0 and 1500"
					: "its answer has not the documented form",
			r == -EACCES || r == -EDQUOT);
}

/* Questions */

static bool read_key(struct asked *asked)
{
	const struct credentials_files files = {
		.token = asked->key_file, .user = "", .authorities = "", .certificate = "", .key = ""
	};
	struct credentials *read = &asked->asker->credentials;
	const char *path;

	if (asked->provider->key == KEY_NONE || asked->key_file[0] == '\0')
		return asked->provider->key == KEY_NONE || asked->key[0] != '\0';
	if (credentials_read(&files, read, &path) < 0 || strlen(read->token) >= sizeof(asked->key))
		return false;
	memcpy(asked->key, read->token, strlen(read->token) + 1);
	return asked->key[0] != '\0';
}

/* data.go.kr gives a key twice: as it is, and percent-encoded. It must be sent encoded exactly once. */
static void put_key(const struct asked *asked, char *text, size_t size)
{
	char *escaped = strchr(asked->key, '%') == NULL ? curl_easy_escape(NULL, asked->key, 0) : NULL;

	snprintf(text, size, "%s", escaped != NULL ? escaped : asked->key);
	curl_free(escaped);
}

static void fill(const struct asked *asked, const char *name, size_t length, char *text, size_t size)
{
	const struct config *config = asked->asker->config;
	struct kst today = kst_of(now_s());

	text[0] = '\0';
	if (strncmp(name, "key", length) == 0)
		put_key(asked, text, size);
	else if (strncmp(name, "date", length) == 0)
		snprintf(text, size, "%04d%02d%02d", today.year, today.month, today.day);
	else if (strncmp(name, "factor", length) == 0)
		snprintf(text, size, "%s", config->grid_factor);
	else if (strncmp(name, "location", length) == 0)
		snprintf(text, size, "%s", config->casdk_location);
}

static void make_url(const struct asked *asked, const char *path, char *url, size_t size)
{
	size_t used = (size_t)snprintf(url, size, "%s", asked->address.url);

	while (used > 0 && url[used - 1] == '/')
		used--;
	for (; *path != '\0' && used + 1 < size; path++) {
		const char *end = *path == '{' ? strchr(path, '}') : NULL;
		if (end == NULL) {
			url[used++] = *path;
			continue;
		}
		fill(asked, path + 1, (size_t)(end - path - 1), url + used, size - used);
		used += strlen(url + used);
		path = end;
	}
	url[used] = '\0';
}

static int start(struct asked *asked)
{
	const struct config *config = asked->asker->config;
	struct credentials *credentials = &asked->asker->credentials;
	const struct credentials_files files = { .token = "",
		.user = "",
		.certificate = "",
		.key = "",
		.authorities = asked->address.is_plain ? "" : config->grid_ca_file };
	enum grid_key kind = asked->provider->key;
	char url[URL_MAX], header[KEY_MAX + 32] = "";
	const char *path;
	int r = credentials_read(&files, credentials, &path);

	if (r < 0)
		return r;
	asked->is_login = kind == KEY_LOGIN && now_s() >= asked->token_until_s;
	make_url(asked,
		asked->is_login ? asked->provider->login : asked->provider->queries[asked->query].path, url,
		sizeof(url));
	if (kind == KEY_IN_HEADER)
		snprintf(header, sizeof(header), "auth-token: %s", asked->key);
	const struct fetch_request request = { .url = url,
		.address = asked->address.resolve,
		.token = kind == KEY_LOGIN && !asked->is_login ? asked->token : "",
		.user = asked->is_login ? asked->key : "",
		.header = header,
		.authorities = credentials->authorities,
		.certificate = "",
		.key = "",
		.may_be_plain = asked->address.is_plain,
		.timeout_ms = TIMEOUT_MS,
		.size_max = ANSWER_MAX };
	return fetch_start(asked->fetch, &request);
}

static void ask(struct asked *asked)
{
	int r;

	if (!read_key(asked)) {
		fail(asked, "there is no key: see its key file and environment variable", true);
		return;
	}
	r = start(asked);
	asked->is_asking = r == 0;
	if (r < 0)
		fail(asked, strerror(-r), false);
}

#define TOKEN_SECONDS (25 * 60) /* WattTime's lives for 30 minutes */

static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct asked *asked = context;

	asked->is_asking = false;
	if (answer->status != 0)
		asked->unreached_ns = 0;
	else if (asked->unreached_ns == 0)
		asked->unreached_ns = clock_mono_ns();
	if (answer->error != NULL)
		fail(asked, answer->error, false);
	else if (!asked->is_login || answer->status != 200)
		take(asked, answer);
	else if (parse_watttime_token(answer->body, answer->size, asked->token, sizeof(asked->token)) < 0)
		fail(asked, "its login gives no token", false);
	else {
		asked->token_until_s = now_s() + TOKEN_SECONDS;
		ask(asked);
	}
}

void grid_asker_tick(struct grid_asker *asker, struct link *analyst)
{
	int64_t now = now_s();

	for (size_t i = 0; asker != NULL && i < asker->count; i++) {
		struct asked *asked = &asker->asked[i];
		for (unsigned q = 0; q < GRID_QUERIES_MAX && !asked->is_asking; q++)
			if (asked->provider->queries[q].path != NULL && now >= asked->next_s[q]) {
				asked->query = q;
				ask(asked);
			}
		if (asked->has_news || link_owes_full(analyst))
			tell(asked, analyst);
	}
}

/* Opening */

static int read_factor(void *context, const struct json_place *place)
{
	struct grid_asker *asker = context;
	char fuel[32];
	double value = 0;
	int r = place_text(place, "fuel", fuel, sizeof(fuel));

	if (r == 0)
		r = place_number(place, asker->config->grid_factor, 0, GRID_INTENSITY_MAX, &value);
	for (int i = 0; i < FUEL_COUNT && r == 0; i++)
		if (strcmp(fuel_names[i], fuel) == 0)
			asker->rules.factors[i] = value;
	return r;
}

static int read_rules(struct grid_asker *asker)
{
	char folder[CONFIG_TEXT_MAX], sha256[65], error[512] = "";
	struct json_source source = { .folder = folder, .file = "emission_factors.json", .list = "factors" };
	size_t none = 0;
	int r;

	config_data_dir(asker->config, folder);
	r = data_json_read(&source, read_factor, asker, &none, FUEL_COUNT, sha256, error, sizeof(error));
	if (r < 0)
		log_error("%s: %s", folder, error);
	asker->rules.factors[FUEL_UNKNOWN] = asker->config->kpx_unknown_factor;
	asker->rules.with_estimated_solar = asker->config->kpx_estimated_solar;
	return r;
}

static const char *url_of(const struct config *config, const char *name, const char **ret_key_file)
{
	const struct {
		const char *name, *url, *key_file;
	} all[] = { { "kpx", config->kpx_url, config->kpx_key_file },
		{ "electricitymaps", config->electricitymaps_url, config->electricitymaps_key_file },
		{ "watttime", config->watttime_url, config->watttime_user_file },
		{ "casdk", config->casdk_url, "" } };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (strcmp(all[i].name, name) == 0) {
			*ret_key_file = all[i].key_file;
			return all[i].url;
		}
	return "";
}

static int open_one(struct grid_asker *asker, struct loop *loop, struct stats *stats, int index)
{
	struct asked *asked = &asker->asked[asker->count++];
	const char *environment, *reason = "", *url;
	char label[64];
	int r;

	asked->asker = asker;
	asked->provider = &grid_providers[index];
	url = url_of(asker->config, asked->provider->name, &asked->key_file);
	environment = asked->provider->environment != NULL ? getenv(asked->provider->environment) : NULL;
	snprintf(asked->key, sizeof(asked->key), "%s", environment != NULL ? environment : "");
	snprintf(label, sizeof(label), "provider=\"%s\",result=\"ok\"", asked->provider->name);
	asked->answers = stats_entry(stats, STAT_COUNTER, "grid_requests_total", label);
	snprintf(label, sizeof(label), "provider=\"%s\",result=\"failed\"", asked->provider->name);
	asked->failed = stats_entry(stats, STAT_COUNTER, "grid_requests_total", label);
	asked->cache_fd = grid_cache_open(asker->config->state_dir, asked->provider->name);
	if (asked->cache_fd < 0) {
		log_error("%s/fetcher: cannot be written: %s", asker->config->state_dir,
			strerror(-asked->cache_fd));
		return asked->cache_fd;
	}
	if (grid_cache_load(asked->cache_fd, &asked->told, &asked->retrieved_s) == -EBADMSG)
		log_warning("%s: its cache is damaged, it is not used", asked->provider->name);
	asked->has_news = true;
	/* plain HTTP for a server on this machine alone: a key is sent along */
	r = address_find(url, "/", asked->provider->key == KEY_NONE, &asked->address, &reason);
	if (r < 0)
		log_error("%s: %s: %s", asked->provider->name, url, r == -EINVAL ? "no https URL" : reason);
	/* A name that cannot be looked up now: what the cache holds is used, and the restart looks again. */
	if (r == -EHOSTUNREACH) {
		asked->unreached_ns = clock_mono_ns();
		snprintf(asked->address.url, sizeof(asked->address.url), "%s", url);
		r = 0;
	}
	return r < 0 ? r : fetch_new(loop, on_answer, asked, &asked->fetch);
}

static int open_all(struct grid_asker *asker, struct loop *loop, struct stats *stats)
{
	char names[CONFIG_TEXT_MAX], *rest = names, *name;
	int r = read_rules(asker);

	snprintf(names, sizeof(names), "%s", asker->config->grid_providers);
	while (r == 0 && (name = strsep(&rest, ", ")) != NULL) {
		int index = grid_provider_find(name, strlen(name));
		if (name[0] == '\0')
			continue;
		if (index < 0 || asker->count == ASKED_MAX) {
			log_error("grid_providers: there is no provider '%s'; there are kpx, "
				  "electricitymaps, watttime, casdk",
				name);
			return -EINVAL;
		}
		r = open_one(asker, loop, stats, index);
	}
	return r;
}

int grid_asker_new(
	const struct config *config, struct loop *loop, struct stats *stats, struct grid_asker **ret_asker)
{
	struct grid_asker *asker;
	int r;

	*ret_asker = NULL;
	if (config->grid_providers[0] == '\0')
		return 0;
	if (strcmp(config->grid_factor, "official") == 0) {
		log_error("grid_factor = official: providers tell lifecycle or direct intensities");
		return -EINVAL;
	}
	asker = calloc(1, sizeof(*asker));
	if (asker == NULL)
		return -ENOMEM;
	asker->config = config;
	r = open_all(asker, loop, stats);
	if (r < 0) {
		grid_asker_free(asker);
		return r;
	}
	*ret_asker = asker;
	return 0;
}

void grid_asker_free(struct grid_asker *asker)
{
	if (asker == NULL)
		return;
	for (size_t i = 0; i < asker->count; i++) {
		fetch_free(asker->asked[i].fetch);
		grid_told_done(&asker->asked[i].told);
		closep(&asker->asked[i].cache_fd);
	}
	free(asker);
}

size_t grid_asker_ports(const struct grid_asker *asker, uint16_t *ports, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; asker != NULL && i < asker->count && count < room; i++)
		if (asker->asked[i].address.port != 0)
			ports[count++] = asker->asked[i].address.port;
	return count;
}

bool grid_asker_is_lost(const struct grid_asker *asker)
{
	for (size_t i = 0; asker != NULL && i < asker->count; i++)
		if ((asker->asked[i].address.resolve[0] != '\0' || asker->asked[i].address.port == 0) &&
			asker->asked[i].unreached_ns != 0 &&
			clock_mono_ns() - asker->asked[i].unreached_ns > LOST_NS)
			return true;
	return false;
}

void grid_asker_describe(const struct grid_asker *asker, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < asker->count && used < size; i++)
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i > 0 ? ", " : "", asker->asked[i].provider->name);
}
