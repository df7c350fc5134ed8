/* `tanso top`: who draws most, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/question.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static void print_watts(struct json_object *value)
{
	if (value != NULL)
		printf("%10.2f W  ", json_object_get_double(value));
	else
		printf("%10s    ", "?");
}

static void print_rest(struct json_object *root, const char *key, const char *name)
{
	if (at(root, key) == NULL)
		return;
	print_watts(at(root, key));
	puts(name);
}

static void print_list(struct json_object *root, bool is_korean)
{
	struct json_object *list = at(root, "consumers");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		const char *space = json_object_get_string(at(row, "namespace"));
		const char *name = json_object_get_string(at(row, "workload"));
		print_watts(at(row, "power_watts"));
		terminal_put(stdout, space != NULL ? space : "");
		putchar('/');
		terminal_put(stdout, name != NULL ? name : "");
		putchar('\n');
	}
	print_rest(root, "other_power_watts", is_korean ? "(기타)" : "(other)");
	print_rest(root, "idle_power_watts", is_korean ? "(유휴)" : "(idle)");
	print_rest(root, "node_power_watts", is_korean ? "노드" : "node");
}

static int print_answer(const struct question *question, const struct client_answer *answer)
{
	size_t offset;
	struct json_object *root;

	if (question->is_json) {
		fwrite(answer->body, 1, answer->size, stdout);
		putchar('\n');
		return 0;
	}
	root = json_parse_strict(answer->body, answer->size, &offset);
	if (json_object_is_type(root, json_type_object))
		print_list(root, strcmp(question->lang, "ko") == 0);
	json_object_put(root);
	return root != NULL ? 0 : -EBADMSG;
}

int verb_top(int argc, char **argv)
{
	struct question question;
	struct client *client = NULL;
	struct client_answer answer;
	struct config_error error;
	int r = question_parse(&question, "top", "list_top_power_consumers", NULL, "", argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = client_new(&client, &question.place, &error);
	if (r < 0) {
		fprintf(stderr, "tanso top: %s\n", r == -EINVAL ? error.text : strerror(-r));
		return EXIT_UNANSWERED;
	}
	r = question_ask(&question, client, &answer);
	if (r == 0)
		r = print_answer(&question, &answer);
	client_free(client);
	return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
}
