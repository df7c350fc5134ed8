#include "tests/unit/unit.h"

#include <errno.h>
#include <h2o.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "frontend/admission.h"
#include "frontend/auth/tokens.h"

/* echo -n TOKEN | sha256sum */
#define SUM_ALICE "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90" /* alice */
#define SUM_BOB   "81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9" /* bob */

static struct tokens tokens;

static int read_text(const char *text, unsigned *ret_line)
{
	char reason[TOKENS_REASON_MAX] = "", *copy = strdup(text);
	int r = tokens_read(&tokens, copy, ret_line, reason);

	assert_int_equal(r < 0, reason[0] != '\0');
	free(copy);
	return r;
}

/* the file */

static void a_line_gives_a_token_its_name_and_namespaces(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(
		read_text(
			"# who may ask\n\nalice\t" SUM_ALICE "  shop,bank\nbob@ci-1 " SUM_BOB " *\n", &line),
		0);
	const struct token *alice = tokens_find(&tokens, "alice"), *bob = tokens_find(&tokens, "bob");
	assert_string_equal(alice->name, "alice");
	assert_string_equal(alice->namespaces, "shop\nbank\n");
	assert_string_equal(bob->name, "bob@ci-1");
	assert_string_equal(bob->namespaces, "");
	assert_null(tokens_find(&tokens, "Alice"));
	assert_null(tokens_find(&tokens, ""));
	assert_null(tokens_find(&tokens, SUM_ALICE));
}

static void what_is_wrong_is_refused_by_line_and_what_was_in_use_stays(void **state)
{
	static const struct {
		unsigned line;
		const char *text;
	} wrong[] = {
		{ 1, "alice" },
		{ 1, "alice 123" },
		{ 1, "alice " SUM_ALICE "0" },
		{ 1, "a/b " SUM_ALICE },
		{ 1, " " SUM_ALICE },
		{ 1, "alice zz" SUM_ALICE },
		{ 1, "alice " SUM_ALICE " shop bank" },
		{ 1, "alice " SUM_ALICE " shop bank lab more" },
		{ 1, "alice " SUM_ALICE " shop,,bank" },
		{ 1, "alice " SUM_ALICE " shop,*" },
		{ 1, "alice " SUM_ALICE " ," },
		{ 2, "alice " SUM_ALICE "\nbob " SUM_ALICE },
		{ 3, "alice " SUM_ALICE " shop\n#\nalice " SUM_BOB " bank" },
		{ 1, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		     " " SUM_ALICE }, /* 65 */
		{ 1, "\xea\xb0\x80 " SUM_ALICE },
	};
	unsigned line;

	(void)state;
	assert_int_equal(read_text("bob " SUM_BOB "\n", &line), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(read_text(wrong[i].text, &line), -EBADMSG);
		assert_int_equal(line, wrong[i].line);
	}
	assert_int_equal(tokens.count, 1);
	assert_non_null(tokens_find(&tokens, "bob"));
}

static void a_name_may_have_two_tokens_while_one_replaces_the_other(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(read_text("ci " SUM_ALICE " shop\nci " SUM_BOB " shop\n", &line), 0);
	assert_string_equal(tokens_find(&tokens, "alice")->name, tokens_find(&tokens, "bob")->name);
}

static void namespaces_and_tokens_have_a_bound(void **state)
{
	char text[PRINCIPAL_NAMESPACES_MAX + 256] = "alice " SUM_ALICE " ";
	size_t used = strlen(text);
	CLEANUP(freep) char *many = calloc(TOKENS_MAX + 1, 128);
	unsigned line;

	(void)state;
	memset(text + used, 'n', PRINCIPAL_NAMESPACES_MAX - 1);
	assert_int_equal(read_text(text, &line), 0);
	text[used + PRINCIPAL_NAMESPACES_MAX - 1] = 'n';
	assert_int_equal(read_text(text, &line), -EBADMSG);
	for (size_t i = 0, at = 0; i <= TOKENS_MAX; i++)
		at += (size_t)sprintf(many + at, "n%zu %064zx\n", i, i);
	assert_int_equal(read_text(many, &line), -EBADMSG);
	assert_int_equal(line, TOKENS_MAX + 1);
}

/* principals */

static struct principal *find(struct principals *principals, const char *name, const char *namespaces)
{
	const struct claim claim = { PRINCIPAL_TOKEN, name, namespaces, UINT64_MAX };
	struct principal *principal;

	return principals_find(principals, &claim, &principal) == 0 ? principal : NULL;
}

static void one_who_is_the_same_is_counted_as_one(void **state)
{
	struct principals *principals = principals_new();
	struct principal *one = find(principals, "alice", "shop\n");

	(void)state;
	assert_ptr_equal(find(principals, "alice", "shop\n"), one);
	assert_ptr_not_equal(find(principals, "alice", "bank\n"), one);
	assert_true(principal_may_ask(one, 2, 7) && principal_may_ask(one, 2, 7));
	assert_false(principal_may_ask(find(principals, "alice", "shop\n"), 2, 7));
	assert_true(principal_may_ask(find(principals, "alice", "bank\n"), 2, 7));
	assert_true(principal_may_ask(&principal_anyone, 1, 7) && principal_may_ask(&principal_anyone, 1, 7));
	principals_free(principals);
}

static void names_that_are_none_and_too_many_are_refused(void **state)
{
	struct principals *principals = principals_new();
	char name[PRINCIPAL_NAME_MAX + 2] = "";
	struct claim claim = { PRINCIPAL_JWT, name, "", UINT64_MAX };
	struct principal *principal, *last = NULL;

	(void)state;
	assert_int_equal(principals_find(principals, &claim, &principal), -E2BIG);
	memset(name, 'a', PRINCIPAL_NAME_MAX + 1);
	assert_int_equal(principals_find(principals, &claim, &principal), -E2BIG);
	for (size_t i = 0; i < PRINCIPALS_MAX; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		assert_int_equal(principals_find(principals, &claim, &last), 0);
	}
	snprintf(name, sizeof(name), "more");
	assert_int_equal(principals_find(principals, &claim, &principal), -EBUSY);
	principal_release(last);
	assert_int_equal(principals_find(principals, &claim, &principal), 0);
	principals_free(principals);
}

static void streams_end_at_what_one_and_all_may_have(void **state)
{
	struct principal one = { .name = "alice" };
	struct stream_limits limits = { .open = 1, .all = 3, .each = 1 };

	(void)state;
	assert_int_equal(principal_may_stream(&one, &limits), 0);
	principal_count_stream(&one, true);
	assert_int_equal(principal_may_stream(&one, &limits), -EDQUOT);
	assert_int_equal(principal_may_stream(&principal_anyone, &limits), 0);
	principal_count_stream(&one, false);
	limits.open = 3;
	assert_int_equal(principal_may_stream(&one, &limits), -EBUSY);
	assert_int_equal(principal_may_stream(&principal_anyone, &limits), -EBUSY);
}

/* admission */

struct world {
	struct admission admission;
	h2o_conn_callbacks_t callbacks;
	h2o_conn_t conn;
	h2o_req_t req;
	double refused;
};

static sa_family_t family;

static socklen_t socket_name(h2o_conn_t *conn, struct sockaddr *address)
{
	(void)conn;
	address->sa_family = family;
	return sizeof(struct sockaddr);
}

static void open_world(struct world *world, const char *authorization)
{
	*world = (struct world) { .callbacks = { .get_sockname = socket_name } };
	world->conn.callbacks = &world->callbacks;
	world->req.conn = &world->conn;
	family = AF_INET;
	h2o_mem_init_pool(&world->req.pool);
	if (authorization != NULL)
		h2o_add_header(&world->req.pool, &world->req.headers, H2O_TOKEN_AUTHORIZATION, NULL,
			authorization, strlen(authorization));
	assert_int_equal(admission_open(&world->admission, &world->refused), 0);
	admission_add(&world->admission, tokens_judge, &tokens);
}

static void close_world(struct world *world)
{
	h2o_mem_clear_pool(&world->req.pool);
	admission_close(&world->admission);
}

/* Who is let in with that header; NULL = 401. */
static const char *name_of(const char *authorization)
{
	static char name[PRINCIPAL_NAME_MAX + 1];
	struct principal *principal;
	struct world world;

	open_world(&world, authorization);
	int refusal = admission_find(&world.admission, &world.req, &principal);
	assert_true(refusal == GUARD_PASS || refusal == ERROR_UNAUTHORIZED);
	assert_int_equal(world.refused, refusal != GUARD_PASS);
	snprintf(name, sizeof(name), "%s", refusal == GUARD_PASS ? principal->name : "");
	close_world(&world);
	return refusal == GUARD_PASS ? name : NULL;
}

static void who_shows_a_token_of_the_file_is_let_in_and_nobody_else(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(read_text("a " SUM_ALICE " shop\n", &line), 0);
	assert_string_equal(name_of("Bearer alice"), "a");
	assert_string_equal(name_of("bearer   alice "), "a");
	assert_null(name_of(NULL));
	assert_null(name_of(""));
	assert_null(name_of("Bearer"));
	assert_null(name_of("Bearer bob"));
	assert_null(name_of("Bearer ali ce"));
	assert_null(name_of("Basic YTphbGljZQ=="));
	assert_null(name_of("Token alice"));
}

static void the_socket_of_the_file_system_is_not_asked(void **state)
{
	struct principal *principal;
	struct world world;

	(void)state;
	open_world(&world, "Bearer nobody");
	family = AF_UNIX;
	assert_int_equal(admission_find(&world.admission, &world.req, &principal), GUARD_PASS);
	assert_ptr_equal(principal, &principal_anyone);
	close_world(&world);
}

static int judge_badly(void *context, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim)
{
	(void)context, (void)req, (void)bearer, (void)ret_claim;
	return -EACCES;
}

/* What one kind of credential forbids, no later one allows. */
static void the_first_kind_that_knows_it_decides(void **state)
{
	struct principal *principal;
	struct world world;
	unsigned line;

	(void)state;
	assert_int_equal(read_text("a " SUM_ALICE "\n", &line), 0);
	open_world(&world, "Bearer alice");
	world.admission.kind_count = 0;
	admission_add(&world.admission, judge_badly, NULL);
	admission_add(&world.admission, tokens_judge, &tokens);
	assert_int_equal(admission_find(&world.admission, &world.req, &principal), ERROR_UNAUTHORIZED);
	close_world(&world);
}

static void a_token_that_is_gone_ends_whom_it_let_in(void **state)
{
	struct principals *principals = principals_new();
	struct principal *alice = find(principals, "a", "shop\n");
	unsigned line;

	(void)state;
	assert_int_equal(read_text("a " SUM_ALICE " shop\n", &line), 0);
	assert_true(tokens_name(&tokens, alice));
	assert_int_equal(read_text("a " SUM_ALICE " bank\n", &line), 0);
	assert_false(tokens_name(&tokens, alice));
	principals_review(principals, PRINCIPAL_JWT, NULL, NULL);
	assert_false(principal_is_over(alice, 1));
	principals_review(principals, PRINCIPAL_TOKEN, NULL, NULL);
	assert_true(principal_is_over(alice, 1));
	assert_ptr_equal(find(principals, "a", "shop\n"), alice);
	assert_false(principal_is_over(alice, 1));
	principals_free(principals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_gives_a_token_its_name_and_namespaces),
		cmocka_unit_test(what_is_wrong_is_refused_by_line_and_what_was_in_use_stays),
		cmocka_unit_test(a_name_may_have_two_tokens_while_one_replaces_the_other),
		cmocka_unit_test(namespaces_and_tokens_have_a_bound),
		cmocka_unit_test(one_who_is_the_same_is_counted_as_one),
		cmocka_unit_test(names_that_are_none_and_too_many_are_refused),
		cmocka_unit_test(streams_end_at_what_one_and_all_may_have),
		cmocka_unit_test(who_shows_a_token_of_the_file_is_let_in_and_nobody_else),
		cmocka_unit_test(the_socket_of_the_file_system_is_not_asked),
		cmocka_unit_test(the_first_kind_that_knows_it_decides),
		cmocka_unit_test(a_token_that_is_gone_ends_whom_it_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
