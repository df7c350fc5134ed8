/* `tanso token`: a bearer token for http_listen, and the line of http_tokens that lets it in. The token itself is kept nowhere. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/token.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/verbs.h"
#include "korea/data.h"

#define TOKEN_PREFIX "tanso_" /* so that secret scanners and people know what was found */
#define TOKEN_BYTES  32

static const char help_en[] =
	"Usage: tanso token NAME [--namespaces NAMESPACE,NAMESPACE...] [--lang en|ko]\n\n"
	"Makes a bearer token for http_listen. It is printed on standard error, once, for whoever will use "
	"it;\n"
	"the line for the file of http_tokens, which holds its SHA-256 only, on standard output:\n\n"
	"  tanso token ci --namespaces prod,staging >>/etc/tanso/tokens\n\n"
	"  NAME          letters, digits and . _ @ -, at most 64\n"
	"  --namespaces  all that its holder may see; default: everything, the node's own numbers too\n\n"
	"Exit status: 0 made, 2 usage.\n";
static const char help_ko[] =
	"사용법: tanso token NAME [--namespaces NAMESPACE,NAMESPACE...] [--lang en|ko]\n\n"
	"http_listen용 베어러 토큰을 만듭니다. 토큰은 사용할 사람을 위해 표준 오류로 한 번만 출력하고,\n"
	"http_tokens 파일에 넣을 줄(SHA-256만 들어 있음)은 표준 출력으로 출력합니다.\n\n"
	"  tanso token ci --namespaces prod,staging >>/etc/tanso/tokens\n\n"
	"  NAME          영문자, 숫자와 . _ @ -로 된 64자 이하의 이름\n"
	"  --namespaces  볼 수 있는 네임스페이스. 기본값: 노드 전체의 값을 포함한 전부\n\n"
	"종료 코드: 0 만들었음, 2 사용법 오류.\n";

const struct option token_options[] = {
	{ "namespaces", required_argument, NULL, 'n' },
	{ "lang", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int refuse(const char *why)
{
	refuse_usage("token", why);
	return EXIT_UNANSWERED;
}

/* Names with a comma between. */
static bool is_list(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && strcspn(text, " \t\r\n*") == size && text[0] != ',' && text[size - 1] != ',' &&
	       strstr(text, ",,") == NULL;
}

static int make(const char *name, const char *namespaces)
{
	uint8_t bytes[TOKEN_BYTES];
	char token[sizeof(TOKEN_PREFIX) + 2 * TOKEN_BYTES] = TOKEN_PREFIX, sum[65];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return refuse(
			in_language("the kernel gives no random bytes", "커널에서 난수를 얻지 못했습니다"));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(token + strlen(TOKEN_PREFIX) + 2 * i, "%02x", bytes[i]);
	if (sha256_hex(token, strlen(token), sum) < 0)
		return refuse(in_language("OpenSSL has no SHA-256", "OpenSSL에 SHA-256이 없습니다"));
	fprintf(stderr, "%s\n", token);
	printf("%s %s%s%s\n", name, sum, namespaces != NULL ? " " : "", namespaces != NULL ? namespaces : "");
	return fflush(stdout) == 0 ? EXIT_SUCCESS
				   : refuse(in_language("the line could not be written",
					     "등록할 줄을 출력하지 못했습니다"));
}

int verb_token(int argc, char **argv)
{
	const char *namespaces = NULL;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "hn:", token_options, NULL)) != -1)
		switch (option) {
		case 'n': namespaces = optarg; break;
		case 'l':
			if (take_language("token", optarg) < 0)
				return EXIT_UNANSWERED;
			break;
		case 'h': fputs(in_language(help_en, help_ko), stdout); return EXIT_SUCCESS;
		default: refuse_option("token", argv); return EXIT_UNANSWERED;
		}
	if (optind + 1 != argc || !token_is_name(argv[optind]))
		return refuse(in_language("one NAME of letters, digits and . _ @ - is needed",
			"영문자, 숫자와 . _ @ -로 된 NAME 하나가 필요합니다"));
	if (namespaces != NULL && !is_list(namespaces))
		return refuse(in_language("--namespaces takes names with a comma between, without blanks",
			"--namespaces 값은 쉼표로 구분하고 공백을 넣지 않습니다"));
	return make(argv[optind], namespaces);
}
