#include "cli/table.h"

#include <string.h>

#include "cli/language.h"
#include "cli/status.h"
#include "cli/terminal.h"

struct json_object *member_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

const char *text_of_member(struct json_object *object, const char *key)
{
	struct json_object *value = member_of(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

struct json_object *element_of(struct json_object *object, const char *key, size_t index)
{
	struct json_object *list = member_of(object, key);

	if (!json_object_is_type(list, json_type_array) || index >= json_object_array_length(list))
		return NULL;
	return json_object_array_get_idx(list, index);
}

bool row_has_ended(struct json_object *row)
{
	return member_of(row, "emissions_kg_month") != NULL && member_of(row, "power_watts") == NULL;
}

void put_text(const char *text, int columns)
{
	terminal_pad(stdout, text, columns);
}

void put_number(struct json_object *value, int width, int digits)
{
	if (value != NULL)
		printf(" %*.*f", width, digits, rounded(json_object_get_double(value), digits));
	else
		printf(" %*s", width, "-");
}

bool has_reason(struct json_object *object, enum reason_code reason)
{
	struct json_object *code;

	for (size_t i = 0; (code = element_of(object, "reason_codes", i)) != NULL; i++)
		if (json_object_is_type(code, json_type_string) &&
			strcmp(json_object_get_string(code), reason_name(reason)) == 0)
			return true;
	return false;
}

void put_status(
	struct json_object *object, const char *status, const char *confidence, bool is_korean, int columns)
{
	char words[STATUS_WORDS_MAX];

	put_text(status_words(text_of_member(object, status), text_of_member(object, confidence), is_korean,
			 words),
		columns);
}

void put_reasons(FILE *out, struct json_object *root, const char *indent, bool is_korean)
{
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		if (has_reason(root, (enum reason_code)i))
			fprintf(out, "%s%s: %s\n", indent, reason_name((enum reason_code)i),
				reason_text((enum reason_code)i, is_korean ? "ko" : "en"));
}

/* Nothing is less than none: what reaches below is told from 0 on, and covers no less for it. */
void put_interval(FILE *out, double value, double uncertainty, bool is_korean)
{
	if (uncertainty <= value)
		fprintf(out, " ±%.2f (k = 2)", uncertainty);
	else
		fprintf(out, is_korean ? " (0~%.2f, k = 2)" : " (0 to %.2f, k = 2)", value + uncertainty);
}

void put_workload(struct json_object *row)
{
	const char *name = text_of_member(row, "workload");

	put_text(text_of_member(row, "namespace"), 0);
	if (name[0] != '/')
		putchar('/');
	put_text(name, 0);
}

void put_words(struct json_object *root, const char *key)
{
	putchar('\n');
	terminal_put(stdout, text_of_member(root, key));
	putchar('\n');
}

void put_power_note(struct json_object *root, bool is_korean)
{
	struct json_object *power = member_of(member_of(root, "provenance"), "power");
	struct json_object *error = member_of(power, "model_error_percent");

	if (text_of_member(power, "meter")[0] == '\0')
		return;
	fputs(is_korean ? "전력 출처: " : "Watts by ", stdout);
	terminal_put(stdout, text_of_member(power, "meter"));
	printf(" (%s", code_word(text_of_member(power, "state"), is_korean));
	if (error != NULL)
		printf(", ±%.0f %%, k = 1", json_object_get_double(error));
	putchar(')');
	if (strcmp(text_of_member(power, "collection_method"), "procfs") == 0)
		fputs(is_korean ? ", CPU 시간은 procfs" : ", CPU time by procfs", stdout);
	putchar('\n');
}
