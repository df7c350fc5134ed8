/* The pipeline that runs: how it was started, and the power and PUE it answers with. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "cli/doctor/doctor.h"
#include "cli/place.h"
#include "cli/table.h"
#include "ipc/tools.h"

#define COMMAND_MAX   32768
#define ARGUMENTS_MAX 128
#define DOOR          "/frontend/" PLACE_HTTP

/* The process that listens at the socket that was asked; -errno where a URL was, or it cannot be known. */
static pid_t find_frontend(const char *address)
{
	char folder[CONFIG_TEXT_MAX];
	struct ucred peer;
	socklen_t size = sizeof(peer);
	size_t length = strlen(address);

	if (address[0] != '/' || length <= strlen(DOOR) || length - strlen(DOOR) >= sizeof(folder))
		return -ENOENT;
	snprintf(folder, sizeof(folder), "%.*s", (int)(length - strlen(DOOR)), address);
	CLEANUP(closep) int fd = place_connect(folder, PLACE_HTTP);
	if (fd < 0)
		return fd;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ? -errno : peer.pid;
}

/* The words of a command line into `text`. How many, or -errno; -ESRCH: that process is no frontend (any more). */
static int read_command(pid_t pid, char text[static COMMAND_MAX], char *words[static ARGUMENTS_MAX + 1])
{
	char path[64];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, COMMAND_MAX - 1);
	if (size <= 0)
		return -ESRCH;
	text[size] = '\0';
	for (char *word = text; word < text + size && count < ARGUMENTS_MAX; word += strlen(word) + 1)
		words[count++] = word;
	words[count] = NULL;
	const char *name = strrchr(words[0], '/');
	return strcmp(name != NULL ? name + 1 : words[0], "tanso-frontend") == 0 ? count : -ESRCH;
}

/* A path as the process meant it. */
static void resolve(pid_t pid, const char *given, char path[static CONFIG_TEXT_MAX])
{
	char there[CONFIG_TEXT_MAX];

	if (given[0] == '/')
		snprintf(there, sizeof(there), "%s", given);
	else
		snprintf(there, sizeof(there), "/proc/%d/cwd/%s", pid, given);
	CLEANUP(freep) char *real = realpath(there, NULL);
	snprintf(path, CONFIG_TEXT_MAX, "%s", real != NULL ? real : there);
}

static int set_pair(struct config *config, char *pair)
{
	struct config_error error;
	char *equals = strchr(pair, '=');

	if (equals == NULL)
		return -EINVAL;
	*equals = '\0';
	return config_set(config, pair, equals + 1, &error);
}

/* As base/config_arguments.c reads them: the file first. */
static int load_as_started(pid_t pid, struct config *config, int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' }, { 0 } };
	char path[CONFIG_TEXT_MAX] = "";
	struct config_error error;
	int option, r;

	optind = 1;
	while ((option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
		if (option == 'c')
			resolve(pid, optarg, path);
	r = config_load(config, path[0] != '\0' ? path : NULL, &error);
	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
		if (option == 's')
			r = set_pair(config, optarg);
	return r;
}

static void find_config(struct site *site, const char *address)
{
	CLEANUP(freep) char *text = malloc(COMMAND_MAX);
	CLEANUP(freep) struct config *started = malloc(sizeof(*started));
	char *words[ARGUMENTS_MAX + 1];
	pid_t pid = find_frontend(address);
	int count = pid > 0 && text != NULL && started != NULL ? read_command(pid, text, words) : -ESRCH;

	if (count <= 0 || load_as_started(pid, started, count, words) < 0)
		return;
	site->config = *started;
	site->is_of_pipeline = true;
}

static void take_provenance(struct site *site, struct json_object *provenance)
{
	struct json_object *power = member_of(provenance, "power");
	const char *source = text_of_member(power, "source");

	for (int origin = ORIGIN_PIPELINE; origin <= ORIGIN_PROMETHEUS; origin++)
		if (strcmp(source, origin_name((enum origin)origin)) == 0)
			site->origin = (enum origin)origin;
	snprintf(site->power_state, sizeof(site->power_state), "%s", text_of_member(power, "state"));
	snprintf(site->power_failure, sizeof(site->power_failure), "%s", text_of_member(power, "failure"));
	site->power_age_s = json_object_get_double(member_of(power, "metrics_age_s"));
	snprintf(site->pue_failure, sizeof(site->pue_failure), "%s",
		text_of_member(member_of(provenance, "pue"), "failure"));
}

/* The current region's row of a comparison: the one answer that tells PUE and power without a workload. */
static void ask_comparison(struct site *site, struct client *client)
{
	struct client_answer answer;
	struct json_object *root, *row;
	char lang[32];
	size_t offset;

	snprintf(lang, sizeof(lang), "{\"lang\":\"%s\"}", language_name());
	if (client_ask(client, "/tools/get_regional_comparison", lang, strlen(lang), &answer) < 0 ||
		answer.status != 200)
		return;
	root = json_parse_strict(answer.body, answer.size, &offset);
	for (size_t i = 0; (row = element_of(root, "comparisons", i)) != NULL; i++)
		if (json_object_get_boolean(member_of(row, "is_current")) && member_of(row, "pue") != NULL) {
			snprintf(site->pue_source, sizeof(site->pue_source), "%s",
				text_of_member(row, "pue_source"));
			site->pue = json_object_get_double(member_of(row, "pue"));
		}
	take_provenance(site, member_of(root, "provenance"));
	json_object_put(root);
}

void doctor_find_site(struct site *site, struct client *client)
{
	struct client_answer answer;

	*site = (struct site) { .config = *client_config(client) };
	site->origin = origin_of(&site->config);
	if (client_ask(client, "/readyz", NULL, 0, &answer) < 0)
		return;
	find_config(site, client_address(client));
	site->origin = origin_of(&site->config);
	if (answer.status == 200)
		ask_comparison(site, client);
}
