/* What `tanso report` says where the period has no data, in place of a report: which days there are, and how to have them. */
#include "base/clock.h"
#include "cli/report/archive.h"
#include "base/language.h"
#include "cli/report/report.h"

/* Of a command to paste. */
static void put_option(const char *name, const char *value)
{
	if (value == NULL)
		return;
	fprintf(stderr, " --%s '", name);
	for (; *value != '\0'; value++)
		fputs(*value == '\'' ? "'\\''" : (char[]) { *value, '\0' }, stderr);
	fputc('\'', stderr);
}

/* As it is counted: watts of a fake meter are none. */
static int is_data(void *context, const struct sealed_row *row)
{
	(void)context;
	return row->kind == ROW_NODE && row->state != POWER_FAKE && row->present_ns > 0;
}

void report_tell_nothing(
	const struct report_asked *asked, const struct archive *archive, int64_t from, int64_t to)
{
	struct sealed_hour hour;
	int64_t first = -1, last = -1;
	char days[2][32], has[2][32];

	sealed_select(archive->sealed, 0, INT64_MAX);
	while (sealed_next(archive->sealed, &hour) > 0) {
		if (sealed_rows(archive->sealed, hour.start, is_data, NULL) <= 0)
			continue;
		first = first < 0 ? hour.start : first;
		last = hour.start;
	}
	clock_format_kst((uint64_t)from * NS_PER_SECOND, days[0]);
	clock_format_kst((uint64_t)(to - 1) * NS_PER_SECOND, days[1]);
	fprintf(stderr,
		in_language("tanso report: %s has no data from %.10s to %.10s%s: ",
			"tanso report: %s에 %.10s부터 %.10s까지%s 데이터가 없습니다. "),
		archive->path, days[0], days[1],
		!asked->names_no_day ? ""
				     : in_language(", the year taken where no day is named",
					       "(날짜를 지정하지 않으면 작년)"));
	if (first < 0) {
		fputs(in_language("no sealed hour has any yet. An hour is sealed five minutes after its end, "
				  "while the analyst runs; watts of a fake meter are no data.\n",
			      "원장에 데이터가 있는 마감된 시간이 아직 없습니다. 파이프라인이 실행 중이면 "
			      "매시간이 끝나고 5분 뒤에 마감되며, 가짜 계측기의 값은 데이터가 아닙니다.\n"),
			stderr);
		return;
	}
	clock_format_kst((uint64_t)first * NS_PER_SECOND, has[0]);
	clock_format_kst((uint64_t)last * NS_PER_SECOND, has[1]);
	fprintf(stderr,
		in_language("it has data from %.10s to %.10s. For all of it:\n",
			"원장의 데이터는 %.10s부터 %.10s까지입니다. 전체 보고서:\n"),
		has[0], has[1]);
	fprintf(stderr, "  tanso report %s --from %.10s --to %.10s", asked->kind, has[0], has[1]);
	put_option("format", asked->format);
	put_option("out", asked->out);
	put_option("ledger", asked->ledger);
	put_option("config", asked->config);
	fputc('\n', stderr);
}
