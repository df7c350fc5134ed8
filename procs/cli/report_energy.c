/* 에너지사용량 신고 (Act on Rational Energy Use Art. 31, form 8): a worksheet, and the scope-2 row of a 명세서. */
#include "cli/report.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "cli/language.h"
#include "korea/uncertainty.h"

#define TJ_PER_KWH 3.6e-6 /* final energy, by definition of the units */

static const struct column quarter_columns[] = { { "quarter", { { "quarter", "분기" } } },
	{ "hours", { { "sealed hours with data", "자료가 있는 마감 시간" } } },
	{ "it_energy_kWh", { { "IT energy, kWh", "IT 에너지(kWh)" } } },
	{ "facility_energy_kWh", { { "with PUE, kWh", "PUE 반영(kWh)" } } }, { "toe", { { "toe", "toe" } } },
	{ "tj", { { "TJ (final)", "TJ(최종)" } } },
	{ "uncertainty_percent", { { "± % (k = 2)", "± % (k = 2)" } } } };
static const struct column month_columns[] = { { "month", { { "month", "월" } } },
	{ "hours", { { "sealed hours with data", "자료가 있는 마감 시간" } } },
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
	put_cell_number(document, table, kwh * TJ_PER_KWH, 6);
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

/* Both rows of the annex, and TJ both ways: which of them a form wants is the form's to say. */
static void put_toe(struct report *report, struct table *table)
{
	const struct sum *total = &report->tally->total;
	double kwh = kwh_of(total->facility_uj), u = sum_facility_uncertainty(total);
	const struct price *used = report_figure(report, "toe_per_mwh"),
			   *generated = report_figure(report, "toe_per_mwh_generation"),
			   *gj = report_figure(report, "gj_per_toe");
	char used_basis[BASIS_MAX], generated_basis[BASIS_MAX], gj_basis[BASIS_MAX];
	const struct fact facts[] = {
		{ "toe", { { "Oil equivalent, consumption basis", "석유환산(소비기준)" } },
			kwh / 1000 * used->value, 6, "toe", figure_basis(report, used, used_basis), u },
		{ "toe_generation", { { "Oil equivalent, generation basis", "석유환산(발전기준)" } },
			kwh / 1000 * generated->value, 6, "toe",
			figure_basis(report, generated, generated_basis), u },
		{ "tj_final", { { "Final energy", "최종 에너지" } }, kwh * TJ_PER_KWH, 6, "TJ", "3.6 MJ/kWh",
			u },
		{ "tj_by_toe", { { "Energy by its oil equivalent", "석유환산톤 기준 에너지" } },
			kwh / 1000 * used->value * gj->value / 1000, 6, "TJ",
			figure_basis(report, gj, gj_basis), u },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

void report_energy_use(struct report *report)
{
	struct document *document = &report->document;
	struct table *facts;

	document->title = (struct words) { { "Energy use worksheet (Act on Rational Energy Use, Art. 31)",
		"에너지사용량 신고 작성 자료(에너지이용 합리화법 제31조)" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_energy_facts(report, facts);
	put_toe(report, facts);
	put_quarters(report);
	report_workloads(report);
	report_limits(report,
		&(struct limit) { "report_toe",
			{ { "Large energy user, yearly report", "에너지다소비사업자 신고" } },
			toe_of(report, kwh_of(report->tally->total.facility_uj)) },
		1);
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

static void put_months(struct report *report, double factor_t_per_mwh)
{
	struct document *document = &report->document;
	struct table *table = document_table(document, "months", (struct words) { { "By month", "월별" } },
		month_columns, ARRAY_SIZE(month_columns));

	for (size_t i = 0; i < report->tally->month_count; i++) {
		const struct tally_month *month = &report->tally->months[i];
		double mwh = kwh_of(month->sum.facility_uj) / 1000;
		char name[32];
		snprintf(name, sizeof(name), "%04d-%02d", month->year, month->month);
		put_cell_text(document, table, name);
		put_cell_integer(document, table, month->sum.hours);
		put_cell_number(document, table, mwh, 6);
		put_cell_number(document, table, mwh * factor_t_per_mwh, 6);
		report_uncertainty(report, table, sum_factor_uncertainty(&month->sum, U_GRID_ANNUAL));
		put_cell_number(document, table, month->sum.grams / 1e6, 6);
		report_uncertainty(report, table, sum_grams_uncertainty(&month->sum));
	}
}

static void put_scope2(struct report *report, struct table *table, const struct annual *factor)
{
	const struct sum *total = &report->tally->total;
	double mwh = kwh_of(total->facility_uj) / 1000, t = mwh * factor->value / 1000;
	double u = sum_factor_uncertainty(total, U_GRID_ANNUAL);
	const struct price *kau = report_figure(report, "kau");
	bool ko = report->document.is_korean;
	char basis[BASIS_MAX], kau_basis[BASIS_MAX];
	const struct fact facts[] = {
		{ "activity_MWh", { { "Activity data: electricity with PUE", "활동자료: 전력(PUE 반영)" } },
			mwh, 6, "MWh", NULL, sum_facility_uncertainty(total) },
		{ "factor_tCO2eq_MWh", { { "Emission factor, consumption end", "배출계수(소비단)" } },
			factor->value / 1000, 4, "tCO2eq/MWh", basis, 0 },
		{ "tCO2eq", { { "Emissions, scope 2, location-based", "배출량(스코프 2, 지역 기반)" } }, t, 6,
			"tCO2eq", NULL, u },
		{ "tCO2eq_grid", { { "The same by the grid of each hour", "시간별 전력망 기준" } },
			total->grams / 1e6, 6, "tCO2eq", NULL, sum_grams_uncertainty(total) },
		{ "allowances_krw", { { "Allowances for it (KAU)", "배출권 환산(KAU)" } }, t * kau->value, 0,
			"KRW", figure_basis(report, kau, kau_basis), u },
	};

	snprintf(basis, sizeof(basis), "%s (%d, %s)", factor->source[ko], factor->year,
		code_word(factor->legal_status, ko));
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

static void put_schemes(struct report *report, double t)
{
	double tj = toe_of(report, kwh_of(report->tally->total.facility_uj)) *
		    report_figure(report, "gj_per_toe")->value / 1000;
	const struct limit limits[] = {
		{ "tms_company_t", { { "Target management, company", "목표관리제(업체)" } }, t },
		{ "tms_company_tj", { { "Target management, company", "목표관리제(업체)" } }, tj },
		{ "tms_site_t", { { "Target management, site", "목표관리제(사업장)" } }, t },
		{ "tms_site_tj", { { "Target management, site", "목표관리제(사업장)" } }, tj },
		{ "ets_company_t", { { "Emissions trading, company", "배출권거래제(업체)" } }, t },
		{ "ets_site_t", { { "Emissions trading, site", "배출권거래제(사업장)" } }, t },
	};

	report_limits(report, limits, ARRAY_SIZE(limits));
}

void report_emissions(struct report *report)
{
	const struct annual *factor = data_annual(report->data, "KR", FACTOR_OFFICIAL);
	struct document *document = &report->document;
	struct table *facts;

	document->title = (struct words) { { "Emissions statement, scope-2 row",
		"온실가스 명세서 스코프 2(전력) 항목" } };
	facts = report_facts(report, "facts", (struct words) { { "Summary", "요약" } });
	report_energy_facts(report, facts);
	put_scope2(report, facts, factor);
	put_toe(report, facts);
	put_months(report, factor->value / 1000);
	report_workloads(report);
	put_schemes(report, kwh_of(report->tally->total.facility_uj) / 1e6 * factor->value);
	document_note(document,
		document->is_korean ? "배출계수 %.4f tCO2eq/MWh, %d년, 소비단 (%s). 배출권거래제에서는 할당 "
				      "시점의 계수를 씁니다."
				    : "Emission factor %.4f tCO2eq/MWh, vintage %d, consumption end (%s). In "
				      "emissions trading the factor of the allocation stays in use.",
		factor->value / 1000, factor->year, factor->source[document->is_korean]);
	document_note(document, "%s",
		document->is_korean
			? "REC, PPA 등 시장 기반 수치는 계약 자료가 있어야 하며 여기에 섞지 않았습니다."
			: "Market-based figures (REC, PPA) need your contracts and are not mixed in.");
	report_notes(report);
}
