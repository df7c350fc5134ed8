/* `tanso up`: all stages in the foreground, for hosts without systemd. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "cli/place.h"
#include "cli/supervisor.h"
#include "cli/up_host.h"
#include "cli/verbs.h"

#define EXIT_USAGE    2
#define ARGUMENTS_MAX 60
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
	bool has_assessed, has_failed, is_colour;
	pid_t assessment;
};

static void print_help(void)
{
	puts("Usage: tanso up [--config FILE] [--set KEY=VALUE]... [--pue PUE]\n\n"
	     "Starts the whole pipeline in the foreground, shows each stage as it becomes ready, prints a "
	     "first\n"
	     "assessment, restarts what dies, and stops everything on Ctrl-C or SIGTERM.\n\n"
	     "  -c, --config FILE    configuration (default: deploy/config/tanso.conf in a clone, else\n"
	     "                       /etc/tanso/tanso.conf if it exists)\n"
	     "  -s, --set KEY=VALUE  override one key for this run, e.g. --set http_listen=127.0.0.1:31800\n"
	     "      --pue PUE        the PUE you declare for this site: the same as --set pue=PUE\n"
	     "  -h, --help           show this and exit\n\n"
	     "Needs root for eBPF; without it CPU time is read from /proc and every number says so.\n"
	     "Exit status: 0 stopped on request, 1 a stage could not start, 2 usage or configuration.");
}

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
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0 go on, 1 done (help), -EINVAL usage. */
static int read_arguments(struct up *up, int argc, char **argv)
{
	int option, r = 0;

	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "c:s:h", up_options, NULL)) != -1) {
		switch (option) {
		case 'c': snprintf(up->config_path, sizeof(up->config_path), "%s", optarg); break;
		case 's': r = add_pair(up, optarg); break;
		case 'p': r = add_pair_of(up, "pue", optarg); break;
		case 'h': print_help(); return 1;
		default: return -EINVAL;
		}
	}
	if (r == 0 && optind == argc)
		return 0;
	fprintf(stderr, "tanso up: %s; see tanso up --help\n",
		r < 0 ? "too many --set" : "takes no further arguments");
	return -EINVAL;
}

static int load_config(struct up *up)
{
	struct config_error error;
	int r;

	if (up->config_path[0] == '\0')
		place_clone_config(up->config_path, sizeof(up->config_path));
	r = config_load(&up->config, up->config_path[0] != '\0' ? up->config_path : NULL, &error);
	for (size_t i = 0; i < up->pair_count && r == 0; i++) {
		char key[PAIR_MAX];
		snprintf(key, sizeof(key), "%s", up->pairs[i]);
		char *equals = strchr(key, '=');
		if (equals == NULL) {
			snprintf(error.text, sizeof(error.text), "--set wants KEY=VALUE, not '%s'", key);
			r = -EINVAL;
			break;
		}
		*equals = '\0';
		r = config_set(&up->config, key, equals + 1, &error);
	}
	if (r < 0)
		fprintf(stderr, "tanso up: %s\n", error.text);
	return r;
}

/* The folders of an ordinary user, where the configured ones are not writable. */
static void settle_folders(struct up *up)
{
	char folder[CONFIG_TEXT_MAX];

	if (host_user_folder(up->config.runtime_dir, HOST_FOLDER_RUNTIME, folder, sizeof(folder))) {
		snprintf(up->config.runtime_dir, CONFIG_TEXT_MAX, "%s", folder);
		add_pair_of(up, "runtime_dir", folder);
	}
	if (host_user_folder(up->config.state_dir, HOST_FOLDER_STATE, folder, sizeof(folder))) {
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
		printf("  %s✓%s %-10s ready after %.2f s%s%s%s\n", colour(up, "\033[32m"),
			colour(up, "\033[0m"), name, (double)report->since_start_ns / 1e9,
			report->restarts > 0 ? " (restarted)" : "", report->text[0] != '\0' ? " · " : "",
			report->text);
		break;
	case SUPERVISOR_LOG:
		if (report->level <= 6)
			printf("    %s%s%s\n", report->level <= 4 ? colour(up, "\033[33m") : "", report->text,
				report->level <= 4 ? colour(up, "\033[0m") : "");
		break;
	case SUPERVISOR_DIED:
	case SUPERVISOR_HUNG:
		printf("  %s!%s %-10s %s%s\n", colour(up, "\033[33m"), colour(up, "\033[0m"), name,
			report->text, report->event == SUPERVISOR_DIED ? ", restarting" : "");
		break;
	case SUPERVISOR_FAILED:
		printf("  %s✗%s %-10s could not start (%s); see its message above\n", colour(up, "\033[31m"),
			colour(up, "\033[0m"), name, report->text);
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
	char url[CONFIG_TEXT_MAX + 16];
	char *const argv[] = { "tanso", "assess", "--top", "--wait", "5", "--runtime-dir",
		up->config.runtime_dir, "--lang", up->config.lang, "--url", url, NULL };

	snprintf(url, sizeof(url), "%s://%.*s", scheme_of(up), (int)strcspn(up->config.http_listen, ", "),
		up->config.http_listen);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		puts("");
		fflush(stdout);
		execv("/proc/self/exe", argv);
		_exit(EXIT_FAILURE);
	}
	return pid;
}

static void print_addresses(const struct up *up)
{
	const char *web = up->config.http_listen, *metrics = up->config.metrics_listen;

	printf("\nTry, in another terminal:\n"
	       "  curl -X POST %s://%.*s/tools/list_top_power_consumers -d '{}'\n"
	       "  curl -k %s://%.*s/metrics | grep kepler_\n"
	       "  %s/tanso assess NAME          one workload; --pue 1.45 --json --lang ko\n"
	       "  %s/tanso doctor               what is measured, modelled, missing\n"
	       "  %s/tanso mcp                  MCP over stdio, for Claude Desktop\n"
	       "Ctrl-C stops everything.\n",
		scheme_of(up), (int)strcspn(web, ", "), web, up->config.metrics_tls ? "https" : "http",
		(int)strcspn(metrics, ", "), metrics, up->binary_dir, up->binary_dir, up->binary_dir);
	fflush(stdout);
}

/* Every 50 ms until the addresses stand on the screen. */
static int on_patience(struct timer *timer)
{
	struct up *up = container_of(timer, struct up, patience);

	if (!up->has_assessed) {
		if (!supervisor_all_ready(up->supervisor))
			return 0;
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
		(r = supervisor_new(
			 &up->supervisor, up->loop, up->binary_dir, up->arguments, on_report, up)) < 0 ||
		(r = timer_open(&up->patience, on_patience)) < 0 ||
		(r = loop_add(up->loop, &up->patience.source)) < 0 ||
		(r = timer_set(&up->patience, 50 * NS_PER_MILLISECOND, 50 * NS_PER_MILLISECOND)) < 0 ||
		(r = supervisor_start(up->supervisor)) < 0) {
		fprintf(stderr, "tanso up: cannot start: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	loop_run(up->loop);
	printf("\nStopping.\n");
	fflush(stdout);
	if (up->assessment > 0)
		kill(up->assessment, SIGTERM);
	supervisor_stop(up->supervisor);
	printf("Stopped: no stage is running, kernel programs are released, the ledger is closed.\n");
	return up->has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_up(int argc, char **argv)
{
	CLEANUP(freep) struct up *up = calloc(1, sizeof(*up));
	CLEANUP(closep) int lock = -1;
	int r;

	if (up == NULL)
		return EXIT_FAILURE;
	r = read_arguments(up, argc, argv);
	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_USAGE;
	if (load_config(up) < 0)
		return EXIT_USAGE;
	settle_folders(up);
	build_arguments(up);
	if (place_folder_of("tanso-collector", up->binary_dir, sizeof(up->binary_dir)) < 0) {
		fprintf(stderr,
			"tanso up: the stages (tanso-collector, …) are not beside %s: build with deploy/up\n",
			"/proc/self/exe");
		return EXIT_FAILURE;
	}
	lock = host_lock(up->config.runtime_dir);
	if (lock < 0)
		return EXIT_FAILURE; /* host_lock has said why */
	printf("tanso %s · configuration: %s\n", TANSO_VERSION,
		up->config.path[0] != '\0' ? up->config.path : "defaults");
	host_print_limits(&up->config);
	host_remove_sockets(up->config.runtime_dir);
	int status = run(up);
	supervisor_free(up->supervisor);
	loop_free(up->loop);
	host_remove_sockets(up->config.runtime_dir);
	return status;
}
