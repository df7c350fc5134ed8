/* `tanso up`: all stages in the foreground, for hosts without systemd. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "cli/language.h"
#include "cli/place.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/up/supervisor.h"
#include "cli/up/host.h"
#include "cli/up/try.h"
#include "cli/verbs.h"

#define EXIT_USAGE    2
#define ARGUMENTS_MAX 60
#define EVERY_STAGE   ((1U << STAGE_COUNT) - 1)
#define PAIR_MAX      (CONFIG_TEXT_MAX + 64)

struct up {
	struct config config;
	char config_path[CONFIG_TEXT_MAX];
	char pairs[ARGUMENTS_MAX / 2][PAIR_MAX]; /* KEY=VALUE handed to every stage */
	size_t pair_count;
	char *arguments[ARGUMENTS_MAX + 2];
	char binary_dir[CONFIG_TEXT_MAX];
	struct loop *loop;
	struct supervisor *supervisor;
	struct timer patience; /* polls for "all ready", then for the end of the assessment */
	unsigned stages;       /* 1 << STAGE_… */
	bool is_config_given, has_assessed, has_failed, is_colour, is_check;
	pid_t assessment;
};

static const char help_en[] =
	"Usage: tanso up [--config FILE] [--set KEY=VALUE]... [--pue PUE] [--lang en|ko]\n"
	"                [--stages LIST] [--check]\n\n"
	"Starts the whole pipeline in the foreground, shows each stage as it becomes ready, prints a first\n"
	"assessment, restarts what dies, and stops everything on Ctrl-C or SIGTERM.\n\n"
	"  -c, --config FILE    configuration (default: deploy/config/tanso.conf in a clone, else\n"
	"                       /etc/tanso/tanso.conf if it exists)\n"
	"  -s, --set KEY=VALUE  override one key for this run, e.g. --set http_listen=127.0.0.1:31800\n"
	"      --pue PUE        the PUE you declare for this site: the same as --set pue=PUE\n"
	"      --lang en|ko     language of these lines and of the server's prose: as --set lang=en|ko\n"
	"      --stages LIST    start these alone, e.g. fetcher,analyst,frontend where power is read "
	"elsewhere\n"
	"                       (kepler_endpoint, prometheus_url); default: all seven\n"
	"      --check          say what is wrong with options and configuration; start nothing\n"
	"  -h, --help           show this and exit\n\n"
	"Needs root for eBPF; without it CPU time is read from /proc and every number says so.\n"
	"Exit status: 0 stopped on request, 1 a stage could not start, 2 usage or configuration.\n";
static const char help_ko[] =
	"사용법: tanso up [--config FILE] [--set KEY=VALUE]... [--pue PUE] [--lang en|ko]\n"
	"              [--stages LIST] [--check]\n\n"
	"파이프라인 전체를 포그라운드로 시작하고, 단계가 준비될 때마다 알리고, 첫 판정을 보여 줍니다.\n"
	"종료된 단계는 다시 시작하며, Ctrl-C나 SIGTERM을 받으면 모두 중지합니다.\n\n"
	"  -c, --config FILE    설정 파일(기본값: 복제본에서는 deploy/config/tanso.conf, 아니면\n"
	"                       /etc/tanso/tanso.conf가 있을 때 그 파일)\n"
	"  -s, --set KEY=VALUE  이번 실행에만 쓸 설정값. 예: --set http_listen=127.0.0.1:31800\n"
	"      --pue PUE        이 시설의 PUE. --set pue=PUE와 같습니다\n"
	"      --lang en|ko     화면과 서버 응답의 언어. --set lang=en|ko와 같습니다\n"
	"      --stages LIST    이 단계만 시작합니다. 예: 전력을 다른 곳에서 읽을 때(kepler_endpoint,\n"
	"                       prometheus_url) fetcher,analyst,frontend. 기본값: 일곱 단계 모두\n"
	"      --check          옵션과 설정의 오류만 확인하고 시작하지 않습니다\n"
	"  -h, --help           이 도움말\n\n"
	"eBPF에는 root 권한이 필요합니다. 없으면 CPU 시간을 /proc에서 읽고 모든 값에 그 사실을 표시합니다.\n"
	"종료 코드: 0 요청으로 중지, 1 시작하지 못한 단계가 있음, 2 사용법 또는 설정 오류.\n";

static int add_pair(struct up *up, const char *pair)
{
	if (up->pair_count == ARRAY_SIZE(up->pairs))
		return -E2BIG;
	snprintf(up->pairs[up->pair_count++], PAIR_MAX, "%s", pair);
	return 0;
}

static int add_pair_of(struct up *up, const char *key, const char *value)
{
	char pair[PAIR_MAX];

	snprintf(pair, sizeof(pair), "%s=%s", key, value);
	return add_pair(up, pair);
}

const struct option up_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "set", required_argument, NULL, 's' },
	{ "pue", required_argument, NULL, 'p' },
	{ "lang", required_argument, NULL, 'l' },
	{ "stages", required_argument, NULL, 't' },
	{ "check", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool has_stage(const struct up *up, enum stage stage)
{
	return (up->stages & (1U << stage)) != 0;
}

static int take_stages(struct up *up, const char *list)
{
	up->stages = stages_from_names(list);
	if (up->stages != 0)
		return 0;
	return refuse_usage("up",
		in_language("--stages wants a list of collector, resolver, estimator, exporter, analyst, "
			    "frontend and fetcher",
			"--stages에는 collector, resolver, estimator, exporter, analyst, frontend, fetcher "
			"중에서 쉼표로 적으십시오"));
}

/* 0 go on, 1 done (help), -EINVAL usage. */
static int read_arguments(struct up *up, int argc, char **argv)
{
	int option, r = 0;

	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "c:s:h", up_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			snprintf(up->config_path, sizeof(up->config_path), "%s", optarg);
			up->is_config_given = true;
			break;
		case 's': r = add_pair(up, optarg); break;
		case 'p':
			if (take_pue("up", "pue", optarg) < 0)
				return -EINVAL;
			r = add_pair_of(up, "pue", optarg);
			break;
		case 'l': r = add_pair_of(up, "lang", optarg); break;
		case 't':
			if (take_stages(up, optarg) < 0)
				return -EINVAL;
			break;
		case 'k': up->is_check = true; break;
		case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
		default: return refuse_option("up", argv);
		}
	}
	if (r < 0)
		return refuse_usage("up", in_language("too many --set", "--set이 너무 많습니다"));
	return optind == argc ? 0 : refuse_rest("up");
}

static int load_config(struct up *up)
{
	struct config_error error;
	bool is_lang_set = false;
	int r;

	if (up->config_path[0] == '\0')
		place_clone_config(up->config_path, sizeof(up->config_path));
	r = config_load(&up->config, up->config_path[0] != '\0' ? up->config_path : NULL, &error);
	for (size_t i = 0; i < up->pair_count && r == 0; i++) {
		char key[PAIR_MAX];
		snprintf(key, sizeof(key), "%s", up->pairs[i]);
		char *equals = strchr(key, '=');
		if (equals == NULL) {
			snprintf(error.text, sizeof(error.text),
				in_language("--set wants KEY=VALUE, not '%s'",
					"--set 값은 KEY=VALUE 형식이어야 합니다: '%s'"),
				key);
			r = -EINVAL;
			break;
		}
		*equals = '\0';
		r = config_set(&up->config, key, equals + 1, &error);
		is_lang_set = is_lang_set || strcmp(key, "lang") == 0;
	}
	if (r == 0 && (is_lang_set || language_of_environment() == NULL))
		language_set(up->config.lang);
	if (r < 0)
		fprintf(stderr, "tanso up: %s\n", error.text);
	return r;
}

/* The folders of an ordinary user, where the configured ones are not writable. */
static void settle_folders(struct up *up)
{
	char folder[CONFIG_TEXT_MAX];

	if (host_user_folder(up->config.runtime_dir, PLACE_RUNTIME, folder, sizeof(folder))) {
		snprintf(up->config.runtime_dir, CONFIG_TEXT_MAX, "%s", folder);
		add_pair_of(up, "runtime_dir", folder);
	}
	if (host_user_folder(up->config.state_dir, PLACE_STATE, folder, sizeof(folder))) {
		snprintf(up->config.state_dir, CONFIG_TEXT_MAX, "%s", folder);
		add_pair_of(up, "state_dir", folder);
	}
}

static void build_arguments(struct up *up)
{
	static char config_flag[] = "--config", set_flag[] = "--set";
	size_t count = 0;

	if (up->config.path[0] != '\0') {
		up->arguments[count++] = config_flag;
		up->arguments[count++] = up->config.path;
	}
	for (size_t i = 0; i < up->pair_count; i++) {
		up->arguments[count++] = set_flag;
		up->arguments[count++] = up->pairs[i];
	}
}

static const char *colour(const struct up *up, const char *code)
{
	return up->is_colour ? code : "";
}

static void on_report(void *context, const struct supervisor_report *report)
{
	struct up *up = context;
	const char *name = stage_name(report->stage);

	switch (report->event) {
	case SUPERVISOR_READY:
		printf(in_language("  %s✓%s %-10s ready after %.2f s%s%s",
			       "  %s✓%s %-10s %.2f초 만에 준비됨%s%s"),
			colour(up, "\033[32m"), colour(up, "\033[0m"), name,
			(double)report->since_start_ns / 1e9,
			report->restarts > 0 ? in_language(" (restarted)", " (다시 시작함)") : "",
			report->text[0] != '\0' ? " · " : "");
		terminal_put(stdout, report->text);
		putchar('\n');
		break;
	case SUPERVISOR_LOG:
		if (report->level > 6)
			break;
		printf("    %s", report->level <= 4 ? colour(up, "\033[33m") : "");
		terminal_put(stdout, report->text);
		printf("%s\n", report->level <= 4 ? colour(up, "\033[0m") : "");
		break;
	case SUPERVISOR_DIED:
	case SUPERVISOR_HUNG:
		printf("  %s!%s %-10s %s%s\n", colour(up, "\033[33m"), colour(up, "\033[0m"), name,
			report->text,
			report->event == SUPERVISOR_DIED ? in_language(", restarting", ", 다시 시작합니다")
							 : "");
		break;
	case SUPERVISOR_FAILED:
		printf(in_language("  %s✗%s %-10s could not start (%s); see its message above\n",
			       "  %s✗%s %-10s 시작하지 못했습니다(%s). 위의 메시지를 보십시오\n"),
			colour(up, "\033[31m"), colour(up, "\033[0m"), name, report->text);
		up->has_failed = true;
		loop_stop(up->loop);
		break;
	case SUPERVISOR_STATUS:
	case SUPERVISOR_STOPPED: break;
	}
	fflush(stdout);
}

static const char *scheme_of(const struct up *up)
{
	return up->config.http_tls_key[0] != '\0' ? "https" : "http";
}

/* The first answer comes through the front door, as any client's would. */
static int start_assessment(struct up *up)
{
	char url[CONFIG_TEXT_MAX + 16], lang[8];
	char *const argv[] = { "tanso", "assess", "--top", "--wait", "5", "--runtime-dir",
		up->config.runtime_dir, "--lang", lang, "--url", url, NULL };

	snprintf(lang, sizeof(lang), "%s", language_name());
	snprintf(url, sizeof(url), "%s://%.*s", scheme_of(up), (int)strcspn(up->config.http_listen, ", "),
		up->config.http_listen);
	puts("");
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execv("/proc/self/exe", argv);
		_exit(EXIT_FAILURE);
	}
	return pid;
}

/* What clients are not led to by themselves; whole paths, for they start elsewhere. */
static void print_addresses(const struct up *up)
{
	CLEANUP(freep) char *config = up->is_config_given ? realpath(up->config.path, NULL) : NULL;
	const char *runtime_dir = NULL;
	char place[2 * PAIR_MAX + 64];

	for (size_t i = 0; i < up->pair_count; i++)
		if (strncmp(up->pairs[i], "runtime_dir=", strlen("runtime_dir=")) == 0)
			runtime_dir = up->config.runtime_dir;
	snprintf(place, sizeof(place), "%s%s%s%s", config != NULL ? " --config " : "",
		config != NULL ? config : "", runtime_dir != NULL ? " --runtime-dir " : "",
		runtime_dir != NULL ? runtime_dir : "");
	try_print(stdout, &up->config, up->stages, up->binary_dir, place);
	fflush(stdout);
}

/* Every 50 ms until the addresses stand on the screen. */
static int on_patience(struct timer *timer)
{
	struct up *up = container_of(timer, struct up, patience);

	if (!up->has_assessed) {
		if (!supervisor_all_ready(up->supervisor))
			return 0;
		if (has_stage(up, STAGE_FRONTEND))
			up->assessment = start_assessment(up);
		up->has_assessed = true;
	}
	if (up->assessment > 0 && kill(up->assessment, 0) == 0 && waitpid(up->assessment, NULL, WNOHANG) == 0)
		return 0;
	print_addresses(up);
	return timer_set(&up->patience, UINT64_C(1) << 60, 0);
}

static int run(struct up *up)
{
	int r;

	up->is_colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	if ((r = loop_new(&up->loop)) < 0 ||
		(r = supervisor_new(&up->supervisor, up->loop, up->stages, up->binary_dir, up->arguments,
			 on_report, up)) < 0 ||
		(r = timer_open(&up->patience, on_patience)) < 0 ||
		(r = loop_add(up->loop, &up->patience.source)) < 0 ||
		(r = timer_set(&up->patience, 50 * NS_PER_MILLISECOND, 50 * NS_PER_MILLISECOND)) < 0 ||
		(r = supervisor_start(up->supervisor)) < 0) {
		fprintf(stderr,
			in_language("tanso up: cannot start: %s\n", "tanso up: 시작할 수 없습니다: %s\n"),
			strerror(-r));
		return EXIT_FAILURE;
	}
	loop_run(up->loop);
	fputs(in_language("\nStopping.\n", "\n중지합니다.\n"), stdout);
	fflush(stdout);
	if (up->assessment > 0)
		kill(up->assessment, SIGTERM);
	supervisor_stop(up->supervisor);
	fputs(in_language(
		      "Stopped: no stage is running, kernel programs are released, the ledger is closed.\n",
		      "중지했습니다. 실행 중인 단계가 없고, 커널 프로그램을 해제했으며, 원장을 "
		      "닫았습니다.\n"),
		stdout);
	return up->has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_up(int argc, char **argv)
{
	CLEANUP(freep) struct up *up = calloc(1, sizeof(*up));
	CLEANUP(closep) int lock = -1;
	int r;

	if (up == NULL)
		return EXIT_FAILURE;
	up->stages = EVERY_STAGE;
	r = read_arguments(up, argc, argv);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_USAGE;
	if (load_config(up) < 0 || host_check_codes(&up->config) < 0 || host_check_addresses(&up->config) < 0)
		return EXIT_USAGE;
	if (!up->is_check)
		settle_folders(up);
	build_arguments(up);
	if (place_folder_of("tanso-collector", up->binary_dir, sizeof(up->binary_dir)) < 0) {
		fprintf(stderr,
			in_language("tanso up: the stages (tanso-collector, …) are not beside %s: build with "
				    "deploy/up\n",
				"tanso up: %s 옆에 단계(tanso-collector 등)가 없습니다. deploy/up으로 "
				"빌드하십시오\n"),
			"/proc/self/exe");
		return EXIT_FAILURE;
	}
	if (up->is_check)
		return host_check_stages(up->stages, up->binary_dir, up->arguments);
	lock = host_lock(up->config.runtime_dir);
	if (lock < 0 || host_check_ports(&up->config, up->stages) < 0)
		return EXIT_FAILURE; /* they have said why */
	printf(in_language("tanso %s · configuration: %s\n", "tanso %s · 설정: %s\n"), TANSO_VERSION,
		up->config.path[0] != '\0' ? up->config.path : in_language("defaults", "기본값"));
	if (has_stage(up, STAGE_COLLECTOR))
		host_print_limits(&up->config);
	host_remove_sockets(up->config.runtime_dir);
	int status = run(up);
	supervisor_free(up->supervisor);
	loop_free(up->loop);
	host_remove_sockets(up->config.runtime_dir);
	return status;
}
