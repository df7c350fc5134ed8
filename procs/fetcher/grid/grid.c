#include "fetcher/grid/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

#define TOKEN_SECONDS (25 * 60) /* WattTime's lives for 30 minutes */

int64_t grid_boot_s(const struct asked *asked)
{
	return (int64_t)(asked->asker->now.boot_ns / NS_PER_SECOND);
}

int64_t grid_real_s(const struct asked *asked)
{
	return (int64_t)(asked->asker->now.real_ns / NS_PER_SECOND);
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

	/* weighed by factors that nobody can read now, intensities may be today's or not */
	size_t from = provider->is_mix && !asked->asker->rules.is_known ? grid_told_intensities(told) : 0;

	for (size_t i = from; i < told->count && rows != NULL; i++)
		rows[i - from] = (struct intensity_row) { .start_s = (uint64_t)told->rows[i].start,
			.seconds = told->rows[i].seconds,
			.value = told->rows[i].value,
			.flags = told->rows[i].flags };
	if (rows != NULL && link_send(analyst, &head, &once, rows, told->count - from) == 0)
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
	struct patience *patience = &asked->patience[asked->query];
	int64_t wait_s =
		patience_fail(patience, grid_boot_s(asked), is_refused, erand48(asked->asker->chance));

	++*asked->server.failures;
	asked->token_until_s = 0;
	if (query->is_optional) {
		if (patience->failures == 1)
			log_info("%s: no answer from %.*s (%s): left out", asked->provider->name,
				(int)strcspn(query->path, "?"), query->path, reason);
		return;
	}
	if (asked->failing_since_s == 0)
		asked->failing_since_s = grid_real_s(asked);
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

	++*asked->server.answers;
	patience_succeed(&asked->patience[asked->query], grid_boot_s(asked), query->interval_s);
	asked->has_news = true;
	grid_told_trim(&asked->told, GRID_ROWS_MAX);
	if (query->is_optional)
		return;
	if (asked->failure[0] != '\0')
		log_info("%s answers again", asked->provider->name);
	asked->failure[0] = '\0';
	asked->failing_since_s = 0;
	asked->retrieved_s = grid_real_s(asked);
	if (grid_cache_save(asked->cache_fd, &asked->told, asked->retrieved_s, asked->basis) < 0)
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
		&asked->asker->rules.mix, answer->body, answer->size, &asked->told);
	*asked->dropped = (double)asked->told.dropped;
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

static void ask(struct asked *asked)
{
	bool has_address =
		asked->server.address.port != 0; /* without, curl would wait for what the filters forbid */
	int r = has_address ? grid_request(asked) : -EHOSTUNREACH;
	char text[128];

	asked->is_asking = r == 0;
	if (r == -ENOKEY) {
		snprintf(text, sizeof(text), "there is no key: set %s or the environment's %s",
			asked->provider->key_file, asked->provider->environment);
		fail(asked, text, true);
	} else if (r < 0)
		fail(asked, has_address ? strerror(-r) : "its name could not be looked up", false);
}

void grid_take_answer(void *context, const struct fetch_answer *answer)
{
	struct asked *asked = context;

	asked->is_asking = false;
	server_note(&asked->server, answer, asked->asker->now.mono_ns);
	if (answer->error != NULL)
		fail(asked, answer->error, false);
	else if (!asked->is_login || answer->status != 200)
		take(asked, answer);
	else if (parse_watttime_token(answer->body, answer->size, asked->token, sizeof(asked->token)) < 0)
		fail(asked, "its login gives no token", false);
	else {
		asked->token_until_s = grid_boot_s(asked) + TOKEN_SECONDS;
		ask(asked);
	}
}

/* A mix is worth asking for where its fuels have factors: without, the provider stands there with the reason. Asked again
 * by others it is told by those at once, and not by the old ones meanwhile; a provider that fails keeps its waiting time. */
static void follow_rules(struct grid_asker *asker)
{
	bool is_other;

	if (grid_asker_folder(asker)[0] == '\0')
		return;
	is_other = grid_rules_watch(&asker->rules);
	for (size_t i = 0; i < asker->count; i++) {
		struct asked *asked = &asker->asked[i];
		if (!asked->provider->is_mix)
			continue;
		for (unsigned q = 0; q < GRID_QUERIES_MAX && is_other; q++)
			patience_hurry(&asked->patience[q]);
		if (is_other)
			grid_settle(asked);
		asked->has_news |= is_other; /* what was held back is told, where it is today's */
		if (!asker->rules.is_known && strcmp(asked->failure, asker->rules.failure) != 0) {
			snprintf(asked->failure, sizeof(asked->failure), "%s", asker->rules.failure);
			asked->failing_since_s = grid_real_s(asked);
			asked->has_news = true;
		}
	}
}

static bool is_due(const struct asked *asked, unsigned query)
{
	return asked->provider->queries[query].path != NULL &&
	       patience_is_due(&asked->patience[query], grid_boot_s(asked)) &&
	       (asked->asker->rules.is_known || !asked->provider->is_mix);
}

void grid_asker_tick(struct grid_asker *asker, struct link *analyst, const struct instant *now)
{
	if (asker == NULL)
		return;
	asker->now = *now;
	follow_rules(asker);
	for (size_t i = 0; i < asker->count; i++) {
		struct asked *asked = &asker->asked[i];
		for (unsigned q = 0; q < GRID_QUERIES_MAX && !asked->is_asking; q++)
			if (is_due(asked, q)) {
				asked->query = q;
				ask(asked);
			}
		if (asked->has_news || link_owes_full(analyst))
			tell(asked, analyst);
	}
}
