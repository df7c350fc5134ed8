/*
 * The command `tanso`. Clients of MCP start `tanso mcp` and wait for it: to the local pipeline it is answered here, by a program
 * that loads next to nothing (pipe.h). Everything else is tanso-cli's, which brings libcurl and the rest.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/language.h"
#include "cli/mcp/arguments.h"
#include "cli/mcp/pipe.h"
#include "cli/place.h"
#include "cli/verbs.h"

static int connect_in(struct pipe_place *place, const char *runtime_dir)
{
	snprintf(place->runtime_dir, sizeof(place->runtime_dir), "%s", runtime_dir);
	return place_connect(runtime_dir, PLACE_STDIO);
}

/* Where the configuration says, else where an ordinary user's `tanso up` is. The descriptor or -errno. */
static int find_frontend(const struct client_place *given, struct pipe_place *place)
{
	static struct config config;
	struct config_error error;
	char path[CONFIG_TEXT_MAX], folder[CONFIG_TEXT_MAX];

	if (given->runtime_dir != NULL)
		return connect_in(place, given->runtime_dir);
	place_clone_config(path, sizeof(path));
	if (config_load(&config,
		    given->config_path != NULL ? given->config_path
		    : path[0] != '\0'          ? path
					       : NULL,
		    &error) < 0)
		return -EINVAL;
	int fd = connect_in(place, config.runtime_dir);
	for (size_t i = 0; fd < 0 && place_user_folder(PLACE_RUNTIME, i, folder, sizeof(folder)); i++)
		fd = connect_in(place, folder);
	return fd;
}

/* -EAGAIN: not for the local socket, or nobody is there: the bridge over HTTP looks further, and says what is wrong. */
static int run_pipe(int argc, char **argv)
{
	struct mcp_arguments given;
	struct pipe_place place;

	opterr = 0;
	language_choose(argc, argv);
	if (mcp_arguments_read(&given, argc, argv) < 0 || given.wants_help ||
		given.place.token_file != NULL || given.place.ca != NULL ||
		(given.place.url != NULL && given.place.runtime_dir == NULL))
		return -EAGAIN;
	place.is_korean = language_is_korean();
	int server = find_frontend(&given.place, &place);
	return server >= 0 ? pipe_run(&place, server) : -EAGAIN;
}

int main(int argc, char **argv)
{
	char folder[CONFIG_TEXT_MAX], program[CONFIG_TEXT_MAX + 16];
	int r = argc >= 2 && strcmp(argv[1], "mcp") == 0 ? run_pipe(argc - 1, argv + 1) : -EAGAIN;

	if (r != -EAGAIN)
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (place_folder_of("tanso-cli", folder, sizeof(folder)) == 0) {
		snprintf(program, sizeof(program), "%s/tanso-cli", folder);
		execv(program, argv);
	}
	fprintf(stderr, "tanso: %s/tanso-cli: %s\n", folder, strerror(errno));
	return EXIT_UNANSWERED;
}
