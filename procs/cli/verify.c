/* `tanso verify`: does the hash chain of the ledger, or of an exported bundle, hold? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/verify.h"
#include "base/clock.h"
#include "base/config.h"
#include "cli/report/archive.h"
#include "cli/report/bundle.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#define EXIT_BROKEN 1

static const char help_en[] =
	"Usage: tanso verify [--ledger FILE | --bundle FILE] [--config FILE] [--lang en|ko]\n\n"
	"Follows the hash chain over the closed hours of the ledger and over its days, or of a bundle that "
	"`tanso report "
	"audit`\n"
	"wrote, and names the first record that is not what was sealed. Needs no running pipeline.\n\n"
	"  --ledger FILE  this ledger; default: STATE_DIR/analyst/ledger.db\n"
	"  --bundle FILE  a bundle instead of a ledger\n\n"
	"Exit status: 0 the chain holds, 1 it is broken, 2 usage, or there is nothing that can be read.\n";
static const char help_ko[] =
	"사용법: tanso verify [--ledger FILE | --bundle FILE] [--config FILE] [--lang en|ko]\n\n"
	"원장의 마감된 시간과 날짜, 또는 `tanso report audit`가 쓴 묶음의 해시 체인을 따라가며 봉인된\n"
	"내용과 다른 첫 기록을 알려 줍니다. 파이프라인이 실행 중이 아니어도 됩니다.\n\n"
	"  --ledger FILE  검증할 원장. 기본값: STATE_DIR/analyst/ledger.db\n"
	"  --bundle FILE  원장 대신 검증할 묶음\n\n"
	"종료 코드: 0 이상 없음, 1 체인이 끊어짐, 2 사용법 오류 또는 읽을 수 있는 것이 없음.\n";

struct arguments {
	const char *ledger, *bundle, *config;
};

const struct option verify_options[] = {
	{ "ledger", required_argument, NULL, 'l' },
	{ "bundle", required_argument, NULL, 'b' },
	{ "config", required_argument, NULL, 'c' },
	{ "lang", required_argument, NULL, 'L' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int parse(struct arguments *arguments, int argc, char **argv)
{
	char text[512];
	int option;

	*arguments = (struct arguments) { 0 };
	optind = 1;
	while ((option = getopt_long(argc, argv, "h", verify_options, NULL)) != -1)
		switch (option) {
		case 'l': arguments->ledger = optarg; break;
		case 'b': arguments->bundle = optarg; break;
		case 'c': arguments->config = optarg; break;
		case 'L':
			if (take_language("verify", optarg) < 0)
				return -EINVAL;
			break;
		case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
		default: return refuse_option("verify", argv);
		}
	if (optind == argc && (arguments->ledger == NULL || arguments->bundle == NULL))
		return 0;
	if (optind == argc)
		return refuse_usage("verify", in_language("either --ledger or --bundle",
						      "--ledger와 --bundle 가운데 하나만 쓸 수 있습니다"));
	snprintf(text, sizeof(text),
		in_language("what is %.200s? --ledger FILE names a ledger, --bundle FILE what `tanso report "
			    "audit` wrote",
			"%.200s: 원장이면 --ledger FILE, `tanso report audit`가 쓴 묶음이면 --bundle FILE로 "
			"지정하십시오"),
		argv[optind]);
	return refuse_usage("verify", text);
}

static int print(const char *path, const struct audit *audit)
{
	bool is_korean = language_is_korean();
	unsigned long long hours = audit->hours, days = audit->days, records = audit->records;
	char first[32], last[32], by_day[64] = "";

	if (audit->fault[0][0] != '\0') {
		printf(is_korean ? "%s: 해시 체인이 끊어졌습니다\n  " : "%s: the chain is broken\n  ", path);
		terminal_put(stdout, audit->fault[is_korean]);
		printf(is_korean ? "\n  그 앞의 %llu시간은 이상이 없습니다\n"
				 : "\n  the %llu sealed hours before it are whole\n",
			hours);
		return EXIT_BROKEN;
	}
	if (audit->hours == 0) {
		printf(is_korean
				? "%s: 마감된 시간이 아직 없습니다. 한 시간은 끝나고 5분 뒤에 봉인됩니다\n"
				: "%s: no hour is closed yet: an hour is sealed five minutes after its end\n",
			path);
		return EXIT_UNANSWERED;
	}
	clock_format_kst((uint64_t)audit->first * NS_PER_SECOND, first);
	clock_format_kst((uint64_t)(audit->last + SEALED_SECONDS) * NS_PER_SECOND, last);
	if (days > 0)
		snprintf(by_day, sizeof(by_day),
			is_korean ? " 가운데 %llu일은 하루 단위로 보관"
				  : ", %llu of those days kept by the day",
			days);
	if (is_korean)
		printf("%s: 해시 체인에 이상이 없습니다\n  %s부터 %s까지 마감된 %llu시간%s, 기록 %llu건\n"
		       "  마지막 해시 %s\n",
			path, first, last, hours, by_day, records, audit->head);
	else
		printf("%s: the chain holds\n  %llu sealed hour%s between %s and %s%s, %llu records\n"
		       "  last hash %s\n",
			path, hours, hours == 1 ? "" : "s", first, last, by_day, records, audit->head);
	if (strcmp(audit->before, CHAIN_GENESIS) != 0)
		printf(is_korean ? "  그 앞의 시간은 여기에 없습니다. 첫 시간의 앞 해시 %s\n"
				 : "  the hours before the first are not here; the hash it follows %s\n",
			audit->before);
	return EXIT_SUCCESS;
}

static int verify_ledger(
	const struct arguments *arguments, char path[static ARCHIVE_PATH_MAX], struct audit *ret_audit)
{
	struct archive archive;
	int r = archive_open(&archive, arguments->ledger, arguments->config, "verify");

	snprintf(path, ARCHIVE_PATH_MAX, "%s", archive.path);
	if (r < 0)
		return r;
	r = audit_ledger(archive.sealed, 0, INT64_MAX, ret_audit);
	if (r < 0)
		fprintf(stderr, "tanso verify: %s\n", strerror(-r));
	archive_close(&archive);
	return r;
}

int verb_verify(int argc, char **argv)
{
	struct arguments arguments;
	struct audit audit;
	char path[ARCHIVE_PATH_MAX];
	int r = parse(&arguments, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	if (arguments.bundle != NULL) {
		snprintf(path, sizeof(path), "%s", arguments.bundle);
		r = bundle_verify(arguments.bundle, &audit);
	} else
		r = verify_ledger(&arguments, path, &audit);
	if (r < 0)
		return EXIT_UNANSWERED;
	return print(path, &audit);
}
