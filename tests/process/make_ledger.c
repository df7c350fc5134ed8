/*
 * A ledger of many sealed hours, booked by the analyst's own code: make_ledger HOURS [DAYS_LATER]. Prints the folder it lies in. From
 * 2026-11-24T09:00:00+09:00 on: a training job (45.2 W + 12.3 W), pods whose names a page or a spreadsheet must not believe, idle,
 * PUE 1.6, a grid of 446.25 g/kWh, and in the second hour a fake meter. DAYS_LATER
 * the clock stands so much further on when old hours become days.
 */
#include "tests/unit/analyst/world.h"

#include "analyst/ledger/terms.h"
#include "base/cleanup.h"

#define STEP_S 600

static const char *const names[] = { "ml-training-job", "=cmd|'/C calc'!A0", "<script>alert(1)</script>",
	"결제" };

static void tell(void *context, int64_t hour, struct terms *terms)
{
	terms_of_hour(context, hour, terms);
}

static void step(struct world *w, uint64_t i)
{
	struct power_row rows[ARRAY_SIZE(names)] = { 0 };
	struct power_once *once = &w->f.once;

	once->idle_uj.by[ZONE_PACKAGE] = i * STEP_S * 10000007;
	once->total_uj.by[ZONE_PACKAGE] = once->idle_uj.by[ZONE_PACKAGE];
	once->total_uj.by[ZONE_DRAM] = 0;
	for (uint64_t j = 0; j < ARRAY_SIZE(names); j++) {
		rows[j].id = 10 + j;
		rows[j].active_uj.by[ZONE_PACKAGE] = i * STEP_S * (45200000 / (j + 1));
		rows[j].active_uj.by[ZONE_DRAM] = i * STEP_S * (12300000 / (j + 1));
		once->total_uj.by[ZONE_PACKAGE] += rows[j].active_uj.by[ZONE_PACKAGE];
		once->total_uj.by[ZONE_DRAM] += rows[j].active_uj.by[ZONE_DRAM];
	}
	once->state = i > 3600 / STEP_S && i <= 2 * 3600 / STEP_S ? POWER_FAKE : POWER_MEASURED;
	fixture_pass(&w->f, STEP_S);
	assert_int_equal(fixture_send(&w->f, rows, ARRAY_SIZE(names)), 0);
}

int main(int argc, char **argv)
{
	static struct world w;
	uint64_t hours = argc > 1 ? strtoull(argv[1], NULL, 10) : 3, later;

	make(&w);
	w.config.pue = 1.6;
	use_grid(&w, "00:00,446.25\n");
	for (uint64_t j = 0; j < ARRAY_SIZE(names); j++)
		fixture_name(&w.f, 10 + j, WORKLOAD_POD, j == 0 ? "ai-team" : "prod", names[j]);
	for (uint64_t i = 1; i <= hours * 3600 / STEP_S; i++) {
		step(&w, i);
		if (i % (3600 / STEP_S) != 0)
			continue;
		assert_int_equal(book_commit(&w.f.book), 0);
		w.knowledge.now_real_ns = w.f.once.real_ns;
		while (ledger_seal(w.f.ledger, w.f.book.committed.closed_until,
			       (int64_t)(w.f.once.real_ns / NS_PER_SECOND), tell, &w.knowledge) > 0)
			;
	}
	later = (argc > 2 ? strtoull(argv[2], NULL, 10) : 0) * UINT64_C(86400);
	later += w.f.once.real_ns / NS_PER_SECOND;
	assert_int_equal(ledger_keep_up(w.f.ledger, (int64_t)later, 400), 0);
	while (ledger_roll_step(w.f.ledger, (int64_t)later) > 0)
		;
	fixture_close(&w.f);
	puts(w.f.folder);
	grid_file_free(w.grid_file);
	data_free(w.data);
	return EXIT_SUCCESS;
}
