/* The reports of `tanso report`: what was tallied, as tables. docs/methodology.md states the formulas. */
#pragma once

#include "audit/verify.h"
#include "cli/report/document.h"
#include "cli/report/tally.h"
#include "korea/data.h"

#define REPORT_WORKLOADS_MAX 1000 /* told by name; the rest is one row */

struct report {
	struct document document;
	const struct tally *tally;
	const struct audit *audit; /* of the period's chain; broken only where the report is the audit */
	const struct data *data;
	double bill_kwh; /* 0 = not given */
	int64_t now;     /* s since 1970 */
};

/* What was typed; NULL = not. */
struct report_asked {
	const char *kind, *format, *out, *ledger, *config;
	bool names_no_day;
};
/* In place of a report of a period without data. */
struct archive;
void report_tell_nothing(
	const struct report_asked *asked, const struct archive *archive, int64_t from, int64_t to);

typedef void report_fn(struct report *report);
report_fn report_energy_use, report_emissions, report_green_dc, report_audit;

/* What they share. */
struct fact {
	const char *code;
	struct words name;
	double value; /* NAN = there is none: the cell stays empty */
	int digits;
	const char *unit;
	const char *basis;  /* source and status, or NULL */
	double uncertainty; /* U/x, k = 2; 0 = there is none to state */
};
struct table *report_facts(struct report *report, const char *key, struct words title);
void report_fact(struct report *report, struct table *table, const struct fact *fact);
/* U/x (k = 2) in percent; an empty cell where it is 0. */
void report_uncertainty(struct report *report, struct table *table, double uncertainty);
void report_fact_text(
	struct report *report, struct table *table, const char *code, struct words name, const char *value);
void report_energy_facts(struct report *report, struct table *table);
void report_workloads(struct report *report);
/* A cell; NAN = there is none: it stays empty. */
void report_known(struct document *document, struct table *table, double value, int digits);
/* In every report alike: tCO2eq, toe and TJ with the factors they come from, */
void report_units(struct report *report, struct table *facts);
/* what a year at this rate is of each scheme's threshold, */
void report_thresholds(struct report *report);
/* and the foot of the page: the period, the factors with vintage and legal status, what the energy rests on. */
void report_notes(struct report *report);
void report_factors(struct report *report);
/* The figure of that code of reporting.json or prices.json; data_load() has seen to it that it is there. */
const struct price *report_figure(const struct report *report, const char *code);
/* Text for a basis: "source (vintage, legal status, status)". */
#define BASIS_MAX 400
const char *figure_basis(
	const struct report *report, const struct price *figure, char text[static BASIS_MAX]);
/* "declared 1.6": where a PUE came from, and its mean by energy. */
#define PUE_WORDS_MAX 64
const char *pue_words(
	const struct report *report, const struct tally_source *source, char text[static PUE_WORDS_MAX]);

double kwh_of(double uj);
/* E [kWh] x official factor, x 3.6e-6, x toe_per_mwh / 1000. */
double tonnes_of(const struct report *report, double kwh);
double final_tj_of(double kwh);
double toe_of(const struct report *report, double kwh);
