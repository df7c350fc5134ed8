/* The PUE part of the Green Data Centre certification (ITSA/KDCC), and the audit trail for people. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/language.h"
#include "cli/report/report.h"

static const struct step {
	const char *code;
	double pue;
	bool is_below; /* the PUE must lie below it, not at it */
} steps[] = { { "green_dc_points_1.4", 1.4, true }, { "green_dc_points_1.5", 1.5, false },
	{ "green_dc_points_1.6", 1.6, false }, { "green_dc_points_1.7", 1.7, false },
	{ "green_dc_points_1.8", 1.8, false } };
static const struct column step_columns[] = { { "pue", { { "PUE", "PUE" } } },
	{ "points", { { "points", "점수" } } }, { "basis", { { "basis", "근거" } } } };
static const struct column source_columns[] = { { "source", { { "PUE source and value", "PUE 출처와 값" } } },
	{ "it_energy_kWh", { { "IT energy, kWh", "IT 에너지(kWh)" } } } };

/* Points for a PUE by the steps green_dc_points_*; 0 above the last. */
static double green_dc_points(const struct report *report, double pue)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (pue < steps[i].pue || (!steps[i].is_below && pue <= steps[i].pue * (1 + 1e-9)))
			return report_figure(report, steps[i].code)->value;
	return 0;
}

static void put_steps(struct report *report)
{
	struct document *document = &report->document;
	struct table *table = document_table(document, "steps",
		(struct words) { { "Points by PUE", "PUE별 점수" } }, step_columns, ARRAY_SIZE(step_columns));
	char text[32], basis[BASIS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct price *points = report_figure(report, steps[i].code);
		snprintf(text, sizeof(text), "%s %.1f", steps[i].is_below ? "<" : "≤", steps[i].pue);
		put_cell_text(document, table, text);
		put_cell_number(document, table, points->value, 0);
		put_cell_text(document, table, figure_basis(report, points, basis));
	}
}

static void put_score(struct report *report, struct table *facts)
{
	const struct price *pass = report_figure(report, "green_dc_pass");
	const struct tally *tally = report->tally;
	double points = green_dc_points(report, tally->total.facility_uj / (double)tally->total.it_uj);
	bool ko = report->document.is_korean;
	char basis[BASIS_MAX];

	if (tally->total.it_uj == 0 || tally->assumed_uj > 0) {
		report_fact_text(report, facts, "score", (struct words) { { "Score", "점수" } },
			tally->total.it_uj == 0 ? (ko ? "데이터 없음" : "no data")
			: ko ? "판단 보류: PUE가 설정되거나 계측되지 않은 시간이 있습니다 (tanso.conf: pue = "
			       "…)"
			     : "not assessed: the PUE of some hours is assumed, neither declared nor "
			       "measured (tanso.conf: pue = …)");
		return;
	}
	const struct fact score[] = {
		{ "score", { { "Points for PUE (of 90)", "PUE 점수(90점 만점)" } }, points, 0, "points", NULL,
			0 },
		{ "pass",
			{ { "Points to pass (of 100, up to 10 for green measures)",
				"합격 점수(100점 만점, 녹색 활동 최대 10점)" } },
			pass->value, 0, "points", figure_basis(report, pass, basis), 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(score); i++)
		report_fact(report, facts, &score[i]);
}

void report_green_dc(struct report *report)
{
	struct document *document = &report->document;
	const struct standard *standard = data_standard(report->data, "KR_PUE_GREEN_DC");
	struct table *facts, *table;
	char text[PUE_WORDS_MAX];

	document->title = (struct words) { { "Green Data Centre certification, PUE score",
		"그린 데이터센터 인증 PUE 점수" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_energy_facts(report, facts);
	report_units(report, facts);
	put_score(report, facts);
	put_steps(report);
	table = document_table(document, "pue_sources",
		(struct words) { { "Where the PUE comes from", "PUE의 출처" } }, source_columns,
		ARRAY_SIZE(source_columns));
	for (size_t i = 0; i < report->tally->pue_count; i++) {
		put_cell_text(document, table, pue_words(report, &report->tally->pues[i], text));
		put_cell_number(document, table, kwh_of((double)report->tally->pues[i].it_uj), 3);
	}
	report_thresholds(report);
	document_note(document, "%s (%s)", standard->disclaimer[document->is_korean],
		code_word(standard->legal_status, document->is_korean));
	document_note(document, "%s",
		document->is_korean ? "PUE는 시설 전체의 연간 비율입니다(ISO/IEC 30134-2). 이 노드의 "
				      "에너지로 가중한 값으로 참고하십시오."
				    : "A PUE is a year's ratio of the whole facility (ISO/IEC 30134-2); here "
				      "it is weighted by the energy of this node.");
	report_notes(report);
}

void report_audit(struct report *report)
{
	struct document *document = &report->document;
	struct table *facts;
	char first[32] = "-", last[32] = "-";
	bool ko = document->is_korean, is_whole = report->audit->fault[0][0] == '\0';

	document->title = (struct words) { { "Audit trail of the energy ledger", "에너지 원장 감사 자료" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_fact_text(report, facts, "chain", (struct words) { { "Hash chain", "해시 체인" } },
		is_whole ? (ko ? "이상 없음" : "holds") : report->audit->fault[ko]);
	if (is_whole) {
		report_energy_facts(report, facts);
		report_units(report, facts);
	}
	if (report->tally->sealed_hours > 0) {
		clock_format_kst((uint64_t)report->tally->first * NS_PER_SECOND, first);
		clock_format_kst((uint64_t)report->tally->last * NS_PER_SECOND, last);
	}
	report_fact_text(report, facts, "first_hour",
		(struct words) { { "First sealed hour", "처음으로 마감된 시간" } }, first);
	report_fact_text(report, facts, "last_hour",
		(struct words) { { "Last sealed hour", "마지막으로 마감된 시간" } }, last);
	report_fact_text(report, facts, "head", (struct words) { { "Hash after it", "마지막 시간의 해시" } },
		report->tally->head);
	if (is_whole) { /* else the rows need not add up to anything */
		report_workloads(report);
		report_thresholds(report);
	}
	document_note(document, "%s",
		ko ? "검증할 수 있는 묶음은 --format json 으로 만들고 tanso verify --bundle "
		     "로 확인합니다."
		   : "The bundle that can be verified is --format json; check it with tanso "
		     "verify --bundle.");
	report_notes(report);
}
