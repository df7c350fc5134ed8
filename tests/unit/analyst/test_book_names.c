/* Names of workloads in the book: late ones, ones that are known already, and how a question finds them. */
#include "tests/unit/analyst/book_fixture.h"

#include <errno.h>

#include "analyst/ledger/query.h"
#include "tests/unit/ipc/random.h"

static void a_late_name_makes_no_second_series(void **state)
{
	const char *uid = "0a1b2c3d-0000-1111-2222-333344445555";
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(11, 50) };
	struct workload_row named[2];

	(void)state;
	fixture_make(&f);
	for (uint64_t i = 0; i < 2; i++) {
		named[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 10 + i,
			.kind = WORKLOAD_POD,
			.namespace = text_of("kubepods"),
			.workload = text_of(uid),
			.pod = text_of(uid),
			.pod_uid = text_of(uid) };
		fixture_name_row(&f, &named[i]);
	}
	fixture_set_node(&f, 150, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), 0);
	assert_int_equal(book_commit(&f.book), 0);
	for (size_t i = 0; i < 2; i++) {
		named[i].namespace = text_of("prod");
		named[i].workload = named[i].pod = text_of("web-0");
		fixture_name_row(&f, &named[i]);
	}
	rows[0] = fixture_row(10, 200);
	fixture_set_node(&f, 250, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, "SELECT count(DISTINCT workload) FROM all_workload"), 1);
	assert_int_equal(
		fixture_ask(&f,
			"SELECT sum(active_package) FROM all_workload a JOIN workload w ON w.id = a.workload "
			"WHERE w.name = 'web-0' AND w.namespace = 'prod'"),
		250);
	assert_int_equal(fixture_ask(&f, "SELECT count(*) FROM workload"), 1);
	fixture_destroy(&f);
}

static void a_name_that_is_known_already_takes_the_energy_over(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(11, 50) };

	(void)state;
	fixture_make(&f);
	fixture_name(&f, 10, WORKLOAD_UNIT, "system.slice", "a.service");
	fixture_set_node(&f, 150, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), 0); /* 11 has no name yet */
	assert_int_equal(book_commit(&f.book), 0);
	int64_t known = f.book.workloads[f.book.rows[0].workload].number,
		nameless = f.book.workloads[f.book.rows[1].workload].number;
	assert_int_equal(book_find(&f.book, nameless)->number, nameless);
	fixture_name(&f, 11, WORKLOAD_UNIT, "system.slice", "a.service");
	rows[1] = fixture_row(11, 60);
	fixture_set_node(&f, 160, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, "SELECT count(DISTINCT workload) FROM all_workload"), 1);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), 160);
	assert_int_equal(fixture_ask(&f, "SELECT sum(present_ns) FROM all_workload"), 2 * NS_PER_SECOND);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	assert_int_equal(book_find(&f.book, known)->number, known);
	assert_null(book_find(&f.book, nameless)); /* its energy went over, and it is no more */
	fixture_destroy(&f);
}

#define ORPHANS                                                                                              \
	"SELECT count(*) FROM all_workload a LEFT JOIN workload w ON w.id = a.workload WHERE w.id IS NULL"

static void expect_names(struct fixture *f)
{
	for (size_t i = 0; i < f->book.workload_count; i++) {
		const struct book_workload *workload = &f->book.workloads[i];
		int64_t number;
		if (!workload->is_used)
			continue;
		assert_int_equal(ledger_find_identity(f->ledger, &workload->identity, &number), 0);
		assert_int_equal(number, workload->number);
	}
}

/* Rows whose names go over to each other's and back, in one transaction or in several, some of which the disk refuses. */
static void what_changes_names_and_back_keeps_one(void **state)
{
	struct random random = random_new("names");
	struct power_row rows[4];
	uint64_t used[4] = { 0 };
	int failed = 0;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	for (int step = 0; step < 2000; step++) {
		uint64_t total = 0;
		for (uint64_t renamed = random_below(&random, 4); renamed > 0; renamed--) {
			char name[32]; /* often one of three, else a new one: the file grows */
			snprintf(name, sizeof(name), "%d.service",
				random_below(&random, 4) > 0 ? (int)random_below(&random, 3) : 3 + step);
			fixture_name(&f, 10 + random_below(&random, 4), WORKLOAD_UNIT, "system.slice", name);
		}
		for (uint64_t i = 0; i < 4; i++) {
			rows[i] = fixture_row(10 + i, used[i] += random_below(&random, 1000));
			total += used[i];
		}
		fixture_set_node(&f, total, 0);
		fixture_pass(&f, 60);
		assert_int_equal(fixture_send(&f, rows, 4), 0);
		if (step % 100 == 0) /* SQLite makes a page "as large as it is" */
			ledger_limit_pages(f.ledger, step % 200 == 0 ? 1 : 100000);
		if (random_below(&random, 4) > 0)
			continue;
		int r = book_commit(&f.book);
		if (r == 0)
			expect_names(&f);
		failed += r == -ENOSPC;
	}
	ledger_limit_pages(f.ledger, 100000);
	uint64_t total = used[0] + used[1] + used[2] + used[3];
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 4), 0);
	assert_int_equal(book_commit(&f.book), 0);
	expect_names(&f);
	assert_true(failed > 0);
	assert_int_equal(fixture_ask(&f, ORPHANS), 0);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), total);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

static size_t count_found(struct fixture *f, const char *name, const char *namespace, struct found_list *list)
{
	const struct wanted wanted = { .name = name, .reach = namespace, .kind = "" };

	assert_int_equal(ledger_find(f->ledger, &wanted, list), 0);
	return list->count;
}

static void names_find_their_workloads(void **state)
{
	const char *id = "abcdefabcdef0123456789abcdefabcdef0123456789abcdefabcdef01234567";
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(11, 50), fixture_row(12, 1) };
	const struct workload_row pods[] = {
		{ .op = 1,
			.id = 10,
			.kind = WORKLOAD_POD,
			.namespace = text_of("prod"),
			.workload = text_of("web-1"),
			.pod = text_of("web-1"),
			.pod_uid = text_of("uid-1"),
			.owner_kind = text_of("Deployment"),
			.owner = text_of("web"),
			.container = text_of("app"),
			.container_id = text_of(id) },
		{ .op = 1,
			.id = 11,
			.kind = WORKLOAD_POD,
			.namespace = text_of("prod"),
			.workload = text_of("web-2"),
			.pod = text_of("web-2"),
			.owner_kind = text_of("Deployment"),
			.owner = text_of("web") },
		{ .op = 1,
			.id = 12,
			.kind = WORKLOAD_UNIT,
			.namespace = text_of("system.slice"),
			.workload = text_of("nginx.service") },
	};
	struct found_list found = { 0 };

	(void)state;
	fixture_make(&f);
	for (size_t i = 0; i < 3; i++)
		fixture_name_row(&f, &pods[i]);
	fixture_set_node(&f, 151, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 3), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(count_found(&f, "web-1", "", &found), 1);
	assert_int_equal(count_found(&f, "web", "prod", &found), 2);
	assert_string_equal(found.items[0].detail, "Deployment");
	assert_int_equal(count_found(&f, "web", "dev", &found), 0);
	assert_int_equal(count_found(&f, "uid-1", "", &found), 1);
	assert_int_equal(count_found(&f, "app", "", &found), 1);
	assert_string_equal(found.items[0].identity.name, "web-1");
	assert_int_equal(count_found(&f, "nginx", "", &found), 1);
	assert_int_equal(count_found(&f, "nginx.service", "", &found), 1);
	assert_int_equal(count_found(&f, "abcdefabcdef", "", &found), 1);
	assert_int_equal(count_found(&f, "abcdefabcde", "", &found), 0);
	assert_int_equal(count_found(&f, "' OR 1=1 --", "", &found), 0);
	free(found.items);
	fixture_destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_name_makes_no_second_series),
		cmocka_unit_test(a_name_that_is_known_already_takes_the_energy_over),
		cmocka_unit_test(what_changes_names_and_back_keeps_one),
		cmocka_unit_test(names_find_their_workloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
