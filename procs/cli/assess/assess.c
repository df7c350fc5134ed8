/* `tanso assess`: one workload, for people. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/assess/text.h"
#include "cli/client/hint.h"
#include "base/language.h"
#include "cli/client/question.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#define NAME_MAX_BYTES  512
#define ASKED_MAX_BYTES 254 /* of the argument workload_name */

static void write_extra(char *text, size_t size)
{
	snprintf(text, size,
		"  --top                       %s\n\n"
		"  tanso assess nginx.service --pue 1.45\n"
		"  tanso assess app -n prod --window P7D --json\n%s",
		in_language("assess the workload that draws most power now",
			"지금 전력을 가장 많이 쓰는 워크로드를 판정합니다"),
		question_exit());
}

static void copy_member(struct json_object *object, const char *key, char *text, size_t size)
{
	struct json_object *value;

	if (json_object_object_get_ex(object, key, &value))
		snprintf(text, size, "%s", json_object_get_string(value));
}

/* "namespace/name (kind)", for another kind may have the name too; a name too long for that stays as it is. */
static void say_kind(
	struct json_object *row, char name[static NAME_MAX_BYTES], const char space[static NAME_MAX_BYTES])
{
	char kind[64] = "", whole[ASKED_MAX_BYTES];
	int length;

	copy_member(row, "kind", kind, sizeof(kind));
	length = snprintf(whole, sizeof(whole), "%s/%s (%s)", space, name, kind);
	if (length > 0 && (size_t)length < sizeof(whole) && kind[0] != '\0' && space[0] != '\0')
		snprintf(name, NAME_MAX_BYTES, "%s", whole);
}

/* Who draws most: its name and namespace. 0, -ENODATA: nobody yet, or -EINVAL after saying why. */
static int find_top(const struct question *question, struct client *client, char name[static NAME_MAX_BYTES],
	char space[static NAME_MAX_BYTES])
{
	struct question top = *question;
	struct client_answer answer;
	struct json_object *root, *list, *first;
	size_t offset;

	top.tool = tool_find("list_top_power_consumers", strlen("list_top_power_consumers"));
	memset(top.values, 0, sizeof(top.values));
	question_set(&top, "limit", "1");
	question_set(&top, "lang", question->lang);
	question_set(&top, "namespace", question_value(question, "namespace"));
	if (question_value(question, "allow_fake") != NULL)
		question_set(&top, "allow_fake", "true");
	name[0] = space[0] = '\0';
	int r = question_ask(&top, client, &answer);
	if (r < 0)
		return r;
	root = json_parse_strict(answer.body, answer.size, &offset);
	if (json_object_object_get_ex(root, "consumers", &list) &&
		json_object_is_type(list, json_type_array) &&
		(first = json_object_array_get_idx(list, 0)) != NULL) {
		copy_member(first, "workload", name, NAME_MAX_BYTES);
		copy_member(first, "namespace", space, NAME_MAX_BYTES);
		say_kind(first, name, space);
	}
	json_object_put(root);
	return name[0] != '\0' ? 0 : -ENODATA;
}

/* In its first second a pipeline answers, but knows nobody yet. */
static int wait_for_top(const struct question *question, struct client *client,
	char name[static NAME_MAX_BYTES], char space[static NAME_MAX_BYTES])
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)question->wait_s * NS_PER_SECOND;
	const struct timespec pause = { 0, 200 * (long)NS_PER_MILLISECOND };
	int r;

	while ((r = find_top(question, client, name, space)) == -ENODATA && clock_mono_ns() < deadline_ns)
		nanosleep(&pause, NULL);
	if (r == -ENODATA)
		fputs(in_language("tanso assess: no workload has drawn measurable power yet; try again in a "
				  "second\n",
			      "tanso assess: 아직 전력이 측정된 워크로드가 없습니다. 1초 뒤에 다시 "
			      "시도하십시오.\n"),
			stderr);
	return r;
}

static int print_answer(const struct question *question, const struct client_answer *answer)
{
	struct assess_style style = { .lang = question->lang, .has_colour = terminal_has_colour(stdout) };
	struct json_object *root;
	size_t offset;

	if (question->is_json) {
		fwrite(answer->body, 1, answer->size, stdout);
		putchar('\n');
		return 0;
	}
	root = json_parse_strict(answer->body, answer->size, &offset);
	if (!json_object_is_type(root, json_type_object)) {
		fprintf(stderr,
			in_language("tanso assess: the answer is not a JSON object (at byte %zu)\n",
				"tanso assess: 응답이 JSON 객체가 아닙니다(%zu번째 바이트)\n"),
			offset);
		json_object_put(root);
		return -EBADMSG;
	}
	hint_rewrite(question, root);
	assess_print(stdout, root, &style);
	json_object_put(root);
	return 0;
}

int verb_assess(int argc, char **argv)
{
	char name[NAME_MAX_BYTES], space[NAME_MAX_BYTES], extra[512];
	struct question question;
	struct client *client = NULL;
	struct client_answer answer;
	struct config_error error;
	int r;

	write_extra(extra, sizeof(extra));
	r = question_parse(
		&question, "assess", "assess_workload_compliance", "workload_name", extra, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = client_new(&client, &question.place, &error);
	if (r < 0) {
		fprintf(stderr, "tanso assess: %s\n", r == -EINVAL ? error.text : strerror(-r));
		return EXIT_UNANSWERED;
	}
	if (question.is_top && (r = wait_for_top(&question, client, name, space)) == 0) {
		question_set(&question, "workload_name", name);
		if (space[0] != '\0')
			question_set(&question, "namespace", space);
	}
	if (r == 0 && (r = question_ask(&question, client, &answer)) == 0)
		r = print_answer(&question, &answer);
	client_free(client);
	return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
}
