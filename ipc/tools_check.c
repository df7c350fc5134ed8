/* Arguments against the table. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "ipc/tools.h"

#define ARGUMENTS_MAX 64

struct check {
	struct error_object *error;
	bool is_korean;
};

/* Fills the error; of the two texts the one in the asked language is used. Always -EINVAL. */
static int refuse(const struct check *check, const char *field, const char *en, const char *ko, ...)
	__attribute__((format(printf, 3, 5), format(printf, 4, 5)));

static int refuse(const struct check *check, const char *field, const char *en, const char *ko, ...)
{
	va_list values;

	check->error->code = ERROR_INVALID_ARGUMENT;
	snprintf(check->error->field, sizeof(check->error->field), "%s", field);
	va_start(values, ko);
	vsnprintf(check->error->message, sizeof(check->error->message), check->is_korean ? ko : en, values);
	va_end(values);
	return -EINVAL;
}

static const struct tool_argument *find_argument(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->argument_count; i++)
		if (strcmp(tool->arguments[i].name, name) == 0)
			return &tool->arguments[i];
	return NULL;
}

/* Foreign text in our message: what is not a plain name is not repeated. */
static const char *plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t size = strspn(name, allowed);

	return size > 0 && size <= 64 && name[size] == '\0' ? name : "(a name with other characters)";
}

static void list_arguments(const struct tool *tool, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < tool->argument_count; i++) {
		size_t used = strlen(text);
		snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", tool->arguments[i].name);
	}
}

static int refuse_unknown(const struct tool *tool, const char *name, const struct check *check)
{
	struct error_object *error = check->error;
	const char *names[ARGUMENTS_MAX];
	size_t count = tool->argument_count < ARGUMENTS_MAX ? tool->argument_count : ARGUMENTS_MAX;
	int nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = tool->arguments[i].name;
	nearest = nearest_name(name, names, count);
	refuse(check, plain(name), "%s has no argument %s.", "%s에는 %s 인수가 없습니다.", tool->name,
		plain(name));
	if (nearest < 0) {
		list_arguments(tool, error->hint, sizeof(error->hint));
		return -EINVAL;
	}
	snprintf(error->hint, sizeof(error->hint), check->is_korean ? "혹시 %s?" : "Did you mean %s?",
		names[nearest]);
	snprintf(error->candidates[0], sizeof(error->candidates[0]), "%s", names[nearest]);
	error->candidate_count = 1;
	return -EINVAL;
}

static bool is_choice(const char *choices, const char *text, size_t size)
{
	for (const char *at = choices; *at != '\0';) {
		size_t length = strcspn(at, "|");
		if (length == size && memcmp(at, text, size) == 0)
			return true;
		at += length;
		at += *at == '|';
	}
	return false;
}

static int refuse_choice(const struct tool_argument *argument, const struct check *check)
{
	char list[256] = "";

	for (const char *at = argument->choices; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%s%.*s", used > 0 ? ", " : "",
			(int)strcspn(at, "|"), at);
	}
	return refuse(check, argument->name, "%s must be one of %s.", "%s 값은 %s 중 하나여야 합니다.",
		argument->name, list);
}

/* What the argument is stands beside it, as a hint. */
static int refuse_length(const struct tool_argument *argument, size_t size, const struct check *check)
{
	const char *name = argument->name, *min = argument->min, *max = argument->max;
	bool is_short = size < strtoull(min, NULL, 10);

	if (!is_short && (max[0] == '\0' || size <= strtoull(max, NULL, 10)))
		return 0;
	snprintf(check->error->hint, sizeof(check->error->hint), "%s",
		check->is_korean ? argument->text_ko : argument->text_en);
	if (size == 0)
		return refuse(check, name, "%s must not be empty.", "%s 값이 비어 있습니다.", name);
	if (strcmp(min, max) == 0)
		return refuse(
			check, name, "%s must have %s letters.", "%s 값은 %s글자여야 합니다.", name, max);
	return refuse(check, name, "%s is too long: at most %s bytes, not %zu.",
		"%s 값이 너무 깁니다. 최대 %s바이트이며 현재 %zu바이트입니다.", name, max, size);
}

static int check_string(const struct tool_argument *argument, struct json_object *value,
	struct json_object **ret_value, const struct check *check)
{
	const char *text = json_object_get_string(value), *name = argument->name;
	size_t size;

	if (!json_object_is_type(value, json_type_string))
		return refuse(check, name, "%s must be a string.", "%s 값은 문자열이어야 합니다.", name);
	size = (size_t)json_object_get_string_len(value);
	if (memchr(text, '\0', size) != NULL)
		return refuse(
			check, name, "%s must not contain U+0000.", "%s 값에 U+0000을 쓸 수 없습니다.", name);
	if (argument->choices[0] != '\0' && !is_choice(argument->choices, text, size))
		return refuse_choice(argument, check);
	if (refuse_length(argument, size, check) < 0)
		return -EINVAL;
	*ret_value = json_object_new_string_len(text, (int)size);
	return *ret_value == NULL ? -ENOMEM : 0;
}

/* A JSON number, or a string that is one from end to end. */
static bool number_of(struct json_object *value, double *ret_number)
{
	const char *text;
	char *end;

	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double: *ret_number = json_object_get_double(value); return isfinite(*ret_number);
	case json_type_string:
		text = json_object_get_string(value);
		if (text[0] == '\0' ||
			strspn(text, "0123456789+-.eE") != (size_t)json_object_get_string_len(value))
			return false;
		*ret_number = strtod(text, &end);
		return *end == '\0' && isfinite(*ret_number);
	default: return false;
	}
}

static int check_range(const struct tool_argument *argument, double number, const struct check *check)
{
	const char *name = argument->name;

	if (argument->min[0] != '\0' && number < strtod(argument->min, NULL)) {
		refuse(check, name, "%s must be at least %s.", "%s 값은 %s 이상이어야 합니다.", name,
			argument->min);
		/* A PUE below one has a code of its own: it is a mistake of physics, not of typing. */
		if (strstr(name, "pue") != NULL) {
			check->error->code = ERROR_PUE_BELOW_ONE;
			check->error->message[0] = '\0';
			snprintf(check->error->hint, sizeof(check->error->hint), "pue = 1.45");
		}
		return -EINVAL;
	}
	if (argument->max[0] != '\0' && number > strtod(argument->max, NULL))
		return refuse(check, name, "%s must be at most %s.", "%s 값은 %s 이하여야 합니다.", name,
			argument->max);
	return 0;
}

/* Prints as it was meant: 1.6, not 1.6000000000000001, so that equal questions have equal texts. */
static struct json_object *new_double(double number)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number) // NOLINT: exactness is the point
			break;
	}
	return json_object_new_double_s(number, text);
}

static int check_number(const struct tool_argument *argument, struct json_object *value,
	struct json_object **ret_value, const struct check *check)
{
	bool is_integer = strcmp(argument->type, "integer") == 0;
	double number;
	int r;

	if (!number_of(value, &number))
		return refuse(check, argument->name, "%s must be a number.", "%s 값은 숫자여야 합니다.",
			argument->name);
	if (is_integer &&
		(fabs(number) > 9007199254740991.0 || number < trunc(number) || number > trunc(number)))
		return refuse(check, argument->name, "%s must be an integer.", "%s 값은 정수여야 합니다.",
			argument->name);
	r = check_range(argument, number, check);
	if (r < 0)
		return r;
	*ret_value = is_integer ? json_object_new_int64((int64_t)number) : new_double(number);
	return *ret_value == NULL ? -ENOMEM : 0;
}

/* One element of a list, or one part of "a,b,c". */
static int check_element(const struct tool_argument *argument, const char *text, size_t size,
	struct json_object *list, const struct check *check)
{
	struct json_object *element = json_object_new_string_len(text, (int)size), *copy = NULL;
	int r = element == NULL ? -ENOMEM : check_string(argument, element, &copy, check);

	json_object_put(element);
	if (r == 0 && json_object_array_length(list) == TOOL_LIST_MAX) {
		json_object_put(copy);
		return refuse(check, argument->name, "%s has more than %d elements.",
			"%s 값이 %d개를 넘습니다.", argument->name, TOOL_LIST_MAX);
	}
	return r < 0 ? r : json_object_array_add(list, copy);
}

static int check_array(const struct tool_argument *argument, struct json_object *value,
	struct json_object *list, const struct check *check)
{
	int r = 0;

	for (size_t i = 0; i < json_object_array_length(value) && r == 0; i++) {
		struct json_object *element = json_object_array_get_idx(value, i);
		if (!json_object_is_type(element, json_type_string))
			return refuse(check, argument->name, "%s must hold strings.",
				"%s 값은 문자열의 배열이어야 합니다.", argument->name);
		r = check_element(argument, json_object_get_string(element),
			(size_t)json_object_get_string_len(element), list, check);
	}
	return r;
}

/* "[\"a\",\"b\"]": some language models write arrays as texts. "a,b" is of a command line. */
static int check_text_of_list(const struct tool_argument *argument, struct json_object *value,
	struct json_object *list, const struct check *check)
{
	const char *text = json_object_get_string(value);
	size_t offset;
	struct json_object *array =
		text[0] == '[' ? json_parse_strict(text, (size_t)json_object_get_string_len(value), &offset)
			       : NULL;
	int r = json_object_is_type(array, json_type_array) ? check_array(argument, array, list, check) : 0;

	while (array == NULL && *text != '\0' && r == 0) {
		size_t size = strcspn(text, ",");
		r = check_element(argument, text, size, list, check);
		text += size + (text[size] == ',');
	}
	json_object_put(array);
	return r;
}

/* An array of strings, or a text of one. */
static int check_list(const struct tool_argument *argument, struct json_object *value,
	struct json_object **ret_value, const struct check *check)
{
	struct json_object *list = json_object_new_array();
	int r = list == NULL ? -ENOMEM : 0;

	if (json_object_is_type(value, json_type_string)) {
		r = check_text_of_list(argument, value, list, check);
	} else if (json_object_is_type(value, json_type_array)) {
		r = check_array(argument, value, list, check);
	} else {
		r = refuse(check, argument->name, "%s must be an array of strings.",
			"%s 값은 문자열의 배열이어야 합니다.", argument->name);
	}
	if (r < 0)
		json_object_put(list);
	else
		*ret_value = list;
	return r;
}

/* "true" is taken for true, as "5" is for 5. */
static int check_boolean(const struct tool_argument *argument, struct json_object *value,
	struct json_object **ret_value, const struct check *check)
{
	const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	bool is_true = strcmp(text, "true") == 0 || json_object_get_boolean(value);

	if (!json_object_is_type(value, json_type_boolean) && strcmp(text, "true") != 0 &&
		strcmp(text, "false") != 0)
		return refuse(check, argument->name, "%s must be true or false.",
			"%s 값은 true 또는 false여야 합니다.", argument->name);
	*ret_value = json_object_new_boolean(is_true && strcmp(text, "false") != 0);
	return *ret_value == NULL ? -ENOMEM : 0;
}

static int check_value(const struct tool_argument *argument, struct json_object *value,
	struct json_object **ret_value, const struct check *check)
{
	if (strcmp(argument->type, "string") == 0)
		return check_string(argument, value, ret_value, check);
	if (strcmp(argument->type, "strings") == 0)
		return check_list(argument, value, ret_value, check);
	return strcmp(argument->type, "boolean") == 0 ? check_boolean(argument, value, ret_value, check)
						      : check_number(argument, value, ret_value, check);
}

static int refuse_missing(const struct tool_argument *argument, const struct check *check)
{
	snprintf(check->error->hint, sizeof(check->error->hint), "%s",
		check->is_korean ? argument->text_ko : argument->text_en);
	return refuse(check, argument->name, "%s is required.", "%s 인수가 필요합니다.", argument->name);
}

static int check_one(const struct tool_argument *argument, struct json_object *arguments,
	struct json_object *checked, const struct check *check)
{
	struct json_object *value = NULL, *copy = NULL;
	int r;

	if (arguments != NULL)
		json_object_object_get_ex(arguments, argument->name, &value);
	if (value == NULL) /* JSON null = absent */
		return argument->required ? refuse_missing(argument, check) : 0;
	r = check_value(argument, value, &copy, check);
	if (r < 0)
		return r;
	return json_object_object_add(checked, argument->name, copy) < 0 ? -ENOMEM : 0;
}

static int check_all(const struct tool *tool, struct json_object *arguments, struct json_object *checked,
	const struct check *check)
{
	int r = 0;

	if (arguments != NULL) {
		json_object_object_foreach(arguments, key, unused)
		{
			(void)unused;
			if (find_argument(tool, key) == NULL)
				return refuse_unknown(tool, key, check);
		}
	}
	for (size_t i = 0; i < tool->argument_count && r == 0; i++)
		r = check_one(&tool->arguments[i], arguments, checked, check);
	return r;
}

/* The language asked for by the arguments themselves, bad as another of them may be; else `fallback`. */
static bool wants_korean(struct json_object *arguments, const char *fallback)
{
	struct json_object *lang = NULL;

	if (json_object_is_type(arguments, json_type_object) &&
		json_object_object_get_ex(arguments, "lang", &lang) &&
		json_object_is_type(lang, json_type_string))
		fallback = json_object_get_string(lang);
	return fallback != NULL && strncmp(fallback, "ko", 2) == 0;
}

int tool_check_arguments(const struct tool *tool, struct json_object *arguments, const char *lang,
	struct json_object **ret_arguments, struct error_object *error)
{
	struct check check = { .error = error, .is_korean = wants_korean(arguments, lang) };
	struct json_object *checked;

	*error = (struct error_object) { .code = ERROR_INTERNAL };
	if (arguments != NULL && !json_object_is_type(arguments, json_type_object))
		return refuse(
			&check, "", "The arguments must be a JSON object.", "인수는 JSON 객체여야 합니다.");
	checked = json_object_new_object();
	if (checked == NULL)
		return -EINVAL;
	if (check_all(tool, arguments, checked, &check) < 0) {
		json_object_put(checked);
		return -EINVAL;
	}
	*ret_arguments = checked;
	return 0;
}
