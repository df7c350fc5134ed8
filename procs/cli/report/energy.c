/* 에너지사용량 신고 (Act on Rational Energy Use Art. 31, form 8): a worksheet, and the scope-2 row of a 명세서. */
#include "cli/report/report.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "korea/uncertainty.h"

static const struct column quarter_columns[] = { { "quarter", { { "quarter", "분기" } } },
	{ "hours", { { "sealed hours with data", "데이터가 있는 마감 시간" } } },
	{ "it_energy_kWh", { { "IT energy, kWh", "IT 에너지(kWh)" } } },
	{ "facility_energy_kWh", { { "with PUE, kWh", "PUE 반영(kWh)" } } }, { "toe", { { "toe", "toe" } } },
	{ "tj", { { "TJ (final)", "TJ(최종)" } } },
	{ "uncertainty_percent", { { "± % (k = 2)", "± % (k = 2)" } } } };
static const struct column month_columns[] = { { "month", { { "month", "월" } } },
	{ "hours", { { "sealed hours with data", "데이터가 있는 마감 시간" } } },
	{ "facility_energy_MWh", { { "with PUE, MWh", "PUE 반영(MWh)" } } },
	{ "tCO2eq", { { "tCO2eq, official factor", "tCO2eq(공식 배출계수)" } } },
	{ "tCO2eq_uncertainty_percent", { { "± % of it (k = 2)", "그 ± % (k = 2)" } } },
	{ "tCO2eq_grid", { { "tCO2eq, by the hour's grid", "tCO2eq(시간별 전력망)" } } },
	{ "tCO2eq_grid_uncertainty_percent", { { "± % of it (k = 2)", "그 ± % (k = 2)" } } } };

static void put_quarter(struct report *report, struct table *table, const char *name, const struct sum *sum)
{
	struct document *document = &report->document;
	double kwh = kwh_of(sum->facility_uj);

	put_cell_text(document, table, name);
	put_cell_integer(document, table, sum->hours);
	put_cell_number(document, table, kwh_of((double)sum->it_uj), 3);
	put_cell_number(document, table, kwh, 3);
	put_cell_number(document, table, toe_of(report, kwh), 6);
	put_cell_number(document, table, final_tj_of(kwh), 6);
	report_uncertainty(report, table, sum_facility_uncertainty(sum));
}

static void put_quarters(struct report *report)
{
	struct table *table = document_table(&report->document, "quarters",
		(struct words) { { "1. Energy used, by quarter", "① 분기별 에너지사용량" } }, quarter_columns,
		ARRAY_SIZE(quarter_columns));
	const struct tally *tally = report->tally;
	struct sum sum = { 0 };
	char name[32];

	for (size_t i = 0; i < tally->month_count; i++) {
		const struct tally_month *month = &tally->months[i], *next = month + 1;
		int quarter = (month->month - 1) / 3;
		sum_add(&sum, &month->sum);
		if (i + 1 < tally->month_count && next->year == month->year &&
			(next->month - 1) / 3 == quarter)
			continue;
		snprintf(name, sizeof(name), "%d Q%d", month->year, quarter + 1);
		put_quarter(report, table, name, &sum);
		sum = (struct sum) { 0 };
	}
}

void report_energy_use(struct report *report)
{
	struct document *document = &report->document;
	struct table *facts;

	document->title = (struct words) { { "Energy use worksheet (Act on Rational Energy Use, Art. 31)",
		"에너지사용량 신고 작성 자료(에너지이용 합리화법 제31조)" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_energy_facts(report, facts);
	report_units(report, facts);
	put_quarters(report);
	report_workloads(report);
	report_thresholds(report);
	document_note(document, "%s",
		document->is_korean
			? "이 도구가 아는 것은 이 노드의 전력뿐입니다. 신고서의 ② 올해 계획, ③ "
			  "에너지사용기자재, ④ 합리화 실적, ⑤ 에너지관리자와 다른 에너지는 직접 채워야 "
			  "합니다."
			: "This tool knows the electricity of this node alone. Plans (2), equipment (3), "
			  "rationalisation (4), the energy manager (5) and other energy are yours to add.");
	report_notes(report);
}

/* emissions */

static void put_months(struct report *report)
{
	struct document *document = &report->document;
	struct table *table = document_table(document, "months", (struct words) { { "By month", "월별" } },
		month_columns, ARRAY_SIZE(month_columns));

	for (size_t i = 0; i < report->tally->month_count; i++) {
		const struct tally_month *month = &report->tally->months[i];
		double kwh = kwh_of(month->sum.facility_uj);
		char name[32];
		snprintf(name, sizeof(name), "%04d-%02d", month->year, month->month);
		put_cell_text(document, table, name);
		put_cell_integer(document, table, month->sum.hours);
		put_cell_number(document, table, kwh / 1000, 6);
		put_cell_number(document, table, tonnes_of(report, kwh), 6);
		report_uncertainty(report, table, sum_factor_uncertainty(&month->sum, U_GRID_ANNUAL));
		put_cell_number(document, table, month->sum.grams / 1e6, 6);
		report_uncertainty(report, table, sum_grams_uncertainty(&month->sum));
	}
}

static void put_scope2(struct report *report, struct table *table)
{
	const struct sum *total = &report->tally->total;
	double kwh = kwh_of(total->facility_uj);
	const struct price *kau = report_figure(report, "kau");
	char kau_basis[BASIS_MAX];
	const struct fact facts[] = {
		{ "activity_MWh", { { "Activity data: electricity with PUE", "활동자료: 전력(PUE 반영)" } },
			kwh / 1000, 6, "MWh", NULL, sum_facility_uncertainty(total) },
		{ "tCO2eq_grid", { { "The same by the grid of each hour", "시간별 전력망 기준" } },
			total->grams / 1e6, 6, "tCO2eq", NULL, sum_grams_uncertainty(total) },
		{ "allowances_krw", { { "Allowances for it (KAU)", "배출권 환산(KAU)" } },
			tonnes_of(report, kwh) * kau->value, 0, "KRW", figure_basis(report, kau, kau_basis),
			sum_factor_uncertainty(total, U_GRID_ANNUAL) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

void report_emissions(struct report *report)
{
	struct document *document = &report->document;
	struct table *facts;

	document->title = (struct words) { { "Emissions statement, scope-2 row",
		"온실가스 명세서 스코프 2(전력) 항목" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_energy_facts(report, facts);
	report_units(report, facts);
	put_scope2(report, facts);
	put_months(report);
	report_workloads(report);
	report_thresholds(report);
	document_note(document, "%s",
		document->is_korean
			? "배출권거래제에서는 할당 시점의 배출계수를 씁니다."
			: "In emissions trading the emission factor of the allocation stays in use.");
	document_note(document, "%s",
		document->is_korean
			? "REC, PPA 등 시장 기반 수치는 계약 자료가 있어야 하며 여기에 섞지 않았습니다."
			: "Market-based figures (REC, PPA) need your contracts and are not mixed in.");
	report_notes(report);
}
