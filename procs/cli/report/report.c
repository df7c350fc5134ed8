/* `tanso report`: energy, emissions and PUE of a period, from the ledger's sealed hours. */
#include "cli/report/report.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/kst.h"
#include "cli/report/bundle.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static const char help_en[] =
	"Usage: tanso report KIND [--from DATE] [--to DATE] [OPTION]...\n\n"
	"Energy, emissions and PUE of a period, from the ledger's sealed hours. Every report is a draft. "
	"Needs no\n"
	"running pipeline, but may read the ledger.\n\n"
	"  energy-use       worksheet of the yearly report of large energy users (에너지사용량 신고)\n"
	"  emissions        scope-2 row of an emissions statement (명세서)\n"
	"  green-dc         PUE score of the Green Data Centre certification\n"
	"  audit            with --format json the bundle that `tanso verify --bundle` checks\n\n"
	"  --from DATE      first day, YYYY-MM-DD, Korean time; default: 1 January of the year of --to,\n"
	"                   without it of last year\n"
	"  --to DATE        last day; default: 31 December of the year of --from\n"
	"  --format FORMAT  csv, json or html (printable A4); default: csv\n"
	"  --out FILE       write there instead of standard output\n"
	"  --bill-kwh KWH   electricity of the bill of the same period: shows which share of it was "
	"measured\n"
	"  --ledger FILE    this ledger; default: STATE_DIR/analyst/ledger.db\n"
	"  --config FILE    read this tanso.conf\n"
	"  --lang en|ko\n\n"
	"The hash chain of the period is followed first: where it does not hold nothing is reported, but "
	"for\n"
	"audit, which says so.\n\n"
	"Exit status: 0 written, 1 the period has no data (nothing is written) or its chain is broken,\n"
	"2 usage, or the ledger or the data files cannot be read.\n";
static const char help_ko[] =
	"사용법: tanso report KIND [--from DATE] [--to DATE] [옵션]...\n\n"
	"원장의 마감된 시간으로 기간의 에너지, 배출량, PUE를 정리합니다. 모든 보고서는 초안입니다.\n"
	"파이프라인이 실행 중이 아니어도 되지만 원장을 읽을 수 있어야 합니다.\n\n"
	"  energy-use       에너지다소비사업자의 에너지사용량 신고 작성 자료\n"
	"  emissions        온실가스 명세서의 스코프 2(전력) 항목\n"
	"  green-dc         그린 데이터센터 인증의 PUE 점수\n"
	"  audit            --format json이면 `tanso verify --bundle`로 검증할 묶음\n\n"
	"  --from DATE      첫날, YYYY-MM-DD, 한국 시각. 기본값: --to가 있는 해의\n"
	"                   1월 1일, --to도 없으면 작년 1월 1일\n"
	"  --to DATE        마지막 날. 기본값: --from이 있는 해의 12월 31일\n"
	"  --format FORMAT  csv, json 또는 html(A4 인쇄용). 기본값: csv\n"
	"  --out FILE       표준 출력 대신 쓸 파일\n"
	"  --bill-kwh KWH   같은 기간의 전기요금 고지서 사용량. 그중 측정된 비율을 보여 줍니다\n"
	"  --ledger FILE    읽을 원장. 기본값: STATE_DIR/analyst/ledger.db\n"
	"  --config FILE    읽을 tanso.conf\n"
	"  --lang en|ko     언어\n\n"
	"먼저 기간의 해시 체인을 확인합니다. 체인이 끊어졌으면 보고하지 않으며, audit만 그 사실을 적어\n"
	"작성합니다.\n\n"
	"종료 코드: 0 작성함, 1 기간에 데이터가 없거나(쓰지 않음) 체인이 끊어짐, 2 사용법 오류\n"
	"또는 원장이나 데이터 파일을 읽을 수 없음.\n";

#define EXIT_NOTHING 1
#define EXIT_BROKEN  1

static const struct kind {
	const char *name;
	report_fn *make;
} kinds[] = { { "energy-use", report_energy_use }, { "emissions", report_emissions },
	{ "green-dc", report_green_dc }, { "audit", report_audit } };

static const struct format {
	const char *name;
	int (*write)(const struct document *document, FILE *out);
} formats[] = { { "csv", document_write_csv }, { "json", document_write_json },
	{ "html", document_write_html } };

struct arguments {
	const struct kind *kind;
	const struct format *format;
	const char *out, *ledger, *config;
	int from, to; /* 20260101; 0 = not given */
	bool names_no_day;
	double bill_kwh;
};

static int complain(const char *text)
{
	return refuse_usage("report", text);
}

static int take_format(struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, name) == 0) {
			arguments->format = &formats[i];
			return 0;
		}
	return complain(in_language(
		"--format is csv, json or html", "--format 값은 csv, json, html 가운데 하나입니다"));
}

static int take_kwh(struct arguments *arguments, const char *text)
{
	char *end;

	arguments->bill_kwh = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(arguments->bill_kwh) || arguments->bill_kwh <= 0)
		return complain(in_language(
			"--bill-kwh wants a number above 0", "--bill-kwh 값은 0보다 큰 숫자여야 합니다"));
	return 0;
}

/* Nanoseconds since 1970 end in 2554. */
static int take_date(const char *text, int *ret_date, const char *complaint)
{
	return kst_parse_date(text, ret_date) && *ret_date >= 19700102 && *ret_date < 25000101
		       ? 0
		       : complain(complaint);
}

/* 0, 1 = help was printed, -EINVAL */
static int take_option(struct arguments *arguments, int option, char **argv, char *value)
{
	switch (option) {
	case 'f':
		return take_date(value, &arguments->from,
			in_language("--from wants a date from 1970-01-02 to 2499-12-31, YYYY-MM-DD",
				"--from 값은 1970-01-02부터 2499-12-31까지의 YYYY-MM-DD 형식 날짜여야 "
				"합니다"));
	case 't':
		return take_date(value, &arguments->to,
			in_language("--to wants a date from 1970-01-02 to 2499-12-31, YYYY-MM-DD",
				"--to 값은 1970-01-02부터 2499-12-31까지의 YYYY-MM-DD 형식 날짜여야 합니다"));
	case 'F': return take_format(arguments, value);
	case 'B': return take_kwh(arguments, value);
	case 'o': arguments->out = value; return 0;
	case 'l': arguments->ledger = value; return 0;
	case 'c': arguments->config = value; return 0;
	case 'L': return take_language("report", value);
	case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
	default: return refuse_option("report", argv);
	}
}

static int take_kind(struct arguments *arguments, int argc, char **argv)
{
	for (size_t i = 0; optind == argc - 1 && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, argv[optind]) == 0) {
			arguments->kind = &kinds[i];
			return 0;
		}
	return complain(in_language("name one report: energy-use, emissions, green-dc or audit",
		"보고서 하나를 지정하십시오: energy-use, emissions, green-dc, audit"));
}

const struct option report_options[] = {
	{ "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 't' },
	{ "format", required_argument, NULL, 'F' },
	{ "bill-kwh", required_argument, NULL, 'B' },
	{ "out", required_argument, NULL, 'o' },
	{ "ledger", required_argument, NULL, 'l' },
	{ "config", required_argument, NULL, 'c' },
	{ "lang", required_argument, NULL, 'L' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int parse(struct arguments *arguments, int argc, char **argv)
{
	int option, r = 0;

	*arguments = (struct arguments) { .format = &formats[0] };
	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "h", report_options, NULL)) != -1)
		r = take_option(arguments, option, argv, optarg);
	if (r == 0)
		r = take_kind(arguments, argc, argv);
	return r;
}

static int64_t midnight_of(int date)
{
	return kst_seconds(date / 10000, date / 100 % 100, date % 100);
}

/* Both days are included. */
static int resolve_period(struct arguments *arguments, int64_t now, int64_t *ret_from, int64_t *ret_to)
{
	arguments->names_no_day = arguments->from == 0 && arguments->to == 0;
	if (arguments->from == 0)
		arguments->from =
			(arguments->to != 0 ? arguments->to / 10000 : kst_of(now).year - 1) * 10000 + 101;
	if (arguments->to == 0)
		arguments->to = arguments->from / 10000 * 10000 + 1231;
	*ret_from = midnight_of(arguments->from);
	*ret_to = midnight_of(arguments->to) + DAY_SECONDS;
	return *ret_from < *ret_to
		       ? 0
		       : complain(in_language("--to lies before --from", "--to가 --from보다 앞섭니다"));
}

static int load_data(const struct config *config, struct data **ret_data)
{
	char folder[CONFIG_TEXT_MAX];
	struct data_error error = { 0 };
	int r;

	config_data_dir(config, folder);
	r = data_load_configured(config, folder, ret_data, &error);
	if (r < 0)
		fprintf(stderr,
			in_language("tanso report: data files of %s: %s\n",
				"tanso report: %s의 데이터 파일: %s\n"),
			folder, error.text);
	return r;
}

static int write_out(
	const struct arguments *arguments, struct report *report, const struct archive *archive, FILE *out)
{
	int r;

	report->document.key = arguments->kind->name;
	arguments->kind->make(report);
	r = report->document.failure;
	if (r < 0)
		return r;
	if (arguments->kind->make == report_audit && arguments->format->write == document_write_json)
		return bundle_write(archive->sealed, report->tally, report->audit, &report->document, out);
	return arguments->format->write(&report->document, out);
}

static int make(const struct arguments *arguments, struct report *report, const struct archive *archive)
{
	FILE *out = arguments->out != NULL ? fopen(arguments->out, "we") : stdout;
	int r = out == NULL ? -errno : write_out(arguments, report, archive, out);

	if (out != NULL && (out == stdout ? fflush(out) : fclose(out)) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		fprintf(stderr, "tanso report: %s: %s\n",
			arguments->out != NULL ? arguments->out : in_language("standard output", "표준 출력"),
			strerror(-r));
	document_done(&report->document);
	return r;
}

static int gather(const struct archive *archive, int64_t from, int64_t to, struct tally *ret_tally)
{
	int r = tally_gather(ret_tally, archive->sealed, from, to);

	if (r == -E2BIG)
		fprintf(stderr,
			in_language("tanso report: at most %d months in one report\n",
				"tanso report: 보고서 하나에 최대 %d개월까지 넣을 수 있습니다\n"),
			TALLY_MONTHS_MAX);
	else if (r == -EOVERFLOW)
		fputs(in_language("tanso report: more than 2562 MWh (2^63 µJ) are no report: ask for shorter "
				  "periods\n",
			      "tanso report: 2562 MWh(2^63 µJ)가 넘어 보고서 하나에 담을 수 없습니다. 기간을 "
			      "나누십시오\n"),
			stderr);
	else if (r < 0)
		fprintf(stderr, "tanso report: %s: %s\n", archive->path,
			r == -EIO ? sqlite3_errmsg(archive->db) : strerror(-r));
	return r;
}

/* Figures are only as good as the chain they come from. 0 = go on, -EBADMSG = there is no report, -errno. */
static int check_chain(const struct arguments *arguments, const struct archive *archive, int64_t from,
	int64_t to, struct audit *ret_audit)
{
	int r = audit_ledger(archive->sealed, from, to, ret_audit);

	if (r < 0) {
		fprintf(stderr, "tanso report: %s: %s\n", archive->path, strerror(-r));
		return r;
	}
	if (ret_audit->fault[0][0] == '\0')
		return 0;
	fprintf(stderr,
		in_language("tanso report: %s: the chain is broken: ",
			"tanso report: %s: 해시 체인이 끊어졌습니다: "),
		archive->path);
	terminal_put(stderr, ret_audit->fault[language_is_korean()]);
	if (arguments->kind->make == report_audit)
		fputc('\n', stderr);
	else
		fputs(in_language(". Nothing is reported; see tanso verify\n",
			      ". 보고서를 작성하지 않습니다. tanso verify로 확인하십시오\n"),
			stderr);
	return arguments->kind->make == report_audit ? 0 : -EBADMSG;
}

/* A node cannot use more than its site pays for. */
static void tell_bill(const struct report *report)
{
	double kwh = kwh_of(report->tally->total.facility_uj);

	if (report->bill_kwh <= 0 || kwh <= report->bill_kwh)
		return;
	fprintf(stderr,
		in_language("tanso report: %.3f kWh with PUE are %.0f %% of the bill's %.15g kWh: is it of "
			    "the same "
			    "period and site, and is the PUE yours?\n",
			"tanso report: PUE 반영 에너지 %.3f kWh가 고지서의 %.0f %%입니다(고지서 %.15g kWh). "
			"같은 기간과 "
			"사업장의 고지서인지, PUE가 맞는지 확인하십시오\n"),
		kwh, 100 * kwh / report->bill_kwh, report->bill_kwh);
}

static int run(
	struct arguments *arguments, const struct archive *archive, int64_t from, int64_t to, int64_t now)
{
	struct data *data = NULL;
	struct tally tally = { 0 };
	struct audit audit;
	struct report report = {
		.tally = &tally, .audit = &audit, .bill_kwh = arguments->bill_kwh, .now = now
	};
	bool is_written;
	int r = check_chain(arguments, archive, from, to, &audit);

	if (r == -EBADMSG)
		return EXIT_BROKEN;
	if (r == 0)
		r = load_data(&archive->config, &data);
	if (r == 0)
		r = gather(archive, from, to, &tally);
	report.data = data;
	report.document.is_korean = language_is_korean();
	/* A sheet of zeros would pass for a report: where there is no data the remark alone is the answer. Of a broken chain
	 * nothing is counted. */
	is_written = tally.total.hours > 0 || (tally.sealed_hours > 0 && audit.fault[0][0] != '\0');
	if (r == 0 && is_written)
		r = make(arguments, &report, archive);
	if (r == 0)
		tell_bill(&report);
	if (r == 0 && !is_written)
		report_tell_nothing(
			&(struct report_asked) { .kind = arguments->kind->name,
				.format = arguments->format != &formats[0] ? arguments->format->name : NULL,
				.out = arguments->out,
				.ledger = arguments->ledger,
				.config = arguments->config,
				.names_no_day = arguments->names_no_day },
			archive, from, to);
	if (r < 0)
		r = EXIT_UNANSWERED;
	else if (audit.fault[0][0] != '\0')
		r = EXIT_BROKEN;
	else
		r = is_written ? EXIT_SUCCESS : EXIT_NOTHING;
	tally_done(&tally);
	data_free(data);
	return r;
}

int verb_report(int argc, char **argv)
{
	struct arguments arguments;
	struct archive archive;
	int64_t from, to, now = (int64_t)time(NULL);
	int r = parse(&arguments, argc, argv);

	if (r == 0)
		r = resolve_period(&arguments, now, &from, &to);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	if (archive_open(&archive, arguments.ledger, arguments.config, "report") < 0)
		return EXIT_UNANSWERED;
	r = run(&arguments, &archive, from, to, now);
	archive_close(&archive);
	return r;
}
