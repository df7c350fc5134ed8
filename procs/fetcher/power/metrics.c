#include "fetcher/power/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER_MAX      64 /* bytes of a number; Go prints at most 24 */
#define EXACT_DIGITS    15 /* fewer than 2^53: exact in a double */
#define EXACT_EXPONENT  22 /* 10^22 is exact too, so that one operation rounds once (Clinger 1990) */
#define TIME_MS_MAX     INT64_C(253402300799999) /* the year 9999 */
#define OPENMETRICS_END "# EOF\n"

enum { NAME_FIRST = 1, NAME_NEXT = 2, LABEL_FIRST = 4, LABEL_NEXT = 8 };

#define LETTERS(flags)                                                                                       \
	['a'] = (flags), ['b'] = (flags), ['c'] = (flags), ['d'] = (flags), ['e'] = (flags),                 \
	['f'] = (flags), ['g'] = (flags), ['h'] = (flags), ['i'] = (flags), ['j'] = (flags),                 \
	['k'] = (flags), ['l'] = (flags), ['m'] = (flags), ['n'] = (flags), ['o'] = (flags),                 \
	['p'] = (flags), ['q'] = (flags), ['r'] = (flags), ['s'] = (flags), ['t'] = (flags),                 \
	['u'] = (flags), ['v'] = (flags), ['w'] = (flags), ['x'] = (flags), ['y'] = (flags),                 \
	['z'] = (flags), ['A'] = (flags), ['B'] = (flags), ['C'] = (flags), ['D'] = (flags),                 \
	['E'] = (flags), ['F'] = (flags), ['G'] = (flags), ['H'] = (flags), ['I'] = (flags),                 \
	['J'] = (flags), ['K'] = (flags), ['L'] = (flags), ['M'] = (flags), ['N'] = (flags),                 \
	['O'] = (flags), ['P'] = (flags), ['Q'] = (flags), ['R'] = (flags), ['S'] = (flags),                 \
	['T'] = (flags), ['U'] = (flags), ['V'] = (flags), ['W'] = (flags), ['X'] = (flags),                 \
	['Y'] = (flags), ['Z'] = (flags)
#define DIGITS(flags)                                                                                        \
	['0'] = (flags), ['1'] = (flags), ['2'] = (flags), ['3'] = (flags), ['4'] = (flags),                 \
	['5'] = (flags), ['6'] = (flags), ['7'] = (flags), ['8'] = (flags), ['9'] = (flags)

static const unsigned char classes[256] = { LETTERS(NAME_FIRST | NAME_NEXT | LABEL_FIRST | LABEL_NEXT),
	DIGITS(NAME_NEXT | LABEL_NEXT), ['_'] = NAME_FIRST | NAME_NEXT | LABEL_FIRST | LABEL_NEXT,
	[':'] = NAME_FIRST | NAME_NEXT };

struct parse {
	const char *at, *end; /* of the line, without its line feed */
	size_t line;
	bool is_openmetrics, is_over;
	const char *reason;
};

static int refuse(struct parse *parse, const char *reason)
{
	parse->reason = reason;
	return -EBADMSG;
}

static void skip_blanks(struct parse *parse)
{
	while (parse->at < parse->end && (*parse->at == ' ' || *parse->at == '\t'))
		parse->at++;
}

static bool take(struct parse *parse, char c)
{
	if (parse->at == parse->end || *parse->at != c)
		return false;
	parse->at++;
	return true;
}

static bool take_name(struct parse *parse, int first, int next, struct text *ret_name)
{
	const char *from = parse->at, *at = from;

	if (at == parse->end || (classes[(unsigned char)*at] & first) == 0)
		return false;
	while (at < parse->end && (classes[(unsigned char)*at] & next) != 0)
		at++;
	*ret_name = (struct text) { from, (uint32_t)(at - from) };
	parse->at = at;
	return true;
}

/* The opening quote is behind; a value has no line feed, for the line ends there. */
static int take_value(struct parse *parse, struct metric_label *label)
{
	const char *from = parse->at, *at = from;

	label->is_escaped = false;
	for (;;) {
		const char *quote = memchr(at, '"', (size_t)(parse->end - at));
		const char *slash;
		if (quote == NULL)
			return refuse(parse, "a label value without an end");
		slash = memchr(at, '\\', (size_t)(quote - at));
		if (slash == NULL) {
			label->value = (struct text) { from, (uint32_t)(quote - from) };
			parse->at = quote + 1;
			return 0;
		}
		if (slash[1] != '\\' && slash[1] != '"' && slash[1] != 'n')
			return refuse(parse, "an unknown escape in a label value");
		label->is_escaped = true;
		at = slash + 2;
	}
}

static bool is_twice(const struct metric_sample *sample)
{
	const struct text *name = &sample->labels[sample->label_count].name;

	for (size_t i = 0; i < sample->label_count; i++) {
		const struct text *other = &sample->labels[i].name;
		if (other->size == name->size && memcmp(other->data, name->data, name->size) == 0)
			return true;
	}
	return false;
}

static int take_label(struct parse *parse, struct metric_sample *sample)
{
	struct metric_label *label = &sample->labels[sample->label_count];
	int r;

	if (sample->label_count == METRIC_LABELS_MAX)
		return -E2BIG;
	if (!take_name(parse, LABEL_FIRST, LABEL_NEXT, &label->name))
		return refuse(parse, "no label name");
	skip_blanks(parse);
	if (!take(parse, '='))
		return refuse(parse, "no '=' after a label name");
	skip_blanks(parse);
	if (!take(parse, '"'))
		return refuse(parse, "a label value without a quote");
	if ((r = take_value(parse, label)) < 0)
		return r;
	if (is_twice(sample))
		return refuse(parse, "a label twice");
	sample->label_count++;
	return 0;
}

/* The opening brace is behind. A comma may stand after the last label. */
static int take_labels(struct parse *parse, struct metric_sample *sample)
{
	int r;

	for (skip_blanks(parse); !take(parse, '}'); skip_blanks(parse)) {
		if ((r = take_label(parse, sample)) < 0)
			return r;
		skip_blanks(parse);
		if (!take(parse, ',') && (parse->at == parse->end || *parse->at != '}'))
			return refuse(parse, "no ',' or '}' after a label");
	}
	return 0;
}

/* Digits with at most one dot whose value and scale are exact; everything else is left to strtod(). */
static bool read_plain(const char *text, size_t size, double *ret_value)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
		1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	uint64_t digits = 0;
	size_t count = 0, scale = 0;
	bool has_dot = false;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '.' && !has_dot) {
			has_dot = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' || count == EXACT_DIGITS)
			return false;
		digits = digits * 10 + (uint64_t)(text[i] - '0');
		count++;
		scale += has_dot;
	}
	if (count == 0)
		return false;
	*ret_value = (double)digits / powers[scale < EXACT_EXPONENT ? scale : EXACT_EXPONENT];
	return true;
}

static bool read_word(const char *text, double *ret_value)
{
	const char *word = *text == '+' || *text == '-' ? text + 1 : text;

	if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0)
		*ret_value = *text == '-' ? -HUGE_VAL : HUGE_VAL;
	else if (strcasecmp(text, "nan") == 0)
		*ret_value = NAN;
	else
		return false;
	return true;
}

bool metric_number(const char *text, size_t size, double *ret_value)
{
	char copy[NUMBER_MAX + 1], *end;

	if (read_plain(text, size, ret_value))
		return true;
	if (size == 0 || size > NUMBER_MAX)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (read_word(copy, ret_value))
		return true;
	/* strtod() also takes blanks, hexadecimal, "nan(…)" */
	if (strspn(copy, "+-.0123456789eE") != size)
		return false;
	*ret_value = strtod(copy, &end);
	return end == copy + size;
}

static bool take_number(struct parse *parse, double *ret_value)
{
	const char *from = parse->at, *at = from;

	while (at < parse->end && *at != ' ' && *at != '\t')
		at++;
	parse->at = at;
	return metric_number(from, (size_t)(at - from), ret_value);
}

/* Milliseconds as an integer, or in OpenMetrics seconds with a fraction. */
static int take_time(struct parse *parse, struct metric_sample *sample)
{
	double value;

	if (!take_number(parse, &value) || !isfinite(value))
		return refuse(parse, "no timestamp");
	if (parse->is_openmetrics)
		value *= 1000;
	else if (floor(value) < value)
		return refuse(parse, "a timestamp with a fraction");
	if (fabs(value) > (double)TIME_MS_MAX)
		return refuse(parse, "a timestamp out of range");
	sample->has_time = true;
	sample->time_ms = (int64_t)value;
	return 0;
}

static int take_sample(struct parse *parse, struct metric_sample *sample)
{
	int r;

	sample->label_count = 0;
	sample->has_time = false;
	if (!take_name(parse, NAME_FIRST, NAME_NEXT, &sample->name))
		return refuse(parse, "no metric name");
	skip_blanks(parse);
	if (take(parse, '{') && (r = take_labels(parse, sample)) < 0)
		return r;
	skip_blanks(parse);
	if (!take_number(parse, &sample->value))
		return refuse(parse, "no number");
	skip_blanks(parse);
	if (parse->at < parse->end && *parse->at != '#' && (r = take_time(parse, sample)) < 0)
		return r;
	skip_blanks(parse);
	if (parse->at < parse->end && !(parse->is_openmetrics && *parse->at == '#')) /* an exemplar */
		return refuse(parse, "something after the number");
	return 0;
}

static int take_line(struct parse *parse, struct metric_sample *sample, bool *ret_is_sample)
{
	const char *first = parse->at;

	*ret_is_sample = false;
	skip_blanks(parse);
	if (parse->at < parse->end && *parse->at != '#') {
		*ret_is_sample = true;
		return parse->is_over ? refuse(parse, "a sample after # EOF") : take_sample(parse, sample);
	}
	if (parse->is_openmetrics && parse->end - first == sizeof(OPENMETRICS_END) - 2 &&
		memcmp(first, OPENMETRICS_END, sizeof(OPENMETRICS_END) - 2) == 0)
		parse->is_over = true;
	return 0;
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size >= length && memcmp(text + size - length, end, length) == 0;
}

int metrics_parse(const char *text, size_t size, size_t samples_max, metric_sample_fn *on_sample,
	void *context, struct metrics_error *error)
{
	struct parse parse = { .is_openmetrics = ends_with(text, size, OPENMETRICS_END) };
	struct metric_sample sample; /* not cleared: only what label_count covers is read */
	size_t samples = 0;
	int r = 0;

	for (const char *at = text, *end = text + size; at < end && r == 0; at = parse.end + 1) {
		bool is_sample = false;
		parse.at = at;
		parse.line++;
		parse.end = memchr(at, '\n', (size_t)(end - at));
		if (parse.end == NULL) {
			parse.end = end;
			r = refuse(&parse, "the last line has no end: the text is cut");
		} else if (parse.end - at > (ptrdiff_t)METRIC_LINE_MAX)
			r = -E2BIG;
		else
			r = take_line(&parse, &sample, &is_sample);
		if (r == 0 && is_sample)
			r = samples++ == samples_max ? -E2BIG : on_sample(context, &sample);
	}
	if (r == 0)
		return 0;
	error->line = parse.line;
	error->reason = r == -EBADMSG && parse.reason != NULL ? parse.reason
			: r == -E2BIG                         ? "over a limit"
							      : strerrordesc_np(-r);
	return r;
}

const struct metric_label *metric_label(const struct metric_sample *sample, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < sample->label_count; i++)
		if (sample->labels[i].name.size == size &&
			memcmp(sample->labels[i].name.data, name, size) == 0)
			return &sample->labels[i];
	return NULL;
}

int metric_label_copy(const struct metric_label *label, char *text, size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < label->value.size; i++) {
		char c = label->value.data[i];
		if (c == '\\' && label->is_escaped) {
			c = label->value.data[++i];
			c = c == 'n' ? '\n' : c;
		}
		if (used + 1 >= size)
			return -E2BIG;
		text[used++] = c;
	}
	text[used] = '\0';
	return (int)used;
}
