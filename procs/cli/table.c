#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#include "cli/language.h"
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

void put_status(const char *status, bool is_korean, int columns)
{
	static const char *const words[][3] = { { "COMPLIANT", "COMPLIANT", "기준 충족" },
		{ "NON_COMPLIANT", "NON-COMPLIANT", "기준 초과" }, { "UNKNOWN", "UNKNOWN", "판단 보류" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], status) == 0)
			status = words[i][is_korean ? 2 : 1];
	put_text(status, columns);
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
