/*
 * `tanso mcp` over HTTP: MCP on standard input and output as a bridge to a server's /mcp; the local pipeline, where its
 * socket can be reached, is pipe.c's. One message a line; many requests run at a time, and what the server says meanwhile
 * comes through: progress, updates, logs. Nothing but messages may reach standard output: descriptor 1 is moved away and
 * points at stderr afterwards, so that a stray print of any library harms nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/mcp_arguments.h"
#include "cli/mcp_bridge.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static const char help[] =
	"Usage: tanso mcp [--url URL] [--token-file FILE] [--ca FILE] [--runtime-dir DIR] [--config FILE]\n"
	"                 [--lang en|ko]\n\n"
	"Speaks the Model Context Protocol on standard input and output, for Claude Desktop and other\n"
	"clients, and asks the local pipeline or the server at URL (https://host/mcp).\n\n"
	"  --token-file FILE   bearer token for URL; or the environment's TANSO_TOKEN. Never over plain "
	"http\n"
	"  --ca FILE           PEM of the authorities to believe, instead of the system's\n\n"
	"  claude_desktop_config.json:\n"
	"    {\"mcpServers\": {\"tanso\": {\"command\": \"/usr/bin/tanso\", \"args\": [\"mcp\"]}}}\n\n"
	"Exit status: 0 end of input, 1 output closed, 2 usage or configuration.\n";

static int open_bridge(struct bridge *bridge, const struct client_place *place, const char *lang)
{
	struct config_error error;
	int r;

	bridge->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (bridge->out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	bridge->multi = curl_multi_init();
	r = bridge->multi != NULL ? client_new(&bridge->client, place, &error) : -ENOMEM;
	if (r < 0) {
		fprintf(stderr, "tanso mcp: %s\n", r == -EINVAL ? error.text : strerror(-r));
		return r;
	}
	lang = terminal_language(lang);
	bridge->is_korean = strcmp(lang, "ko") == 0;
	if ((r = client_set_header(bridge->client, "Accept-Language", lang)) < 0)
		return r;
	return client_set_header(bridge->client, "Accept", "application/json, text/event-stream");
}

int verb_mcp(int argc, char **argv)
{
	struct mcp_arguments given;
	struct bridge bridge = { .out = -1 };
	int r = mcp_arguments_read(&given, argc, argv);

	if (r == -E2BIG)
		fputs("tanso mcp: takes no further arguments; see tanso mcp --help\n", stderr);
	if (given.wants_help)
		fputs(help, stdout);
	if (r < 0 || given.wants_help)
		return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
	r = open_bridge(&bridge, &given.place, given.lang);
	if (r == 0)
		r = bridge_run(&bridge) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	else
		r = EXIT_UNANSWERED;
	bridge_done(&bridge);
	return r;
}
