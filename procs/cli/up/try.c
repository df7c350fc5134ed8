#include "cli/up/try.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "base/stage.h"

#define COMMAND_MAX (3 * CONFIG_TEXT_MAX)

/* How curl reaches a door, and what it has to show there. */
struct door {
	const char *addresses;
	bool is_tls, asks_certificate, asks_token, asks_user;
};

/* The first address, as one can connect to it. */
static void print_curl(FILE *out, const struct door *door, const char *flags, const char *rest)
{
	static const struct {
		const char *any, *loopback;
	} hosts[] = { { "0.0.0.0:", "127.0.0.1:" }, { "[::]:", "[::1]:" } };
	const char *address = door->addresses, *host = "";
	int size = (int)strcspn(address, ", ");

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (strncmp(address, hosts[i].any, strlen(hosts[i].any)) == 0) {
			host = hosts[i].loopback;
			address += strlen(hosts[i].any);
			size -= (int)strlen(hosts[i].any);
			break;
		}
	fprintf(out, "  curl %s%s%s%s%s%s://%s%.*s%s\n", flags, door->is_tls ? "-k " : "",
		door->asks_certificate ? "--cert FILE --key FILE " : "",
		door->asks_token ? "-H 'Authorization: Bearer TOKEN' " : "",
		door->asks_user ? "-u USER " : "", door->is_tls ? "https" : "http", host, size, address,
		rest);
}

static void print_verb(FILE *out, const char *dir, const char *verb, const char *place, const char *text)
{
	char command[COMMAND_MAX];

	snprintf(command, sizeof(command), "%s%s", verb, place);
	fprintf(out, "  %s/tanso %-20s %s\n", dir, command, text);
}

void try_print(
	FILE *out, const struct config *config, unsigned stages, const char *binary_dir, const char *place)
{
	const struct door web = { .addresses = config->http_listen,
		.is_tls = config->http_tls_key[0] != '\0',
		.asks_certificate = config->http_client_ca[0] != '\0',
		.asks_token = config->http_tokens[0] != '\0' || config->http_jwks[0] != '\0' };
	const struct door metrics = { .addresses = config->metrics_listen,
		.is_tls = config->metrics_tls,
		.asks_certificate = config->metrics_client_ca[0] != '\0',
		.asks_token = config->metrics_tokens[0] != '\0',
		.asks_user = config->metrics_users[0] != '\0' };
	bool has_web = (stages & (1U << STAGE_FRONTEND)) != 0;

	fputs(in_language("\nTry, in another terminal:\n", "\n다른 터미널에서 실행해 보십시오.\n"), out);
	if (has_web)
		print_curl(out, &web, "-X POST ", "/tools/list_top_power_consumers -d '{}'");
	if ((stages & (1U << STAGE_EXPORTER)) != 0)
		print_curl(out, &metrics, "-s ", "/metrics | grep kepler_");
	if (has_web)
		print_verb(out, binary_dir, "assess NAME", place,
			in_language("one workload; --pue 1.45 --json --lang ko",
				"워크로드 하나의 판정. --pue 1.45 --json --lang ko"));
	print_verb(out, binary_dir, "doctor", place,
		in_language("what is measured, modelled, missing", "계측·추정되는 것과 빠진 것"));
	if (has_web)
		print_verb(out, binary_dir, "mcp", place,
			in_language(
				"MCP over stdio, for Claude Desktop", "표준 입출력 MCP(Claude Desktop용)"));
	fputs(in_language("Ctrl-C stops everything.\n", "Ctrl-C를 누르면 모두 중지합니다.\n"), out);
}
