#include "models/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ipc/tools.h"
#include "models/model_json.h"

/* Upstream states the mean error of about 18 windows and no interval. On the five hosts we have samples of, half of the
 * measured 95 % interval is 2.5 to 3.5 times the mean error (docs/watts.md). */
#define UPSTREAM_ERROR_PER_MAPE 3
/* The same CPU in another host: what m5.metal's model on r5.metal's samples, and back, adds to half the interval. */
#define ERROR_SAME_CPU_PPM 70000
/* Nothing was measured in guests, or in hosts of more packages: a guess at what other guests' load does to the share. */
#define ERROR_GUEST_PPM 100000
/* The samples' CPU time is corrupt, so that busy time could not be tried against cycles: a guess. */
#define ERROR_BUSY_PPM 150000
#define INDEX_FORMAT   "tanso-model-index"

static struct candidate *add(struct catalogue *catalogue)
{
	if (catalogue->count == CATALOGUE_MAX) {
		catalogue->dropped++;
		return NULL;
	}
	return &catalogue->all[catalogue->count++];
}

/* `name` is relative to the folder; 0 read, else it is an entry that says why not. */
static struct candidate *add_file(struct catalogue *catalogue, const char *name)
{
	struct candidate *candidate = add(catalogue);
	struct model_error error = { "" };

	if (candidate == NULL)
		return NULL;
	candidate->fit = FIT_NOT_STATED;
	int size = snprintf(candidate->path, sizeof(candidate->path), "%s/%s", catalogue->folder, name);
	int r = size < 0 || (size_t)size >= sizeof(candidate->path)
			? -ENAMETOOLONG
			: model_file_read(candidate->path, name, &candidate->file, &error);
	if (r < 0) {
		candidate->fit = FIT_UNREADABLE;
		snprintf(candidate->file.name, sizeof(candidate->file.name), "%.95s", name);
		snprintf(candidate->reason, sizeof(candidate->reason), "%.255s",
			error.text[0] != '\0' ? error.text : strerror(-r));
	}
	return candidate;
}

static int read_entry(
	struct catalogue *catalogue, const char *folder, const struct json_at *root, const struct json_at *at)
{
	struct model_file facts = { 0 };
	struct fit_error stated = { 0 };
	char file[128], name[256], group[24];
	int r;

	if ((r = at_text(root, "source", facts.source, sizeof(facts.source))) < 0 ||
		(r = at_text(root, "licence", facts.licence, sizeof(facts.licence))) < 0 ||
		(r = at_text(at, "file", file, sizeof(file))) < 0 ||
		(r = at_text(at, "group", group, sizeof(group))) < 0)
		return r;
	if (strstr(file, "..") != NULL || file[0] == '/')
		return at_refuse(at, "file", "must lie in the folder");
	if (at_has(at, "cpu") && ((r = at_text(at, "product", facts.product, sizeof(facts.product))) < 0 ||
					 (r = at_text(at, "cpu", facts.cpu, sizeof(facts.cpu))) < 0))
		return r;
	if ((r = at_u32(at, "threads", &facts.threads)) < 0 ||
		(r = at_u32(at, "mape_ppm", &stated.mape_ppm)) < 0)
		return r;
	snprintf(name, sizeof(name), "%.100s/%s", folder, file);
	struct candidate *candidate = add_file(catalogue, name);
	if (candidate == NULL || candidate->fit == FIT_UNREADABLE)
		return 0;
	struct model_file *model = &candidate->file;
	memcpy(model->source, facts.source, sizeof(model->source));
	memcpy(model->licence, facts.licence, sizeof(model->licence));
	memcpy(model->product, facts.product, sizeof(model->product));
	memcpy(model->cpu, facts.cpu, sizeof(model->cpu));
	memcpy(model->variant[0].name, group, sizeof(group));
	model->threads = facts.threads;
	model->variant[0].error = stated;
	return 0;
}

static int read_entries(struct catalogue *catalogue, const char *folder, const struct json_at *root)
{
	struct json_at at;
	char format[32];
	uint32_t count;
	int r;

	if ((r = at_text(root, "format", format, sizeof(format))) < 0)
		return r;
	if (strcmp(format, INDEX_FORMAT) != 0)
		return at_refuse(root, "format", "must be \"" INDEX_FORMAT "\"");
	r = at_length(root, "models", 0, CATALOGUE_MAX, &count);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		if ((r = at_element(root, "models", i, &at)) == 0)
			r = read_entry(catalogue, folder, root, &at);
	return r;
}

static void add_index(struct catalogue *catalogue, const char *folder)
{
	char path[CONFIG_TEXT_MAX + 300], name[300];
	struct model_error error;
	struct json_at root = { .file = name, .error = &error };
	CLEANUP(freep) char *text = malloc(MODEL_FILE_BYTES_MAX);
	size_t offset;

	snprintf(name, sizeof(name), "%s/index.json", folder);
	snprintf(path, sizeof(path), "%s/%s", catalogue->folder, name);
	int size = text != NULL ? file_read_text(AT_FDCWD, path, text, MODEL_FILE_BYTES_MAX) : -ENOMEM;
	if (size == -ENOENT || size == -ENOTDIR)
		return;
	int r = size;
	snprintf(error.text, sizeof(error.text), "%s: %s", name, size < 0 ? strerror(-size) : "not JSON");
	if (size >= 0) {
		root.object = json_parse_strict(text, (size_t)size, &offset);
		r = root.object != NULL ? read_entries(catalogue, folder, &root) : -EINVAL;
		json_object_put(root.object);
	}
	struct candidate *bad = r < 0 ? add(catalogue) : NULL;
	if (bad == NULL)
		return;
	snprintf(bad->path, sizeof(bad->path), "%.511s", path);
	snprintf(bad->file.name, sizeof(bad->file.name), "%.95s", name);
	snprintf(bad->reason, sizeof(bad->reason), "%.255s", error.text);
}

/* "8259CL" in "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz" */
static bool is_cpu(const struct host *host, const char *cpu)
{
	return cpu[0] != '\0' && strstr(host->brand, cpu) != NULL;
}

static bool is_host_type(const struct host *host, const struct model_file *file)
{
	return file->product[0] != '\0' &&
	       (strcmp(file->product, host->product) == 0 || strcmp(file->product, host->host_product) == 0);
}

static void judge(struct candidate *candidate, const struct host *host)
{
	const struct model_file *file = &candidate->file;

	if (candidate->fit == FIT_UNREADABLE)
		return;
	if (file->threads == 0 || file->cpu[0] == '\0') {
		candidate->fit = FIT_NOT_STATED;
		snprintf(candidate->reason, sizeof(candidate->reason),
			"the file does not say which host it is of: by name only");
	} else if (is_host_type(host, file)) {
		candidate->fit = FIT_HOST_TYPE;
		snprintf(candidate->reason, sizeof(candidate->reason),
			host->cpus > file->threads ? "this host is like %s, with %u threads for its %u"
						   : "this host is %s; %u of its %u threads are here",
			file->product, host->cpus, file->threads);
	} else if (is_cpu(host, file->cpu)) {
		candidate->fit = FIT_SAME_CPU;
		snprintf(candidate->reason, sizeof(candidate->reason), "the same CPU (%s) in another host",
			file->cpu);
	} else {
		candidate->fit = FIT_OTHER_HOST;
		snprintf(candidate->reason, sizeof(candidate->reason), "another CPU: %s", file->cpu);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return strcmp(left->file.name, right->file.name);
}

static void read_folder(struct catalogue *catalogue)
{
	DIR *folder = opendir(catalogue->folder);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		if (length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0)
			add_file(catalogue, entry->d_name);
		else
			add_index(catalogue, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
}

int catalogue_read(const struct config *config, const struct host *host, struct catalogue *ret_catalogue)
{
	struct catalogue catalogue = { .all = calloc(CATALOGUE_MAX, sizeof(*catalogue.all)) };

	if (catalogue.all == NULL)
		return -ENOMEM;
	config_models_dir(config, catalogue.folder);
	read_folder(&catalogue);
	for (size_t i = 0; i < catalogue.count; i++)
		judge(&catalogue.all[i], host);
	qsort(catalogue.all, catalogue.count, sizeof(*catalogue.all), by_name);
	*ret_catalogue = catalogue;
	return 0;
}

void catalogue_done(struct catalogue *catalogue)
{
	free(catalogue->all);
	*catalogue = (struct catalogue) { 0 };
}

const struct candidate *catalogue_find(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->all[i].file.name, name) == 0)
			return &catalogue->all[i];
	return NULL;
}

static double squared(uint32_t ppm)
{
	return (double)ppm * ppm;
}

uint32_t candidate_error_ppm(
	const struct candidate *candidate, const struct model_variant *variant, const struct host *host)
{
	const struct model_file *file = &candidate->file;
	uint32_t own = file->is_upstream ? variant->error.mape_ppm * UPSTREAM_ERROR_PER_MAPE
					 : variant->error.interval95_ppm / 2;
	double sum = squared(own);

	if (candidate->fit != FIT_HOST_TYPE)
		sum += squared(ERROR_SAME_CPU_PPM);
	if (host->cpus != file->threads)
		sum += squared(ERROR_GUEST_PPM);
	if (formula_counters(&variant->package) == 0)
		sum += squared(ERROR_BUSY_PPM);
	return own == 0 ? 0 : (uint32_t)llround(sqrt(sum));
}

/* Ours before upstream's, whose error was stated on a handful of samples; then the closer host, then the smaller error. */
static bool is_better(
	const struct candidate *a, uint32_t error_a, const struct candidate *b, uint32_t error_b)
{
	if (a->file.is_upstream != b->file.is_upstream)
		return !a->file.is_upstream;
	return a->fit != b->fit ? a->fit > b->fit : error_a < error_b;
}

/* Upstream's models over CPU time encode its miscount of long slices: right time gives wrong watts. */
static bool may_be_chosen(
	const struct candidate *candidate, const struct model_variant *variant, uint32_t counters)
{
	uint32_t needed = formula_counters(&variant->package);

	return candidate->fit >= FIT_SAME_CPU && (needed & ~counters) == 0 && !candidate->file.is_dynamic &&
	       (!candidate->file.is_upstream || (needed != 0 && variant->error.mape_ppm != 0 &&
							strncmp(variant->name, "Counter", 7) == 0));
}

const struct candidate *catalogue_choose(const struct catalogue *catalogue, const struct host *host,
	uint32_t counters, const struct model_variant **ret_variant)
{
	const struct candidate *best = NULL;
	uint32_t best_error = 0;

	for (size_t i = 0; i < catalogue->count; i++)
		for (uint32_t v = 0; v < catalogue->all[i].file.variants; v++) {
			const struct candidate *one = &catalogue->all[i];
			const struct model_variant *variant = &one->file.variant[v];
			uint32_t error = candidate_error_ppm(one, variant, host);
			if (!may_be_chosen(one, variant, counters) ||
				(best != NULL && !is_better(one, error, best, best_error)))
				continue;
			best = one;
			best_error = error;
			*ret_variant = variant;
		}
	return best;
}
