#include "analyst/answers/recommend_text.h"

#include <stdarg.h>
#include <stdio.h>

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
	[PHRASE_POWER] = { " It draws %.1f W now, the mean of the last %.0f s.",
		" 지금 %.1f W를 쓰고 있습니다(최근 %.0f초 평균)." },
	[PHRASE_AMOUNTS] = { " On average over all the time observed, present or not, it drew %.1f W, "
			     "which is %.2f kWh of IT energy and %s CO2eq a month.",
		" 실행되지 않은 때를 포함한 관측 시간 전체의 평균 전력 %.1f W 기준으로 한 달에 IT 에너지 "
		"%.2f kWh, 배출량 %s CO2eq입니다." },
	[PHRASE_IDLE_APART] = { " Idle power is not in it: no workload is charged with it (share_idle in "
				"tanso.conf).",
		" 유휴 전력은 여기에 들어 있지 않으며 어느 워크로드에도 배분되지 않습니다(tanso.conf의 "
		"share_idle)." },
	[PHRASE_MODEL] = { " The watts come from a model (± %.1f %%).",
		" 전력 값은 모델 추정입니다(± %.1f %%)." },
	[PHRASE_UNUSABLE] = { " %s", " %s" },
	[PHRASE_PUE_IMPROVEMENT] = { "Lower the PUE from %g to %g: raise the supply air temperature, close "
				     "off hot and cold aisles, use "
				     "free cooling, renew UPS and fans.",
		"PUE를 낮추십시오(%g → %g). 급기 온도 상향, 열복도·냉복도 차폐, 외기 냉방, UPS와 팬 교체 "
		"등이 있습니다." },
	[PHRASE_SHIFT] = { "Run it at %s: %.1f %% less %s than the mean start.",
		"%1$s에 실행하십시오. 평균적인 시각에 시작할 때보다 %3$s %2$.1f %% 적습니다." },
	[PHRASE_RUN_NOW] = { "Start now (%s): %.1f %% less %s than the mean start, and no later start "
			     "compared is "
			     "better.",
		"지금 시작하십시오(%1$s). 평균적인 시각에 시작할 때보다 %3$s %2$.1f %% 적으며, 비교한 시각 "
		"가운데 "
		"더 나은 것이 없습니다." },
	[PHRASE_RUN_FIRST] = { "Run it at the first start asked for (%s): %.1f %% less %s than the mean "
			       "start, and no later start compared is better.",
		"지정한 첫 시작 시각(%1$s)에 실행하십시오. 평균적인 시각에 시작할 때보다 %3$s %2$.1f %% "
		"적으며, 비교한 시각 가운데 더 나은 것이 없습니다." },
	[PHRASE_NO_BENEFIT] = { "Shifting is not worth it: the best window, %s, has only %.1f %% less %s "
				"than the "
				"mean start.",
		"시간대를 옮길 이득이 없습니다. 가장 좋은 시간대(%1$s)도 평균적인 시각에 시작할 때보다 %3$s "
		"%2$.1f %% 적을 뿐입니다." },
	[PHRASE_NO_HOURLY_DATA] = { "By carbon one hour cannot be told from another: there is no hourly grid "
				    "data for this region, only an annual mean. Set grid_file in "
				    "tanso.conf, or choose a sample day with `profile`.",
		"탄소로는 시간대를 비교할 수 없습니다. 이 리전의 시간별 전력망 데이터가 없고 연평균 값만 "
		"있습니다. tanso.conf에 grid_file을 설정하거나 `profile`로 예시일을 선택하십시오." },
	[PHRASE_TOO_FEW_HOURS] = { "Grid data is known for %.1f %% of the hours it may run in, too little to "
				   "tell one start from another by carbon. Set grid_file or a provider with "
				   "forecasts in tanso.conf, or choose a sample day with `profile`.",
		"실행할 수 있는 시간 가운데 %.1f %%만 전력망 데이터가 있어 탄소로 시작 시각을 비교하기에 "
		"부족합니다. tanso.conf에 grid_file이나 예측을 주는 제공자를 설정하거나 `profile`로 예시일을 "
		"선택하십시오." },
	[PHRASE_CHEAPER] = { " By cost it can: at %s it is %.1f %% cheaper than at the mean start; ask with "
			     "`objective cost`.",
		" 요금으로는 비교할 수 있습니다. %s에 시작하면 평균적인 시각보다 %.1f %% 쌉니다. `objective "
		"cost`로 요청하십시오." },
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
	[PHRASE_DISAGREE] = { " But the plants that run more when demand rises (the marginal intensity) emit "
			      "more in %s: %.0f g/kWh, against %.0f in %s. In accounts by the average "
			      "emissions fall; in fact moving may raise them.",
		" 다만 수요가 늘 때 더 가동되는 발전소의 배출(한계 배출계수)은 %1$s 쪽이 더 많습니다(%2$.0f "
		"g/kWh, %4$s: %3$.0f). 평균 배출계수로 산정한 배출량은 줄지만 실제 배출은 늘 수 있습니다." },
	[PHRASE_DISAGREE_AVERAGE] = { " But on the annual average %s emits more: %.0f g/kWh, against %.0f in "
				      "%s. In accounts by the average, as statements are made, moving "
				      "raises emissions.",
		" 다만 연평균 배출계수는 %1$s 쪽이 더 높습니다(%2$.0f g/kWh, %4$s: %3$.0f). 명세서처럼 평균 "
		"배출계수로 산정하면 옮길 때 배출량이 늘어납니다." },
	[PHRASE_NO_WORKLOAD] = { "No workload was measured in the window.",
		"이 기간에 측정된 워크로드가 없습니다." },
	[PHRASE_NAMESPACE_SILENT] = { "No workload of namespace %s was measured in the time asked for: try a "
				      "longer "
				      "`window`.",
		"이 기간에 네임스페이스 %s에서 측정된 워크로드가 없습니다. `window` 값을 늘려 보십시오." },
	[PHRASE_NAMESPACE_UNKNOWN] = { "No workload of namespace %s is known.",
		"네임스페이스 %s의 워크로드는 알려진 것이 없습니다." },
	[PHRASE_LIST] = { "%zu over the benchmark, %zu undecided, %zu within it.",
		"기준 초과 %zu개, 판단 보류 %zu개, 기준 충족 %zu개." },
	[PHRASE_LIST_AMOUNTS] = { " All %zu workloads together, without (idle): %.2f kWh of IT energy and "
				  "%s CO2eq a month.",
		" 워크로드 %zu개 전체((유휴) 제외)를 합해 한 달에 IT 에너지 %.2f kWh, 배출량 %s "
		"CO2eq입니다." },
	[PHRASE_ONE_AMOUNTS] = { " The one workload, without (idle): %.2f kWh of IT energy and %s CO2eq "
				 "a month.",
		" 워크로드 1개((유휴) 제외)는 한 달에 IT 에너지 %.2f kWh, 배출량 %s CO2eq입니다." },
	[PHRASE_WIDENED] = { " The window is widened to whole slots of 5 minutes: this covers %s to %s.",
		" 기간을 5분 단위로 넓혀 %s부터 %s까지를 계산했습니다." },
	[PHRASE_NODE_AMOUNTS] = { " The node together, with (idle): %.2f kWh of IT energy and %s CO2eq "
				  "a month.",
		" (유휴)를 포함한 노드 전체로는 한 달에 IT 에너지 %.2f kWh, 배출량 %s CO2eq입니다." },
	[PHRASE_LIST_INCOMPLETE] = { " Workloads without usable power are not in these totals.",
		" 전력 값을 쓸 수 없는 워크로드는 합계에 넣지 않았습니다." },
	[PHRASE_ENDED] = { " Ended by now: %zu; what they used in the window counts.",
		" 이 가운데 %zu개는 이미 끝났으며, 기간 안에 쓴 에너지는 포함했습니다." },
	[PHRASE_LEFT_OUT] = { " Left out: %zu that ended before the window.",
		" 기간이 시작되기 전에 끝난 %zu개는 제외했습니다." },
	[PHRASE_HOTSPOTS] = { "Workloads that draw %2$g W or more: %1$zu, together %3$.1f W.",
		"%2$g W 이상을 쓰는 워크로드가 %1$zu개 있으며, 합계는 %3$.1f W입니다." },
	[PHRASE_NO_HOTSPOTS] = { "No workload draws %g W or more.", "%g W 이상을 쓰는 워크로드가 없습니다." },
	[PHRASE_HOTSPOT_SAVING] = { " Computed improvements would save %s CO2eq a month.",
		" 계산된 개선안으로 한 달에 %s CO2eq를 줄일 수 있습니다." },
	[PHRASE_OVER] = { " That time is over.", " 이미 지난 시각입니다." },
	[PHRASE_PAST] = { " The first start asked for lies in the past.",
		" 지정한 첫 시작 시각은 이미 지났습니다." },
	[PHRASE_ANY_DAY] = { " The day it rests on stands for any day: the same hours of the next one do, "
			     "too.",
		" 근거가 된 하루는 어느 날에나 적용되므로 다음 날의 같은 시각도 같습니다." },
	[PHRASE_SAMPLE] = { " This rests on a sample day, not on a forecast.",
		" 예측이 아니라 예시일(실측 기록)에 근거한 결과입니다." },
};

const char *phrase_text(enum phrase phrase, bool is_korean)
{
	return phrases[phrase][is_korean];
}

/* The formats are the table's own; their arguments are the same in both languages. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void prose_say(struct prose *prose, enum phrase phrase, ...)
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
