#include "analyst/recommend.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyst/answer.h"
#include "analyst/carbon.h"
#include "base/clock.h"

#define WIDENED_TRIFLE    100  /* of a window: one in so many parts is not told */
#define AT_TARGET_PERCENT 1e-6 /* what rounding leaves of a gap */

/* Every word of the prose, once: English, Korean. */
enum phrase {
	PHRASE_HEAD,
	PHRASE_CLEAR,
	PHRASE_BORDERLINE,
	PHRASE_BOTH,
	PHRASE_CARBON,
	PHRASE_PUE,
	PHRASE_PUE_AT,
	PHRASE_PUE_ASSUMED,
	PHRASE_POWER,
	PHRASE_AMOUNTS,
	PHRASE_MODEL,
	PHRASE_UNUSABLE,
	PHRASE_PUE_IMPROVEMENT,
	PHRASE_SHIFT,
	PHRASE_RUN_NOW,
	PHRASE_NO_BENEFIT,
	PHRASE_NO_HOURLY_DATA,
	PHRASE_TOO_FEW_HOURS,
	PHRASE_SOME_HOURS,
	PHRASE_SAMPLE,
	PHRASE_OVER,
	PHRASE_ANY_DAY,
	PHRASE_MOVE,
	PHRASE_MOVE_MARGINAL,
	PHRASE_STAY,
	PHRASE_DISAGREE,
	PHRASE_DISAGREE_AVERAGE,
	PHRASE_NO_WORKLOAD,
	PHRASE_NAMESPACE_SILENT,
	PHRASE_NAMESPACE_UNKNOWN,
	PHRASE_LIST,
	PHRASE_LIST_AMOUNTS,
	PHRASE_ONE_AMOUNTS,
	PHRASE_NODE_AMOUNTS,
	PHRASE_WIDENED,
	PHRASE_LIST_INCOMPLETE,
	PHRASE_ENDED,
	PHRASE_LEFT_OUT,
	PHRASE_HOTSPOTS,
	PHRASE_NO_HOTSPOTS,
	PHRASE_HOTSPOT_SAVING,
	PHRASE_COUNT
};

static const char *const phrases[PHRASE_COUNT][2] = {
	[PHRASE_HEAD] = { "%s: %s against %s (%s).", "%s: %s — %s (%s)." },
	[PHRASE_CLEAR] = { "clear", "명확" },
	[PHRASE_BORDERLINE] = { "borderline", "경계값" },
	[PHRASE_BOTH] = { "carbon %s, PUE %s", "탄소 %s, PUE %s" },
	[PHRASE_CARBON] = { " Carbon intensity %.1f gCO2eq/kWh, target %g (%+.1f %%).",
		" 탄소집약도 %.1f gCO2eq/kWh, 목표 %g (%+.1f %%)." },
	[PHRASE_PUE] = { " PUE %g, target %g (%+.1f %%).", " PUE %g, 목표 %g (%+.1f %%)." },
	[PHRASE_PUE_AT] = { " PUE %g, at the target.", " PUE %g, 목표와 같음." },
	[PHRASE_PUE_ASSUMED] = { " The PUE of this site is not declared: write your value into tanso.conf, "
				 "e.g. `pue = 1.45`, or "
				 "give the argument `pue`.",
		" 이 시설의 PUE 값이 설정되지 않았습니다. tanso.conf에 실제 값을 `pue = 1.45`처럼 적거나 "
		"`pue` "
		"인수로 지정하십시오." },
	[PHRASE_POWER] = { " It draws %.1f W now.", " 지금 %.1f W를 쓰고 있습니다." },
	[PHRASE_AMOUNTS] = { " On average over all the time observed, present or not, it drew %.1f W, "
			     "which is %.2f kWh of IT energy and %.2f kg CO2eq a month.",
		" 실행되지 않은 때를 포함한 관측 시간 전체의 평균 전력 %.1f W 기준으로 한 달에 IT 에너지 "
		"%.2f kWh, 배출량 %.2f kg CO2eq입니다." },
	[PHRASE_MODEL] = { " The watts come from a model (± %.1f %%).",
		" 전력 값은 모델 추정입니다(± %.1f %%)." },
	[PHRASE_UNUSABLE] = { " %s", " %s" },
	[PHRASE_PUE_IMPROVEMENT] = { "Lower the PUE from %g to %g: raise the supply air temperature, close "
				     "off hot and cold aisles, use "
				     "free cooling, renew UPS and fans.",
		"PUE를 %g에서 %g로 낮추십시오. 급기 온도 상향, 열복도·냉복도 차폐, 외기 냉방, UPS와 팬 교체 "
		"등이 있습니다." },
	[PHRASE_SHIFT] = { "Run it at %s: %.1f %% less %s than the mean start.",
		"%1$s에 실행하십시오. 평균적인 시각에 시작할 때보다 %3$s %2$.1f %% 적습니다." },
	[PHRASE_RUN_NOW] = { "Start now (%s): %.1f %% less %s than the mean start, and no later start "
			     "compared is "
			     "better.",
		"지금 시작하십시오(%1$s). 평균적인 시각에 시작할 때보다 %3$s %2$.1f %% 적으며, 비교한 시각 "
		"가운데 "
		"더 나은 것이 없습니다." },
	[PHRASE_NO_BENEFIT] = { "Shifting is not worth it: the best window, %s, has only %.1f %% less %s "
				"than the "
				"mean start.",
		"시간대를 옮길 이득이 없습니다. 가장 좋은 시간대(%1$s)도 평균적인 시각에 시작할 때보다 %3$s "
		"%2$.1f %% 적을 뿐입니다." },
	[PHRASE_NO_HOURLY_DATA] = { "There is no hourly grid data for this region, and an annual mean cannot "
				    "tell "
				    "one hour from another. Set grid_file, or choose a sample day with "
				    "profile.",
		"이 리전의 시간별 전력망 데이터가 없어 시간대를 비교할 수 없습니다. grid_file을 설정하거나 "
		"profile로 예시일을 선택하십시오." },
	[PHRASE_TOO_FEW_HOURS] = { "Grid data is known for %.1f %% of the hours it may run in, too little to "
				   "tell one start from another. Set grid_file or a provider with forecasts, "
				   "or choose a sample day with profile.",
		"실행할 수 있는 시간 가운데 %.1f %%만 전력망 데이터가 있어 시작 시각을 비교하기에 "
		"부족합니다. grid_file이나 예측을 주는 제공자를 설정하거나 profile로 예시일을 "
		"선택하십시오." },
	[PHRASE_SOME_HOURS] = { " Grid data is known for %.1f %% of the hours it may run in: starts beyond "
				"were not compared.",
		" 실행할 수 있는 시간 가운데 %.1f %%만 전력망 데이터가 있어 나머지 시각에 시작하는 경우는 "
		"비교하지 않았습니다." },
	[PHRASE_MOVE] = { "%2$s has %3$.1f %% less carbon per kWh than %1$s on the annual average. Latency, "
			  "cost and where "
			  "the data may lie are yours to judge.",
		"연평균으로 %2$s 전력은 %1$s보다 kWh당 탄소가 %3$.1f %% 적습니다. 지연 시간, 비용, 데이터 "
		"소재지는 별도로 판단하십시오." },
	[PHRASE_MOVE_MARGINAL] = { "%2$s has %3$.1f %% less carbon per kWh than %1$s on the annual marginal "
				   "signal, that of the plants that follow demand. Latency, cost and where "
				   "the data may lie are yours to judge.",
		"연간 한계 배출계수(수요를 따라가는 발전소) 기준으로 %2$s 전력은 %1$s보다 kWh당 탄소가 "
		"%3$.1f %% 적습니다. 지연 시간, 비용, 데이터 소재지는 별도로 판단하십시오." },
	[PHRASE_STAY] = { "Stay in %s: none of the regions compared is cleaner and allowed.",
		"%s에 그대로 두십시오. 비교한 리전 가운데 탄소집약도가 더 낮으면서 허용된 곳이 없습니다." },
	[PHRASE_DISAGREE] = { " The marginal signal says the opposite: moving may raise emissions elsewhere.",
		" 한계 배출계수 기준으로는 반대입니다. 옮기면 다른 곳의 배출이 늘 수 있습니다." },
	[PHRASE_DISAGREE_AVERAGE] = { " The annual average says the opposite: in accounts by the average, "
				      "moving raises emissions.",
		" 연평균 기준으로는 반대입니다. 평균 배출계수로 산정하면 옮길 때 배출이 늘어납니다." },
	[PHRASE_NO_WORKLOAD] = { "No workload was measured in the window.",
		"이 기간에 측정된 워크로드가 없습니다." },
	[PHRASE_NAMESPACE_SILENT] = { "No workload of namespace %s was measured in the window: try a longer "
				      "one.",
		"이 기간에 네임스페이스 %s에서 측정된 워크로드가 없습니다. window 값을 늘려 보십시오." },
	[PHRASE_NAMESPACE_UNKNOWN] = { "No workload of namespace %s is known.",
		"네임스페이스 %s의 워크로드는 알려진 것이 없습니다." },
	[PHRASE_LIST] = { "%zu over the benchmark, %zu undecided, %zu within it.",
		"기준 초과 %zu개, 판단 보류 %zu개, 기준 충족 %zu개." },
	[PHRASE_LIST_AMOUNTS] = { " All %zu workloads together, without (idle): %.2f kWh of IT energy and "
				  "%.2f kg CO2eq a month.",
		" 워크로드 %zu개 전체((유휴) 제외)를 합해 한 달에 IT 에너지 %.2f kWh, 배출량 %.2f kg "
		"CO2eq입니다." },
	[PHRASE_ONE_AMOUNTS] = { " The one workload, without (idle): %.2f kWh of IT energy and %.2f kg CO2eq "
				 "a month.",
		" 워크로드 1개((유휴) 제외)는 한 달에 IT 에너지 %.2f kWh, 배출량 %.2f kg CO2eq입니다." },
	[PHRASE_WIDENED] = { " The window is widened to whole slots of 5 minutes: this covers %s to %s.",
		" 기간을 5분 단위로 넓혀 %s부터 %s까지를 계산했습니다." },
	[PHRASE_NODE_AMOUNTS] = { " The node together, with (idle): %.2f kWh of IT energy and %.2f kg CO2eq "
				  "a month.",
		" (유휴)를 포함한 노드 전체로는 한 달에 IT 에너지 %.2f kWh, 배출량 %.2f kg CO2eq입니다." },
	[PHRASE_LIST_INCOMPLETE] = { " Workloads without usable power are not in these totals.",
		" 전력 값을 쓸 수 없는 워크로드는 합계에 넣지 않았습니다." },
	[PHRASE_ENDED] = { " Ended by now: %zu; what they used in the window counts.",
		" 이 가운데 %zu개는 이미 끝났으며, 기간 안에 쓴 에너지는 포함했습니다." },
	[PHRASE_LEFT_OUT] = { " Left out: %zu that ended before the window.",
		" 기간이 시작되기 전에 끝난 %zu개는 제외했습니다." },
	[PHRASE_HOTSPOTS] = { "Workloads that draw %2$g W or more: %1$zu, together %3$.1f W.",
		"%2$g W 이상을 쓰는 워크로드가 %1$zu개 있으며, 합계는 %3$.1f W입니다." },
	[PHRASE_NO_HOTSPOTS] = { "No workload draws %g W or more.", "%g W 이상을 쓰는 워크로드가 없습니다." },
	[PHRASE_HOTSPOT_SAVING] = { " Computed improvements would save %.2f kg CO2eq a month.",
		" 계산된 개선안으로 한 달에 %.2f kg CO2eq를 줄일 수 있습니다." },
	[PHRASE_OVER] = { " That time is over.", " 이미 지난 시각입니다." },
	[PHRASE_ANY_DAY] = { " The day it rests on stands for any day: the same hours of the next one do, "
			     "too.",
		" 근거가 된 하루는 어느 날에나 적용되므로 다음 날의 같은 시각도 같습니다." },
	[PHRASE_SAMPLE] = { " This rests on a sample day, not on a forecast.",
		" 예측이 아니라 예시일(실측 기록)에 근거한 결과입니다." },
};

struct prose {
	char *text;
	size_t size, room;
	bool is_korean;
};

/* The formats are the table's own; their arguments are the same in both languages. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void say(struct prose *prose, enum phrase phrase, ...)
{
	va_list values;
	int n;

	va_start(values, phrase);
	n = vsnprintf(prose->text + prose->size, prose->room - prose->size, phrases[phrase][prose->is_korean],
		values);
	va_end(values);
	if (n > 0)
		prose->size +=
			(size_t)n < prose->room - prose->size ? (size_t)n : prose->room - prose->size - 1;
}
#pragma GCC diagnostic pop

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
			say(prose, PHRASE_UNUSABLE, reason_text(told[i], prose->is_korean ? "ko" : "en"));
}

/* How sure the whole is; of both parts where they differ. */
static void say_confidence(struct prose *prose, const struct question *question, const struct compliance *c)
{
	const char *words[] = { phrases[PHRASE_BORDERLINE][prose->is_korean],
		phrases[PHRASE_CLEAR][prose->is_korean] };
	bool has_both = c->carbon_status != STATUS_NOT_ASSESSED && c->carbon_status != STATUS_UNKNOWN &&
			question->pue.source != PUE_ASSUMED;

	if (has_both && c->is_carbon_clear != c->is_pue_clear)
		say(prose, PHRASE_BOTH, words[c->is_carbon_clear], words[c->is_pue_clear]);
	else
		say(prose, c->is_clear ? PHRASE_CLEAR : PHRASE_BORDERLINE);
}

void recommend_workload(const struct question *question, const char *name, const struct verdict *verdict,
	double current_watts, char text[static RECOMMENDATION_MAX])
{
	const struct compliance *c = &verdict->compliance;
	const struct standard *standard = question->standard;
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };
	bool ko = question->is_korean;
	char quoted[PROSE_NAME_MAX], sure[64];

	say_confidence(&(struct prose) { sure, 0, sizeof(sure), ko }, question, c);
	say(&prose, PHRASE_HEAD, prose_name(name, quoted), status_word(c->status, ko), standard->name[ko],
		sure);
	if (!standard->is_pue && verdict->is_power_usable)
		say(&prose, PHRASE_CARBON, c->intensity, standard->target, c->gap_percent);
	if (question->pue.source != PUE_ASSUMED && fabs(c->pue_gap_percent) < AT_TARGET_PERCENT)
		say(&prose, PHRASE_PUE_AT, question->pue.value);
	else if (question->pue.source != PUE_ASSUMED)
		say(&prose, PHRASE_PUE, question->pue.value, question->pue_target, c->pue_gap_percent);
	else
		say(&prose, PHRASE_PUE_ASSUMED);
	if (verdict->is_power_usable) {
		if (current_watts >= 0)
			say(&prose, PHRASE_POWER, current_watts);
		say(&prose, PHRASE_AMOUNTS, verdict->kwh_month * 1000 / HOURS_PER_MONTH, verdict->kwh_month,
			verdict->kg_month);
	}
	if (question->reasons.is_set[REASON_MODEL_POWER] && question->knowledge->book->last.error_ppm > 0)
		say(&prose, PHRASE_MODEL, question->knowledge->book->last.error_ppm / 1e4);
	say_reasons(&prose, &question->reasons);
}

void recommend_pue(const struct question *question, char *text, size_t size)
{
	struct prose prose = { .text = text, .room = size, .is_korean = question->is_korean };

	say(&prose, PHRASE_PUE_IMPROVEMENT, question->pue.value, question->pue_target);
}

void recommend_schedule(const struct question *question, const struct schedule_words *words,
	char text[static RECOMMENDATION_MAX])
{
	static const enum phrase by_advice[] = { PHRASE_SHIFT, PHRASE_RUN_NOW, PHRASE_NO_BENEFIT };
	static const char *const things[2][2] = { { "carbon", "탄소 배출이" }, { "cost", "요금이" } };
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	if (words->advice == ADVICE_NO_HOURLY_DATA)
		say(&prose, words->coverage > 0 ? PHRASE_TOO_FEW_HOURS : PHRASE_NO_HOURLY_DATA,
			words->coverage * 100);
	else
		say(&prose, by_advice[words->advice], words->window, words->percent,
			things[words->is_by_cost][question->is_korean]);
	if (words->advice != ADVICE_NO_HOURLY_DATA && !words->is_by_cost && words->coverage < 1)
		say(&prose, PHRASE_SOME_HOURS, words->coverage * 100);
	if (words->is_over)
		say(&prose, PHRASE_OVER);
	if (words->is_over && !words->is_by_cost && question->grid.grid.file->is_daily)
		say(&prose, PHRASE_ANY_DAY);
	if (question->reasons.is_set[REASON_GRID_SAMPLE_DAY])
		say(&prose, PHRASE_SAMPLE);
	if (question->reasons.is_set[REASON_HOLIDAYS_UNKNOWN])
		say(&prose, PHRASE_UNUSABLE, reason_text(REASON_HOLIDAYS_UNKNOWN, question_lang(question)));
}

void recommend_region(const struct question *question, const char *current, const char *best, double percent,
	bool is_marginal, bool does_disagree, char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	if (best == NULL)
		say(&prose, PHRASE_STAY, current);
	else
		say(&prose, is_marginal ? PHRASE_MOVE_MARGINAL : PHRASE_MOVE, current, best, percent);
	if (best != NULL && does_disagree)
		say(&prose, is_marginal ? PHRASE_DISAGREE_AVERAGE : PHRASE_DISAGREE);
}

void recommend_nothing(const struct question *question, char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };
	char quoted[PROSE_NAME_MAX], hint[512] = "";

	if (question->namespace[0] == '\0')
		say(&prose, PHRASE_NO_WORKLOAD);
	else if (namespace_is_known(question, hint, sizeof(hint)))
		say(&prose, PHRASE_NAMESPACE_SILENT, prose_name(question->namespace, quoted));
	else
		say(&prose, PHRASE_NAMESPACE_UNKNOWN, prose_name(question->namespace, quoted));
	if (hint[0] != '\0')
		say(&prose, PHRASE_UNUSABLE, hint);
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
	say(prose, PHRASE_WIDENED, from, to);
}

void recommend_list(const struct question *question, const struct list_summary *summary,
	char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	text[0] = '\0';
	if (count_of(summary) == 0) {
		recommend_nothing(question, text);
		return;
	}
	say(&prose, PHRASE_LIST, summary->by_status[STATUS_NON_COMPLIANT], summary->by_status[STATUS_UNKNOWN],
		summary->by_status[STATUS_COMPLIANT]);
	if (summary->has_amounts && summary->is_node)
		say(&prose, PHRASE_NODE_AMOUNTS, summary->kwh_month, summary->kg_month);
	else if (summary->has_amounts && count_of(summary) == 1)
		say(&prose, PHRASE_ONE_AMOUNTS, summary->kwh_month, summary->kg_month);
	else if (summary->has_amounts)
		say(&prose, PHRASE_LIST_AMOUNTS, count_of(summary), summary->kwh_month, summary->kg_month);
	say_widened(&prose, question);
	if (!summary->is_complete)
		say(&prose, PHRASE_LIST_INCOMPLETE);
	if (summary->ended > 0)
		say(&prose, PHRASE_ENDED, summary->ended);
	if (summary->left_out > 0)
		say(&prose, PHRASE_LEFT_OUT, summary->left_out);
	if (question->pue.source == PUE_ASSUMED)
		say(&prose, PHRASE_PUE_ASSUMED);
	say_reasons(&prose, &question->reasons);
}

void recommend_hotspots(const struct question *question, size_t count, double threshold_watts, double watts,
	double saving_kg_month, char text[static RECOMMENDATION_MAX])
{
	struct prose prose = { .text = text, .room = RECOMMENDATION_MAX, .is_korean = question->is_korean };

	if (count == 0)
		say(&prose, PHRASE_NO_HOTSPOTS, threshold_watts);
	else
		say(&prose, PHRASE_HOTSPOTS, count, threshold_watts, watts);
	if (saving_kg_month > 0)
		say(&prose, PHRASE_HOTSPOT_SAVING, saving_kg_month);
	say_reasons(&prose, &question->reasons);
}
