/*
 * `tanso mcp`: MCP over standard input and output, as a bridge to the frontend's /mcp. One message a line, one at a
 * time. Nothing but messages may reach standard output: descriptor 1 is moved away and points at stderr afterwards, so
 * that a stray print of any library harms nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/mcp_line.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

struct bridge {
	struct client *client;
	int out; /* the real standard output */
	bool is_korean;
	struct mcp_lines lines;
};

static const char help[] =
	"Usage: tanso mcp [--url URL] [--runtime-dir DIR] [--config FILE] [--lang en|ko]\n\n"
	"Speaks the Model Context Protocol on standard input and output, for Claude Desktop and other\n"
	"clients, and asks the local pipeline or the server at URL.\n\n"
	"  claude_desktop_config.json:\n"
	"    {\"mcpServers\": {\"tanso\": {\"command\": \"/usr/local/bin/tanso\", \"args\": [\"mcp\"]}}}\n\n"
	"Exit status: 0 end of input, 1 output closed, 2 usage or configuration.\n";

static int write_line(const struct bridge *bridge, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(bridge->out, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

/* text is consumed */
static int send_message(const struct bridge *bridge, char *message, size_t size)
{
	CLEANUP(freep) char *text = message;

	if (text == NULL)
		return 0;
	/* Inside strings JSON has no raw line ends: what there is, is white space, and would break the framing. */
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	text[size] = '\n'; /* in place of the NUL */
	return write_line(bridge, text, size + 1);
}

static int answer_failure(struct bridge *bridge, const char *line, size_t size, int error)
{
	char hint[256];
	size_t reply_size;
	char *reply;

	snprintf(hint, sizeof(hint),
		bridge->is_korean ? "%s: %s. 파이프라인이 실행 중이 아니면 `sudo tanso up`으로 시작하십시오."
				  : "%s: %s. If the pipeline is not running, start it with `sudo tanso up`.",
		client_address(bridge->client), strerror(-error));
	reply = mcp_line_failure(line, size, hint, NULL, 0, &reply_size);
	return send_message(bridge, reply, reply_size);
}

static int relay(struct bridge *bridge, const char *line, size_t size)
{
	struct client_answer answer;
	size_t reply_size;
	char *reply;
	int r = client_ask(bridge->client, "/mcp", line, size, &answer);

	if (r < 0)
		return answer_failure(bridge, line, size, r);
	if (answer.size == 0)
		return 0; /* 202: a notification */
	char version[MCP_LINE_VERSION_MAX];
	if (mcp_line_negotiated(answer.body, answer.size, version))
		client_set_header(bridge->client, "MCP-Protocol-Version", version);
	if (mcp_line_is_message(answer.body, answer.size)) {
		reply_size = answer.size;
		reply = strndup(answer.body, answer.size);
	} else { /* refused before it was read as a message: 403, 413, a proxy's page */
		reply = mcp_line_failure(
			line, size, "the server refused the message", answer.body, answer.size, &reply_size);
	}
	return send_message(bridge, reply, reply_size);
}

static int on_line(struct bridge *bridge, const char *line, size_t size, bool is_too_long)
{
	size_t reply_size;

	if (size == 0 && !is_too_long)
		return 0;
	if (!is_too_long)
		return relay(bridge, line, size);
	char *reply = mcp_line_error(-32600, "a message may have 1 MiB (1048576 bytes)", &reply_size);
	return send_message(bridge, reply, reply_size);
}

static int run(struct bridge *bridge)
{
	char bytes[65536];
	int r = 0;

	for (;;) {
		ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0) { /* the client closed it: a last line without an end still counts */
			const char *line;
			size_t left = mcp_lines_rest(&bridge->lines, &line);
			return r == 0 && left > 0 ? on_line(bridge, line, left, false) : r;
		}
		for (size_t done = 0; done < (size_t)size && r == 0;) {
			const char *line;
			size_t line_size;
			enum mcp_lines_state state =
				mcp_lines_feed(&bridge->lines, bytes, (size_t)size, &done, &line, &line_size);
			if (state != MCP_LINES_MORE)
				r = on_line(bridge, line, line_size, state == MCP_LINES_TOO_LONG);
		}
		if (r < 0)
			return r;
	}
}

/* 0, 1 = help was printed, -EINVAL */
static int read_arguments(struct client_place *place, const char **lang, int argc, char **argv)
{
	static const struct option options[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{ "config", required_argument, NULL, 'c' },
		{ "lang", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'u': place->url = optarg; break;
		case 'r': place->runtime_dir = optarg; break;
		case 'c': place->config_path = optarg; break;
		case 'l': *lang = optarg; break;
		case 'h': fputs(help, stdout); return 1;
		default: return -EINVAL;
		}
	}
	if (optind == argc)
		return 0;
	fputs("tanso mcp: takes no further arguments; see tanso mcp --help\n", stderr);
	return -EINVAL;
}

static int open_bridge(struct bridge *bridge, const struct client_place *place, const char *lang)
{
	struct config_error error;
	int r;

	bridge->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (bridge->out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	r = client_new(&bridge->client, place, &error);
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
	struct client_place place = { 0 };
	struct bridge bridge = { .out = -1 };
	const char *lang = NULL;
	int r = read_arguments(&place, &lang, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = open_bridge(&bridge, &place, lang);
	if (r == 0)
		r = run(&bridge) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	else
		r = EXIT_UNANSWERED;
	mcp_lines_done(&bridge.lines);
	client_free(bridge.client);
	closep(&bridge.out);
	return r;
}
