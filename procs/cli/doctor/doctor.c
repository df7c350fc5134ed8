/* `tanso doctor`: what is measured, modelled, missing, and the one command or line for each. */
#include "cli/doctor/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ipc/json_write.h"

#define EXIT_PIPELINE_DOWN 1

static const char help_en[] =
	"Usage: tanso doctor [--json] [--lang en|ko] [--config FILE] [--runtime-dir DIR] [--url URL]\n"
	"                    [--ca FILE] [--token-file FILE]\n\n"
	"Says what is measured on this host, what is modelled, what is missing, and the one command or\n"
	"line of tanso.conf that changes it. Tells of the pipeline that runs, as it was started; where none\n"
	"runs, of the configuration. Reads only; root is not needed, but sees more.\n\n"
	"Exit status: 0 the pipeline answers, 1 it does not, 2 usage or configuration.\n";
static const char help_ko[] =
	"사용법: tanso doctor [--json] [--lang en|ko] [--config FILE] [--runtime-dir DIR] [--url URL]\n"
	"                  [--ca FILE] [--token-file FILE]\n\n"
	"이 호스트에서 계측되는 것, 모델로 추정되는 것, 빠진 것과 그것을 바꾸는 명령 또는 tanso.conf의\n"
	"한 줄을 알려 줍니다. 실행 중인 파이프라인을 시작된 설정대로 보여 주며, 실행 중이 아니면 설정\n"
	"파일을 기준으로 합니다. 읽기만 합니다. root 권한은 필요 없지만 있으면 더 많이 볼 수 있습니다.\n\n"
	"종료 코드: 0 파이프라인이 응답함, 1 응답하지 않음, 2 사용법 또는 설정 오류.\n";

static const char *const state_names[] = { "measured", "modelled", "missing" };
static const char *const state_titles_ko[] = { "계측·확인된 것", "추정하거나 대체한 것", "빠진 것" };

void findings_add(struct findings *findings, const char *name, enum finding_state state, const char *remedy,
	const char *format, ...)
{
	va_list arguments;

	if (findings->count == FINDINGS_MAX)
		return;
	struct finding *finding = &findings->all[findings->count++];
	*finding = (struct finding) { .name = name, .state = state };
	snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

static void print_text(const struct findings *findings)
{
	static const char *const signs[] = { "✓", "~", "✗" };
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
	bool has_colour = terminal_has_colour(stdout);

	for (int state = FINDING_MEASURED; state <= FINDING_MISSING; state++) {
		bool has_title = false;
		for (size_t i = 0; i < findings->count; i++) {
			const struct finding *finding = &findings->all[i];
			if ((int)finding->state != state)
				continue;
			if (!has_title)
				printf("%s\n", in_language(state_names[state], state_titles_ko[state]));
			has_title = true;
			printf("  %s%s%s ", has_colour ? colours[state] : "", signs[state],
				has_colour ? "\033[0m" : "");
			terminal_put(stdout, finding->text);
			if (finding->remedy[0] != '\0')
				printf("\n      → %s", finding->remedy);
			putchar('\n');
		}
	}
}

static int print_json(const struct findings *findings)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *text = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	json_write_boolean(&writer, "pipeline_up", findings->is_pipeline_up);
	json_open_array(&writer, "findings");
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->all[i];
		json_open_object(&writer, NULL);
		json_write_text(&writer, "name", finding->name);
		json_write_text(&writer, "state", state_names[finding->state]);
		json_write_text(&writer, "text", finding->text);
		if (finding->remedy[0] != '\0')
			json_write_text(&writer, "remedy", finding->remedy);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	json_close_object(&writer);
	int r = json_take(&writer, &text, &size);
	if (r == 0)
		puts(text);
	return r;
}

const struct option doctor_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "config", required_argument, NULL, 'c' },
	{ "runtime-dir", required_argument, NULL, 'r' },
	{ "url", required_argument, NULL, 'u' },
	{ "ca", required_argument, NULL, 'a' },
	{ "token-file", required_argument, NULL, 't' },
	{ "lang", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0, 1 = help was printed, -EINVAL */
static int read_arguments(struct client_place *place, bool *ret_is_json, int argc, char **argv)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", doctor_options, NULL)) != -1) {
		switch (option) {
		case 'j': *ret_is_json = true; break;
		case 'c': place->config_path = optarg; break;
		case 'r': place->runtime_dir = optarg; break;
		case 'u': place->url = optarg; break;
		case 'a': place->ca = optarg; break;
		case 't': place->token_file = optarg; break;
		case 'l':
			if (take_language("doctor", optarg) < 0)
				return -EINVAL;
			break;
		case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
		default: return refuse_option("doctor", argv);
		}
	}
	return optind == argc ? 0 : refuse_rest("doctor");
}

int verb_doctor(int argc, char **argv)
{
	struct client_place place = { 0 };
	struct findings findings = { 0 };
	static struct site site;
	struct client *client = NULL;
	struct config_error error;
	bool is_json = false;
	int r = read_arguments(&place, &is_json, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = client_new(&client, &place, &error);
	if (r < 0) {
		fprintf(stderr, "tanso doctor: %s\n", r == -EINVAL ? error.text : strerror(-r));
		return EXIT_UNANSWERED;
	}
	doctor_find_site(&site, client);
	if (site.origin == ORIGIN_PIPELINE)
		doctor_check_host(&findings, &site.config);
	doctor_check_config(&findings, &site);
	doctor_check_pipeline(&findings, client, &site);
	if (is_json)
		print_json(&findings);
	else
		print_text(&findings);
	client_free(client);
	return findings.is_pipeline_up ? EXIT_SUCCESS : EXIT_PIPELINE_DOWN;
}
