#include "collector/meters/meters.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/language.h"

#define PATIENCE_NS (10 * NS_PER_SECOND) /* a driver that reloads is back by then */
#define REASON_MAX  400

/* In the order in which a person would list them; config->meters decides. */
static const struct candidate {
	const char *name;
	enum zone main_zone; /* not opened where an earlier one has it */
	meter_open *open;    /* NULL: the estimator's model */
} candidates[] = {
	{ "perf", ZONE_PACKAGE, meter_open_perf },
	{ "powercap", ZONE_PACKAGE, meter_open_powercap },
	{ "hwmon", ZONE_PACKAGE, meter_open_hwmon },
	{ "xgene", ZONE_PACKAGE, meter_open_hwmon },
	{ "acpi", ZONE_PSYS, meter_open_hwmon },
	{ "nvml", ZONE_GPU, meter_open_nvml },
	{ "model", ZONE_PACKAGE, NULL },
	{ "fake", ZONE_PACKAGE, meter_open_fake },
};
#define CANDIDATES ARRAY_SIZE(candidates)

/* How far a candidate came. */
enum outcome { UNLISTED, CHOSEN, NOT_NEEDED, FAILED };

struct meters {
	struct tallies tallies;
	struct meter *open[CANDIDATES]; /* NULL: not opened */
	enum outcome outcome[CANDIDATES];
	int error[CANDIDATES];
	bool has_model;
	uint32_t lost; /* bit z: zone z is left to the model until its counters answer again */
	char name[32]; /* "powercap+nvml" */
	char reason[REASON_MAX];
};

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static const char *explain(int error)
{
	switch (error) {
	case -ENOENT: return "not on this machine";
	case -EACCES: return "there, but not readable: run as root or install deploy/systemd's rules";
	case -ENOTUNIQ: return "several sensors, and none says it is the node's";
	default: return strerror(-error);
	}
}

/* The same to the person who starts it; labels of metrics stay English. */
static const char *explain_to_person(int error)
{
	switch (error) {
	case -EACCES:
		return in_language(explain(error),
			"있지만 읽을 수 없음(root로 실행하거나 deploy/systemd의 규칙을 설치하십시오)");
	case -ENOTUNIQ: return in_language(explain(error), "센서가 여럿이고 노드의 센서를 알 수 없음");
	default: return explain(error);
	}
}

/* choosing */

static uint32_t zones_but_of(const struct meters *meters, uint32_t owner)
{
	uint32_t zones = 0;

	for (size_t i = 0; i < TALLIES_MAX; i++) {
		const struct tally *tally = &meters->tallies.all[i];
		if (tally->owner != 0 && tally->owner != owner)
			zones |= 1U << tally->zone;
	}
	return zones | (meters->has_model ? 1U << ZONE_PACKAGE : 0);
}

static void disown(struct meters *meters, uint32_t owner)
{
	for (size_t i = 0; i < TALLIES_MAX; i++)
		if (meters->tallies.all[i].owner == owner)
			meters->tallies.all[i].owner = 0;
}

static void consider(struct meters *meters, size_t index, const struct config *config)
{
	const struct candidate *candidate = &candidates[index];
	uint32_t owner = (uint32_t)index + 1;

	meters->tallies.owner = owner;
	meters->tallies.taken = zones_but_of(meters, owner);
	meters->outcome[index] = NOT_NEEDED;
	if (meters->tallies.taken & 1U << candidate->main_zone)
		return;
	int r = 0;
	if (candidate->open == NULL)
		meters->has_model = true;
	else
		r = candidate->open(candidate->name, config, &meters->tallies, &meters->open[index]);
	meters->outcome[index] = r < 0 ? FAILED : CHOSEN;
	meters->error[index] = r;
	if (r < 0)
		disown(meters, owner);
}

static int find_candidate(const char *name)
{
	for (size_t i = 0; i < CANDIDATES; i++)
		if (strcmp(candidates[i].name, name) == 0)
			return (int)i;
	return -EINVAL;
}

static int choose(struct meters *meters, const struct config *config)
{
	char list[CONFIG_TEXT_MAX], *rest = NULL;

	snprintf(list, sizeof(list), "%s", config->meters);
	for (char *name = strtok_r(list, ", ", &rest); name != NULL; name = strtok_r(NULL, ", ", &rest)) {
		int index = find_candidate(name);
		if (index < 0) {
			append(meters->reason, REASON_MAX,
				in_language("'%s' is no meter; valid are",
					"'%s': 그런 계측기는 없습니다. 쓸 수 있는 값:"),
				name);
			for (size_t i = 0; i < CANDIDATES; i++)
				append(meters->reason, REASON_MAX, "%s %s", i > 0 ? "," : "",
					candidates[i].name);
			return -EINVAL;
		}
		if (meters->outcome[index] == UNLISTED)
			consider(meters, (size_t)index, config);
	}
	return 0;
}

static void give_reason(struct meters *meters)
{
	const char *separator = "";

	for (size_t i = 0; i < CANDIDATES; i++) {
		if (meters->open[i] == NULL)
			continue;
		append(meters->name, sizeof(meters->name), "%s%s", separator, candidates[i].name);
		separator = "+";
	}
	append(meters->reason, REASON_MAX, "%s", meters->name);
	if (!(zones_but_of(meters, 0) & 1U << ZONE_PACKAGE) || meters->has_model)
		append(meters->reason, REASON_MAX, "%s%s",
			meters->name[0] != '\0' ? in_language(" and ", ", ") : "",
			in_language("model", "모델"));
	for (size_t i = 0; i < CANDIDATES; i++)
		if (meters->outcome[i] == FAILED && meters->error[i] != -ENOENT)
			append(meters->reason, REASON_MAX, "; %s: %s", candidates[i].name,
				explain_to_person(meters->error[i]));
	separator = in_language("; not on this machine: ", "; 이 호스트에 없음: ");
	for (size_t i = 0; i < CANDIDATES; i++) {
		if (meters->outcome[i] != FAILED || meters->error[i] != -ENOENT)
			continue;
		append(meters->reason, REASON_MAX, "%s%s", separator, candidates[i].name);
		separator = ", ";
	}
}

int meters_open(const struct config *config, bool is_new_epoch, struct meters **ret_meters)
{
	struct meters *meters = calloc(1, sizeof(*meters));
	int r;

	if (meters == NULL)
		return -ENOMEM;
	*ret_meters = meters;
	if ((r = tallies_open(&meters->tallies, is_new_epoch)) < 0) {
		snprintf(meters->reason, REASON_MAX, "cannot keep their state: %s", strerror(-r));
		return r;
	}
	if ((r = choose(meters, config)) < 0)
		return r;
	give_reason(meters);
	return 0;
}

void meters_free(struct meters *meters)
{
	if (meters == NULL)
		return;
	for (size_t i = 0; i < CANDIDATES; i++)
		if (meters->open[i] != NULL)
			meters->open[i]->free(meters->open[i]);
	tallies_close(&meters->tallies);
	free(meters);
}

const char *meters_reason(const struct meters *meters)
{
	return meters->reason;
}

/* reading */

/* What the counters of one zone came to. */
struct zone_sum {
	uint64_t uj;
	uint32_t good, bad;
	bool is_lost; /* too long without a number */
};

static void add_owned(struct zone_sum *sum, struct tally *tally, uint64_t now_ns)
{
	if (tally->outcome == 0) {
		tally->failing_since_ns = 0;
		sum->good++;
		return;
	}
	tally->failures += tally->outcome != -ERANGE;
	tally->breaks += tally->outcome == -ERANGE;
	if (tally->failing_since_ns == 0)
		tally->failing_since_ns = now_ns;
	bool is_patient = now_ns - tally->failing_since_ns < PATIENCE_NS;
	if (!is_patient &&
		tally->outcome == -ENOENT) { /* taken out of the machine: the others are the zone */
		tally_forget(tally);
		return;
	}
	sum->bad++;
	sum->is_lost |= !is_patient;
}

static struct zone_sum sum_zone(struct meters *meters, uint32_t zone, uint64_t now_ns)
{
	struct zone_sum sum = { 0 };

	for (size_t i = 0; i < TALLIES_MAX; i++) {
		struct tally *tally = &meters->tallies.all[i];
		if (tally->key[0] == '\0' || tally->zone != zone)
			continue;
		/* Counters that nobody reads any more still count what they counted: the sum never goes back. */
		sum.uj += tally->uj;
		if (tally->owner != 0)
			add_owned(&sum, tally, now_ns);
	}
	return sum;
}

/* While the model answers for a zone, its meter must not count the same energy. */
static void forget_zone(struct meters *meters, uint32_t zone)
{
	for (size_t i = 0; i < TALLIES_MAX; i++)
		if (meters->tallies.all[i].owner != 0 && meters->tallies.all[i].zone == zone)
			tally_forget(&meters->tallies.all[i]);
}

/* The tick on which a zone is given up still says METER_FAILED: what its good counters grew by in that interval comes
 * when the zone comes back, and is not modelled too. */
static bool is_left_out(
	struct meters *meters, uint32_t zone, const struct zone_sum *sum, struct ring_tick *tick)
{
	uint32_t bit = 1U << zone;
	bool was_lost = meters->lost & bit;

	if (sum->is_lost)
		forget_zone(meters, zone);
	if (sum->is_lost != was_lost)
		tick->flags |= TICK_FLAG_COARSE;
	meters->lost = sum->is_lost ? meters->lost | bit : meters->lost & ~bit;
	return (sum->is_lost && was_lost) || sum->good + sum->bad == 0;
}

static bool has_break(const struct meters *meters)
{
	for (size_t i = 0; i < TALLIES_MAX; i++)
		if (meters->tallies.all[i].owner != 0 && meters->tallies.all[i].outcome == -ERANGE)
			return true;
	return false;
}

void meters_read(struct meters *meters, struct instant now, struct ring_tick *tick)
{
	int fake = find_candidate("fake");
	uint32_t count = 0;

	for (size_t i = 0; i < CANDIDATES; i++) {
		if (meters->open[i] == NULL)
			continue;
		meters->tallies.owner = (uint32_t)i + 1;
		meters->tallies.taken = zones_but_of(meters, meters->tallies.owner);
		meters->open[i]->read(meters->open[i], &meters->tallies, now);
	}
	for (uint32_t zone = 0; zone < ZONE_COUNT && count < RING_METER_MAX; zone++) {
		struct zone_sum sum = sum_zone(meters, zone, now.mono_ns);
		if (is_left_out(meters, zone, &sum, tick))
			continue;
		uint32_t state = sum.bad > 0 ? METER_FAILED : METER_OK;
		if (fake >= 0 && meters->open[fake] != NULL)
			state = METER_FAKE;
		tick->meter[count++] = (struct ring_meter) { zone, state, sum.uj };
	}
	if (has_break(meters))
		tick->flags |= TICK_FLAG_COARSE;
	snprintf(tick->meter_name, sizeof(tick->meter_name), "%s", meters->name);
}

bool meters_know_gpus(const struct meters *meters)
{
	bool are_known = false;

	for (size_t i = 0; i < CANDIDATES; i++)
		are_known |= meters->open[i] != NULL && meters->open[i]->visit_gpu != NULL;
	return are_known;
}

bool meters_visit_gpu(struct meters *meters, gpu_visitor *visit, void *context)
{
	for (size_t i = 0; i < CANDIDATES; i++)
		if (meters->open[i] != NULL && meters->open[i]->visit_gpu != NULL)
			meters->open[i]->visit_gpu(meters->open[i], visit, context);
	return meters_know_gpus(meters);
}

/* telling */

static const char *word(const struct meters *meters, size_t index)
{
	switch (meters->outcome[index]) {
	case CHOSEN: return "chosen";
	case NOT_NEEDED: return "an earlier one of the list answers";
	default: return explain(meters->error[index]);
	}
}

static void report_zone(const struct meters *meters, uint32_t zone, struct stats *stats)
{
	uint64_t failures = 0, breaks = 0, counters = 0;
	char labels[48];

	for (size_t i = 0; i < TALLIES_MAX; i++) {
		const struct tally *tally = &meters->tallies.all[i];
		if (tally->owner == 0 || tally->zone != zone)
			continue;
		counters += tally->is_known;
		failures += tally->failures;
		breaks += tally->breaks;
	}
	if (!(zones_but_of(meters, 0) & 1U << zone) || (zone == ZONE_PACKAGE && meters->has_model))
		return;
	snprintf(labels, sizeof(labels), "zone=\"%s\"", zone_name((enum zone)zone));
	*stats_entry(stats, STAT_GAUGE, "meter_counters", labels) = (double)counters;
	*stats_entry(stats, STAT_COUNTER, "meter_failures_total", labels) = (double)failures;
	*stats_entry(stats, STAT_COUNTER, "meter_breaks_total", labels) = (double)breaks;
}

void meters_report(const struct meters *meters, struct stats *stats)
{
	char labels[128];

	snprintf(labels, sizeof(labels), "meter=\"%s\"", meters->name[0] != '\0' ? meters->name : "none");
	*stats_entry(stats, STAT_GAUGE, "meter_info", labels) = 1;
	for (size_t i = 0; i < CANDIDATES; i++) {
		if (meters->outcome[i] == UNLISTED || candidates[i].open == NULL)
			continue;
		snprintf(labels, sizeof(labels), "meter=\"%s\",reason=\"%s\"", candidates[i].name,
			word(meters, i));
		*stats_entry(stats, STAT_GAUGE, "meter_available", labels) = meters->outcome[i] == CHOSEN;
	}
	for (uint32_t zone = 0; zone < ZONE_COUNT; zone++)
		report_zone(meters, zone, stats);
	*stats_entry(stats, STAT_COUNTER, "meter_counters_dropped_total", "") =
		(double)meters->tallies.dropped;
}
