#include "analyst/answers/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyst/carbon/carbon.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/origin.h"

static const struct {
	const char *tool;
	answer_tool_fn *answer;
} desks[] = { { "assess_workload_compliance", assess_answer }, { "list_top_power_consumers", top_answer },
	{ "calculate_optimal_schedule", schedule_answer }, { "compare_optimization_impact", compare_answer },
	{ "get_regional_comparison", region_answer }, { "list_workloads_by_compliance", list_answer },
	{ "identify_power_hotspots", hotspot_answer }, { "get_power_consumption_summary", summary_answer },
	{ "power_history", history_answer }, { "hourly_profile", profile_answer },
	{ "catalogue", catalogue_answer }, { "names", names_answer },
	{ "compliance_standard", standard_answer }, { "carbon_intensity", intensity_answer },
	{ "workload_metrics", metrics_answer }, { "grid_data", grid_answer } };

/* These have an answer before the first reading, too. */
static const char *const without_power[] = { "catalogue", "names", "compliance_standard", "carbon_intensity",
	"grid_data" };
/* These tell who draws power now: without the watts of now an empty list would be a lie. */
static const char *const by_watts[] = { "list_top_power_consumers", "identify_power_hotspots" };

void write_reasons(struct json_writer *writer, const struct reasons *reasons)
{
	json_open_array(writer, "reason_codes");
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		if (reasons->is_set[i])
			json_write_text(writer, NULL, reason_name((enum reason_code)i));
	json_close_array(writer);
}

void write_time(struct json_writer *writer, const char *key, int64_t seconds)
{
	char text[32];

	clock_format_kst((uint64_t)seconds * NS_PER_SECOND, text);
	json_write_text(writer, key, text);
}

void write_timestamp(struct json_writer *writer, const struct question *question)
{
	write_time(writer, "timestamp", question_now(question));
}

/* Of hourly data that covers nothing of what was asked for, nothing was used: the annual value is told, with its own licence. */
static void write_grid(struct json_writer *writer, const struct question *question, double coverage)
{
	bool has_file = question->grid.grid.file != NULL;
	struct question used = *question;
	const struct grid_choice *choice = &used.grid;

	if (has_file && coverage <= 0)
		question_use_annual(&used);
	json_open_object(writer, "grid");
	json_write_text(writer, "source", choice->source);
	json_write_text(writer, "vintage", choice->vintage);
	write_time(writer, "retrieved_at",
		choice->live != NULL ? choice->live->retrieved_s
				     : (int64_t)(question->knowledge->loaded_real_ns / NS_PER_SECOND));
	json_write_text(writer, "factor", grid_factor_name(choice->factor));
	json_write_text(writer, "signal", "average");
	json_write_text(writer, "quality", choice->quality);
	if (choice->is_degraded || (has_file && (coverage < 1 || choice->is_cached)))
		json_write_boolean(writer, "degraded", true);
	/* An annual value or the operator's one value covers any window. */
	json_write_number(writer, "coverage_percent", has_file ? coverage * 100 : 100);
	json_write_text(writer, "licence", choice->licence);
	if (choice->sha256 != NULL)
		json_write_text(writer, "sha256", choice->sha256);
	json_close_object(writer);
}

const char *collection_method(const struct knowledge *k)
{
	enum origin origin = origin_of(k->config);

	return origin == ORIGIN_PIPELINE ? usage_source_name((enum usage_source)k->book->last.usage)
					 : origin_name(origin);
}

static void write_power(struct json_writer *writer, const struct knowledge *k, double observed_ns)
{
	uint64_t span_ns;

	json_open_object(writer, "power");
	json_write_text(writer, "source", origin_name(origin_of(k->config)));
	json_write_text(writer, "meter", k->book->source);
	json_write_text(writer, "state", power_state_name((enum power_state)k->book->last.state));
	json_write_text(writer, "collection_method", collection_method(k));
	if (k->source_failure != NULL && k->source_failure[0] != '\0')
		json_write_text(writer, "failure", k->source_failure);
	if (k->book->last.error_ppm > 0)
		json_write_number(writer, "model_error_percent", k->book->last.error_ppm / 1e4);
	json_write_integer(writer, "samples", (int64_t)k->book->counts.frames);
	write_time(writer, "sampled_at", (int64_t)(k->book->last.real_ns / NS_PER_SECOND));
	json_write_number(writer, "metrics_age_s", (double)(k->age_ns / NS_PER_MILLISECOND) / 1000);
	if (book_watts_span(k->book, &span_ns))
		json_write_number(writer, "watts_window_s", (double)(span_ns / NS_PER_MILLISECOND) / 1000);
	if (observed_ns > 0)
		json_write_number(writer, "observed_hours", observed_ns / NS_PER_HOUR);
	json_close_object(writer);
}

void write_data_version(struct json_writer *writer, const struct data *data)
{
	json_open_object(writer, "data");
	json_write_text(writer, "version", data->version);
	json_write_text(writer, "sha256", data->sha256);
	json_close_object(writer);
}

void write_pue_vintage(struct json_writer *writer, const char *key, const struct region *region)
{
	char year[16];

	snprintf(year, sizeof(year), "%d", region->pue_year);
	json_write_text(writer, key, year);
}

static void write_measured_pue(struct json_writer *writer, const struct question *question)
{
	const struct facility *facility = question->knowledge->facility;
	char why[400];

	if (question->pue.source == PUE_MEASURED) {
		int64_t until = facility->until_s, now = question_now(question);
		write_time(writer, "vintage", until);
		json_write_number(writer, "metrics_age_s", now > until ? (double)(now - until) : 0);
		json_write_number(
			writer, "observed_hours", (double)facility->observed_s / LEDGER_HOUR_SECONDS);
		json_write_number(writer, "facility_watts", facility->facility_watts);
		json_write_number(writer, "it_watts", facility->it_watts);
	} else if (question->facility > FACILITY_USABLE && question->pue.source != PUE_ARGUMENT) {
		facility_explain(facility, question->facility, question->is_korean, why, sizeof(why));
		json_write_boolean(writer, "degraded", true);
		json_write_text(writer, "failure", why);
	}
}

static void write_pue(struct json_writer *writer, const struct question *question)
{
	json_open_object(writer, "pue");
	json_write_text(writer, "source", pue_source_name(question->pue.source));
	if (question->pue.source == PUE_REGION_TABLE)
		write_pue_vintage(writer, "vintage", question->region);
	write_measured_pue(writer, question);
	json_close_object(writer);
}

void write_provenance(
	struct json_writer *writer, const struct question *question, double coverage, double observed_ns)
{
	json_open_object(writer, "provenance");
	write_grid(writer, question, coverage);
	write_power(writer, question->knowledge, observed_ns);
	write_pue(writer, question);
	write_data_version(writer, question->knowledge->data);
	json_close_object(writer);
}

void write_grid_provenance(struct json_writer *writer, const struct question *question, double coverage)
{
	json_open_object(writer, "provenance");
	write_grid(writer, question, coverage);
	write_data_version(writer, question->knowledge->data);
	json_close_object(writer);
}

static void answer_error(const struct error_object *error, const char *lang, struct answer *ret_answer)
{
	ret_answer->status = error_status(error->code);
	ret_answer->body = error_json(error, lang, &ret_answer->size);
	if (ret_answer->body == NULL)
		ret_answer->size = 0;
}

/* 0, or -EINVAL with `error` filled. */
static int check(const char *name, size_t name_size, const char *text, size_t text_size, const char *lang,
	struct json_object **ret_arguments, const struct tool **ret_tool, struct error_object *error)
{
	struct json_object *raw = NULL;
	size_t offset = 0;
	int r;

	*error = (struct error_object) { .code = ERROR_UNKNOWN_TOOL };
	snprintf(error->value, sizeof(error->value), "%.*s", (int)name_size, name);
	*ret_tool = tool_find(name, name_size);
	if (*ret_tool == NULL)
		*ret_tool = view_find(name, name_size);
	if (*ret_tool == NULL)
		return -EINVAL;
	if (text_size > 0) {
		raw = json_parse_strict(text, text_size, &offset);
		*error = (struct error_object) { .code = ERROR_INVALID_JSON };
		snprintf(error->hint, sizeof(error->hint), "byte %zu", offset);
		if (raw == NULL)
			return -EINVAL;
	}
	r = tool_check_arguments(*ret_tool, raw, lang, ret_arguments, error);
	json_object_put(raw);
	return r;
}

static int ask_desk(const struct tool *tool, struct question *question, struct json_writer *writer,
	struct error_object *error)
{
	for (size_t i = 0; i < sizeof(desks) / sizeof(desks[0]); i++)
		if (strcmp(desks[i].tool, tool->name) == 0)
			return desks[i].answer(question, writer, error);
	*error = (struct error_object) { .code = ERROR_UNKNOWN_TOOL };
	return -EINVAL;
}

static bool is_among(const struct tool *tool, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], tool->name) == 0)
			return true;
	return false;
}

/* Whether the tool can say anything yet: a successor whose ledger is full may not know the watts of now. */
static bool is_ready(const struct book *book, const struct tool *tool)
{
	double watts[PART_COUNT];

	if (is_among(tool, without_power, ARRAY_SIZE(without_power)))
		return true;
	if (!book->has_frame || book->last.state == POWER_INITIALIZING)
		return false;
	return !is_among(tool, by_watts, ARRAY_SIZE(by_watts)) || book_watts(book, &book->node, watts);
}

/* Why nothing comes is known where power is read; where that is, the configuration says. */
static int refuse_unready(const struct question *question, struct error_object *error)
{
	enum origin origin = origin_of(question->knowledge->config);
	const char *key = origin == ORIGIN_KEPLER ? "kepler_endpoint" : "prometheus_url";

	*error = (struct error_object) { .code = ERROR_NOT_READY, .retry_after_s = 1 };
	if (origin == ORIGIN_PIPELINE)
		snprintf(error->hint, sizeof(error->hint), "%s",
			question->is_korean ? "전력은 이 호스트에서 계측하며(kepler_endpoint와 "
					      "prometheus_url이 설정되지 않음) "
					      "시작하고 몇 초 뒤부터 나옵니다. 계속 없으면 원인을 tanso "
					      "doctor로 확인하십시오."
					    : "Power is measured on this host, as neither kepler_endpoint "
					      "nor prometheus_url is "
					      "set, from some seconds after the start on; if none comes, "
					      "tanso doctor says "
					      "why.");
	else
		snprintf(error->hint, sizeof(error->hint),
			question->is_korean
				? "전력을 %s에서 읽습니다. 계속 없으면 원인이 로그에 "
				  "있습니다(fetcher: no power from …)."
				: "Power is read from %s; if none comes, the log says why (fetcher: no "
				  "power from …).",
			key);
	return -EINVAL;
}

static int answer_checked(const struct knowledge *knowledge, const struct tool *tool,
	struct json_object *arguments, struct question *question, struct answer *ret_answer,
	struct error_object *error)
{
	struct json_writer writer = { 0 };
	int r;

	if (!is_ready(knowledge->book, tool))
		return refuse_unready(question, error);
	json_open_object(&writer, NULL);
	r = ask_desk(tool, question, &writer, error);
	(void)arguments;
	if (r == 0) {
		json_close_object(&writer);
		r = json_take(&writer, &ret_answer->body, &ret_answer->size);
		ret_answer->status = 200;
	}
	json_done(&writer);
	if (r == -ETIME)
		*error = (struct error_object) { .code = ERROR_WINDOW_TOO_LARGE, .field = "window" };
	else if (r < 0 && r != -EINVAL)
		*error = (struct error_object) { .code = ERROR_INTERNAL };
	return r;
}

void answer_question(const struct knowledge *knowledge, const char *tool, size_t tool_size,
	const char *arguments, size_t arguments_size, const char *namespaces, const char *lang,
	struct answer *ret_answer)
{
	struct json_object *checked = NULL;
	const struct tool *found = NULL;
	struct error_object error = { .code = ERROR_INTERNAL };
	struct question question;
	int r;

	*ret_answer = (struct answer) { 0 };
	r = check(tool, tool_size, arguments, arguments_size, lang, &checked, &found, &error);
	if (r == 0) {
		r = question_resolve(knowledge, checked, namespaces, lang, &question, &error);
		lang = question_lang(&question);
	}
	if (r == 0)
		r = answer_checked(knowledge, found, checked, &question, ret_answer, &error);
	if (r < 0)
		answer_error(&error, lang, ret_answer);
	json_object_put(checked);
}
