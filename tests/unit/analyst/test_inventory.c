/* Rows, groups, orders and pages, without a ledger. */
#include "tests/unit/unit.h"

#include <math.h>

#include "analyst/carbon/carbon.h"
#include "analyst/workloads/inventory.h"

#define MONTH_NS (730 * 3.6e12)

static struct inventory_row *add(struct inventory *inventory, const char *namespace, const char *name)
{
	struct inventory_row *row;

	assert_int_equal(inventory_add(inventory, namespace, "pod", name, &row), 0);
	return row;
}

/* A workload that drew `watts` for a month, judged as an answer judges it. */
static void add_judged(
	struct inventory *inventory, const char *name, double watts, double intensity, double pue)
{
	const struct standard standard = {
		.code = "KR_CARBON_2050", .target = 424, .pue_ref = 1.4, .factor = FACTOR_LIFECYCLE
	};
	const struct compliance_input input = { .standard = &standard,
		.pue_target = 1.4,
		.pue = { pue, PUE_DECLARED },
		.is_intensity_known = true,
		.is_zero_energy = watts <= 0,
		.grid_intensity = intensity,
		.grid_uncertainty = U_GRID_METERED };
	const struct compliance c = compliance_assess(&input);
	struct inventory_row *row = add(inventory, "default", name);

	row->is_usable = row->has_watts = row->has_gap = true;
	row->status = c.status;
	row->carbon_status = c.carbon_status;
	row->pue_status = c.pue_status;
	row->gap_percent = c.gap_percent;
	row->watts = watts;
	row->energy_uj = watts * MONTH_NS / 1e3;
	row->kwh_month = carbon_kwh_month(row->energy_uj, MONTH_NS);
	row->kg_month = carbon_grams(row->kwh_month, pue, intensity) / 1000;
	if (watts <= 0)
		row->reasons = UINT64_C(1) << REASON_ZERO_ENERGY;
}

static void expect_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-7 * fabs(expected) + 1e-12)
		fail_msg("%.12g is not %.12g", value, expected);
}

/* The worked case of five workloads on sites of different PUE and hours. */
static void failing_rows_come_first_and_the_totals_leave_out_the_unseen(void **state)
{
	static const char *const order[] = { "ml-training-job", "ghost", "batch-midday", "api", "idle" };
	static const double kg[] = { 29.97015, 0, 33.8627436, 5.187672, 0 };
	const struct inventory_filter all = { .status = -1 };
	struct inventory inventory = { 0 };
	struct inventory_view view;
	struct inventory_totals totals;
	struct inventory_row *ghost;

	(void)state;
	add_judged(&inventory, "api", 12, 423, 1.4);
	add_judged(&inventory, "ml-training-job", 57.5, 446.25, 1.6);
	add_judged(&inventory, "batch-midday", 80, 414.17250000000007, 1.4);
	add_judged(&inventory, "idle", 0, 0, 1.4);
	ghost = add(&inventory, "default", "ghost");
	ghost->status = ghost->carbon_status = ghost->pue_status = STATUS_UNKNOWN;
	totals = inventory_total(&inventory);
	assert_int_equal(totals.by_status[STATUS_NON_COMPLIANT], 1);
	assert_int_equal(totals.by_status[STATUS_UNKNOWN], 1);
	assert_int_equal(totals.by_status[STATUS_COMPLIANT], 3);
	assert_int_equal(totals.usable, 4);
	assert_int_equal(totals.active, 3);
	assert_int_equal(totals.idle, 1);
	expect_near(totals.kg_month, 69.0205656);
	assert_int_equal(inventory_view_new(&inventory, &all, ORDER_STATUS, &view), 0);
	inventory_view_page(&view, 0, view.count);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(view.items[i].row->name, order[i]);
		expect_near(view.items[i].row->kg_month, kg[i]);
	}
	expect_near(view.items[0].row->gap_percent, 20.2830189);
	expect_near(carbon_round_percent(view.items[0].row->gap_percent), 20.3);
	expect_near(view.items[2].row->gap_percent, -2.3178066);
	expect_near(view.items[3].row->gap_percent, -0.235849057);
	assert_true(view.items[4].row->reasons == UINT64_C(1) << REASON_ZERO_ENERGY);
	inventory_view_done(&view);
	inventory_done(&inventory);
}

/* What the order means, written anew: slow and plain. */
static int compare_plainly(
	const struct inventory_row *a, const struct inventory_row *b, enum inventory_order order)
{
	static const int ranks[] = {
		[STATUS_NON_COMPLIANT] = 0, [STATUS_UNKNOWN] = 1, [STATUS_COMPLIANT] = 2
	};
	int r = 0;

	if (order == ORDER_STATUS)
		r = ranks[a->status] - ranks[b->status];
	if (order == ORDER_POWER)
		r = (a->watts < b->watts) - (a->watts > b->watts);
	if (r == 0 && order != ORDER_NAME)
		r = (a->kg_month < b->kg_month) - (a->kg_month > b->kg_month);
	if (r == 0)
		r = strcmp(a->name, b->name);
	return r != 0 ? r : strcmp(a->namespace, b->namespace);
}

static void fill(struct inventory *inventory, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		static const char *const prefixes[] = { "workload-", "탄소-", "\xff\x01", "" };
		char name[32], namespace[32];
		struct inventory_row *row;
		snprintf(name, sizeof(name), "%s%d", prefixes[rand() % 4], rand() % 500);
		snprintf(namespace, sizeof(namespace), "ns-%zu", i);
		row = add(inventory, namespace, name);
		row->status = (enum status)(rand() % 3);
		row->is_usable = row->has_watts = true;
		row->kg_month = rand() % 20 == 0 ? nextafter(1, 2) : rand() % 10;
		row->watts = rand() % 10;
	}
}

static void every_page_is_that_of_the_sorted_whole(void **state)
{
	const struct inventory_filter all = { .status = -1 }, unknown = { .status = STATUS_UNKNOWN };
	struct inventory inventory = { 0 };

	(void)state;
	srand(4);
	fill(&inventory, 3000);
	for (int order = ORDER_STATUS; order <= ORDER_NAME; order++) {
		struct inventory_view whole, view;
		assert_int_equal(inventory_view_new(&inventory, order % 2 == 0 ? &all : &unknown,
					 (enum inventory_order)order, &whole),
			0);
		inventory_view_page(&whole, 0, whole.count);
		for (size_t i = 1; i < whole.count; i++)
			assert_true(compare_plainly(whole.items[i - 1].row, whole.items[i].row,
					    (enum inventory_order)order) < 0);
		assert_int_equal(inventory_view_new(&inventory, order % 2 == 0 ? &all : &unknown,
					 (enum inventory_order)order, &view),
			0);
		for (int round = 0; round < 50; round++) {
			size_t from = (size_t)rand() % view.count, to = from + (size_t)rand() % 200;
			to = to < view.count ? to : view.count;
			inventory_view_page(&view, from, to);
			for (size_t i = from; i < to; i++)
				assert_ptr_equal(view.items[i].row, whole.items[i].row);
		}
		inventory_view_done(&view);
		inventory_view_done(&whole);
	}
	inventory_done(&inventory);
}

static void pods_of_one_owner_become_one_row(void **state)
{
	struct inventory inventory = { 0 };
	struct usage usages[6] = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		char name[16];
		struct inventory_row *row;
		snprintf(name, sizeof(name), "web-%d", i);
		row = add(&inventory, i < 4 ? "prod" : "test", name);
		row->owner = i == 3 ? "" : "web";
		row->owner_kind = i == 3 ? "" : "deployment";
		row->has_watts = true;
		row->watts = 1 << i;
		usages[i].energy_uj = 10 << i;
		row->usage = i == 0 ? NULL : &usages[i]; /* the first was never seen */
	}
	assert_int_equal(inventory_group_by_owner(&inventory), 0);
	assert_int_equal(inventory.count, 3);
	assert_string_equal(inventory.rows[0].name, "web");
	assert_string_equal(inventory.rows[0].kind, "deployment");
	expect_near(inventory.rows[0].watts, 1 + 2 + 4);
	expect_near(inventory.rows[0].usage->energy_uj, 20 + 40);
	assert_string_equal(inventory.rows[1].name, "web-3");
	expect_near(inventory.rows[2].watts, 16 + 32);
	assert_int_equal(inventory_has(&inventory, "test", "deployment", "web"), 1);
	assert_int_equal(inventory_has(&inventory, "prod", "pod", "web-0"), 0);
	add(&inventory, "prod", "web-0");
	assert_int_equal(inventory_has(&inventory, "prod", "pod", "web-0"), 1);
	assert_int_equal(inventory_has(&inventory, "prod", "pod", "web-3"), 1);
	inventory_done(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_rows_come_first_and_the_totals_leave_out_the_unseen),
		cmocka_unit_test(every_page_is_that_of_the_sorted_whole),
		cmocka_unit_test(pods_of_one_owner_become_one_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
