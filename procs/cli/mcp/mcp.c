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
#include "cli/mcp/arguments.h"
#include "cli/mcp/bridge.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/verbs.h"

static const char help_en[] =
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
static const char help_ko[] =
	"사용법: tanso mcp [--url URL] [--token-file FILE] [--ca FILE] [--runtime-dir DIR] [--config FILE]\n"
	"                  [--lang en|ko]\n\n"
	"Claude Desktop 등의 클라이언트에 표준 입출력으로 Model Context Protocol을 제공합니다. 요청은 이\n"
	"호스트의 파이프라인 또는 URL의 서버(https://host/mcp)로 보냅니다.\n\n"
	"  --token-file FILE   URL에 보낼 베어러 토큰의 파일. 환경 변수 TANSO_TOKEN도 쓸 수 있습니다. "
	"http로는\n"
	"                      보내지 않습니다\n"
	"  --ca FILE           시스템의 인증 기관 대신 신뢰할 인증 기관의 PEM\n\n"
	"  claude_desktop_config.json:\n"
	"    {\"mcpServers\": {\"tanso\": {\"command\": \"/usr/bin/tanso\", \"args\": [\"mcp\"]}}}\n\n"
	"종료 코드: 0 입력 끝, 1 출력이 닫힘, 2 사용법 또는 설정 오류.\n";

static int open_bridge(struct bridge *bridge, const struct client_place *place)
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
	bridge->is_korean = language_is_korean();
	if ((r = client_set_header(bridge->client, "Accept-Language", language_name())) < 0)
		return r;
	return client_set_header(bridge->client, "Accept", "application/json, text/event-stream");
}

int verb_mcp(int argc, char **argv)
{
	struct mcp_arguments given;
	struct bridge bridge = { .out = -1 };
	int r = mcp_arguments_read(&given, argc, argv);

	if (r < 0)
		r = r == -E2BIG ? refuse_rest("mcp") : refuse_option("mcp", argv);
	if (given.wants_help)
		fputs(in_language(help_en, help_ko), stdout);
	if (r < 0 || given.wants_help)
		return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
	r = open_bridge(&bridge, &given.place);
	if (r == 0)
		r = bridge_run(&bridge) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	else
		r = EXIT_UNANSWERED;
	bridge_done(&bridge);
	return r;
}
