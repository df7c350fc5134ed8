/* What the kernel counted of containers and workloads, from frame to exposition: told, left by who ended, kept over a restart. */
#include "exporter/exposition.h"
#include "exporter/kept.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/exporter/told.h"
#include "tests/unit/unit.h"

#define NO_SERIES (-1.0)
#define KEEP      (300 * NS_PER_SECOND)
#define COUNTED   (1U << COUNTER_switches | 1U << COUNTER_softirq_ns | 1U << COUNTER_rx_bytes)
#define TOLD_MAX  8

static struct kept kept;
static struct exposition exposition;
static struct sheet sheet;
static struct stage_stats stats;
static uint32_t counted;

struct told {
	uint64_t id, switches;
	uint8_t flags;
};

static void open_book(bool has_counters)
{
	const struct book_config config = {
		.rows = 16, .ended_max = 4, .processes = 1, .has_counters = has_counters
	};
	const struct exposition_config shown = {
		.node_name = "n", .levels = "container,pod,workload", .has_counters = has_counters
	};
	int fd;

	seconds = 0;
	birth_ns = energy_epoch = 1;
	counted = COUNTED;
	assert_int_equal(book_init(&book, &config), 0);
	assert_int_equal(exposition_init(&exposition, &shown), 0);
	assert_int_equal(kept_create_fd(&fd), 0);
	assert_int_equal(kept_open_fd(&kept, &book, fd), 0);
}

static int begin(void **state)
{
	(void)state;
	open_book(true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	kept_done(&kept);
	exposition_done(&exposition);
	book_done(&book);
	sheet_done(&sheet);
	return 0;
}

/* Another process takes over what was kept, with or without the switch. */
static void restart_as(bool has_counters)
{
	int fd = dup(kept.fd);

	kept_done(&kept);
	book_done(&book);
	const struct book_config config = {
		.rows = 16, .ended_max = 4, .processes = 1, .has_counters = has_counters
	};
	exposition.has_counters = has_counters;
	assert_int_equal(book_init(&book, &config), 0);
	assert_int_equal(kept_open_fd(&kept, &book, fd), 0);
}

static void tell_who(uint64_t id, const char *workload, const char *container_id)
{
	bool is_pod = container_id[0] != '\0';

	tell_name(id, is_pod ? WORKLOAD_POD : WORKLOAD_UNIT, workload, is_pod ? workload : "", container_id,
		"containerd");
}

static void tell_counters(const struct told *told, size_t count)
{
	const struct counters_once once = { .counted = counted };
	struct counters_row rows[TOLD_MAX];

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct counters_row) { .id = told[i].id,
			.switches = told[i].switches,
			.cycles = 77,
			.softirq_ns = 1000000 * told[i].switches };
	const struct frame frame = frame_of(FRAME_counters, &once, rows, count);
	book_counters(&book, &frame);
	kept_save(&kept, &book);
}

static void tell_energy(const struct told *told, size_t count)
{
	const struct power_once once = { .from_seq = book.seq,
		.mono_ns = seconds * NS_PER_SECOND,
		.state = POWER_MODEL,
		.source = text_of("curve:x"),
		.counters = counted,
		.zone_mask = 1 };
	struct power_row rows[TOLD_MAX];

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct power_row) { .id = told[i].id,
			.flags = told[i].flags,
			.cpu_ns = 1000 * told[i].switches,
			.rx_bytes = 10 * told[i].switches,
			.active_uj.by = { told[i].switches } };
	const struct frame frame = frame_of(FRAME_power, &once, rows, count);
	book_power(&book, &frame, seconds * NS_PER_SECOND);
	kept_save(&kept, &book);
}

/* As the estimator sends them: counters, then power. */
#define TELL(...)                                                                                            \
	tell((const struct told[]) { __VA_ARGS__ },                                                          \
		sizeof((const struct told[]) { __VA_ARGS__ }) / sizeof(struct told))
static void tell(const struct told *told, size_t count)
{
	seconds++;
	tell_counters(told, count);
	tell_energy(told, count);
}

static void render(void)
{
	assert_int_equal(
		exposition_render(&exposition, &sheet, FORMAT_TEXT, &book, &stats, seconds * NS_PER_SECOND),
		0);
}

/* Of the one series that begins so; NO_SERIES if there is none. */
static double value(const char *series)
{
	size_t size = strlen(series);

	render();
	for (const char *line = sheet.text, *next, *last = sheet.text + sheet.size; line < last;
		line = next + 1) {
		next = memchr(line, '\n', (size_t)(last - line));
		if ((size_t)(next - line) > size && memcmp(line, series, size) == 0)
			return strtod((const char *)memrchr(line, ' ', (size_t)(next - line)) + 1, NULL);
	}
	return NO_SERIES;
}

#define SWITCHES_OF(name)        value("tanso_workload_context_switches_total{workload=\"" name "\"")
#define CONTAINER_SWITCHES(name) value("tanso_container_context_switches_total{container=\"" name "\"")

static void containers_workloads_and_units_have_what_is_counted_and_nothing_else(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	tell_who(2, "app", "c2");
	tell_who(3, "cron.service", "");
	TELL({ 1, 100, 0 }, { 2, 30, 0 }, { 3, 7, 0 });
	assert_true(SWITCHES_OF("app") == 130);
	assert_true(SWITCHES_OF("cron.service") == 7);
	assert_true(CONTAINER_SWITCHES("c1") == 100 && CONTAINER_SWITCHES("c2") == 30);
	assert_true(value("tanso_workload_softirq_seconds_total{workload=\"app\"") == 0.13);
	assert_true(value("tanso_container_network_receive_bytes_total{container=\"c1\"") == 1000);
	assert_true(value("tanso_workload_network_receive_bytes_total{workload=\"app\"") == 1300);
	/* 77 were told, but nobody counts them here: absent, not 0 and not 77 */
	assert_true(value("tanso_workload_cpu_cycles_total") == NO_SERIES);
	assert_true(value("tanso_container_cpu_cycles_total") == NO_SERIES);
	assert_true(value("tanso_container_network_transmit_bytes_total") == NO_SERIES);
	assert_null(memmem(sheet.text, sheet.size, "cycles", 6)); /* nor HELP */
	assert_null(memmem(sheet.text, sheet.size, "tanso_pod_", 10));
}

static void a_probe_that_comes_or_goes_takes_its_series_along(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	TELL({ 1, 100, 0 });
	counted |= 1U << COUNTER_cycles;
	TELL({ 1, 100, 0 });
	assert_true(value("tanso_workload_cpu_cycles_total{workload=\"app\"") == 77);
	counted = 0;
	TELL({ 1, 110, 0 });
	assert_true(SWITCHES_OF("app") == NO_SERIES);
}

/* Of one turn: whoever scrapes between the two frames sees neither. */
static void they_count_with_the_power_frame_of_their_turn(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	tell_counters((const struct told[]) { { 1, 100, 0 } }, 1);
	assert_true(SWITCHES_OF("app") == NO_SERIES);
	tell_energy((const struct told[]) { { 1, 100, 0 } }, 1);
	assert_true(SWITCHES_OF("app") == 100);
	tell_counters((const struct told[]) { { 1, 200, 0 } }, 1);
	assert_true(SWITCHES_OF("app") == 100);
	seconds++;
	tell_energy((const struct told[]) { { 1, 200, 0 } }, 1);
	assert_true(SWITCHES_OF("app") == 200);
	tell_energy((const struct told[]) { { 1, 300, 0 } }, 1); /* the other frame was lost */
	assert_true(SWITCHES_OF("app") == 200);
}

static void what_ended_stays_with_its_workload(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	tell_who(2, "app", "c2");
	tell_who(3, "other", "c3");
	TELL({ 1, 100, 0 }, { 2, 30, 0 }, { 3, 5, 0 });
	TELL({ 1, 110, ROW_FINAL }, { 2, 40, 0 }, { 3, 6, 0 });
	TELL({ 2, 50, 0 }, { 3, 7, 0 }); /* forgotten: the last row takes its place */
	assert_true(SWITCHES_OF("app") == 160);
	assert_true(SWITCHES_OF("other") == 7);
	assert_true(CONTAINER_SWITCHES("c1") == 110);
	book_expire(&book, (seconds + 1) * NS_PER_SECOND + KEEP, KEEP);
	TELL({ 2, 51, 0 }, { 3, 8, 0 });
	assert_true(CONTAINER_SWITCHES("c1") == NO_SERIES);
	assert_true(SWITCHES_OF("app") == 161);
	assert_true(SWITCHES_OF("other") == 8);
}

/* What found no row of its own is in the collector's row of all others, which has no container and no name. */
static void what_was_folded_is_in_the_workload_of_all_others(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	TELL({ 1, 100, 0 }, { ROW_ID_OTHER, 40, ROW_OTHER });
	assert_true(SWITCHES_OF("(other)") == 40);
	TELL({ 1, 100, ROW_FINAL }, { ROW_ID_OTHER, 45, ROW_OTHER });
	TELL({ ROW_ID_OTHER, 46, ROW_OTHER });
	assert_true(SWITCHES_OF("(other)") == 46);
	assert_true(SWITCHES_OF("app") == 100);
	restart_as(true);
	tell_who(9, "app", "c9"); /* the estimator tells its names first */
	TELL({ 9, 1, 0 }, { ROW_ID_OTHER, 47, ROW_OTHER });
	assert_true(SWITCHES_OF("(other)") == 47); /* at once: it is no new one */
	assert_true(SWITCHES_OF("app") == 101);
}

/* What left the series for good begins at zero, should it come back, though its rows are told with all they had. */
static void who_comes_back_after_its_time_begins_at_zero(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	TELL({ 1, 100, 0 });
	TELL({ 1, 100, ROW_FINAL });
	book_expire(&book, (seconds + 1) * NS_PER_SECOND + KEEP, KEEP);
	assert_true(SWITCHES_OF("app") == NO_SERIES);
	tell_who(2, "app", "c2");
	TELL({ 1, 100, ROW_FINAL }, { 2, 3, 0 });
	assert_true(SWITCHES_OF("app") == 3);
	TELL({ 2, 4, 0 });
	assert_true(SWITCHES_OF("app") == 4);
}

static void a_late_name_takes_them_along(void **state)
{
	(void)state;
	tell_who(1, "uid", "c1");
	TELL({ 1, 100, 0 });
	tell_who(1, "app", "c1");
	TELL({ 1, 101, 0 });
	assert_true(SWITCHES_OF("app") == 101);
	assert_true(SWITCHES_OF("uid") == NO_SERIES);
}

static void after_a_restart_they_go_on_where_they_were(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	tell_who(2, "app", "c2");
	tell_who(3, "app", "c3");
	TELL({ 1, 100, 0 }, { 2, 30, 0 }, { 3, 5, 0 });
	TELL({ 1, 110, ROW_FINAL }, { 2, 40, 0 }, { 3, 5, 0 });
	TELL({ 2, 40, ROW_FINAL }, { 3, 5, 0 });
	for (int i = 0; i < 3;
		i++) { /* the second one's row is not told any more from the first restart on */
		restart_as(true);
		assert_true(SWITCHES_OF("app") == NO_SERIES); /* not less than it was: nothing */
		tell_who(3, "app", "c3");
		seconds++;
		tell_energy((const struct told[]) { { 3, 6, 0 } }, 1); /* the counters frame was lost */
		assert_true(SWITCHES_OF("app") == NO_SERIES);
		TELL({ 3, 6, 0 });
		assert_true(SWITCHES_OF("app") == 156);
		assert_true(CONTAINER_SWITCHES("c2") == 40);
	}
}

/* What is kept with the switch is taken without it, and the other way round. */
static void the_switch_may_be_turned_at_a_restart(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	tell_who(2, "app", "c2");
	TELL({ 1, 100, ROW_FINAL }, { 2, 10, 0 });
	TELL({ 2, 10, ROW_FINAL });
	for (int is_on = 0; is_on < 2; is_on++) {
		restart_as(is_on);
		tell_who(3, "app", "c3");
		TELL({ 2, 10, ROW_FINAL }, { 3, 1, 0 });
		TELL({ 2, 10, ROW_FINAL }, { 3, 1, 0 });
		assert_true(value("tanso_workload_cpu_seconds_total{workload=\"app\"") == 0.000111);
		assert_true(SWITCHES_OF("app") == (is_on ? 11 : NO_SERIES)); /* what was not kept is lost */
	}
}

static void new_counters_begin_anew_with_power(void **state)
{
	(void)state;
	for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
		tell_who(1, "app", "c1");
		tell_who(2, "app", "c2");
		TELL({ 1, 100, ROW_FINAL }, { 2, 10, 0 });
		TELL({ 2, 10, 0 });
		assert_true(SWITCHES_OF("app") == 110);
		if (is_restarted)
			restart_as(true);
		birth_ns++;
		seconds++;
		tell_who(2, "app", "c2");
		tell_counters((const struct told[]) { { 2, 3, 0 } }, 1);
		assert_true(SWITCHES_OF("app") == NO_SERIES); /* neither the old nor a part of them */
		tell_energy((const struct told[]) { { 2, 3, 0 } }, 1);
		assert_true(SWITCHES_OF("app") == 3);
		end(NULL);
		open_book(true);
	}
}

static void a_new_energy_epoch_forgets_them(void **state)
{
	(void)state;
	tell_who(1, "app", "c1");
	TELL({ 1, 100, ROW_FINAL });
	energy_epoch++;
	tell_counters((const struct told[]) { { 2, 3, 0 } }, 1); /* before any name: nobody's */
	tell_who(2, "app", "c2");
	TELL({ 2, 3, 0 });
	assert_true(SWITCHES_OF("app") == 3);
}

/* Rows beyond the book's room are counted once, as without the switch. */
static void a_full_book_counts_what_it_drops_once(void **state)
{
	struct told many[TOLD_MAX];

	(void)state;
	tell_who(1, "app", "c1");
	for (uint64_t i = 0; i < 3 * TOLD_MAX; i += TOLD_MAX) {
		for (uint64_t j = 0; j < TOLD_MAX; j++)
			many[j] = (struct told) { .id = 100 + i + j, .switches = 1 };
		tell_counters(many, TOLD_MAX);
	}
	assert_int_equal(book.row_count, 16);
	assert_int_equal(book_dropped(&book), 0);
	tell_energy(many, TOLD_MAX);
	assert_int_equal(book_dropped(&book), TOLD_MAX);
}

/* Byte by byte, told of counters or not; and the same but for the counters with the switch. */
static void without_the_switch_nothing_is_different(void **state)
{
	struct sheet without = { 0 }, untold = { 0 };

	(void)state;
	for (int is_told = 0; is_told < 2; is_told++) {
		end(NULL);
		open_book(false);
		tell_who(1, "app", "c1");
		tell_who(2, "cron.service", "");
		seconds++;
		const struct told told[] = { { 1, 100, 0 }, { 2, 30, 0 }, { ROW_ID_OTHER, 1, ROW_OTHER } };
		if (is_told)
			tell_counters(told, 3);
		tell_energy(told, 3);
		render();
		struct sheet *copy = is_told ? &without : &untold;
		sheet_put(copy, sheet.text, sheet.size);
	}
	assert_int_equal(without.size, untold.size);
	assert_memory_equal(without.text, untold.text, without.size);
	assert_null(memmem(without.text, without.size, "switches", 8));
	assert_non_null(memmem(without.text, without.size, "tanso_workload_network_receive_bytes", 36));
	assert_null(memmem(without.text, without.size, "tanso_container_network", 23));
	sheet_done(&without);
	sheet_done(&untold);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(containers_workloads_and_units_have_what_is_counted_and_nothing_else),
		TEST(a_probe_that_comes_or_goes_takes_its_series_along),
		TEST(they_count_with_the_power_frame_of_their_turn),
		TEST(what_ended_stays_with_its_workload),
		TEST(what_was_folded_is_in_the_workload_of_all_others),
		TEST(who_comes_back_after_its_time_begins_at_zero),
		TEST(a_late_name_takes_them_along),
		TEST(after_a_restart_they_go_on_where_they_were),
		TEST(the_switch_may_be_turned_at_a_restart),
		TEST(new_counters_begin_anew_with_power),
		TEST(a_new_energy_epoch_forgets_them),
		TEST(a_full_book_counts_what_it_drops_once),
		TEST(without_the_switch_nothing_is_different),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
