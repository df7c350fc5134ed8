/* What every report states alike: the period in the units that are filed, the factors and their vintages, the thresholds. */
#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/kst.h"
#include "cli/language.h"
#include "cli/report/report.h"
#include "korea/uncertainty.h"

#define TJ_PER_KWH 3.6e-6 /* final energy, by definition of the units */

static const struct column threshold_columns[] = { { "code", { { "code", "코드" } } },
	{ "scheme", { { "scheme", "제도" } } }, { "value", { { "this period", "이 기간" } } },
	{ "value_year", { { "a year at this rate", "이 추세의 1년" } } },
	{ "limit", { { "threshold of a year", "연간 기준" } } }, { "unit", { { "unit", "단위" } } },
	{ "percent", { { "% of it", "기준 대비 %" } } },
	{ "legal_status", { { "legal status", "법적 성격" } } },
	{ "vintage", { { "vintage", "기준 시점" } } }, { "source", { { "source", "출처" } } } };

static const struct annual *official_factor(const struct report *report)
{
	return data_annual(report->data, "KR", FACTOR_OFFICIAL);
}

double tonnes_of(const struct report *report, double kwh)
{
	return kwh / 1e6 * official_factor(report)->value;
}

double final_tj_of(double kwh)
{
	return kwh * TJ_PER_KWH;
}

double toe_of(const struct report *report, double kwh)
{
	return kwh / 1000 * report_figure(report, "toe_per_mwh")->value;
}

static double tj_by_toe_of(const struct report *report, double kwh)
{
	return toe_of(report, kwh) * report_figure(report, "gj_per_toe")->value / 1000;
}

static void put_emissions(struct report *report, struct table *table)
{
	const struct sum *total = &report->tally->total;
	const struct annual *factor = official_factor(report);
	bool ko = report->document.is_korean;
	char basis[BASIS_MAX];
	const struct fact facts[] = {
		{ "factor_tCO2eq_MWh", { { "Emission factor, consumption end", "배출계수(소비단)" } },
			factor->value / 1000, 4, "tCO2eq/MWh", basis, 0 },
		{ "tCO2eq", { { "Emissions, scope 2, location-based", "배출량(스코프 2, 지역 기반)" } },
			tonnes_of(report, kwh_of(total->facility_uj)), 6, "tCO2eq", NULL,
			sum_factor_uncertainty(total, U_GRID_ANNUAL) },
	};

	snprintf(basis, sizeof(basis), "%s (%d, %s)", factor->source[ko], factor->year,
		code_word(factor->legal_status, ko));
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

/* Both rows of the annex, and TJ both ways: which of them a form wants is the form's to say. */
static void put_energy(struct report *report, struct table *table)
{
	const struct sum *total = &report->tally->total;
	double kwh = kwh_of(total->facility_uj), u = sum_facility_uncertainty(total);
	const struct price *used = report_figure(report, "toe_per_mwh"),
			   *generated = report_figure(report, "toe_per_mwh_generation"),
			   *gj = report_figure(report, "gj_per_toe");
	char used_basis[BASIS_MAX], generated_basis[BASIS_MAX], gj_basis[BASIS_MAX];
	const struct fact facts[] = {
		{ "toe", { { "Oil equivalent, consumption basis", "석유환산(소비기준)" } },
			toe_of(report, kwh), 6, "toe", figure_basis(report, used, used_basis), u },
		{ "toe_generation", { { "Oil equivalent, generation basis", "석유환산(발전기준)" } },
			kwh / 1000 * generated->value, 6, "toe",
			figure_basis(report, generated, generated_basis), u },
		{ "tj_final", { { "Final energy", "최종 에너지" } }, final_tj_of(kwh), 6, "TJ", "3.6 MJ/kWh",
			u },
		{ "tj_by_toe", { { "Energy by its oil equivalent", "석유환산톤 기준 에너지" } },
			tj_by_toe_of(report, kwh), 6, "TJ", figure_basis(report, gj, gj_basis), u },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

void report_units(struct report *report, struct table *facts)
{
	put_emissions(report, facts);
	put_energy(report, facts);
}

/* A threshold is of a year. What this period's would be, by the time there is data of: NAN under a day of it. */
static double of_year(const struct report *report, double value)
{
	const struct tally *tally = report->tally;
	double period = (double)(tally->to - tally->from), seconds = (double)tally->total.present_ns / 1e9;
	bool is_year = period >= 365 * DAY_SECONDS && period <= 366 * DAY_SECONDS;

	return seconds < DAY_SECONDS ? NAN : value / seconds * (is_year ? period : 365 * DAY_SECONDS);
}

void report_thresholds(struct report *report)
{
	double kwh = kwh_of(report->tally->total.facility_uj), t = tonnes_of(report, kwh),
	       tj = tj_by_toe_of(report, kwh);
	const struct {
		const char *code; /* of reporting.json */
		struct words name;
		double value; /* of this period, in the threshold's unit */
	} thresholds[] = {
		{ "report_toe", { { "Large energy user, yearly report", "에너지다소비사업자 신고" } },
			toe_of(report, kwh) },
		{ "tms_company_t", { { "Target management, company", "목표관리제(업체)" } }, t },
		{ "tms_company_tj", { { "Target management, company", "목표관리제(업체)" } }, tj },
		{ "tms_site_t", { { "Target management, site", "목표관리제(사업장)" } }, t },
		{ "tms_site_tj", { { "Target management, site", "목표관리제(사업장)" } }, tj },
		{ "ets_company_t", { { "Emissions trading, company", "배출권거래제(업체)" } }, t },
		{ "ets_site_t", { { "Emissions trading, site", "배출권거래제(사업장)" } }, t },
	};
	struct document *document = &report->document;
	struct table *table =
		document_table(document, "thresholds", (struct words) { { "Thresholds", "기준" } },
			threshold_columns, ARRAY_SIZE(threshold_columns));

	for (size_t i = 0; i < ARRAY_SIZE(thresholds); i++) {
		const struct price *figure = report_figure(report, thresholds[i].code);
		double year = of_year(report, thresholds[i].value);
		put_cell_text(document, table, thresholds[i].code);
		put_cell_text(document, table, words_in(document, &thresholds[i].name));
		put_cell_number(document, table, thresholds[i].value, 3);
		report_known(document, table, year, 3);
		put_cell_number(document, table, figure->value, 0);
		put_cell_code(document, table, figure->unit);
		report_known(document, table, 100 * year / figure->value, 4);
		put_cell_code(document, table, figure->legal_status);
		put_cell_text(document, table, figure->vintage);
		put_cell_text(document, table, figure->source[document->is_korean]);
	}
}

void report_factors(struct report *report)
{
	const struct annual *factor = official_factor(report);
	const struct price *used = report_figure(report, "toe_per_mwh"),
			   *generated = report_figure(report, "toe_per_mwh_generation"),
			   *gj = report_figure(report, "gj_per_toe");
	struct document *document = &report->document;
	bool ko = document->is_korean;
	char basis[BASIS_MAX];

	document_note(document,
		ko ? "배출계수 %.4f tCO2eq/MWh, %d년, 소비단: %s (%s)"
		   : "Emission factor %.4f tCO2eq/MWh, vintage %d, consumption end: %s (%s)",
		factor->value / 1000, factor->year, factor->source[ko], code_word(factor->legal_status, ko));
	document_note(document,
		ko ? "석유환산계수 %g toe/MWh(소비기준), %g toe/MWh(발전기준), %g GJ/toe: %s"
		   : "Oil equivalent %g toe/MWh (consumption basis), %g toe/MWh (generation basis), "
		     "%g GJ/toe: %s",
		used->value, generated->value, gj->value, figure_basis(report, used, basis));
}
