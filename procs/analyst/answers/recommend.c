#include "analyst/answers/recommend.h"

#include <math.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/answers/recommend_text.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "korea/mass.h"

#define WIDENED_TRIFLE    100  /* of a window: one in so many parts is not told */
#define AT_TARGET_PERCENT 1e-6 /* what rounding leaves of a gap */

const char *status_word(enum status status, bool is_korean)
{
	static const char *const words[][2] = { [STATUS_COMPLIANT] = { "COMPLIANT", "기준 충족" },
		[STATUS_NON_COMPLIANT] = { "NON-COMPLIANT", "기준 초과" },
		[STATUS_UNKNOWN] = { "UNKNOWN", "판단 보류" },
		[STATUS_NOT_ASSESSED] = { "NOT ASSESSED", "평가 제외" } };

	return words[status][is_korean];
}

static void say_reasons(struct prose *prose, const struct reasons *reasons)
{
	static const enum reason_code told[] = { REASON_FAKE_POWER, REASON_STALE_METRICS,
		REASON_POWER_IMPLAUSIBLE, REASON_ZERO_ENERGY, REASON_BASIS_MISMATCH,
		REASON_TARGET_EQUALS_GRID, REASON_GRID_DEGRADED, REASON_GRID_SAMPLE_DAY,
		REASON_SHORT_HISTORY };

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (reasons->is_set[told[i]])
			prose_say(
				prose, PHRASE_UNUSABLE, reason_text(told[i], prose->is_korean ? "ko" : "en"));
}

/* How sure the whole is; of both parts where they differ. */
static void say_confidence(struct prose *prose, const struct question *question, const struct compliance *c)
{
	const char *words[] = { phrase_text(PHRASE_BORDERLINE, prose->is_korean),
		phrase_text(PHRASE_CLEAR, prose->is_korean) };
	bool has_both = c->carbon_status != STATUS_NOT_ASSESSED && c->carbon_status != STATUS_UNKNOWN &&
			question->pue.source != PUE_ASSUMED;

	if (has_both && c->is_carbon_clear != c->is_pue_clear)
		prose_say(prose, PHRASE_BOTH, words[c->is_carbon_clear], words[c->is_pue_clear]);
	else
		prose_say(prose, c->is_clear ? PHRASE_CLEAR : PHRASE_BORDERLINE);
}

void recommend_workload(const struct question *question, const char *name, const struct verdict *verdict,
	double current_watts, char text[static RECOMMENDATION_MAX])
{
	const struct compliance *c = &verdict->compliance;
	const struct standard *standard = question->standard;
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };
	bool ko = question->is_korean;
	char quoted[PROSE_NAME_MAX], sure[64], mass[MASS_TEXT_MAX];
	uint64_t span_ns;

	say_confidence(&(struct prose) { sure, 0, sizeof(sure), ko }, question, c);
	prose_say(&prose, PHRASE_HEAD, prose_name(name, quoted), status_word(c->status, ko),
		standard->name[ko], sure);
	if (!standard->is_pue && verdict->is_power_usable)
		prose_say(&prose, PHRASE_CARBON, c->intensity, standard->target, c->gap_percent);
	if (question->pue.source != PUE_ASSUMED && fabs(c->pue_gap_percent) < AT_TARGET_PERCENT)
		prose_say(&prose, PHRASE_PUE_AT, question->pue.value);
	else if (question->pue.source != PUE_ASSUMED)
		prose_say(&prose, PHRASE_PUE, question->pue.value, question->pue_target, c->pue_gap_percent);
	else
		prose_say(&prose, PHRASE_PUE_ASSUMED);
	if (verdict->is_power_usable) {
		if (current_watts >= 0 && book_watts_span(question->knowledge->book, &span_ns))
			prose_say(&prose, PHRASE_POWER, current_watts, (double)span_ns / NS_PER_SECOND);
		prose_say(&prose, PHRASE_AMOUNTS, verdict->kwh_month * 1000 / HOURS_PER_MONTH,
			verdict->kwh_month, mass_text(verdict->kg_month, mass));
		if (strcmp(question->knowledge->config->share_idle, "none") == 0)
			prose_say(&prose, PHRASE_IDLE_APART);
	}
	if (question->reasons.is_set[REASON_MODEL_POWER] && question->knowledge->book->last.error_ppm > 0)
		prose_say(&prose, PHRASE_MODEL, question->knowledge->book->last.error_ppm / 1e4);
	say_reasons(&prose, &question->reasons);
}

void recommend_pue(const struct question *question, char *text, size_t size)
{
	struct prose prose = { .text = text, .room = size, .is_korean = question->is_korean };

	prose_say(&prose, PHRASE_PUE_IMPROVEMENT, question->pue.value, question->pue_target);
}

void recommend_schedule(const struct question *question, const struct schedule_words *words,
	char text[static RECOMMENDATION_MAX])
{
	const enum phrase by_advice[] = { PHRASE_SHIFT, words->is_later ? PHRASE_RUN_FIRST : PHRASE_RUN_NOW,
		PHRASE_NO_BENEFIT };
	static const enum reason_code of_price[] = { REASON_HOLIDAYS_UNKNOWN, REASON_TARIFF_OUT_OF_PERIOD };
	static const char *const things[2][2] = { { "carbon", "탄소 배출이" }, { "cost", "요금이" } };
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	if (words->advice == ADVICE_NO_HOURLY_DATA)
		prose_say(&prose, words->coverage > 0 ? PHRASE_TOO_FEW_HOURS : PHRASE_NO_HOURLY_DATA,
			words->coverage * 100);
	else
		prose_say(&prose, by_advice[words->advice], words->window, words->percent,
			things[words->is_by_cost][question->is_korean]);
	if (words->advice != ADVICE_NO_HOURLY_DATA && !words->is_by_cost && words->coverage < 1)
		prose_say(&prose, PHRASE_SOME_HOURS, words->coverage * 100);
	if (words->advice == ADVICE_NO_HOURLY_DATA && words->cheaper_percent > 0)
		prose_say(&prose, PHRASE_CHEAPER, words->window, words->cheaper_percent);
	if (words->is_over)
		prose_say(&prose, PHRASE_OVER);
	else if (words->is_past)
		prose_say(&prose, PHRASE_PAST);
	if (words->is_over && !words->is_by_cost && question->grid.grid.file->is_daily)
		prose_say(&prose, PHRASE_ANY_DAY);
	if (question->reasons.is_set[REASON_GRID_SAMPLE_DAY])
		prose_say(&prose, PHRASE_SAMPLE);
	for (size_t i = 0; i < ARRAY_SIZE(of_price); i++)
		if (question->reasons.is_set[of_price[i]])
			prose_say(&prose, PHRASE_UNUSABLE, reason_text(of_price[i], question_lang(question)));
}

void recommend_region(const struct question *question, const struct region_words *words,
	char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	if (words->best == NULL) {
		prose_say(&prose, PHRASE_STAY, words->current);
		return;
	}
	prose_say(&prose, words->is_marginal ? PHRASE_MOVE_MARGINAL : PHRASE_MOVE, words->current,
		words->best, words->percent);
	if (words->does_disagree)
		prose_say(&prose, words->is_marginal ? PHRASE_DISAGREE_AVERAGE : PHRASE_DISAGREE, words->best,
			words->other_there, words->other_here, words->current);
}

void recommend_nothing(const struct question *question, char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };
	char quoted[PROSE_NAME_MAX], hint[512] = "";

	if (question->namespace[0] == '\0')
		prose_say(&prose, PHRASE_NO_WORKLOAD);
	else if (namespace_is_known(question, hint, sizeof(hint)))
		prose_say(&prose, PHRASE_NAMESPACE_SILENT, prose_name(question->namespace, quoted));
	else
		prose_say(&prose, PHRASE_NAMESPACE_UNKNOWN, prose_name(question->namespace, quoted));
	if (hint[0] != '\0')
		prose_say(&prose, PHRASE_UNUSABLE, hint);
}

static size_t count_of(const struct list_summary *summary)
{
	size_t count = 0;

	for (size_t i = 0; i < STATUS_NOT_ASSESSED; i++)
		count += summary->by_status[i];
	return count;
}

/* Told where it is more than a trifle of what was asked for. */
static void say_widened(struct prose *prose, const struct question *question)
{
	int64_t now = question_now(question), more = now - question->since - question->window;
	char from[32], to[32];

	if (more * WIDENED_TRIFLE <= question->window)
		return;
	clock_format_kst((uint64_t)question->since * NS_PER_SECOND, from);
	clock_format_kst((uint64_t)now * NS_PER_SECOND, to);
	prose_say(prose, PHRASE_WIDENED, from, to);
}

void recommend_list(const struct question *question, const struct list_summary *summary,
	char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	char mass[MASS_TEXT_MAX];

	mass_text(summary->kg_month, mass);
	text[0] = '\0';
	if (count_of(summary) == 0) {
		recommend_nothing(question, text);
		return;
	}
	prose_say(&prose, PHRASE_LIST, summary->by_status[STATUS_NON_COMPLIANT],
		summary->by_status[STATUS_UNKNOWN], summary->by_status[STATUS_COMPLIANT]);
	if (summary->has_amounts && summary->is_node)
		prose_say(&prose, PHRASE_NODE_AMOUNTS, summary->kwh_month, mass);
	else if (summary->has_amounts && count_of(summary) == 1)
		prose_say(&prose, PHRASE_ONE_AMOUNTS, summary->kwh_month, mass);
	else if (summary->has_amounts)
		prose_say(&prose, PHRASE_LIST_AMOUNTS, count_of(summary), summary->kwh_month, mass);
	say_widened(&prose, question);
	if (!summary->is_complete)
		prose_say(&prose, PHRASE_LIST_INCOMPLETE);
	if (summary->ended > 0)
		prose_say(&prose, PHRASE_ENDED, summary->ended);
	if (summary->left_out > 0)
		prose_say(&prose, PHRASE_LEFT_OUT, summary->left_out);
	if (question->pue.source == PUE_ASSUMED)
		prose_say(&prose, PHRASE_PUE_ASSUMED);
	say_reasons(&prose, &question->reasons);
}

void recommend_hotspots(const struct question *question, size_t count, double threshold_watts, double watts,
	double saving_kg_month, char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	char mass[MASS_TEXT_MAX];

	if (count == 0)
		prose_say(&prose, PHRASE_NO_HOTSPOTS, threshold_watts);
	else
		prose_say(&prose, PHRASE_HOTSPOTS, count, threshold_watts, watts);
	if (saving_kg_month > 0)
		prose_say(&prose, PHRASE_HOTSPOT_SAVING, mass_text(saving_kg_month, mass));
	say_reasons(&prose, &question->reasons);
}
