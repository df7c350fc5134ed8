#include "base/config.h"

#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config_private.h"
#include "base/language.h"
#include "base/nearest.h"

#define DEFAULT_PATH "/etc/tanso/tanso.conf"

const struct config_key config_keys[] = {
#define KEY(k, t, ...)   { .name = #k, .type = t, .offset = offsetof(struct config, k), __VA_ARGS__ },
#define TEXT(k, d, e, x) KEY(k, TYPE_TEXT, .fallback = d, .env = e, .text = x)
#define INTEGER(k, d, lo, hi, u, e, x)                                                                       \
	KEY(k, TYPE_INTEGER, .number = d, .min = lo, .max = hi, .unit = u, .env = e, .text = x)
#define REAL(k, d, lo, hi, u, e, x)                                                                          \
	KEY(k, TYPE_REAL, .number = d, .min = lo, .max = hi, .unit = u, .env = e, .text = x)
#define PUE(k, e, x)       KEY(k, TYPE_PUE, .max = CONFIG_PUE_MAX, .unit = "ratio", .env = e, .text = x)
#define BOOLEAN(k, d, x)   KEY(k, TYPE_BOOLEAN, .fallback = (d) ? "yes" : "no", .text = x)
#define CHOICE(k, d, c, x) KEY(k, TYPE_CHOICE, .fallback = d, .choices = c, .text = x)
#include "base/config.def"
#undef KEY
};

const size_t config_key_count = ARRAY_SIZE(config_keys);

static int fail(struct config_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct config_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static const struct config_key *find_key(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	return NULL;
}

#define RANGE_MAX 96

static const char *range_of(const struct config_key *key, char text[static RANGE_MAX])
{
	if (key->type == TYPE_PUE)
		snprintf(text, RANGE_MAX, in_language("0 (not set), 1 to %d", "0(설정 안 함), 1 ~ %d"),
			CONFIG_PUE_MAX);
	else
		snprintf(text, RANGE_MAX, in_language("%.15g to %.15g %s", "%.15g ~ %.15g %s"), key->min,
			key->max, key->unit);
	return text;
}

static int set_number(
	void *field, const struct config_key *key, const char *value, struct config_error *error)
{
	char *end;
	double number = strtod(value, &end);
	char range[RANGE_MAX];

	if (end == value || *end != '\0' || !isfinite(number))
		return fail(error,
			in_language("%s: '%s' is not a number; allowed: %s",
				"%s: '%s': 숫자가 아닙니다. 허용 범위: %s"),
			key->name, value, range_of(key, range));
	if (number < key->min || number > key->max)
		return fail(error,
			in_language("%s: %s is out of range; allowed: %s",
				"%s: %s: 범위를 벗어났습니다. 허용 범위: %s"),
			key->name, value, range_of(key, range));
	if (key->type == TYPE_PUE && number > 0 && number < 1)
		return fail(error,
			in_language("%s: %s: PUE is facility energy divided by IT energy and cannot be below "
				    "1; allowed: %s",
				"%s: %s: PUE는 시설 전체 전력량을 IT 전력량으로 나눈 값이므로 1보다 작을 수 "
				"없습니다. 허용 범위: %s"),
			key->name, value, range_of(key, range));
	if (key->type == TYPE_REAL || key->type == TYPE_PUE) {
		*(double *)field = number;
		return 0;
	}
	if (number != floor(number))
		return fail(error,
			in_language("%s: %s is not a whole number; allowed: %s",
				"%s: %s: 정수가 아닙니다. 허용 범위: %s"),
			key->name, value, range_of(key, range));
	*(int64_t *)field = (int64_t)number;
	return 0;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t size = strlen(value);

	for (const char *at = choices; size > 0 && (at = strstr(at, value)) != NULL; at += size)
		if ((at == choices || at[-1] == '|') && (at[size] == '|' || at[size] == '\0'))
			return true;
	return false;
}

static int set_boolean(
	bool *field, const struct config_key *key, const char *value, struct config_error *error)
{
	static const char *const words[] = { "no", "yes", "false", "true", "0", "1", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i], value) != 0)
			continue;
		*field = i % 2 == 1;
		return 0;
	}
	return fail(error,
		in_language("%s: '%s' is neither yes nor no", "%s: '%s': yes 또는 no를 적으십시오"),
		key->name, value);
}

static int set_key(
	struct config *config, const struct config_key *key, const char *value, struct config_error *error)
{
	void *field = (char *)config + key->offset;

	switch (key->type) {
	case TYPE_INTEGER:
	case TYPE_REAL:
	case TYPE_PUE: return set_number(field, key, value, error);
	case TYPE_BOOLEAN: return set_boolean(field, key, value, error);
	case TYPE_CHOICE:
		if (!is_choice(key->choices, value))
			return fail(error,
				in_language("%s: '%s' is not one of %s",
					"%s: '%s': 다음 중 하나를 적으십시오: %s"),
				key->name, value, key->choices);
		break;
	case TYPE_TEXT: break;
	}
	if (strlen(value) >= CONFIG_TEXT_MAX)
		return fail(error, in_language("%s: longer than %d bytes", "%s: %d바이트를 넘을 수 없습니다"),
			key->name, CONFIG_TEXT_MAX - 1);
	snprintf(field, CONFIG_TEXT_MAX, "%s", value);
	return 0;
}

static int refuse_key(const char *name, struct config_error *error)
{
	const char *names[ARRAY_SIZE(config_keys)];

	for (size_t i = 0; i < config_key_count; i++)
		names[i] = config_keys[i].name;
	int nearest = nearest_name(name, names, config_key_count);
	if (nearest < 0)
		return fail(error,
			in_language("%s: there is no such key; see tanso.conf(5) or docs/config.md",
				"%s: 그런 항목은 없습니다. tanso.conf(5)나 docs/config.md를 보십시오"),
			name);
	return fail(error,
		in_language(
			"%s: there is no such key; did you mean %s? (see tanso.conf(5) or docs/config.md)",
			"%s: 그런 항목은 없습니다. 혹시 %s? (tanso.conf(5)나 docs/config.md 참고)"),
		name, names[nearest]);
}

int config_set(struct config *config, const char *name, const char *value, struct config_error *error)
{
	const struct config_key *key = find_key(name);

	if (key == NULL)
		return refuse_key(name, error);
	return set_key(config, key, value, error);
}

void config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < config_key_count; i++) {
		void *field = (char *)config + config_keys[i].offset;
		if (config_keys[i].type == TYPE_INTEGER)
			*(int64_t *)field = (int64_t)config_keys[i].number;
		else if (config_keys[i].type == TYPE_REAL || config_keys[i].type == TYPE_PUE)
			*(double *)field = config_keys[i].number;
		else if (config_keys[i].type == TYPE_BOOLEAN)
			*(bool *)field = strcmp(config_keys[i].fallback, "yes") == 0;
		else
			snprintf(field, CONFIG_TEXT_MAX, "%s", config_keys[i].fallback);
	}
}

struct reading {
	struct config *config;
	struct config_error first; /* of the first bad line, whose number ini_parse() returns */
};

static int on_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	struct config_error error = { 0 };
	int r = section[0] != '\0'
			? fail(&error,
				  in_language("[%s]: tanso.conf has no sections, only 'key = value' lines",
					  "[%s]: tanso.conf에는 구역이 없고 'key = value' 줄만 있습니다"),
				  section)
			: config_set(reading->config, name, value, &error);

	if (r < 0 && reading->first.text[0] == '\0')
		reading->first = error;
	return r == 0;
}

static int read_file(struct config *config, const char *path, struct config_error *error)
{
	struct reading reading = { .config = config };
	int line = ini_parse(path, on_line, &reading);

	if (line == 0) {
		snprintf(config->path, sizeof(config->path), "%s", path);
		return 0;
	}
	if (line < 0)
		return fail(error, in_language("%s: cannot be read: %s", "%s: 읽을 수 없습니다: %s"), path,
			strerror(errno));
	return fail(error, "%s:%d: %s", path, line,
		reading.first.text[0] != '\0'
			? reading.first.text
			: in_language("not a 'key = value' line", "'key = value' 형식의 줄이 아닙니다"));
}

static int read_environment(struct config *config, struct config_error *error)
{
	for (size_t i = 0; i < config_key_count; i++) {
		struct config_error inner;
		const char *value = config_keys[i].env != NULL ? getenv(config_keys[i].env) : NULL;
		if (value == NULL || value[0] == '\0')
			continue;
		if (set_key(config, &config_keys[i], value, &inner) < 0)
			return fail(error, in_language("environment %s: %.900s", "환경 변수 %s: %.900s"),
				config_keys[i].env, inner.text);
	}
	return 0;
}

int config_load(struct config *config, const char *path, struct config_error *error)
{
	int r = 0;

	config_defaults(config);
	if (path != NULL)
		r = read_file(config, path, error);
	else if (access(DEFAULT_PATH, F_OK) == 0)
		r = read_file(config, DEFAULT_PATH, error);
	return r < 0 ? r : read_environment(config, error);
}

/* build/<preset>/bin/tanso-x -> the clone's data, so that nothing needs installing while developing. */
static bool clone_dir(const char *name, char ret_path[static CONFIG_TEXT_MAX])
{
	char exe[CONFIG_TEXT_MAX];
	ssize_t size = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (size < 0)
		return false;
	exe[size] = '\0';
	for (int up = 0; up < 4; up++) {
		char *slash = strrchr(exe, '/');
		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	int written = snprintf(ret_path, CONFIG_TEXT_MAX, "%s/deploy/config/%s", exe, name);
	return written > 0 && written < CONFIG_TEXT_MAX && access(ret_path, R_OK) == 0;
}

static void find_dir(const char *given, const char *name, char ret_path[static CONFIG_TEXT_MAX])
{
	if (given[0] != '\0')
		snprintf(ret_path, CONFIG_TEXT_MAX, "%s", given);
	else if (!clone_dir(name, ret_path))
		snprintf(ret_path, CONFIG_TEXT_MAX, "%s/%s", TANSO_DATA_DIR, name);
}

void config_data_dir(const struct config *config, char ret_path[static CONFIG_TEXT_MAX])
{
	find_dir(config->data_dir, "korea", ret_path);
}

void config_models_dir(const struct config *config, char ret_path[static CONFIG_TEXT_MAX])
{
	find_dir(config->models_dir, "models", ret_path);
}
