#include "analyst/answers/question.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/kst.h"
#include "base/nearest.h"

#define WINDOW_MIN_S INT64_C(60)
#define WINDOW_MAX_S (400 * DAY_SECONDS)

/* Weeks do not mix with other units (ISO 8601); months and years have no fixed length and are refused. */
int64_t parse_duration(const char *text)
{
	static const struct {
		char unit;
		bool is_time;
		int64_t seconds;
	} units[] = { { 'W', false, 7 * DAY_SECONDS }, { 'D', false, DAY_SECONDS },
		{ 'H', true, HOUR_SECONDS }, { 'M', true, MINUTE_SECONDS }, { 'S', true, 1 } };
	int64_t total = 0;
	size_t next = 0, parts = 0;
	bool is_time = false;

	if (*text++ != 'P')
		return -1;
	for (; *text != '\0'; parts++) {
		int64_t value = 0;
		if (*text == 'T' && !is_time) {
			is_time = true;
			text++;
		}
		if (*text < '0' || *text > '9')
			return -1;
		for (; *text >= '0' && *text <= '9'; text++)
			if ((value = value * 10 + (*text - '0')) > WINDOW_MAX_S)
				return -1;
		while (next < 5 && (units[next].unit != *text || units[next].is_time != is_time))
			next++;
		if (next == 5)
			return -1;
		total += value * units[next++].seconds;
		text++;
	}
	return parts == 0 || total < WINDOW_MIN_S || total > WINDOW_MAX_S ? -1 : total;
}

static const char *text_of_argument(struct json_object *arguments, const char *name, const char *otherwise)
{
	struct json_object *value;

	return json_object_object_get_ex(arguments, name, &value) ? json_object_get_string(value) : otherwise;
}

static double number_of_argument(struct json_object *arguments, const char *name, double otherwise)
{
	struct json_object *value;

	return json_object_object_get_ex(arguments, name, &value) ? json_object_get_double(value) : otherwise;
}

const char *question_lang(const struct question *question)
{
	return question->is_korean ? "ko" : "en";
}

int64_t question_now(const struct question *question)
{
	return (int64_t)(question->knowledge->now_real_ns / NS_PER_SECOND);
}

const char *question_text(const struct question *question, const char *name, const char *otherwise)
{
	return text_of_argument(question->arguments, name, otherwise);
}

double question_number(const struct question *question, const char *name, double otherwise)
{
	return number_of_argument(question->arguments, name, otherwise);
}

bool question_flag(const struct question *question, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(question->arguments, name, &value) && json_object_get_boolean(value);
}

int question_refuse(const struct question *question, struct error_object *error, enum error_code code,
	const char *field, const char *message_en, const char *message_ko)
{
	*error = (struct error_object) { .code = code };
	snprintf(error->field, sizeof(error->field), "%s", field);
	snprintf(error->message, sizeof(error->message), "%s", question->is_korean ? message_ko : message_en);
	return -EINVAL;
}

/* The codes there are, and the one that may have been meant. */
static int refuse_code(const struct question *question, struct error_object *error, enum error_code code,
	const char *field, const char *asked, const char *const *codes, size_t count)
{
	int nearest = nearest_name(asked, codes, count);

	*error = (struct error_object) { .code = code };
	snprintf(error->value, sizeof(error->value), "%s", asked);
	snprintf(error->field, sizeof(error->field), "%s", field);
	nearest_hint(asked, codes, count, question->is_korean, error->hint, sizeof(error->hint));
	if (nearest >= 0) {
		snprintf(error->candidates[0], sizeof(error->candidates[0]), "%s", codes[nearest]);
		error->candidate_count = 1;
	}
	return -EINVAL;
}

int question_refuse_tariff(const struct question *question, const char *code, struct error_object *error)
{
	const struct data *data = question->knowledge->data;
	const char *codes[TARIFFS_MAX];
	size_t count = 0;

	for (size_t i = 0, j; i < data->tariff_count; i++) {
		for (j = 0; j < count && strcmp(codes[j], data->tariffs[i].code) != 0; j++)
			;
		codes[j] = data->tariffs[i].code; /* one of several periods */
		count += j == count;
	}
	refuse_code(question, error, ERROR_INVALID_ARGUMENT, "tariff", code, codes, count);
	snprintf(error->message, sizeof(error->message), "%s",
		question->is_korean ? "데이터 파일에 그런 요금제가 없습니다."
				    : "There is no such tariff class in the data files.");
	return -EINVAL;
}

static int resolve_standard(struct question *question, const char *code, struct error_object *error)
{
	const struct data *data = question->knowledge->data;
	const char *codes[DATA_CODES_MAX];
	double configured = question->knowledge->config->korea_pue_target;

	question->standard = data_standard(data, code);
	if (question->standard == NULL) {
		size_t count = data_standard_codes(data, codes);
		return refuse_code(question, error, ERROR_UNKNOWN_STANDARD, "standard", code, codes, count);
	}
	question->pue_standard = data_pue_standard(data, question->standard);
	question->pue_target = configured >= 1 ? configured : question->pue_standard->target;
	return 0;
}

/* Who says Seoul or KR means one of its regions. */
static bool is_called(const struct region *region, const char *asked)
{
	const char *name = region->name[0];

	return strcasecmp(region->zone, asked) == 0 || strcmp(region->name[1], asked) == 0 ||
	       (strlen(asked) > 2 && (strcasestr(name, asked) != NULL || strcasestr(asked, name) != NULL));
}

static const char *code_of_called(const struct data *data, const char *asked)
{
	for (size_t i = 0; i < data->region_count; i++)
		if (is_called(&data->regions[i], asked))
			return data->regions[i].code;
	return asked;
}

int question_find_region(const struct question *question, const char *field, const char *code,
	const struct region **ret_region, struct error_object *error)
{
	const struct data *data = question->knowledge->data;
	const char *codes[DATA_CODES_MAX];

	*ret_region = data_region(data, code);
	if (*ret_region != NULL)
		return 0;
	size_t count = data_region_codes(data, codes);
	refuse_code(question, error, ERROR_UNKNOWN_REGION, field, code_of_called(data, code), codes, count);
	snprintf(error->value, sizeof(error->value), "%s", code);
	return -EINVAL;
}

bool question_is_in_korea(const struct question *question)
{
	return strcmp(question->region->zone, "KR") == 0;
}

static int resolve_window(struct question *question, const char *text, struct error_object *error)
{
	int64_t seconds = parse_duration(text), now = question_now(question);

	if (seconds < 0) {
		question_refuse(question, error, ERROR_INVALID_ARGUMENT, "window",
			"window must be an ISO 8601 duration from PT1M to P400D.",
			"window 값은 PT1M부터 P400D까지의 ISO 8601 기간이어야 합니다.");
		snprintf(error->hint, sizeof(error->hint), "P1D, PT1H, P30D");
		return -EINVAL;
	}
	question->window = seconds;
	/* The slot the window begins in belongs to it. */
	question->since = (now - seconds) / LEDGER_SLOT_SECONDS * LEDGER_SLOT_SECONDS;
	return 0;
}

const char *question_reach(const struct question *question)
{
	return question->namespace[0] != '\0' ? question->namespace : question->namespaces;
}

/* Whoever may see some namespaces only learns which, and nothing of another. */
static int check_reach(const struct question *question, struct error_object *error)
{
	char list[400];

	if (question->namespace[0] == '\0' || reach_reaches(question->namespaces, question->namespace))
		return 0;
	snprintf(list, sizeof(list), "%s", question->namespaces);
	for (char *at = list; (at = strchr(at, '\n')) != NULL;)
		*at = at[1] != '\0' ? ' ' : '\0';
	*error = (struct error_object) { .code = ERROR_NAMESPACE_FORBIDDEN };
	snprintf(error->field, sizeof(error->field), "namespace");
	snprintf(error->hint, sizeof(error->hint),
		question->is_korean ? "다음 중 하나를 namespace로 지정하십시오: %s"
				    : "Name one of these as namespace: %s",
		list);
	return -EINVAL;
}

static void choose_pue(struct question *question)
{
	const struct config *config = question->knowledge->config;
	double measured;

	question->facility = facility_judge(question->knowledge->facility, question_now(question), &measured);
	question->pue = pue_choose(question_number(question, "pue", 0), measured, config->pue,
		config->pue_overhead_ratio, question->region);
}

void question_note_pue(const struct question *question, struct reasons *reasons)
{
	enum pue_source source = question->pue.source;

	reasons->is_set[REASON_PUE_ASSUMED] |= source == PUE_ASSUMED;
	reasons->is_set[REASON_PUE_DEGRADED] |=
		question->facility > FACILITY_USABLE && source != PUE_ARGUMENT;
}

int question_resolve(const struct knowledge *knowledge, struct json_object *arguments, const char *namespaces,
	const char *lang, struct question *ret_question, struct error_object *error)
{
	const struct config *config = knowledge->config;
	struct question *q = ret_question;
	int r;

	*q = (struct question) { .knowledge = knowledge, .arguments = arguments, .namespaces = namespaces };
	q->is_korean = strncmp(text_of_argument(arguments, "lang", lang), "ko", 2) == 0;
	q->workload_name = text_of_argument(arguments, "workload_name", "");
	q->workload_kind = "";
	q->namespace = text_of_argument(arguments, "namespace", "");
	if (strcmp(q->namespace, NAMESPACE_ALL) == 0)
		q->namespace = "";
	q->allow_fake = question_flag(q, "allow_fake");
	q->basis = (enum basis)basis_from_name(text_of_argument(arguments, "basis", "pue_normalised"));
	q->limit = (int64_t)number_of_argument(arguments, "limit", 10);
	q->by_emissions = strcmp(text_of_argument(arguments, "sort_by", "power"), "emissions") == 0;
	if ((r = check_reach(q, error)) < 0 ||
		(r = resolve_standard(q, text_of_argument(arguments, "standard", config->standard), error)) <
			0 ||
		(r = question_find_region(q, "region", text_of_argument(arguments, "region", config->region),
			 &q->region, error)) < 0 ||
		(r = resolve_window(q, text_of_argument(arguments, "window", "P1D"), error)) < 0)
		return r;
	choose_pue(q);
	question_choose_grid(q);
	return 0;
}

double usage_coverage(const struct usage *usage)
{
	if (usage->energy_uj > 0)
		return usage->covered_uj / usage->energy_uj;
	return usage->present_ns > 0 ? usage->covered_ns / (double)usage->present_ns : 0;
}

double usage_unsure(const struct usage *usage)
{
	if (usage->energy_uj > 0)
		return usage->unsure_uj / usage->energy_uj;
	return usage->present_ns > 0 ? usage->unsure_ns / (double)usage->present_ns : 0;
}

double usage_intensity(const struct usage *usage)
{
	if (usage->energy_uj > 0)
		return usage->weighted / usage->energy_uj;
	return usage->present_ns > 0 ? usage->time_weighted / (double)usage->present_ns : 0;
}
