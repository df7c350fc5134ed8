#include "cli/report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/language.h"

static const struct column fact_columns[] = { { "code", { { "code", "코드" } } },
	{ "item", { { "item", "항목" } } }, { "value", { { "value", "값" } } },
	{ "unit", { { "unit", "단위" } } }, { "uncertainty_percent", { { "± % (k = 2)", "± % (k = 2)" } } },
	{ "basis", { { "basis", "근거" } } } };
static const struct column workload_columns[] = { { "workload", { { "workload", "워크로드" } } },
	{ "namespace", { { "namespace", "네임스페이스" } } }, { "kind", { { "kind", "종류" } } },
	{ "it_energy_uj", { { "IT energy, µJ", "IT 에너지(µJ)" } } },
	{ "it_energy_kWh", { { "IT energy, kWh", "IT 에너지(kWh)" } } },
	{ "it_energy_uncertainty_percent",
		{ { "± % of it (k = 2), at least", "IT 에너지의 불확도, 최소 ± %(k = 2)" } } },
	{ "facility_energy_kWh", { { "with PUE, kWh", "PUE 반영(kWh)" } } },
	{ "emissions_kg", { { "kgCO2eq by the grid", "전력망 기준 kgCO2eq" } } },
	{ "emissions_uncertainty_percent",
		{ { "± % of it (k = 2), at least", "배출량의 불확도, 최소 ± %(k = 2)" } } } };
#define COLUMNS(array) array, ARRAY_SIZE(array)
#define REST_LEAST     1e-6 /* of the whole; the errors of less are lost in those of doubles */

double kwh_of(double uj)
{
	return uj / UJ_PER_KWH;
}

const struct price *report_figure(const struct report *report, const char *code)
{
	return data_price(report->data, code);
}

const char *figure_basis(const struct report *report, const struct price *figure, char text[static BASIS_MAX])
{
	bool ko = report->document.is_korean;

	snprintf(text, BASIS_MAX, "%s (%s, %s, %s)", figure->source[ko], figure->vintage,
		code_word(figure->legal_status, ko), code_word(figure->status, ko));
	return text;
}

const char *pue_words(
	const struct report *report, const struct tally_source *source, char text[static PUE_WORDS_MAX])
{
	char code[32];

	snprintf(code, sizeof(code), "%.*s", (int)strcspn(source->text, " "), source->text);
	snprintf(text, PUE_WORDS_MAX, "%s %.4g", code_word(code, report->document.is_korean),
		source->it_uj > 0 ? source->facility_uj / (double)source->it_uj : 0);
	return text;
}

struct table *report_facts(struct report *report, const char *key, struct words title)
{
	return document_table(&report->document, key, title, COLUMNS(fact_columns));
}

void report_known(struct document *document, struct table *table, double value, int digits)
{
	if (isnan(value))
		put_cell_empty(document, table);
	else
		put_cell_number(document, table, value, digits);
}

void report_uncertainty(struct report *report, struct table *table, double uncertainty)
{
	if (uncertainty > 0)
		put_cell_number(&report->document, table, 100 * uncertainty, 0);
	else
		put_cell_empty(&report->document, table);
}

void report_fact(struct report *report, struct table *table, const struct fact *fact)
{
	struct document *document = &report->document;

	put_cell_text(document, table, fact->code);
	put_cell_text(document, table, words_in(document, &fact->name));
	report_known(document, table, fact->value, fact->digits);
	put_cell_code(document, table, fact->unit);
	report_uncertainty(report, table, fact->uncertainty);
	put_cell_text(document, table, fact->basis != NULL ? fact->basis : "");
}

void report_fact_text(
	struct report *report, struct table *table, const char *code, struct words name, const char *value)
{
	struct document *document = &report->document;

	put_cell_text(document, table, code);
	put_cell_text(document, table, words_in(document, &name));
	put_cell_text(document, table, value);
	put_cell_text(document, table, "");
	put_cell_empty(document, table);
	put_cell_text(document, table, "");
}

static void put_uj(struct report *report, struct table *table)
{
	static const struct words name = { { "IT energy, as booked", "IT 에너지(원장 기록값)" } };
	struct document *document = &report->document;

	put_cell_text(document, table, "it_energy_uj");
	put_cell_text(document, table, words_in(document, &name));
	put_cell_integer(document, table, report->tally->total.it_uj);
	put_cell_text(document, table, "µJ");
	put_cell_empty(document, table);
	put_cell_text(document, table,
		document->is_korean ? "마감된 시간의 원장 합계" : "sum of the ledger's sealed hours");
}

/* "" where every hour's PUE is the operator's own. */
static const char *assumed_words(const struct report *report)
{
	if (report->tally->assumed_uj == 0)
		return "";
	return report->document.is_korean
		       ? "PUE 1.40은 사업장의 값이 아니라 가정한 값입니다. 제출용이 아닙니다"
		       : "PUE 1.40 is assumed, not yours: not for filing";
}

static void put_bill(struct report *report, struct table *table)
{
	const struct sum *total = &report->tally->total;
	const struct fact facts[] = {
		{ "bill_kWh", { { "Electricity bill", "전기요금 고지서 사용량" } }, report->bill_kwh, 1,
			"kWh", NULL, 0 },
		{ "bill_it_percent",
			{ { "IT energy measured here, share of the bill",
				"고지서 사용량 대비 측정된 IT 에너지" } },
			100 * kwh_of((double)total->it_uj) / report->bill_kwh, 2, "%", NULL,
			sum_it_uncertainty(total) },
		{ "bill_facility_percent", { { "The same with PUE", "PUE 반영 시" } },
			100 * kwh_of(total->facility_uj) / report->bill_kwh, 2, "%", NULL,
			sum_facility_uncertainty(total) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
}

void report_energy_facts(struct report *report, struct table *table)
{
	const struct tally *tally = report->tally;
	const struct sum *total = &tally->total;
	double it_uj = (double)total->it_uj, seconds = (double)(tally->to - tally->from);
	const struct fact facts[] = {
		{ "it_energy_kWh", { { "IT energy", "IT 에너지" } }, kwh_of(it_uj), 3, "kWh", NULL,
			sum_it_uncertainty(total) },
		{ "pue_mean", { { "PUE, mean by energy", "PUE(에너지 가중 평균)" } },
			it_uj > 0 ? total->facility_uj / it_uj : NAN, 3, "", assumed_words(report), 0 },
		{ "facility_energy_kWh", { { "Energy with PUE", "PUE 반영 에너지" } },
			kwh_of(total->facility_uj), 3, "kWh", assumed_words(report),
			sum_facility_uncertainty(total) },
		{ "metered_percent",
			{ { "of it by a meter, the rest by a model", "계측기 측정 비율(나머지는 모델)" } },
			it_uj > 0 ? 100 * (double)tally->measured_uj / it_uj : NAN, 1, "%", NULL, 0 },
		{ "covered_percent",
			{ { "Time with data, of the period", "기간 가운데 데이터가 있는 시간의 비율" } },
			100 * (double)total->present_ns / 1e9 / seconds, 2, "%", NULL, 0 },
		{ "sealed_hours",
			{ { "Sealed hours that have data, whole or in part",
				"데이터가 (일부라도) 있는 마감된 시간" } },
			(double)total->hours, 0, "h", NULL, 0 },
		{ "incomplete_hours",
			{ { "of them closed without the source",
				"그중 전력 출처를 기다리지 못하고 마감한 시간" } },
			(double)total->incomplete, 0, "h", NULL, 0 },
	};

	put_uj(report, table);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		report_fact(report, table, &facts[i]);
	if (report->bill_kwh > 0)
		put_bill(report, table);
}

/* `has_errors`: its errors are no noise of a difference. */
static void put_sums(struct report *report, struct table *table, const struct sum *sum, bool has_errors)
{
	struct document *document = &report->document;

	put_cell_integer(document, table, sum->it_uj);
	put_cell_number(document, table, kwh_of((double)sum->it_uj), 6);
	report_uncertainty(report, table, has_errors ? sum_it_uncertainty(sum) : 0);
	put_cell_number(document, table, kwh_of(sum->facility_uj), 6);
	put_cell_number(document, table, sum->grams / 1000, 6);
	report_uncertainty(report, table, has_errors ? sum_grams_uncertainty(sum) : 0);
}

static void take_away(struct sum *rest, const struct sum *part)
{
	rest->it_uj -= part->it_uj;
	rest->facility_uj -= part->facility_uj;
	rest->grams -= part->grams;
	rest->power_error_uj -= part->power_error_uj;
	rest->pue_error_uj -= part->pue_error_uj;
	rest->grid_error_grams -= part->grid_error_grams;
}

/* All rows together are the node, to the µJ. */
void report_workloads(struct report *report)
{
	const struct tally *tally = report->tally;
	struct document *document = &report->document;
	struct table *table = document_table(document, "workloads",
		(struct words) { { "By workload", "워크로드별" } }, COLUMNS(workload_columns));
	struct sum rest = tally->total;

	for (size_t i = 0; i < tally->workload_count && i < REPORT_WORKLOADS_MAX; i++) {
		const struct tally_workload *workload = &tally->workloads[i];
		put_cell_text(document, table, workload->name);
		put_cell_text(document, table, workload->namespace);
		put_cell_text(document, table, workload_kind_name((enum workload_kind)workload->kind));
		put_sums(report, table, &workload->sum, true);
		take_away(&rest, &workload->sum);
	}
	put_cell_code(document, table, "(idle and other)");
	put_cell_text(document, table, "");
	put_cell_text(document, table, "");
	put_sums(report, table, &rest, (double)rest.it_uj > REST_LEAST * (double)tally->total.it_uj);
}

static double percent_of_total(const struct report *report, int64_t uj)
{
	double total = (double)report->tally->total.it_uj;

	return total > 0 ? 100 * (double)uj / total : 0;
}

/* "NAME VINTAGE (FACTOR, QUALITY)", as tallied; the codes at its end in words. */
static void note_grids(struct report *report)
{
	const struct tally *tally = report->tally;
	bool ko = report->document.is_korean;

	for (size_t i = 0; i < tally->grid_count; i++) {
		const struct tally_source *grid = &tally->grids[i];
		const char *codes = strrchr(grid->text, '(');
		char factor[16] = "", quality[16] = "", text[TALLY_SOURCE_MAX];
		snprintf(text, sizeof(text), "%s", grid->text);
		if (codes != NULL && sscanf(codes, "(%15[^,], %15[^)])", factor, quality) == 2)
			snprintf(text, sizeof(text), "%.*s(%s, %s)", (int)(codes - grid->text), grid->text,
				code_word(factor, ko), code_word(quality, ko));
		document_note(&report->document, "%s: %s, %.1f %%", ko ? "전력망" : "Grid", text,
			percent_of_total(report, grid->it_uj));
	}
}

static void note_pues(struct report *report)
{
	const struct tally *tally = report->tally;
	char text[PUE_WORDS_MAX];

	for (size_t i = 0; i < tally->pue_count; i++)
		document_note(&report->document, "PUE: %s, %.1f %%", pue_words(report, &tally->pues[i], text),
			percent_of_total(report, tally->pues[i].it_uj));
}

/* "100.0 % of the energy by the model curve:unknown (±56 %, k = 1)" */
static void note_power(struct report *report)
{
	const struct tally *tally = report->tally;
	bool ko = report->document.is_korean;

	for (size_t i = 0; i < tally->meter_count; i++) {
		const struct tally_source *source = &tally->meters[i];
		double percent = percent_of_total(report, source->it_uj);
		if (source->is_measured)
			document_note(&report->document,
				ko ? "전력: 에너지의 %.1f %%를 계측기 %s로 측정"
				   : "Power: %.1f %% of the energy by the meter %s",
				percent, source->text);
		else
			document_note(&report->document,
				ko ? "전력: 에너지의 %.1f %%를 모델 %s로 추정"
				   : "Power: %.1f %% of the energy by the model %s",
				percent, source->text);
	}
}

void report_notes(struct report *report)
{
	const struct tally *tally = report->tally;
	const struct data *data = report->data;
	struct document *document = &report->document;
	bool ko = document->is_korean;
	char from[32], to[32], now[32];

	if (tally->assumed_uj > 0)
		document_note(document, "%s.", assumed_words(report));
	clock_format_kst((uint64_t)tally->from * NS_PER_SECOND, from);
	clock_format_kst((uint64_t)tally->to * NS_PER_SECOND, to);
	clock_format_kst((uint64_t)report->now * NS_PER_SECOND, now);
	document_note(document,
		ko ? "기간 %s – %s (한국 표준시), 작성 %s, tanso " TANSO_VERSION
		   : "Period %s – %s (Korea standard time), made %s, tanso " TANSO_VERSION,
		from, to, now);
	if (tally->fake_uj > 0)
		document_note(document,
			ko ? "가짜 계측기의 %.3f kWh는 어느 합계에도 포함하지 않았습니다."
			   : "%.3f kWh of a fake meter are in no sum.",
			kwh_of((double)tally->fake_uj));
	if (report->bill_kwh > 0 && kwh_of(tally->total.facility_uj) > report->bill_kwh)
		document_note(document, "%s",
			ko ? "측정값이 고지서 사용량보다 많습니다. 고지서의 기간과 사업장, PUE를 "
			     "확인하십시오."
			   : "More was measured than the bill has: check the bill's period and site, and the "
			     "PUE.");
	if ((double)tally->total.present_ns < 1e9 * (double)(tally->to - tally->from))
		document_note(
			document, ko ? "이 기간의 일부 시간에는 데이터가 없습니다. 합계는 데이터가 있는 "
				       "시간의 값이며 추정으로 채우지 않았습니다."
				     : "Part of the period has no data. Sums are those of the time "
				       "there is; nothing is filled in.");
	report_factors(report);
	note_grids(report);
	note_pues(report);
	note_power(report);
	document_note(document, "%s",
		ko ? "± %는 확장 불확도(k = 2)이며 전력 출처, PUE, 전력망의 불확도를 합성한 값입니다. 같은 "
		     "모델의 오차는 시간이 지나도 상쇄되지 않는다고 봅니다. 워크로드의 값은 노드 전력의 "
		     "불확도이며, 전력을 "
		     "워크로드로 나누는 데 따르는 오차는 측정할 수 없어 포함하지 않았습니다."
		   : "± % is the expanded uncertainty (k = 2) of power, PUE and grid together; one model's "
		     "error is taken not to average out over time. A workload's is that of the node's power: "
		     "how it "
		     "is divided among the workloads has an error of its own, which nothing measures.");
	document_note(document, ko ? "데이터 파일 %s, SHA-256 %s" : "Data files %s, SHA-256 %s",
		data->version, data->sha256);
	document_note(document,
		ko ? "이 기간의 마지막 마감 시간의 해시 %s (`tanso verify`가 이 해시를 거쳐 체인을 "
		     "검증합니다)"
		   : "Hash of the period's last sealed hour %s (`tanso verify` walks the chain through it)",
		tally->head);
}
