/* A list of a million workloads in a thousand namespaces: totals, filter, groups and the page at 900 000, beside sorting
 * the same rows with qsort(3). Every result is checked against the slow way; wrong ones end the program. */
#include <string.h>

#include "analyst/inventory.h"
#include "measure.h"

#define ROWS       1000000
#define NAMESPACES 1000
#define PAGE_AT    900000
#define PAGE_ROWS  1000
#define PER_OWNER  4
#define FEW_ROUNDS 5

static void require(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "bench_inventory: %s\n", what);
	exit(EXIT_FAILURE);
}

static void fill(struct inventory *inventory)
{
	for (size_t i = 0; i < ROWS; i++) {
		char namespace[32], name[64];
		struct inventory_row *row;
		snprintf(namespace, sizeof(namespace), "namespace-%zu", i % NAMESPACES);
		snprintf(name, sizeof(name), "workload-%zu", i * UINT64_C(2654435761) % 1000000007);
		require(inventory_add(inventory, namespace, "pod", name, &row) == 0, "out of memory");
		snprintf(name, sizeof(name), "owner-%zu", i / NAMESPACES / PER_OWNER);
		row->owner = inventory_text(inventory, name);
		row->owner_kind = "deployment";
		row->status = (enum status)(i % 3);
		row->is_usable = row->has_watts = row->status != STATUS_UNKNOWN;
		row->watts = (double)(i * 7919 % 100003) / 100;
		row->usage.energy_uj = (double)(i * 7919 % 100003); /* whole numbers: sums are exact */
		row->kg_month = row->is_usable ? (double)(i * 7919 % 100003) : 0;
	}
}

static int by_status(const void *left, const void *right)
{
	static const int ranks[] = {
		[STATUS_NON_COMPLIANT] = 0, [STATUS_UNKNOWN] = 1, [STATUS_COMPLIANT] = 2
	};
	const struct inventory_row *a = *(const struct inventory_row *const *)left,
				   *b = *(const struct inventory_row *const *)right;
	int r;

	if (a->status != b->status)
		return ranks[a->status] - ranks[b->status];
	if (a->kg_month < b->kg_month || a->kg_month > b->kg_month)
		return a->kg_month < b->kg_month ? 1 : -1;
	r = strcmp(a->name, b->name);
	return r != 0 ? r : strcmp(a->namespace, b->namespace);
}

static double sort_ns(const struct inventory *inventory, const struct inventory_row **sorted)
{
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		for (size_t i = 0; i < ROWS; i++)
			sorted[i] = &inventory->rows[i];
		double begin = cpu_ns();
		qsort(sorted, ROWS, sizeof(*sorted), by_status); /* NOLINT(bugprone-sizeof-expression) */
		values[round] = cpu_ns() - begin;
	}
	return median(values, FEW_ROUNDS);
}

/* A view made anew, and its page. */
static double page_ns(const struct inventory *inventory, const struct inventory_row **sorted)
{
	const struct inventory_filter all = { .status = -1 };
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		struct inventory_view view;
		double begin = cpu_ns();
		require(inventory_view_new(inventory, &all, ORDER_STATUS, &view) == 0, "out of memory");
		inventory_view_page(&view, PAGE_AT, PAGE_AT + PAGE_ROWS);
		values[round] = cpu_ns() - begin;
		for (size_t i = PAGE_AT; i < PAGE_AT + PAGE_ROWS; i++)
			require(view.items[i].row == sorted[i], "a page is not that of the sorted rows");
		inventory_view_done(&view);
	}
	return median(values, FEW_ROUNDS);
}

static double filter_ns(const struct inventory *inventory)
{
	const struct inventory_filter unknown = { .status = STATUS_UNKNOWN };
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		struct inventory_view view;
		double begin = cpu_ns();
		require(inventory_view_new(inventory, &unknown, ORDER_NAME, &view) == 0, "out of memory");
		inventory_view_page(&view, 0, PAGE_ROWS);
		values[round] = cpu_ns() - begin;
		require(view.count == ROWS / 3, "a filter lets through a wrong number");
		for (size_t i = 1; i < PAGE_ROWS; i++)
			require(strcmp(view.items[i - 1].row->name, view.items[i].row->name) < 0,
				"a page by name is not in order");
		inventory_view_done(&view);
	}
	return median(values, FEW_ROUNDS);
}

static double totals_ns(const struct inventory *inventory)
{
	double values[FEW_ROUNDS], kg = 0;

	for (size_t i = 0; i < ROWS; i++)
		kg += inventory->rows[i].kg_month;
	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		double begin = cpu_ns();
		struct inventory_totals totals = inventory_total(inventory);
		values[round] = cpu_ns() - begin;
		require(totals.kg_month <= kg && totals.kg_month >= kg && totals.usable == ROWS - ROWS / 3 &&
				totals.by_status[STATUS_COMPLIANT] == ROWS / 3 + 1,
			"totals are wrong");
	}
	return median(values, FEW_ROUNDS);
}

/* In place: measured once. */
static double group_ns(struct inventory *inventory)
{
	double before = 0, after = 0, begin, ns;

	for (size_t i = 0; i < ROWS; i++)
		before += inventory->rows[i].usage.energy_uj;
	begin = cpu_ns();
	require(inventory_group_by_owner(inventory) == 0, "out of memory");
	ns = cpu_ns() - begin;
	for (size_t i = 0; i < inventory->count; i++)
		after += inventory->rows[i].usage.energy_uj;
	require(inventory->count == ROWS / PER_OWNER && before <= after && before >= after,
		"groups do not add up");
	return ns;
}

int main(void)
{
	struct inventory inventory = { 0 };
	const struct inventory_row **sorted = calloc(ROWS, sizeof(struct inventory_row *));
	double sort, begin = cpu_ns();

	require(sorted != NULL, "out of memory");
	fill(&inventory);
	double filled = cpu_ns() - begin;
	sort = sort_ns(&inventory, sorted);
	report("inventory: page at 900 000 of 1 000 000", page_ns(&inventory, sorted) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	report("inventory: filter by status, first page by name", filter_ns(&inventory) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	report("inventory: totals and counts", totals_ns(&inventory) / 1e6, "ms", "qsort(3) of the same rows",
		sort / 1e6);
	report("inventory: adding the rows", filled / 1e6, "ms", "qsort(3) of the same rows", sort / 1e6);
	report("inventory: 1 000 000 pods into 250 000 owners", group_ns(&inventory) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	inventory_done(&inventory);
	free(sorted);
	return EXIT_SUCCESS;
}
