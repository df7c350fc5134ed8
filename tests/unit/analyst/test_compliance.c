/* The worked cases are computed by hand from the formulas of docs/methodology.md; tolerance 1e-7 relative. */
#include "tests/unit/unit.h"

#include <math.h>

#include "analyst/carbon/carbon.h"
#include "analyst/carbon/compliance.h"

static const struct standard carbon_2050 = { .code = "KR_CARBON_2050", .target = 424, .pue_ref = 1.4 };
static const struct standard official_2023 = {
	.code = "KR_OFFICIAL_EF_2023", .target = 417.3, .pue_ref = 1.4, .factor = FACTOR_OFFICIAL
};
static const struct standard green_dc = {
	.code = "KR_PUE_GREEN_DC", .is_pue = true, .target = 1.4, .pue_ref = 1.4
};

static void expect_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-7 * fmax(1, fabs(expected)))
		fail_msg("%.10g is not %.10g", value, expected);
}

static struct compliance_input input(double intensity, double pue, enum pue_source source)
{
	return (struct compliance_input) { .standard = &carbon_2050,
		.pue_target = 1.4,
		.pue = { pue, source },
		.is_intensity_known = true,
		.grid_intensity = intensity,
		.grid_uncertainty = U_GRID_METERED };
}

static void energy_and_emissions_follow_the_formulas(void **state)
{
	(void)state;
	expect_near(carbon_kwh(57.5, 730), 41.975);
	expect_near(carbon_kwh_month(57.5e6 * 86400, 86400e9), 41.975);
	expect_near(carbon_grams(41.975, 1.6, 446.25) / 1000, 29.97015);
	expect_near(carbon_grams_per_hour(57.5, 1.6, 446.25), 41.055);
	expect_near(carbon_grams_per_hour(57.5, 1, 424), 24.38);
	assert_true(carbon_kwh_month(1e6, 0) == 0);
}

static void the_brief_example_comes_out_exactly(void **state)
{
	struct compliance_input in = input(446.25, 1.6, PUE_DECLARED);
	struct compliance c = compliance_assess(&in);

	(void)state;
	expect_near(c.intensity, 510);
	expect_near(c.gap_percent, 20.2830189);
	assert_true(carbon_round_percent(c.gap_percent) == 20.3);
	expect_near(c.required_reduction_percent, 16.8627451);
	expect_near(c.uncertainty, 72.1248917);
	expect_near(c.facility_intensity, 714);
	expect_near(c.pue_gap_percent, 14.2857143);
	assert_int_equal(c.carbon_status, STATUS_NON_COMPLIANT);
	assert_int_equal(c.pue_status, STATUS_NON_COMPLIANT);
	assert_int_equal(c.status, STATUS_NON_COMPLIANT);
	assert_true(c.is_clear && c.is_carbon_clear && c.is_pue_clear);
}

static void pue_on_target_is_compliant_but_borderline(void **state)
{
	struct compliance_input in = input(510, 1.4, PUE_DECLARED);
	struct compliance c = compliance_assess(&in);

	(void)state;
	expect_near(c.intensity, 510);
	assert_int_equal(c.pue_status, STATUS_COMPLIANT);
	assert_false(c.is_pue_clear);
	assert_int_equal(c.status, STATUS_NON_COMPLIANT);
	assert_true(c.is_clear); /* the carbon side fails clearly */
}

static void on_and_near_the_target_is_borderline(void **state)
{
	struct compliance_input in = input(417.3, 1.4, PUE_DECLARED);
	struct compliance c;

	(void)state;
	in.standard = &official_2023;
	c = compliance_assess(&in);
	assert_int_equal(c.status, STATUS_COMPLIANT);
	assert_false(c.is_clear);
	expect_near(c.uncertainty, 59.015132);
	in = input(431, 1.4, PUE_DECLARED);
	c = compliance_assess(&in);
	assert_int_equal(c.carbon_status, STATUS_NON_COMPLIANT);
	assert_false(c.is_carbon_clear);
	expect_near(c.gap_percent, 1.6509434);
	expect_near(c.required_reduction_percent, 1.62412993);
	expect_near(c.uncertainty, 60.9526045);
}

static void an_assumed_pue_never_yields_compliant(void **state)
{
	struct compliance_input in = input(300, PUE_ASSUMED_VALUE, PUE_ASSUMED);
	struct compliance c = compliance_assess(&in);

	(void)state;
	assert_int_equal(c.carbon_status, STATUS_COMPLIANT);
	assert_false(c.is_carbon_clear);
	assert_int_equal(c.pue_status, STATUS_UNKNOWN);
	assert_int_equal(c.status, STATUS_UNKNOWN);
	expect_near(c.intensity, 300); /* at PUE_ref */
}

static void zero_energy_is_zero_grams_and_compliant(void **state)
{
	struct compliance_input in = input(446.25, 1.4, PUE_DECLARED);
	struct compliance c;

	(void)state;
	in.is_zero_energy = true;
	c = compliance_assess(&in);
	assert_true(c.intensity == 0);
	expect_near(c.gap_percent, -100);
	assert_int_equal(c.status, STATUS_COMPLIANT);
}

static void different_factors_are_borderline_however_far_apart(void **state)
{
	struct compliance_input in = input(200, 1.2, PUE_DECLARED);
	struct compliance c;

	(void)state;
	assert_true(compliance_assess(&in).is_carbon_clear);
	in.is_basis_mismatch = true;
	c = compliance_assess(&in);
	assert_int_equal(c.carbon_status, STATUS_COMPLIANT);
	assert_false(c.is_carbon_clear);
	in = input(417.3, 1.4, PUE_DECLARED);
	in.is_basis_mismatch = true;
	expect_near(compliance_assess(&in).gap_percent, -1.58018868);
}

static void unusable_power_leaves_the_carbon_side_unknown(void **state)
{
	struct compliance_input in = input(446.25, 1.2, PUE_DECLARED);
	struct compliance c;

	(void)state;
	in.is_intensity_known = false;
	c = compliance_assess(&in);
	assert_int_equal(c.carbon_status, STATUS_UNKNOWN);
	assert_int_equal(c.status, STATUS_UNKNOWN);
	assert_false(c.is_clear);
}

static void a_standard_on_pue_alone_does_not_assess_carbon(void **state)
{
	struct compliance_input in = input(900, 1.2, PUE_DECLARED);
	struct compliance c;

	(void)state;
	in.standard = &green_dc;
	c = compliance_assess(&in);
	assert_int_equal(c.carbon_status, STATUS_NOT_ASSESSED);
	assert_int_equal(c.status, STATUS_COMPLIANT);
	assert_true(c.is_clear);
}

static void a_share_of_the_intensity_is_as_borderline_as_the_value_it_rests_on(void **state)
{
	struct compliance_input in = input(446.25, 1.6, PUE_DECLARED);
	struct compliance c = { .intensity = 510, .uncertainty = 100 };

	(void)state;
	/* 510 x 0.75 = 382.5, 41.5 under the target; 75 or 30 uncertain */
	assert_false(compliance_is_share_clear(&in, &c, 0.75));
	c.uncertainty = 40;
	assert_true(compliance_is_share_clear(&in, &c, 0.75));
	in.is_basis_mismatch = true;
	assert_false(compliance_is_share_clear(&in, &c, 0.75));
	in = input(446.25, 1.4, PUE_ASSUMED);
	assert_false(compliance_is_share_clear(&in, &c, 0.75));
	in = input(446.25, 1.6, PUE_DECLARED);
	in.is_intensity_known = false;
	assert_false(compliance_is_share_clear(&in, &c, 0.75));
	in = input(446.25, 1.6, PUE_DECLARED);
	in.standard = &green_dc;
	assert_false(compliance_is_share_clear(&in, &c, 0.75));
}

static void the_last_bit_does_not_decide(void **state)
{
	struct compliance_input in = input(424, 3.9 * 1.4 / 3.9, PUE_DECLARED);

	(void)state;
	assert_int_equal(compliance_assess(&in).pue_status, STATUS_COMPLIANT);
	assert_int_equal(compliance_assess(&in).carbon_status, STATUS_COMPLIANT);
}

static void bases_other_than_normalised(void **state)
{
	struct compliance_input in = input(446.25, 1.6, PUE_DECLARED);

	(void)state;
	in.basis = BASIS_GRID;
	expect_near(compliance_assess(&in).intensity, 446.25);
	expect_near(compliance_assess(&in).uncertainty, 2 * 446.25 * 0.05);
	in.basis = BASIS_FACILITY;
	expect_near(compliance_assess(&in).intensity, 714);
}

static void pue_comes_from_the_best_source_there_is(void **state)
{
	const struct region region = { .pue = 1.27 };
	struct pue pue;

	(void)state;
	pue = pue_choose(1.5, 1.3, 1.6, 0.4, &region);
	assert_true(pue.value == 1.5 && pue.source == PUE_ARGUMENT);
	pue = pue_choose(0, 1.3, 1.6, 0.4, &region);
	assert_true(pue.value == 1.3 && pue.source == PUE_MEASURED);
	pue = pue_choose(0, 0, 1.6, 0.4, &region);
	assert_true(pue.value == 1.6 && pue.source == PUE_DECLARED);
	pue = pue_choose(0, 0, 0, 0.4, &region);
	assert_true(pue.value == 1.4 && pue.source == PUE_DECLARED);
	pue = pue_choose(0, 0, 0, 0, &region);
	assert_true(pue.value == 1.27 && pue.source == PUE_REGION_TABLE);
	pue = pue_choose(0, 0, 0, 0, NULL);
	assert_true(pue.value == 1.4 && pue.source == PUE_ASSUMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(energy_and_emissions_follow_the_formulas),
		cmocka_unit_test(the_brief_example_comes_out_exactly),
		cmocka_unit_test(pue_on_target_is_compliant_but_borderline),
		cmocka_unit_test(on_and_near_the_target_is_borderline),
		cmocka_unit_test(an_assumed_pue_never_yields_compliant),
		cmocka_unit_test(zero_energy_is_zero_grams_and_compliant),
		cmocka_unit_test(different_factors_are_borderline_however_far_apart),
		cmocka_unit_test(unusable_power_leaves_the_carbon_side_unknown),
		cmocka_unit_test(a_standard_on_pue_alone_does_not_assess_carbon),
		cmocka_unit_test(a_share_of_the_intensity_is_as_borderline_as_the_value_it_rests_on),
		cmocka_unit_test(the_last_bit_does_not_decide),
		cmocka_unit_test(bases_other_than_normalised),
		cmocka_unit_test(pue_comes_from_the_best_source_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
