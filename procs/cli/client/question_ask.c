/* A question that was read is asked, and its answer, or why there is none, is told. */
#include "cli/client/question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/client/hint.h"
#include "base/language.h"
#include "cli/place.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ipc/json_write.h"

#define RETRY_MS 200
#define LIST     "list_workloads_by_compliance"

/* Numbers go as they were typed: the server reads and judges them. */
static int build_body(const struct question *question, char **ret_body, size_t *ret_size)
{
	struct json_writer writer = { 0 };

	json_open_object(&writer, NULL);
	for (size_t i = 0; i < question->tool->argument_count && i < QUESTION_ARGUMENTS_MAX; i++) {
		const struct tool_argument *argument = &question->tool->arguments[i];
		if (question->values[i] == NULL)
			continue;
		if (strcmp(argument->type, "boolean") == 0)
			json_write_boolean(&writer, argument->name, true);
		else
			json_write_text(&writer, argument->name, question->values[i]);
	}
	json_close_object(&writer);
	return json_take(&writer, ret_body, ret_size);
}

static void print_refusal(const struct question *question, const struct client_answer *answer)
{
	size_t offset;
	struct json_object *root = json_parse_strict(answer->body, answer->size, &offset), *error = NULL,
			   *list = NULL;

	if (!json_object_is_type(root, json_type_object) ||
		!json_object_object_get_ex(root, "error", &error) ||
		text_of_member(error, "message")[0] == '\0') {
		fprintf(stderr,
			in_language("tanso %s: HTTP status %d without an explanation%s\n",
				"tanso %s: 설명 없는 HTTP 상태 %d%s\n"),
			question->verb, answer->status,
			/* how a door with TLS, ours or a proxy's, answers http:// */
			answer->status == 400
				? in_language("; does it speak https://?", ". https:// 주소인지 확인하십시오")
				: "");
		json_object_put(root);
		return;
	}
	fprintf(stderr, "tanso %s: ", question->verb);
	hint_put(stderr, question, text_of_member(error, "field"), text_of_member(error, "message"));
	if (text_of_member(error, "hint")[0] != '\0') {
		fputs("\n  ", stderr);
		hint_put(stderr, question, text_of_member(error, "field"), text_of_member(error, "hint"));
	}
	if (json_object_object_get_ex(error, "candidates", &list) &&
		json_object_is_type(list, json_type_array))
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			struct json_object *item = json_object_array_get_idx(list, i);
			if (!json_object_is_type(item, json_type_string))
				continue;
			fputs("\n  - ", stderr);
			terminal_put(stderr, json_object_get_string(item));
		}
	fputc('\n', stderr);
	json_object_put(root);
}

static void print_unreachable(const struct question *question, const struct client *client, int error)
{
	bool is_korean = strcmp(question->lang, "ko") == 0;
	const char *trouble = client_trouble(client, is_korean);

	fprintf(stderr, "tanso %s: %s: ", question->verb, client_address(client));
	if (trouble != NULL)
		fputs(trouble, stderr);
	else if (error != -ECONNREFUSED)
		fputs(strerror(-error), stderr);
	else if (question->place.url != NULL && question->place.runtime_dir == NULL)
		fputs(is_korean ? "연결할 수 없습니다. 주소와 포트를 확인하십시오. --url이 없으면 이 기기의 "
				  "파이프라인에 연결합니다"
				: "nobody answers; check the address and the port. Without --url the local "
				  "pipeline is asked",
			stderr);
	else
		fprintf(stderr,
			is_korean ? "연결할 수 없습니다. 파이프라인이 실행 중이 아닌 것 같습니다.\n"
				    "  %s%s up%s으로 시작하거나 --url로 주소를 지정하십시오."
				  : "nobody answers: the pipeline is not running\n"
				    "  start it with %s%s up%s, or name another server with --url",
			place_sudo(), program_invocation_name,
			place_sudo()[0] == '\0' ? ""
			: is_korean ? "(sudo 없이도 시작하지만 CPU 시간을 /proc에서 읽습니다)"
				    : " (without sudo it starts, too, and reads CPU time from /proc)");
	fputc('\n', stderr);
}

int question_ask(const struct question *question, struct client *client, struct client_answer *ret_answer)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)question->wait_s * NS_PER_SECOND;
	const struct timespec pause = { 0, RETRY_MS * (long)NS_PER_MILLISECOND };
	CLEANUP(freep) char *body = NULL;
	char path[128];
	size_t size;
	int r = build_body(question, &body, &size);

	if (r == 0)
		r = client_set_header(client, "Accept-Language", question->lang); /* of refusals, too */
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/%s/%s",
		tool_find(question->tool->name, strlen(question->tool->name)) != NULL ? "tools" : "views",
		question->tool->name);
	for (;;) {
		r = client_ask(client, path, body, size, ret_answer);
		bool is_early = r < 0 || ret_answer->status == 503;
		if (!is_early || clock_mono_ns() >= deadline_ns)
			break;
		nanosleep(&pause, NULL);
	}
	if (r < 0)
		print_unreachable(question, client, r);
	else if (ret_answer->status != 200)
		print_refusal(question, ret_answer);
	return r == 0 && ret_answer->status == 200 ? 0 : -EINVAL;
}

/* An answer about all workloads, of which there are none. */
static bool is_of_none(struct json_object *root)
{
	struct json_object *count = member_of(root, "total_workloads");

	if (count == NULL)
		count = member_of(root, "workload_count");
	return count != NULL && json_object_get_int64(count) == 0;
}

/* Rows that the question names and the answer has not: regions that the data files do not know. */
static bool is_partial(struct json_object *root)
{
	return element_of(root, "skipped", 0) != NULL;
}

/* An empty table of those that draw most, of one namespace: it does not tell whether there is any workload. */
static bool is_table_empty(struct json_object *root)
{
	struct json_object *list = member_of(root, "consumers");

	if (list == NULL)
		list = member_of(root, "hotspots");
	return json_object_is_type(list, json_type_array) && json_object_array_length(list) == 0;
}

/* EXIT_UNANSWERED where the window has no workload of the namespace. Says so, with the namespaces there are, unless the answer
 * did so itself or is for programs. */
static int check_namespace(const struct question *question, struct client *client, bool is_told)
{
	struct question list = *question;
	struct client_answer answer;
	size_t offset;

	list.tool = tool_find(LIST, strlen(LIST));
	memset(list.values, 0, sizeof(list.values));
	question_set(&list, "namespace", question_value(question, "namespace"));
	question_set(&list, "window", question_value(question, "window"));
	question_set(&list, "lang", question->lang);
	question_set(&list, "limit", "1");
	if (question_ask(&list, client, &answer) < 0)
		return EXIT_UNANSWERED;
	struct json_object *root = json_parse_strict(answer.body, answer.size, &offset);
	bool is_none = root == NULL || is_of_none(root);
	if (is_none && !is_told) {
		hint_rewrite(&list, root);
		puts(text_of_member(root, "recommendation"));
	}
	json_object_put(root);
	return is_none ? EXIT_UNANSWERED : EXIT_SUCCESS;
}

/* The exit status. */
static int print_answer(const struct question *question, struct client *client,
	const struct client_answer *answer, question_print_fn *print)
{
	size_t offset;
	struct json_object *root = json_parse_strict(answer->body, answer->size, &offset);
	int status = root == NULL || is_of_none(root) || is_partial(root) ? EXIT_UNANSWERED : EXIT_SUCCESS;
	bool has_words = member_of(root, "recommendation") != NULL, is_told = question->is_json;

	if (question->is_json) { /* before another answer takes its place */
		fwrite(answer->body, 1, answer->size, stdout);
		putchar('\n');
	}
	if (status == EXIT_SUCCESS && is_table_empty(root) && question_value(question, "namespace") != NULL) {
		status = check_namespace(question, client, question->is_json || has_words);
		is_told |= status != EXIT_SUCCESS && !has_words; /* an empty table would say it less well */
	}
	if (!is_told && json_object_is_type(root, json_type_object)) {
		hint_rewrite(question, root);
		print(root, strcmp(question->lang, "ko") == 0);
	}
	json_object_put(root);
	return status;
}

int question_run(const char *verb, const char *tool, const char *positional, const char *extra,
	question_print_fn *print, int argc, char **argv)
{
	struct question question;
	struct client *client = NULL;
	struct client_answer answer;
	struct config_error error;
	int r = question_parse(&question, verb, tool, positional, extra, argc, argv),
	    status = EXIT_UNANSWERED;

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = client_new(&client, &question.place, &error);
	if (r < 0) {
		fprintf(stderr, "tanso %s: %s\n", verb, r == -EINVAL ? error.text : strerror(-r));
		return EXIT_UNANSWERED;
	}
	if (question_ask(&question, client, &answer) == 0)
		status = print_answer(&question, client, &answer, print);
	client_free(client);
	return status;
}
