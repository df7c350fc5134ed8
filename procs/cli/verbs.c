#include "cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>

const struct verb verbs[] = {
	{ "up", "start the pipeline in the foreground and print a first assessment",
		"파이프라인을 포그라운드로 시작하고 첫 판정을 보여 줍니다", verb_up, .options = up_options },
	{ "assess", "say whether a workload meets the Korean carbon and PUE benchmarks",
		"워크로드 하나가 한국의 탄소·PUE 기준을 충족하는지 판정합니다", verb_assess,
		.tool = "assess_workload_compliance", .options = assess_options },
	{ "top", "list the workloads that draw the most power",
		"전력을 가장 많이 쓰는 워크로드를 보여 줍니다", verb_top,
		.tool = "list_top_power_consumers" },
	{ "list", "list all workloads by compliance, the failing ones first",
		"모든 워크로드를 판정별로, 기준 초과부터 보여 줍니다", verb_list,
		.tool = "list_workloads_by_compliance" },
	{ "hotspots", "list what draws more than a threshold, and what would lower it",
		"전력이 기준값 이상인 워크로드와 그 개선안을 보여 줍니다", verb_hotspots,
		.tool = "identify_power_hotspots" },
	{ "summary", "sum up power, energy, emissions and money of this node or a namespace",
		"노드 또는 네임스페이스의 전력, 에너지, 배출량, 비용을 합산합니다", verb_summary,
		.tool = "get_power_consumption_summary" },
	{ "check", "fail a CI pipeline when a workload is not compliant; writes JUnit XML",
		"기준을 충족하지 않는 워크로드가 있으면 CI를 실패로 끝냅니다(JUnit XML)", verb_check,
		.tool = "list_workloads_by_compliance", .options = check_options,
		.without = "status_filter limit cursor" },
	{ "compare", "work out what another hour, request, region or PUE would bring",
		"시간대, 요청량, 리전, PUE를 바꿨을 때의 효과를 계산합니다", verb_compare,
		.tool = "compare_optimization_impact" },
	{ "regions", "compare the carbon of cloud regions with this one",
		"클라우드 리전의 탄소를 이곳과 비교합니다", verb_regions, .tool = "get_regional_comparison" },
	{ "grid", "show the grid's carbon intensity now and for 24 hours, and where it comes from",
		"전력망의 현재와 앞으로 24시간의 탄소집약도와 그 출처를 보여 줍니다", verb_grid,
		.tool = "grid_data" },
	{ "schedule", "find the time at which a job meets the cleanest grid or the cheapest hours",
		"탄소가 가장 적거나 요금이 가장 싼 작업 시각을 찾습니다", verb_schedule,
		.tool = "calculate_optimal_schedule" },
	{ "report", "write energy, emissions and PUE of a period as CSV, JSON or a page to print",
		"기간의 에너지, 배출량, PUE를 CSV, JSON 또는 인쇄용 문서로 만듭니다", verb_report,
		.options = report_options, .words = "energy-use emissions green-dc audit" },
	{ "verify", "follow the hash chain of the ledger, or of an exported bundle",
		"원장 또는 내보낸 묶음의 해시 체인을 검증합니다", verb_verify, .options = verify_options },
	{ "doctor", "say what is measured, modelled and missing on this host",
		"이 호스트에서 계측·추정되는 것과 빠진 것을 알려 줍니다", verb_doctor,
		.options = doctor_options },
	{ "models", "list the power models, which fit this machine and how wrong they are",
		"전력 모델의 목록, 이 기기에 맞는지, 오차를 보여 줍니다", verb_models,
		.options = models_options },
	{ "train", "fit a power model to measured samples, and say how wrong it is",
		"측정 표본에 전력 모델을 맞추고 오차를 알려 줍니다", verb_train, .options = train_options },
	{ "mcp", "speak the Model Context Protocol on standard input and output",
		"표준 입출력으로 Model Context Protocol을 제공합니다", verb_mcp, .options = mcp_options },
	{ "token", "make a bearer token for http_listen, and the line that lets it in",
		"http_listen용 베어러 토큰과 등록할 줄을 만듭니다", verb_token, .options = token_options },
	{ "completion", "print the completion of this command line for a shell",
		"셸 자동 완성 스크립트를 출력합니다", verb_completion, .words = "bash zsh fish" },
	{ "version", "show the version", "버전을 보여 줍니다", verb_version, .tool = NULL },
	{ .name = NULL },
};

int verb_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("tanso " TANSO_VERSION);
	return EXIT_SUCCESS;
}
