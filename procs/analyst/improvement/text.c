#include "analyst/improvement/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[WORDS_COUNT][2] = {
	[WORDS_SHIFT] = { "Reschedule from %s to %s KST: %.1f %% less carbon per kWh.",
		"실행 시간을 %s에서 %s(KST)로 옮기십시오. kWh당 탄소가 %.1f %% 줄어듭니다." },
	[WORDS_SHIFT_EVIDENCE] = { "met %.1f g/kWh as it ran; best of all starts in the next 24 h %.1f, mean "
				   "of them "
				   "%.1f g/kWh, job of %.2f h (%s)",
		"실제 실행 시 %.1f g/kWh, 앞으로 24시간 중 최적 시작 %.1f, 모든 시작 시각의 평균 %.1f g/kWh, "
		"작업 "
		"%.2f시간(%s)" },
	[WORDS_SHIFT_EVIDENCE_PART] = { "met %.1f g/kWh as it ran; best of the starts in the next 24 h whose "
					"grid data is known %.1f, mean of them %.1f g/kWh, job of %.2f h "
					"(%s); known is %.1f %% of the hours it could run in",
		"실제 실행 시 %.1f g/kWh, 앞으로 24시간 중 전력망 데이터가 있는 시작 시각 가운데 최적 %.1f, "
		"그 시각들의 평균 %.1f g/kWh, 작업 %.2f시간(%s). 실행할 수 있는 시간 가운데 데이터가 있는 "
		"부분은 %.1f %%" },
	[WORDS_SIZE] = { "Right-size the CPU of %s: request %s instead of %s cores.",
		"%1$s의 CPU 요청을 조정하십시오. %3$s코어 대신 %2$s코어를 요청합니다." },
	[WORDS_ONCE] = { "; the command starts it once, on %04d-%02d-%02d at %02d:%02d: delete the CronJob "
			 "afterwards, or it starts again in a year",
		". 명령은 %04d-%02d-%02d %02d:%02d에 한 번 시작합니다. 이후 CronJob을 삭제하지 않으면 1년 "
		"뒤에 다시 시작합니다" },
	[WORDS_NO_START] = { "Start it at %2$s KST: no command is offered, for a container of %1$s is "
			     "started "
			     "again in its namespace there, which is not known here, and only where its old "
			     "task is deleted (nerdctl --namespace NAMESPACE start NAME).",
		"%2$s(KST)에 시작하십시오. 명령은 제공하지 않습니다. %1$s 컨테이너는 그 런타임의 "
		"네임스페이스에서 이전 태스크를 삭제한 뒤에야 다시 시작되는데, 여기서는 그 네임스페이스를 알 "
		"수 "
		"없습니다(nerdctl --namespace NAMESPACE start NAME)." },
	[WORDS_START_NO_COMMAND] = { "Have %s started at %s KST instead of %s by what starts it now: it is "
				     "of no "
				     "kind that a command known here starts.",
		"지금 %1$s 워크로드를 시작하는 쪽에서 %3$s 대신 %2$s(KST)에 시작하도록 바꾸십시오. 여기서 "
		"아는 "
		"명령으로 시작할 수 있는 종류가 아닙니다." },
	[WORDS_SIZE_ONE] = { "Right-size the CPU of %s: container %s requests %s instead of %s cores, the "
			     "others "
			     "what they do now.",
		"%1$s의 CPU 요청을 조정하십시오. 컨테이너 %2$s만 %4$s코어 대신 %3$s코어를 요청합니다." },
	[WORDS_SIZE_CONTAINERS] = { "Have the containers of %s request %s instead of %s cores together: it "
				    "has "
				    "several, and which of them gives how much is yours to decide, so no "
				    "command "
				    "is offered.",
		"%1$s의 컨테이너들이 합쳐 %3$s코어 대신 %2$s코어를 요청하게 하십시오. 컨테이너가 여러 "
		"개이므로 "
		"어느 컨테이너를 얼마나 줄일지 직접 정해야 하며, 명령은 제시하지 않습니다." },
	[WORDS_SIZE_NO_COMMAND] = { "Give %s %s instead of %s cores where it is defined: it is of no kind "
				    "that a "
				    "command known here changes.",
		"%1$s의 정의에서 %3$s코어 대신 %2$s코어를 주십시오. 여기서 아는 명령으로 바꿀 수 있는 종류가 "
		"아닙니다." },
	[WORDS_SIZE_EVIDENCE] = { "90th percentile %.3f cores of %zu samples over %.1f h, plus 15 %%; a "
				  "recommender "
				  "would be sure of %.2f to %.2f cores",
		"표본 %2$zu개, %3$.1f시간의 90백분위 %1$.3f코어에 15 %%를 더한 값. 추천 도구의 신뢰 범위 "
		"%4$.2f–%5$.2f코어" },
	[WORDS_MEMORY_REQUEST] = { "Memory: request %s instead of %s MiB. That makes room on the node and "
				   "saves "
				   "no power by itself.",
		"메모리는 %2$s MiB 대신 %1$s MiB를 요청하십시오. 노드에 자리가 날 뿐, 그것만으로 전력이 "
		"줄지는 "
		"않습니다." },
	[WORDS_MEMORY_LIMIT] = { "Memory: a limit of %s instead of %s MiB. Beyond a limit the kernel kills, "
				 "so it "
				 "stays well above the most that was seen. It saves no power by itself.",
		"메모리 한도는 %2$s MiB 대신 %1$s MiB로 하십시오. 한도를 넘으면 커널이 프로세스를 종료하므로 "
		"관측된 "
		"최고 사용량보다 넉넉히 높게 잡았습니다. 그것만으로 전력이 줄지는 않습니다." },
	[WORDS_MEMORY_SHORT] = { "Its memory is short: it needs %s instead of %s MiB, with as many cores or "
				 "fewer. "
				 "That is no saving.",
		"메모리가 부족합니다. 코어 수와 관계없이 %2$s MiB가 아니라 %1$s MiB가 필요합니다. 이는 "
		"절감이 "
		"아닙니다." },
	[WORDS_MEMORY_KILLS] = { " With what it has it was killed for want of memory (%llu times seen).",
		" 지금 설정에서 메모리 부족으로 종료되었습니다(관측된 횟수 %llu)." },
	[WORDS_MEMORY_DIVIDED] = { " Of which of its containers is yours to decide.",
		" 어느 컨테이너에 적용할지는 직접 정해야 합니다." },
	[WORDS_MEMORY_EVIDENCE] = { "memory without page cache: 90th percentile of the peaks of 24 h %.0f "
				    "MiB, "
				    "highest %.0f MiB over %.1f h, plus 15 %%",
		"페이지 캐시를 뺀 메모리: %3$.1f시간 동안 24시간 최고치의 90백분위 %1$.0f MiB(최고 %2$.0f "
		"MiB)에 15 "
		"%%를 더한 값" },
	[WORDS_MEMORY_YOUNG] = { " (less than a day: confidence low)", " (하루 미만: 신뢰도 낮음)" },
	[WORDS_MOVE] = { "Run it in %s: %.1f %% less carbon, PUE included.",
		"%s에서 실행하십시오. PUE를 포함해 탄소가 %.1f %% 줄어듭니다." },
	[WORDS_MOVE_GRID] = { "Run it in %s: %.1f %% less carbon by the grid alone, for the PUE of one of "
			      "the "
			      "two sites is not known.",
		"%s에서 실행하십시오. 전력망만으로 탄소가 %.1f %% 줄어듭니다(두 시설 중 한 곳의 PUE를 알 수 "
		"없습니다)." },
	[WORDS_MOVE_YOURS] = { " Latency, cost and where the data may lie are yours to judge.",
		" 지연 시간, 비용, 데이터 소재지는 별도로 판단하십시오." },
	[WORDS_MOVE_EVIDENCE] = { "annual mean %g g/kWh (%s) and PUE %g there, %g g/kWh and PUE %g here",
		"그곳의 연평균 %g g/kWh(%s)와 PUE %g, 이곳의 %g g/kWh와 PUE %g" },
	[WORDS_MOVE_GRID_EVIDENCE] = { "annual mean %g g/kWh (%s) there, %g g/kWh here",
		"그곳의 연평균 %g g/kWh(%s), 이곳의 %g g/kWh" },
	[WORDS_MOVE_KINDS] = { "; factors of different kinds: %s there, %s here",
		". 배출계수 종류가 다릅니다: 그곳 %s, 이곳 %s" },
	[WORDS_MOVE_NODES] = { "The command changes %s only where this cluster has nodes of %s; else start "
			       "it in a "
			       "cluster there and end it in %s.",
		"이 클러스터에 %2$s 노드가 있을 때만 명령이 %1$s 워크로드를 바꿉니다. 없으면 그곳의 "
		"클러스터에서 "
		"시작하고 %3$s에서는 종료하십시오." },
	[WORDS_MOVE_NO_COMMAND] = { "Start %s in %s and end it in %s: no command moves it there, for its "
				    "machines "
				    "are others.",
		"%1$s 워크로드를 %2$s에서 시작하고 %3$s에서는 종료하십시오. 장비가 다르므로 그곳으로 옮기는 "
		"명령은 "
		"없습니다." },
	[WORDS_PUE_NO_COMMAND] = { "Lower the PUE of facility %1$s from %2$s to %3$s and declare it in "
				   "tanso.conf (`pue = "
				   "%3$s`): the building changes, which no command does.",
		"시설 %1$s의 PUE를 낮추고(%2$s → %3$s) tanso.conf에 `pue = %3$s`로 적으십시오. 시설을 "
		"바꾸는 일이므로 명령은 없습니다." },
	[WORDS_PUE_EVIDENCE] = { "PUE %g -> %g", "PUE %g -> %g" },
	[WORDS_PUE_WORSE] = { "A PUE of %g would be worse than the %g of today: %.1f %% more carbon.",
		"목표로 준 PUE %g, 현재 %g: 지금보다 나쁩니다. 탄소가 %.1f %% 늘어납니다." },
	[WORDS_PUE_ASSUMED] = { " A PUE of %g is assumed for this site: write your value into tanso.conf, "
				"e.g. `pue = 1.45`, or give the argument `pue`.",
		" 이 시설의 PUE 값이 설정되지 않아 가정한 값(%g)을 썼습니다. tanso.conf에 실제 값을 `pue = "
		"1.45`처럼 적거나 `pue` 인수로 지정하십시오." },
	[WORDS_NOTHING] = { "Nothing worked out here lowers the emissions of %s.",
		"계산한 개선안 가운데 %s의 배출량을 줄이는 것이 없습니다." },
	[WORDS_USED_UP] = { "Nothing is left of it after the move to %s; alone it would save %.1f %%.",
		"%s 리전으로 옮긴 뒤에는 남는 효과가 없습니다. 이것만 하면 %.1f %%가 줄어듭니다." },
	[WORDS_TOGETHER] = { "Together %.1f %% less for %s: from %s to %s CO2eq a month.",
		"모두 적용하면 %2$s의 배출량이 %1$.1f %% 줄어 월 %3$s에서 %4$s CO2eq가 됩니다." },
	[WORDS_CARBON_AFTER] = { " Carbon afterwards: %.1f gCO2eq/kWh against %g, %s%s.",
		" 이후 탄소집약도 %.1f gCO2eq/kWh, 목표 %g: %s%s." },
	[WORDS_BORDERLINE] = { " (borderline)", " (경계값)" },
	[WORDS_SERVICE_AFTER] = { " Carbon per kWh it uses today, which counts what is saved: %.1f, %s%s.",
		" 절감분을 반영한 탄소는 현재 사용량 기준 kWh당 %.1f g: %s%s." },
	[WORDS_ATTRIBUTED] = { " Of this %.1f %% goes in fact: the rest is idle power charged to others, "
			       "until a whole "
			       "node can be switched off.",
		" 이 가운데 실제로 줄어드는 것은 %.1f %%입니다. 나머지는 노드 하나를 끌 수 있을 때까지 다른 "
		"워크로드에 "
		"배분되는 유휴 전력입니다." },
	[WORDS_MONEY] = { " It saves %.0f KRW a month of an energy charge of %.0f.",
		" 월 전력량 요금 %2$.0f원 가운데 %1$.0f원이 줄어듭니다." },
	[WORDS_DEARER] = { " It costs %.0f KRW a month more.", " 요금은 월 %.0f원 늘어납니다." },
	[WORDS_PAYBACK] = { " The %.0f KRW of the change are paid back in %.1f months.",
		" 변경 비용 %.0f원은 %.1f개월 만에 회수됩니다." },
	[WORDS_NO_PAYBACK] = { " Nothing pays back the %.0f KRW of the change.",
		" 변경 비용 %.0f원을 회수할 수 있는 절감이 없습니다." },
	[WORDS_SKIPPED] = { " Not counted: %s (%s).", " 제외: %s(%s)." },
	[WORDS_UNTRIED] = { " Not worked out unless named in the argument `optimizations`: %s.",
		" `optimizations` 인수에 적지 않아 계산하지 않은 것: %s." },
	[WORDS_NOTE] = { " %s", " %s" },
};

/* The formats are the table's own; their arguments are the same in both languages. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void improvement_say(
	const struct question *question, char *text, size_t size, enum improvement_words words, ...)
{
	size_t used = strlen(text);
	va_list values;

	va_start(values, words);
	vsnprintf(text + used, size - used, texts[words][question->is_korean], values);
	va_end(values);
}
#pragma GCC diagnostic pop
