/* The commands that `tanso up` proposes fit the addresses, credentials and stages it was started with. */
#include <stdlib.h>

#include "base/config.h"
#include "base/language.h"
#include "base/stage.h"
#include "cli/up/try.h"
#include "tests/unit/unit.h"

static char *print(const struct config *config, unsigned stages, const char *place)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	try_print(out, config, stages, "/bin", place);
	fclose(out);
	return text;
}

static void the_addresses_of_a_host_that_listens_everywhere_can_be_asked(void **state)
{
	static struct config config;

	(void)state;
	config_defaults(&config);
	language_set("en");
	strcpy(config.http_listen, "0.0.0.0:8443,127.0.0.1:1");
	strcpy(config.http_tls_key, "/key");
	strcpy(config.http_tokens, "/tokens");
	strcpy(config.metrics_listen, "[::]:9");
	strcpy(config.metrics_users, "/users");
	char *text = print(&config, 1U << STAGE_FRONTEND | 1U << STAGE_EXPORTER, " --config /c");
	assert_string_equal(text,
		"\nTry, in another terminal:\n"
		"  curl -X POST -k -H 'Authorization: Bearer TOKEN' "
		"https://127.0.0.1:8443/tools/list_top_power_consumers -d '{}'\n"
		"  curl -s -k -u USER https://[::1]:9/metrics | grep kepler_\n"
		"  /bin/tanso assess NAME --config /c one workload; --pue 1.45 --json --lang ko\n"
		"  /bin/tanso doctor --config /c   what is measured, modelled, missing\n"
		"  /bin/tanso mcp --config /c      MCP over stdio, for Claude Desktop\n"
		"Ctrl-C stops everything.\n");
	free(text);
}

static void what_does_not_run_is_not_proposed(void **state)
{
	static struct config config;

	(void)state;
	config_defaults(&config);
	language_set("ko");
	char *text = print(&config, 1U << STAGE_COLLECTOR, "");
	assert_string_equal(text, "\n다른 터미널에서 실행해 보십시오.\n"
				  "  /bin/tanso doctor               계측·추정되는 것과 빠진 것\n"
				  "Ctrl-C를 누르면 모두 중지합니다.\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_addresses_of_a_host_that_listens_everywhere_can_be_asked),
		cmocka_unit_test(what_does_not_run_is_not_proposed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
