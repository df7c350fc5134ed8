#include "analyst/reload.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/log.h"
#include "base/nearest.h"
#include "korea/demo.h"

#define CODES_HINT_BYTES 512

static bool has_file_changed(const char *folder, const char *file, struct file_identity *identity)
{
	char path[CONFIG_TEXT_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return file_has_changed(path, identity);
}

static bool has_changed(struct reload *reload)
{
	bool changed = data_has_changed(reload->folder, reload->files);
	const char *file;

	for (size_t i = 0; reload->config->demo_data_dir[0] != '\0' && i < ARRAY_SIZE(reload->demo_files) &&
			   (file = demo_file(i)) != NULL;
		i++)
		changed |= has_file_changed(reload->config->demo_data_dir, file, &reload->demo_files[i]);
	return changed;
}

static bool has_codes(const struct reload *reload, const struct data *data, const char *tail)
{
	const struct config *config = reload->config;
	const char *codes[DATA_CODES_MAX];
	char hint[CODES_HINT_BYTES];
	size_t count = data_standard_codes(data, codes);
	bool has_standard = data_standard(data, config->standard) != NULL,
	     has_region = data_region(data, config->region) != NULL;

	nearest_hint(config->standard, codes, count, language_is_korean(), hint, sizeof(hint));
	if (!has_standard)
		log_error("standard = %s is not in %s/standards.json%s. %s", config->standard, reload->folder,
			tail, hint);
	count = data_region_codes(data, codes);
	nearest_hint(config->region, codes, count, language_is_korean(), hint, sizeof(hint));
	if (!has_region)
		log_error("region = %s is not in %s/regions.json%s. %s", config->region, reload->folder, tail,
			hint);
	return has_standard && has_region;
}

/* The files, and in them what the configuration speaks of. `tail` ends the message when that fails. */
static int load(const struct reload *reload, struct data **ret_data, const char *tail)
{
	struct data_error error = { 0 };
	struct data *data = NULL;
	int r = data_load_configured(reload->config, reload->folder, &data, &error);

	if (r < 0) {
		log_error("data files of %s: %s%s", reload->folder, error.text, tail);
		return r;
	}
	if (data->laid_over[0] != '\0')
		log_warning("of the operator and unverified, from %s: %s", reload->config->demo_data_dir,
			data->laid_over);
	if (!has_codes(reload, data, tail)) {
		data_free(data);
		return -EINVAL;
	}
	*ret_data = data;
	return 0;
}

/* `tail` ends the message when that fails. */
static int load_grid(const struct reload *reload, struct grid_file **ret_file, const char *tail)
{
	struct grid_error error = { 0 };
	int r = grid_file_load(reload->config->grid_file, ret_file, &error);

	if (r < 0)
		log_error("grid_file: %s%s", error.text, tail);
	return r;
}

int reload_open(struct reload *reload, const struct config *config, struct stats *stats)
{
	*reload = (struct reload) { .config = config,
		.reloads = stats_entry(stats, STAT_COUNTER, "data_reloads_total", ""),
		.failures = stats_entry(stats, STAT_COUNTER, "data_reloads_failed_total", ""),
		.is_stale = stats_entry(stats, STAT_GAUGE, "data_stale", "") };
	config_data_dir(config, reload->folder);
	has_changed(reload); /* before they are read: a change meanwhile is seen at the next look */
	int r = load(reload, &reload->data, "");
	if (r < 0 || config->grid_file[0] == '\0')
		return r;
	file_has_changed(config->grid_file, &reload->grid_identity);
	return load_grid(reload, &reload->grid_file, "");
}

void reload_done(struct reload *reload)
{
	data_free(reload->data);
	reload->data = NULL;
	grid_file_free(reload->grid_file);
	reload->grid_file = NULL;
}

static bool watch_data(struct reload *reload, bool is_asked)
{
	struct data *data = NULL;

	if (!has_changed(reload) && !is_asked)
		return false;
	reload->is_data_stale = load(reload, &data, "; the data read before stay in use") < 0;
	*reload->failures += reload->is_data_stale;
	if (reload->is_data_stale)
		return false;
	data_free(reload->data);
	reload->data = data;
	++*reload->reloads;
	log_info("data files of %s read again: version %s, sha256 %s", reload->folder, data->version,
		data->sha256);
	return true;
}

static bool watch_grid(struct reload *reload, bool is_asked)
{
	struct grid_file *file = NULL;

	if (reload->grid_file == NULL ||
		(!file_has_changed(reload->config->grid_file, &reload->grid_identity) && !is_asked))
		return false;
	reload->is_grid_stale = load_grid(reload, &file, "; the one read before stays in use") < 0;
	*reload->failures += reload->is_grid_stale;
	if (reload->is_grid_stale)
		return false;
	grid_file_free(reload->grid_file);
	reload->grid_file = file;
	++*reload->reloads;
	log_info("grid file %s read again: %zu values, sha256 %s", file->name, file->count, file->sha256);
	return true;
}

bool reload_watch(struct reload *reload, uint64_t now_ns)
{
	bool is_asked = reload->is_asked, is_new;

	if (now_ns < reload->next_ns && !is_asked)
		return false;
	reload->next_ns = now_ns + RELOAD_WATCH_MS * NS_PER_MILLISECOND;
	reload->is_asked = false;
	is_new = watch_data(reload, is_asked);
	is_new |= watch_grid(reload, is_asked);
	*reload->is_stale = reload->is_data_stale || reload->is_grid_stale;
	return is_new;
}
