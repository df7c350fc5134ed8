#include "fetcher/grid/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/log.h"

#define LOST_NS (300 * NS_PER_SECOND)

static int open_cache(struct asked *asked)
{
	const char *state_dir = asked->asker->config->state_dir, *name = asked->provider->name;
	int r;

	asked->cache_fd = grid_cache_open(state_dir, name);
	if (asked->cache_fd < 0) {
		log_error("%s/fetcher: cannot be written: %s", state_dir, strerror(-asked->cache_fd));
		return asked->cache_fd;
	}
	r = grid_cache_load(asked->cache_fd, &asked->told, &asked->retrieved_s, asked->basis);
	if (r == -EPROTONOSUPPORT)
		log_info("%s: its cache is of another version, which does not say what it rests on: it is "
			 "not used",
			name);
	else if (r == -EBADMSG)
		log_warning("%s: its cache is damaged, it is not used", name);
	if (r < 0) { /* nor is what it holds of whole rows */
		grid_told_trim(&asked->told, 0);
		asked->retrieved_s = 0;
	}
	grid_settle(asked);
	asked->has_news = true;
	return 0;
}

static int open_one(struct grid_asker *asker, struct loop *loop, struct stats *stats,
	const struct grid_provider *provider)
{
	struct asked *asked = &asker->asked[asker->count++];
	const char *key = provider->environment != NULL ? getenv(provider->environment) : NULL;
	const char *url = grid_provider_setting(asker->config, provider->url_at);
	char label[48];
	int r;

	asked->asker = asker;
	asked->provider = provider;
	snprintf(asked->key, sizeof(asked->key), "%s", key != NULL ? key : "");
	if (provider->is_mix && grid_asker_folder(asker)[0] == '\0')
		grid_rules_open(&asker->rules, asker->config);
	snprintf(label, sizeof(label), "provider=\"%s\"", provider->name);
	server_count_in(&asked->server, stats, "grid_requests_total", label);
	asked->dropped = stats_entry(stats, STAT_COUNTER, "grid_values_dropped_total", label);
	asked->cache_fd = -1;
	r = asker->config->is_check ? 0 : open_cache(asked);
	if (r < 0)
		return r;
	/* Plain HTTP only where no key is sent along. */
	snprintf(label, sizeof(label), "%s_url", provider->name); /* in the configuration */
	return server_open(
		&asked->server, loop, label, url, "/", provider->key == KEY_NONE, grid_take_answer, asked);
}

static bool is_asked(const struct grid_asker *asker, const struct grid_provider *provider)
{
	for (size_t i = 0; i < asker->count; i++)
		if (asker->asked[i].provider == provider)
			return true;
	return false;
}

/* NULL = it may be asked. */
static const char *objection(const struct grid_asker *asker, const struct grid_provider *provider)
{
	if (provider == NULL)
		return "there is no provider";
	if (is_asked(asker, provider)) /* two would write one cache */
		return "named twice:";
	return asker->count == GRID_ASKED_MAX ? "too many, from" : NULL;
}

static int open_all(struct grid_asker *asker, struct loop *loop, struct stats *stats)
{
	char names[CONFIG_TEXT_MAX], *rest = names, *name, known[128];
	int r = 0;

	snprintf(names, sizeof(names), "%s", asker->config->grid_providers);
	while (r == 0 && (name = strsep(&rest, ", ")) != NULL) {
		const struct grid_provider *provider = grid_provider_find(name);
		const char *why = objection(asker, provider);
		if (name[0] == '\0')
			continue;
		if (why != NULL) {
			grid_provider_list(known, sizeof(known));
			log_error("grid_providers: %s '%s'; there are %s", why, name, known);
			return -EINVAL;
		}
		r = open_one(asker, loop, stats, provider);
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
	asker->now = clock_now();
	if (getrandom(asker->chance, sizeof(asker->chance), 0) < 0)
		asker->chance[0] = (unsigned short)asker->now.boot_ns;
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
		fetch_free(asker->asked[i].server.fetch);
		grid_told_done(&asker->asked[i].told);
		closep(&asker->asked[i].cache_fd);
	}
	free(asker);
}

void grid_asker_reload(struct grid_asker *asker)
{
	if (asker != NULL)
		asker->rules.is_asked = true;
}

const char *grid_asker_folder(const struct grid_asker *asker)
{
	return asker->rules.folder;
}

size_t grid_asker_ports(const struct grid_asker *asker, uint16_t *ports, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; asker != NULL && i < asker->count && count < room; i++)
		if (asker->asked[i].server.address.port != 0)
			ports[count++] = asker->asked[i].server.address.port;
	return count;
}

bool grid_asker_is_lost(const struct grid_asker *asker, uint64_t mono_ns)
{
	for (size_t i = 0; asker != NULL && i < asker->count; i++)
		if (server_is_lost(&asker->asked[i].server, mono_ns, LOST_NS))
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
