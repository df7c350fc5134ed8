#include "cli/refuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/nearest.h"
#include "base/language.h"
#include "cli/verbs.h"

int refuse_usage(const char *verb, const char *text)
{
	fprintf(stderr,
		in_language("tanso %s: %s; see tanso %s --help\n", "tanso %s: %s. 도움말: tanso %s --help\n"),
		verb, text, verb);
	return -EINVAL;
}

static size_t options_of(const char *name, struct verb_option list[static VERB_OPTIONS_MAX])
{
	const struct verb *verb = verb_find(name);

	return verb != NULL ? verb_options(verb, list) : 0;
}

/* getopt_long() takes a beginning that only one option has for the whole; NULL: none, or several. */
static const struct verb_option *find_option(const struct verb_option *list, size_t count, const char *name)
{
	const struct verb_option *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
		if (strncmp(list[i].name, name, strlen(name)) == 0) {
			if (found != NULL)
				return NULL;
			found = &list[i];
		}
	}
	return found;
}

static void say_unknown(
	const struct verb_option *list, size_t count, const char *name, char *text, size_t size)
{
	const char *names[VERB_OPTIONS_MAX];
	int nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = list[i].name;
	nearest = nearest_name(name, names, count);
	if (nearest >= 0)
		snprintf(text, size,
			in_language("unknown option --%s (did you mean --%s?)",
				"알 수 없는 옵션: --%s(혹시 --%s?)"),
			name, names[nearest]);
	else
		snprintf(text, size, in_language("unknown option --%s", "알 수 없는 옵션: --%s"), name);
}

int refuse_option(const char *verb, char **argv)
{
	struct verb_option list[VERB_OPTIONS_MAX];
	const char *given = argv[optind - 1];
	size_t count = options_of(verb, list);
	char name[sizeof(list[0].name)], text[256];

	if (strncmp(given, "--", 2) != 0) {
		snprintf(text, sizeof(text),
			in_language("unknown option or missing value: %s",
				"알 수 없는 옵션이거나 값이 빠졌습니다: %s"),
			given);
		return refuse_usage(verb, text);
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	const struct verb_option *known = find_option(list, count, name);
	if (known == NULL)
		say_unknown(list, count, name, text, sizeof(text));
	else
		snprintf(text, sizeof(text),
			known->has_value ? in_language("--%s wants a value", "--%s에 값이 빠졌습니다")
					 : in_language("--%s takes no value", "--%s에는 값을 쓰지 않습니다"),
			known->name);
	return refuse_usage(verb, text);
}

int refuse_rest(const char *verb)
{
	return refuse_usage(verb, in_language("takes no further arguments", "더 받는 인수가 없습니다"));
}

int take_language(const char *verb, const char *value)
{
	if (strcmp(value, "en") != 0 && strcmp(value, "ko") != 0)
		return refuse_usage(verb, in_language("--lang is en or ko", "--lang 값은 en 또는 ko입니다"));
	language_set(value);
	return 0;
}

int take_pue(const char *verb, const char *option, const char *value)
{
	char text[256], *end;
	double pue = strtod(value, &end);

	if (end != value && *end == '\0' && pue >= 1 && pue <= CONFIG_PUE_MAX)
		return 0;
	snprintf(text, sizeof(text),
		in_language(
			"--%s %.64s: a PUE is facility energy divided by IT energy, a number from 1 to %d, "
			"e.g. 1.45",
			"--%s %.64s: PUE는 시설 전체 에너지를 IT 에너지로 나눈 값이며 1에서 %d 사이의 "
			"숫자여야 "
			"합니다(예: 1.45)"),
		option, value, CONFIG_PUE_MAX);
	return refuse_usage(verb, text);
}
