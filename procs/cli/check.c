/* `tanso check`: is every workload within the benchmark? For pipelines: an exit status and a JUnit report. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/junit.h"
#include "base/language.h"
#include "cli/client/question.h"
#include "cli/refuse.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ipc/reasons.h"

#define EXIT_NON_COMPLIANT 1
#define PAGE_ROWS          "1000"
#define PAGES_MAX          1100 /* a million rows and some */
#define REASONS_MAX        1024

static const char extra_en[] =
	"  --fail-on STATUS            NON_COMPLIANT (the default), or UNKNOWN: then both fail\n"
	"  --ignore-borderline         what is within the uncertainty of the target does not fail\n"
	"  --junit FILE                write a JUnit report\n"
	"\nA line a workload, the same in every language: STATUS CONFIDENCE NAMESPACE/NAME REASONS; the sums "
	"go to stderr.\n"
	"All workloads are checked: --status-filter and --cursor are refused.\n"
	"\nExit status: 0 all compliant, 1 any that fails, 2 any unknown, none assessed, unreachable or "
	"usage.\n";
static const char extra_ko[] =
	"  --fail-on STATUS            NON_COMPLIANT(기본값) 또는 UNKNOWN(이때는 둘 다 실패)\n"
	"  --ignore-borderline         목표와의 차이가 불확도 이내이면 실패로 보지 않습니다\n"
	"  --junit FILE                JUnit 보고서를 이 파일에 씁니다\n"
	"\n워크로드마다 한 줄이며 언어와 관계없이 같습니다: 판정 신뢰도 네임스페이스/이름 이유. 합계는 표준 "
	"오류로 나옵니다.\n"
	"모든 워크로드를 검사하므로 --status-filter와 --cursor는 쓸 수 없습니다.\n"
	"\n종료 코드: 0 모두 기준 충족, 1 실패가 있음, 2 판단 보류가 있음, 판정된 것이 없음, 연결 실패\n"
	"또는 사용법 오류.\n";

struct check {
	const char *fail_on, *junit_path;
	bool ignores_borderline;
	struct json_object *rows; /* of all pages */
	char *words;              /* of the answer, where it has no rows; malloc'ed */
};

enum own_option { OWN_FAIL_ON, OWN_JUNIT, OWN_IGNORE_BORDERLINE };
const struct option check_options[] = {
	[OWN_FAIL_ON] = { "fail-on", required_argument, NULL, 0 },
	[OWN_JUNIT] = { "junit", required_argument, NULL, 0 },
	[OWN_IGNORE_BORDERLINE] = { "ignore-borderline", no_argument, NULL, 0 },
	{ 0 },
};

/* Is argument `text` that option? *ret_rest: what follows its name, "" or "=VALUE". */
static bool is_own(enum own_option own, const char *text, const char **ret_rest)
{
	size_t size = strlen(check_options[own].name);

	*ret_rest = text + 2 + size;
	return strncmp(text, "--", 2) == 0 && strncmp(text + 2, check_options[own].name, size) == 0 &&
	       (**ret_rest == '\0' || **ret_rest == '=');
}

/* Takes the option's value from "--name VALUE" or "--name=VALUE" at argv[*index]. */
static bool take_value(enum own_option own, int argc, char **argv, int *index, const char **ret_value)
{
	const char *rest;

	if (!is_own(own, argv[*index], &rest))
		return false;
	if (*rest == '=') {
		*ret_value = rest + 1;
		return true;
	}
	if (*index + 1 >= argc)
		return false;
	*ret_value = argv[++*index];
	return true;
}

/* Takes the options of this verb alone out of argv; the rest are the tool's. Returns how many remain. */
static int take_own(struct check *check, int argc, char **argv)
{
	const char *rest;
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		if (take_value(OWN_FAIL_ON, argc, argv, &i, &check->fail_on) ||
			take_value(OWN_JUNIT, argc, argv, &i, &check->junit_path))
			continue;
		if (is_own(OWN_IGNORE_BORDERLINE, argv[i], &rest) && *rest == '\0')
			check->ignores_borderline = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

static int take_page(struct check *check, struct json_object *root, char **ret_cursor)
{
	struct json_object *row;
	const char *cursor = text_of_member(root, "next_cursor");

	for (size_t i = 0; (row = element_of(root, "workloads", i)) != NULL; i++)
		if (json_object_array_add(check->rows, json_object_get(row)) < 0)
			return -ENOMEM;
	if (json_object_array_length(check->rows) == 0 && check->words == NULL)
		check->words = strdup(text_of_member(root, "recommendation"));
	free(*ret_cursor);
	*ret_cursor = cursor[0] != '\0' ? strdup(cursor) : NULL;
	return 0;
}

static int ask_pages(struct check *check, struct question *question, struct client *client)
{
	CLEANUP(freep) char *cursor = NULL;
	int r = 0;

	question_set(question, "limit", PAGE_ROWS);
	for (int page = 0; page < PAGES_MAX && r == 0; page++) {
		struct client_answer answer;
		size_t offset;
		r = question_ask(question, client, &answer);
		if (r < 0)
			return r;
		if (question->is_json)
			printf("%.*s\n", (int)answer.size, answer.body);
		struct json_object *root = json_parse_strict(answer.body, answer.size, &offset);
		r = json_object_is_type(root, json_type_object) ? take_page(check, root, &cursor) : -EBADMSG;
		json_object_put(root);
		if (cursor == NULL)
			return r;
		question_set(question, "cursor", cursor);
	}
	return r < 0 ? r : -E2BIG;
}

static void print_row(struct json_object *row)
{
	char reasons[REASONS_MAX];

	check_reasons(row, reasons, sizeof(reasons));
	put_text(text_of_member(row, "status"), 14);
	put_text(text_of_member(row, "confidence"), 11);
	put_text(text_of_member(row, "namespace"), 0);
	putchar('/');
	put_text(text_of_member(row, "workload"), 0);
	putchar(' ');
	terminal_put(stdout, reasons);
	putchar('\n');
}

/* Without rows: what stands in the file until there is an answer, so that an earlier run's report is never taken for this one's. */
static int write_report(const struct check *check, struct json_object *rows)
{
	FILE *out = fopen(check->junit_path, "we");
	int r = out == NULL ? -errno : 0;

	if (r == 0) {
		if (rows != NULL)
			junit_write(out, rows, check->ignores_borderline);
		else
			junit_write_error(
				out, in_language("tanso check had no answer: see its standard error",
					     "tanso check가 응답을 받지 못했습니다. 표준 오류를 "
					     "확인하십시오"));
		r = ferror(out) != 0 ? -EIO : 0;
		if (fclose(out) != 0 && r == 0)
			r = -errno;
	}
	if (r < 0)
		fprintf(stderr, "tanso check: %s: %s\n", check->junit_path, strerror(-r));
	return r;
}

static void say_ended(struct json_object *rows)
{
	size_t ended = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		ended += row_has_ended(json_object_array_get_idx(rows, i));
	if (ended > 0)
		fprintf(stderr,
			in_language("tanso check: ended by now: %zu; they count as long as the window "
				    "(--window) reaches back to them\n",
				"tanso check: 이 가운데 %zu개는 이미 끝났으며, 기간(--window)에 들어 있는 "
				"동안은 "
				"판정합니다\n"),
			ended);
}

static void say_sums(const size_t counts[static CHECK_OUTCOME_COUNT], bool is_assumed)
{
	fprintf(stderr,
		in_language(
			"tanso check: %zu within the benchmark, %zu over it, %zu over it but borderline and "
			"ignored, %zu undecided\n",
			"tanso check: 기준 충족 %zu, 기준 초과 %zu, 경계값이라 무시한 초과 %zu, 판단 보류 "
			"%zu\n"),
		counts[CHECK_PASSED], counts[CHECK_FAILED], counts[CHECK_IGNORED], counts[CHECK_UNKNOWN]);
	if (counts[CHECK_UNKNOWN] > 0 && is_assumed)
		fputs(in_language(
			      "tanso check: the site's PUE is not declared: --pue 1.45, or `pue = 1.45` in "
			      "tanso.conf\n",
			      "tanso check: 시설의 PUE가 설정되지 않았습니다. --pue 1.45를 붙이거나 "
			      "tanso.conf에 "
			      "`pue = 1.45`를 적으십시오\n"),
			stderr);
}

static int judge(const struct check *check, bool is_silent)
{
	size_t count = json_object_array_length(check->rows), counts[CHECK_OUTCOME_COUNT] = { 0 };
	bool fails_unknown = strcmp(check->fail_on, "UNKNOWN") == 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(check->rows, i);
		counts[check_outcome(row, check->ignores_borderline)]++;
		if (!is_silent)
			print_row(row);
	}
	if (count == 0) {
		fputs(in_language("tanso check: no workload was assessed. ",
			      "tanso check: 판정된 워크로드가 없습니다. "),
			stderr);
		terminal_put(stderr, check->words != NULL ? check->words : "");
		fputc('\n', stderr);
	} else {
		/* the site's, so every row says the same */
		say_sums(counts, has_reason(json_object_array_get_idx(check->rows, 0), REASON_PUE_ASSUMED));
		say_ended(check->rows);
	}
	if (counts[CHECK_FAILED] > 0 || (fails_unknown && counts[CHECK_UNKNOWN] > 0))
		return EXIT_NON_COMPLIANT;
	return count == 0 || counts[CHECK_UNKNOWN] > 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
}

static int run(struct check *check, struct question *question)
{
	struct client *client = NULL;
	struct config_error error;
	int r = client_new(&client, &question->place, &error), status;

	if (r < 0) {
		fprintf(stderr, "tanso check: %s\n", r == -EINVAL ? error.text : strerror(-r));
		return EXIT_UNANSWERED;
	}
	r = ask_pages(check, question, client);
	client_free(client);
	if (r < 0)
		return EXIT_UNANSWERED;
	status = judge(check, question->is_json);
	return check->junit_path != NULL && write_report(check, check->rows) < 0 ? EXIT_UNANSWERED : status;
}

static int refuse_own(const struct check *check, const struct question *question)
{
	if (strcmp(check->fail_on, "NON_COMPLIANT") != 0 && strcmp(check->fail_on, "UNKNOWN") != 0)
		return refuse_usage("check", in_language("--fail-on takes NON_COMPLIANT or UNKNOWN",
						     "--fail-on 값은 NON_COMPLIANT 또는 UNKNOWN입니다"));
	if (question_value(question, "status_filter") != NULL || question_value(question, "cursor") != NULL)
		return refuse_usage("check",
			in_language("all workloads are checked: no --status-filter, no --cursor",
				"모든 워크로드를 검사하므로 --status-filter와 --cursor는 쓸 수 없습니다"));
	return 0;
}

int verb_check(int argc, char **argv)
{
	struct check check = { .fail_on = "NON_COMPLIANT" };
	struct question question;
	int status, r;

	argc = take_own(&check, argc, argv);
	r = question_parse(&question, "check", "list_workloads_by_compliance", NULL,
		in_language(extra_en, extra_ko), argc, argv);
	if (r > 0)
		return EXIT_SUCCESS;
	if ((check.junit_path != NULL && write_report(&check, NULL) < 0) || r < 0)
		return EXIT_UNANSWERED;
	if (refuse_own(&check, &question) < 0)
		return EXIT_UNANSWERED;
	check.rows = json_object_new_array();
	status = check.rows != NULL ? run(&check, &question) : EXIT_UNANSWERED;
	json_object_put(check.rows);
	free(check.words);
	return status;
}
