/* Every workload with its owner, by two passes over two tables, is what a join of them says. */
#include "tests/unit/unit.h"

#include "analyst/ledger/sql.h"
#include "tests/unit/ipc/random.h"

#define WORKLOADS 500
#define JOIN                                                                                                 \
	"SELECT w.id, w.kind, w.namespace, w.name, coalesce(min(a.value), ''), coalesce(a.detail, '') FROM " \
	"workload w LEFT JOIN alias a ON a.workload = w.id AND a.type = 2 WHERE (?1 = '' OR w.namespace = "  \
	"?1) AND "                                                                                           \
	"w.became IS NULL GROUP BY w.id"

struct story {
	char folder[64];
	struct ledger *ledger;
	sqlite3_stmt *join;
	size_t told;
};

/* Some have no owner, some have had two or three, told or inferred from their names; a tenth turned out to be another. */
static void begin(struct story *s)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "Job", "deployment", "cronjob" };
	struct random random = random_new("identities");
	const struct ledger_state state = { .energy_epoch = 1, .first_boot_ns = 1 };
	bool is_aside;

	*s = (struct story) { .folder = "/tmp/tanso-analyst-XXXXXX" };
	assert_non_null(mkdtemp(s->folder));
	assert_int_equal(ledger_open(&s->ledger, s->folder, &is_aside), 0);
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		struct ledger_identity identity = { .kind = WORKLOAD_POD };
		const struct ledger_baseline baseline = { .id = (uint64_t)workload, .workload = workload };
		snprintf(identity.namespace, sizeof(identity.namespace), "ns-%d",
			(int)random_below(&random, 4));
		snprintf(identity.name, sizeof(identity.name), "pod-%d", (int)workload);
		ledger_put_workload(s->ledger, workload, &identity);
		ledger_put_baseline(s->ledger, &baseline);
		ledger_put_alias(s->ledger, workload, ALIAS_POD_UID, identity.name, "");
		for (uint64_t owners = random_below(&random, 4); owners > 0; owners--) {
			char owner[32];
			snprintf(owner, sizeof(owner), "o%.*s-%d", (int)random_below(&random, 9), "aaaaaaaa",
				(int)random_below(&random, 20));
			ledger_put_alias(
				s->ledger, workload, ALIAS_OWNER, owner, kinds[random_below(&random, 5)]);
		}
	}
	assert_int_equal(ledger_commit(s->ledger, &state), 0);
	assert_int_equal(sqlite3_exec(s->ledger->db, "UPDATE workload SET became = id + 1 WHERE id % 10 = 3",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(s->ledger->db, JOIN, -1, &s->join, NULL), SQLITE_OK);
}

static void end(struct story *s)
{
	char command[128];

	sqlite3_finalize(s->join);
	ledger_close(s->ledger);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	assert_int_equal(system(command), 0);
}

static int expect_next(void *context, const struct ledger_named *one)
{
	struct story *s = context;

	assert_int_equal(sqlite3_step(s->join), SQLITE_ROW);
	assert_int_equal(one->workload, sqlite3_column_int64(s->join, 0));
	assert_int_equal(one->kind, sqlite3_column_int(s->join, 1));
	assert_string_equal(one->namespace, (const char *)sqlite3_column_text(s->join, 2));
	assert_string_equal(one->name, (const char *)sqlite3_column_text(s->join, 3));
	assert_string_equal(one->owner, (const char *)sqlite3_column_text(s->join, 4));
	assert_string_equal(one->owner_kind, (const char *)sqlite3_column_text(s->join, 5));
	s->told++;
	return 0;
}

static void each_has_the_first_of_its_owners(void **state)
{
	static const char *const reaches[] = { "", "ns-2", "nowhere" };
	size_t least[] = { WORKLOADS * 9 / 10, 50, 0 };
	struct story s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < 3; i++) {
		s.told = 0;
		sqlite3_bind_text(s.join, 1, reaches[i], -1, SQLITE_STATIC);
		assert_int_equal(ledger_identities(s.ledger, reaches[i], expect_next, &s), 0);
		assert_int_equal(sqlite3_step(s.join), SQLITE_DONE);
		assert_true(s.told >= least[i] && (i != 2 || s.told == 0));
		sqlite3_reset(s.join);
	}
	end(&s);
}

static int stop(void *context, const struct ledger_named *one)
{
	(void)one;
	return ++*(int *)context == 3 ? -7 : 0;
}

static void who_has_seen_enough_ends_it(void **state)
{
	struct story s;
	int told = 0;

	(void)state;
	begin(&s);
	assert_int_equal(ledger_identities(s.ledger, "", stop, &told), -7);
	assert_int_equal(told, 3);
	end(&s);
}

static void names_of_which_there_are_too_many_are_not_kept(void **state)
{
	struct named named = { .whole_until = NAMED_ALL };
	struct ledger_identity identity = { .namespace = "a" };
	int64_t count = 0;

	(void)state;
	memset(identity.name, 'x', sizeof(identity.name) - 1);
	while (!named.is_too_much) {
		count++;
		memcpy(identity.name, &count, 4); /* each another one */
		for (int i = 0; i < 4; i++)
			identity.name[i] |= '@';
		named_put(&named, count, &identity);
		assert_true(named.texts_room + named.room * sizeof(*named.workloads) <= NAMED_BYTES_MAX);
	}
	assert_true(count > 100000);
	assert_int_equal(named.count, 0);
	assert_null(named.texts);
	assert_false(named.is_whole);
}

static void names_of_what_has_gone_do_not_end_it(void **state)
{
	struct named named = { .whole_until = NAMED_ALL, .is_whole = true };
	struct ledger_identity identity = { .namespace = "a" };
	size_t used = 0;

	(void)state;
	memset(identity.name, 'x', sizeof(identity.name) - 1);
	for (int64_t count = 1; named.is_whole; count++) {
		memcpy(identity.name, &(uint32_t) { (uint32_t)count | 0x40404040 },
			4); /* each another one, and no NUL */
		named_put(&named, count, &identity);
		named_forget(&named, count);
		assert_true(named.texts_used > used || !named.is_whole);
		used = named.texts_used;
	}
	assert_false(named.is_too_much); /* to be read anew */
	assert_int_equal(named.whole_until, 0);
	assert_null(named.texts);
}

/* A list tells the first of several only; any of them may be asked for. */
static void every_owner_there_is_may_own(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	assert_true(named_may_own(&s.ledger->named, "nobody")); /* nothing is read yet */
	ledger_load_names(s.ledger);
	assert_false(named_may_own(&s.ledger->named, "nobody"));
	ledger_put_alias(s.ledger, 1, ALIAS_OWNER, "a-first", "Job");
	ledger_put_alias(s.ledger, 1, ALIAS_OWNER, "z-second", "Job");
	assert_true(named_may_own(&s.ledger->named, "a-first"));
	assert_true(named_may_own(&s.ledger->named, "z-second"));
	ledger_abandon(s.ledger);
	ledger_load_names(s.ledger);
	assert_false(named_may_own(&s.ledger->named, "z-second"));
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_the_first_of_its_owners),
		cmocka_unit_test(who_has_seen_enough_ends_it),
		cmocka_unit_test(every_owner_there_is_may_own),
		cmocka_unit_test(names_of_which_there_are_too_many_are_not_kept),
		cmocka_unit_test(names_of_what_has_gone_do_not_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
