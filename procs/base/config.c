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
#include "base/nearest.h"

#define COMMENT_COLUMNS 117
#define DEFAULT_PATH    "/etc/tanso/tanso.conf"
#define PUE_MAX         10

enum key_type { TYPE_TEXT, TYPE_INTEGER, TYPE_REAL, TYPE_PUE, TYPE_BOOLEAN, TYPE_CHOICE };

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	const char *fallback;    /* default of a text, boolean or choice */
	double number, min, max; /* default and range of a number */
	const char *unit, *env, *choices, *text;
};

static const struct key keys[] = {
#define KEY(k, t, ...)   { .name = #k, .type = t, .offset = offsetof(struct config, k), __VA_ARGS__ },
#define TEXT(k, d, e, x) KEY(k, TYPE_TEXT, .fallback = d, .env = e, .text = x)
#define INTEGER(k, d, lo, hi, u, e, x)                                                                       \
	KEY(k, TYPE_INTEGER, .number = d, .min = lo, .max = hi, .unit = u, .env = e, .text = x)
#define REAL(k, d, lo, hi, u, e, x)                                                                          \
	KEY(k, TYPE_REAL, .number = d, .min = lo, .max = hi, .unit = u, .env = e, .text = x)
#define PUE(k, e, x)       KEY(k, TYPE_PUE, .max = PUE_MAX, .unit = "ratio", .env = e, .text = x)
#define BOOLEAN(k, d, x)   KEY(k, TYPE_BOOLEAN, .fallback = (d) ? "yes" : "no", .text = x)
#define CHOICE(k, d, c, x) KEY(k, TYPE_CHOICE, .fallback = d, .choices = c, .text = x)
#include "base/config.def"
#undef KEY
};

static int fail(struct config_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct config_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int set_number(void *field, const struct key *key, const char *value, struct config_error *error)
{
	char *end;
	double number = strtod(value, &end);

	if (end == value || *end != '\0' || !isfinite(number))
		return fail(error, "%s: '%s' is not a number", key->name, value);
	if (number < key->min || number > key->max)
		return fail(error, "%s: %s is out of range; allowed: %g to %g %s", key->name, value, key->min,
			key->max, key->unit);
	if (key->type == TYPE_PUE && number > 0 && number < 1)
		return fail(error,
			"%s: %s: PUE is facility energy divided by IT energy and cannot be below 1; allowed: "
			"0 (not set), 1 to %d",
			key->name, value, PUE_MAX);
	if (key->type == TYPE_REAL || key->type == TYPE_PUE) {
		*(double *)field = number;
		return 0;
	}
	if (number != floor(number))
		return fail(error, "%s: %s is not a whole number; allowed: %g to %g %s", key->name, value,
			key->min, key->max, key->unit);
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

static int set_boolean(bool *field, const struct key *key, const char *value, struct config_error *error)
{
	static const char *const words[] = { "no", "yes", "false", "true", "0", "1", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i], value) != 0)
			continue;
		*field = i % 2 == 1;
		return 0;
	}
	return fail(error, "%s: '%s' is neither yes nor no", key->name, value);
}

static int set_key(
	struct config *config, const struct key *key, const char *value, struct config_error *error)
{
	void *field = (char *)config + key->offset;

	switch (key->type) {
	case TYPE_INTEGER:
	case TYPE_REAL:
	case TYPE_PUE: return set_number(field, key, value, error);
	case TYPE_BOOLEAN: return set_boolean(field, key, value, error);
	case TYPE_CHOICE:
		if (!is_choice(key->choices, value))
			return fail(error, "%s: '%s' is not one of %s", key->name, value, key->choices);
		break;
	case TYPE_TEXT: break;
	}
	if (strlen(value) >= CONFIG_TEXT_MAX)
		return fail(error, "%s: longer than %d bytes", key->name, CONFIG_TEXT_MAX - 1);
	snprintf(field, CONFIG_TEXT_MAX, "%s", value);
	return 0;
}

static int refuse_key(const char *name, struct config_error *error)
{
	const char *names[ARRAY_SIZE(keys)];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		names[i] = keys[i].name;
	int nearest = nearest_name(name, names, ARRAY_SIZE(keys));
	return fail(error, "%s: there is no such key%s%s (see tanso.conf(5) or docs/config.md)", name,
		nearest >= 0 ? "; did you mean " : "", nearest >= 0 ? names[nearest] : "");
}

int config_set(struct config *config, const char *name, const char *value, struct config_error *error)
{
	const struct key *key = find_key(name);

	if (key == NULL)
		return refuse_key(name, error);
	return set_key(config, key, value, error);
}

void config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		void *field = (char *)config + keys[i].offset;
		if (keys[i].type == TYPE_INTEGER)
			*(int64_t *)field = (int64_t)keys[i].number;
		else if (keys[i].type == TYPE_REAL || keys[i].type == TYPE_PUE)
			*(double *)field = keys[i].number;
		else if (keys[i].type == TYPE_BOOLEAN)
			*(bool *)field = strcmp(keys[i].fallback, "yes") == 0;
		else
			snprintf(field, CONFIG_TEXT_MAX, "%s", keys[i].fallback);
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
			? fail(&error, "[%s]: tanso.conf has no sections, only 'key = value' lines", section)
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
		return fail(error, "%s: cannot be read: %s", path, strerror(errno));
	return fail(error, "%s:%d: %s", path, line,
		reading.first.text[0] != '\0' ? reading.first.text : "not a 'key = value' line");
}

static int read_environment(struct config *config, struct config_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct config_error inner;
		const char *value = keys[i].env != NULL ? getenv(keys[i].env) : NULL;
		if (value == NULL || value[0] == '\0')
			continue;
		if (set_key(config, &keys[i], value, &inner) < 0)
			return fail(error, "environment %s: %.900s", keys[i].env, inner.text);
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

static void describe_default(FILE *out, const struct key *key)
{
	if (key->type == TYPE_INTEGER || key->type == TYPE_REAL || key->type == TYPE_PUE)
		fprintf(out, "%g", key->number);
	else
		fputs(key->fallback, out);
}

static void describe_range(FILE *out, const struct key *key)
{
	if (key->type == TYPE_INTEGER || key->type == TYPE_REAL)
		fprintf(out, "%g to %g %s", key->min, key->max, key->unit);
	else if (key->type == TYPE_PUE)
		fprintf(out, "0 (not set), 1 to %d", PUE_MAX);
	else if (key->type == TYPE_BOOLEAN)
		fputs("yes or no", out);
	else
		fputs(key->type == TYPE_CHOICE ? key->choices : "text", out);
}

/* Markdown tables split at '|'. */
static void put_cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

static void describe_markdown(FILE *out)
{
	fputs("# tanso.conf\n\nGenerated from procs/base/config.def. One file, `key = value` lines, `#` or "
	      "`;` begins "
	      "a comment.\nRead from --config, else /etc/tanso/tanso.conf; `tanso up` in a clone takes "
	      "deploy/config/tanso.conf.\n\n| key | default | allowed | environment | meaning "
	      "|\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char range[256] = "";
		CLEANUP(fclosep) FILE *memory = fmemopen(range, sizeof(range), "w");
		if (memory != NULL) {
			describe_range(memory, &keys[i]);
			fflush(memory);
		}
		fprintf(out, "| `%s` | `", keys[i].name);
		describe_default(out, &keys[i]);
		fputs("` | ", out);
		put_cell(out, range);
		fprintf(out, " | %s | ", keys[i].env != NULL ? keys[i].env : "");
		put_cell(out, keys[i].text);
		fputs(" |\n", out);
	}
}

/* As comment lines of at most COMMENT_COLUMNS: inih reads no line of more than 199 bytes. */
static void put_comment(FILE *out, const char *text)
{
	for (size_t length; *text != '\0'; text += length + (text[length] == ' ')) {
		length = strlen(text);
		if (length > COMMENT_COLUMNS) {
			length = COMMENT_COLUMNS;
			while (length > 1 && text[length] != ' ')
				length--;
		}
		fprintf(out, "# %.*s\n", (int)length, text);
	}
}

static void describe_file(FILE *out)
{
	fputs("# tanso.conf - every key with its default. Remove the '#' of a line to change it. See "
	      "docs/config.md.\n",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		fputc('\n', out);
		put_comment(out, keys[i].text);
		fputs("# allowed: ", out);
		describe_range(out, &keys[i]);
		if (keys[i].env != NULL)
			fprintf(out, "; environment: %s", keys[i].env);
		fprintf(out, "\n#%s = ", keys[i].name);
		describe_default(out, &keys[i]);
		fputc('\n', out);
	}
}

/* A leading dot or quote would be a request of roff's, a hyphen a soft one. */
static void put_roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '-' || *text == '\\')
			fputc('\\', out);
		fputc(*text == '\\' ? 'e' : *text, out);
	}
}

static void describe_man(FILE *out)
{
	fputs(".TH TANSO.CONF 5 \"\" \"tanso\" \"File Formats\"\n.SH NAME\ntanso.conf \\- configuration of "
	      "all stages of "
	      "tanso\n.SH DESCRIPTION\nOne file of \\(oqkey = value\\(cq lines; # or ; begins a comment. "
	      "Read from "
	      "\\-\\-config, else /etc/tanso/tanso.conf; \\fBtanso up\\fR in a clone takes "
	      "deploy/config/tanso.conf. A line "
	      "that cannot be used stops the start with its number and the reason.\n.SH KEYS\n",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		fprintf(out, ".TP\n\\fB%s\\fR = ", keys[i].name);
		describe_default(out, &keys[i]);
		fputs(" \\fR(", out);
		describe_range(out, &keys[i]);
		if (keys[i].env != NULL)
			fprintf(out, "; environment: %s", keys[i].env);
		fputs(")\n", out);
		put_roff(out, keys[i].text);
		fputc('\n', out);
	}
	fputs(".SH SEE ALSO\n.BR tanso (1)\n", out);
}

void config_describe(FILE *out, enum config_format format)
{
	if (format == CONFIG_FORMAT_MARKDOWN)
		describe_markdown(out);
	else if (format == CONFIG_FORMAT_MAN)
		describe_man(out);
	else
		describe_file(out);
}
