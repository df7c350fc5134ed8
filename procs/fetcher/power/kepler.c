#include "fetcher/power/kepler.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fnv.h"

enum zone_rule {
	RULE_PACKAGE = ZONE_PACKAGE,
	RULE_DRAM = ZONE_DRAM,
	RULE_GPU = ZONE_GPU,
	RULE_BY_LABEL = ZONE_COUNT,
	RULE_NONE
};

static const struct rule {
	const char *name;
	size_t size;
	enum subject subject;
	enum zone_rule zone;
	enum unit unit;
	uint8_t rank;
} rules[] = {
#define SERIES(name, subject, zone, unit, rank)                                                              \
	{ #name, sizeof(#name) - 1, SUBJECT_##subject, RULE_##zone, UNIT_##unit, rank },
#include "fetcher/power/series.def"
};

const char *const kepler_metric_names[] = {
#define SERIES(name, ...) #name,
#include "fetcher/power/series.def"
	NULL
};

static bool is_text(struct text text, const char *wanted)
{
	return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static bool label_is(const struct metric_sample *sample, const char *name, const char *wanted)
{
	const struct metric_label *label = metric_label(sample, name);

	return label != NULL && is_text(label->value, wanted);
}

static const struct rule *rule_of(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].size == name.size && memcmp(rules[i].name, name.data, name.size) == 0)
			return &rules[i];
	return NULL;
}

/* Mixed (murmur3's last step), for sums of such hashes are formed. */
static uint64_t hash_text(uint64_t hash, struct text text)
{
	hash = fnv_bytes(hash ^ FNV_BEGIN, text.data, text.size);
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

static bool is_of_sample(struct text label)
{
	return !is_text(label, "state");
}

static bool is_any(struct text label)
{
	(void)label;
	return true;
}

/* Not of the job that scraped it, or of the Prometheus that did. `instance` stays: two hosts may have one name. */
static bool is_of_source(struct text label)
{
	static const char *const of_scrape[] = { "job", "endpoint", "service", "container", "pod",
		"namespace", "prometheus", "prometheus_replica", "replica", "__replica__", "exported_pod",
		"exported_namespace" };

	for (size_t i = 0; i < ARRAY_SIZE(of_scrape); i++)
		if (is_text(label, of_scrape[i]))
			return false;
	return is_of_sample(label);
}

/* A sum, so that the order of the labels means nothing. */
static uint64_t hash_of(
	unsigned endpoint, const struct metric_sample *sample, bool (*does_count)(struct text label))
{
	uint64_t hash = hash_text(endpoint, sample->name);

	for (size_t i = 0; i < sample->label_count; i++)
		if (does_count(sample->labels[i].name))
			hash += hash_text(hash_text(1, sample->labels[i].name), sample->labels[i].value);
	return hash;
}

static bool says(const struct metric_sample *sample, const char *name)
{
	const struct metric_label *label = metric_label(sample, name);

	return label != NULL && label->value.size > 0;
}

static uint64_t own_of(unsigned endpoint, const struct metric_sample *sample, enum subject subject)
{
	if (!says(sample, "instance") || !says(sample, "node_name") ||
		(subject == SUBJECT_POD && !says(sample, "pod_name")))
		return 0;
	return hash_of(endpoint, sample, is_of_source);
}

static void read_node(unsigned endpoint, const struct metric_sample *sample, struct kepler_series *series)
{
	static const char *const labels[NODE_LABELS] = { "instance", "node_name" };

	for (int i = 0; i < NODE_LABELS; i++)
		if (says(sample, labels[i]))
			series->node[i] = hash_text(hash_text(endpoint, text_of(labels[i])),
				metric_label(sample, labels[i])->value);
}

/* core and uncore are inside package, and others are no zones of ours. */
static bool read_zone(const struct metric_sample *sample, enum zone *ret_zone)
{
	const struct metric_label *label = metric_label(sample, "zone");

	*ret_zone = ZONE_PACKAGE;
	if (label == NULL || label->value.size == 0)
		return true;
	for (enum zone zone = ZONE_PACKAGE; zone <= ZONE_GPU; zone++)
		if (is_text(label->value, zone_name(zone))) {
			*ret_zone = zone;
			return true;
		}
	return false;
}

/* <= 0.9 tells idle energy of containers too, by its own rule of sharing: it is left out (docs/decisions). */
static bool read_mode(const struct metric_sample *sample, enum subject *subject)
{
	if (!label_is(sample, "mode", "idle"))
		return true;
	if (*subject != SUBJECT_ACTIVE)
		return false;
	*subject = SUBJECT_IDLE;
	return true;
}

static bool read_state(const struct metric_sample *sample, struct kepler_series *series)
{
	const struct metric_label *label;

	if (series->subject == SUBJECT_METHOD) {
		label = metric_label(sample, "components_power_source");
		series->state = POWER_MEASURED;
		if (label != NULL && (is_text(label->value, "estimator") || label->value.size == 0))
			series->state = POWER_MODEL;
		return label != NULL;
	}
	if (series->subject != SUBJECT_STATE)
		return true;
	label = metric_label(sample, "state");
	for (int state = 0; label != NULL && state < POWER_STATE_COUNT; state++)
		if (is_text(label->value, power_state_name((enum power_state)state))) {
			series->state = (enum power_state)state;
			return true;
		}
	return false;
}

bool kepler_tells_stale(const struct metric_sample *sample)
{
	return is_text(sample->name, "tanso_power_state") && label_is(sample, "state", "stale");
}

bool kepler_read(unsigned endpoint, const struct metric_sample *sample, struct kepler_series *ret_series)
{
	const struct rule *rule = rule_of(sample->name);
	struct kepler_series *series = ret_series;

	if (rule == NULL)
		return false;
	*series = (struct kepler_series) { .subject = rule->subject,
		.unit = rule->unit,
		.rank = rule->rank,
		.zone = (enum zone)rule->zone };
	if (rule->zone == RULE_NONE)
		series->zone = ZONE_PACKAGE;
	if ((rule->zone == RULE_BY_LABEL && !read_zone(sample, &series->zone)) ||
		!read_mode(sample, &series->subject) || !read_state(sample, series))
		return false;
	series->has_ended = label_is(sample, "state", "terminated");
	series->hash = hash_of(endpoint, sample, series->subject == SUBJECT_STATE ? is_any : is_of_sample);
	series->own = own_of(endpoint, sample, series->subject);
	read_node(endpoint, sample, series);
	return true;
}

static int copy_first(const struct metric_sample *sample, const char *const *names, char *text, size_t size)
{
	text[0] = '\0';
	for (; *names != NULL; names++) {
		const struct metric_label *label = metric_label(sample, *names);
		if (label == NULL || label->value.size == 0)
			continue;
		int r = metric_label_copy(label, text, size);
		return r < 0 ? r : 0;
	}
	return -ENOENT;
}

static bool is_static(const struct metric_sample *sample, const char *name)
{
	const struct metric_label *node = metric_label(sample, "node_name");
	size_t size = strlen(name);

	return node != NULL && node->value.size > 0 && size > node->value.size &&
	       name[size - node->value.size - 1] == '-' &&
	       memcmp(name + size - node->value.size, node->value.data, node->value.size) == 0;
}

/* What a scrape by Prometheus without honor_labels renames comes before the scraper's own pod and namespace. */
int kepler_workload(
	enum subject subject, const struct metric_sample *sample, struct kepler_workload *ret_workload)
{
	static const char *const pods[] = { "pod_name", "exported_pod", "pod", NULL };
	static const char *const namespaces[] = { "pod_namespace", "container_namespace",
		"exported_namespace", "namespace", NULL };
	static const char *const machines[] = { "vm_name", "vm_id", NULL };
	static const char *const hypervisors[] = { "hypervisor", NULL };
	static const char *const uids[] = { "pod_id", "vm_id", NULL };
	bool is_pod = subject == SUBJECT_POD;
	int r = copy_first(sample, is_pod ? pods : machines, ret_workload->name, sizeof(ret_workload->name));

	if (r < 0)
		return r;
	ret_workload->is_static = is_static(sample, ret_workload->name);
	r = copy_first(sample, is_pod ? namespaces : hypervisors, ret_workload->namespace,
		sizeof(ret_workload->namespace));
	if (r == -E2BIG)
		return r;
	r = copy_first(sample, uids, ret_workload->uid, sizeof(ret_workload->uid));
	return r == -E2BIG ? r : 0;
}
