/* What the watts of a source rest on, as it says: a model's are never called measured. */
#include "base/clock.h"
#include "fetcher/power/tally.h"
#include "tests/unit/unit.h"

static struct text text(const char *of)
{
	return (struct text) { of, (uint32_t)strlen(of) };
}

struct told {
	const char *metric, *label, *value, *node;
	double is;
};

/* One endpoint's answer, a second after the one before. */
static void tell(struct tally *tally, unsigned endpoint, const struct told *told, size_t count)
{
	struct reading readings[16];

	assert_in_range(count, 1, 16);
	for (size_t i = 0; i < count; i++) {
		struct metric_sample sample = { .name = text(told[i].metric), .value = told[i].is };
		if (told[i].label != NULL)
			sample.labels[sample.label_count++] =
				(struct metric_label) { text(told[i].label), text(told[i].value), false };
		if (told[i].node != NULL)
			sample.labels[sample.label_count++] =
				(struct metric_label) { text("node_name"), text(told[i].node), false };
		assert_int_equal(tally_series(tally, endpoint, &sample, &readings[i]), 0);
	}
	assert_int_equal(tally_apply(tally, endpoint, readings, count,
				 tally->endpoints[endpoint].real_ns + NS_PER_SECOND),
		0);
}

static void expect(const struct tally *tally, enum power_state state, uint32_t error_ppm)
{
	uint32_t error;

	assert_int_equal(tally_state(tally, &error), state);
	assert_int_equal(error, error_ppm);
}

/* As our own exporter tells it, in its order. */
#define STATES(node, initializing, fake, model, measured)                                                    \
	{ "tanso_power_state", "state", "initializing", node, initializing },                                \
		{ "tanso_power_state", "state", "fake", node, fake },                                        \
		{ "tanso_power_state", "state", "model", node, model },                                      \
	{                                                                                                    \
		"tanso_power_state", "state", "measured", node, measured                                     \
	}

static void a_state_among_others_is_found_and_outranks_the_name_of_a_source(void **state)
{
	static const struct told model[] = { { "kepler_node_info", "components_power_source", "curve:unknown",
						     NULL, 1 },
		STATES(NULL, 0, 0, 1, 0), { "tanso_power_error_ratio", NULL, NULL, NULL, 0.56 } };
	static const struct told meter[] = { STATES(NULL, 0, 0, 0, 1) };
	static const struct told stale[] = { STATES(NULL, 0, 0, 0, 0) };
	struct tally tally = { 0 };

	(void)state;
	expect(&tally, POWER_MEASURED, 0);
	tell(&tally, 0, model, sizeof(model) / sizeof(*model));
	expect(&tally, POWER_MODEL, 560000);
	tell(&tally, 0, meter, 4);
	expect(&tally, POWER_MEASURED, 0);
	tell(&tally, 0, model, sizeof(model) / sizeof(*model));
	tell(&tally, 0, stale, 4); /* what it was holds */
	expect(&tally, POWER_MODEL, 560000);
	tally_done(&tally);
}

static void of_many_nodes_the_weakest_counts_and_one_that_begins_says_nothing(void **state)
{
	static const struct told store[] = { { "tanso_power_error_ratio", NULL, NULL, "b", 0.3 },
		{ "tanso_power_error_ratio", NULL, NULL, "c", 0.01 }, STATES("a", 1, 0, 0, 0),
		STATES("b", 0, 0, 1, 0), STATES("c", 0, 0, 0, 1) };
	static const struct told begins[] = { STATES(NULL, 1, 0, 0, 0) };
	static const struct told fake[] = { STATES(NULL, 0, 1, 0, 0) };
	struct tally tally = { 0 };

	(void)state;
	tell(&tally, 0, begins, 4);
	expect(&tally, POWER_INITIALIZING, 0);
	tell(&tally, 1, store, sizeof(store) / sizeof(*store));
	expect(&tally, POWER_MODEL, 300000);
	tell(&tally, 0, fake, 4);
	expect(&tally, POWER_FAKE, 300000);
	tally_done(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_among_others_is_found_and_outranks_the_name_of_a_source),
		cmocka_unit_test(of_many_nodes_the_weakest_counts_and_one_that_begins_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
