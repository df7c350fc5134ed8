/* `tanso token`: a bearer token for http_listen, and the line of http_tokens that lets it in. The token itself is kept nowhere. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/token.h"
#include "cli/verbs.h"
#include "korea/data.h"

#define TOKEN_PREFIX "tanso_" /* so that secret scanners and people know what was found */
#define TOKEN_BYTES  32

static const char help[] =
	"Usage: tanso token NAME [--namespaces NAMESPACE,NAMESPACE...]\n\n"
	"Makes a bearer token for http_listen. It is printed on standard error, once, for whoever will use "
	"it;\n"
	"the line for the file of http_tokens, which holds its SHA-256 only, on standard output:\n\n"
	"  tanso token ci --namespaces prod,staging >>/etc/tanso/tokens\n\n"
	"  NAME          letters, digits and . _ @ -, at most 64\n"
	"  --namespaces  all that its holder may see; default: everything, the node's own numbers too\n\n"
	"Exit status: 0 made, 2 usage.\n";

const struct option token_options[] = {
	{ "namespaces", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int refuse(const char *why)
{
	fprintf(stderr, "tanso token: %s; see tanso token --help\n", why);
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
		return refuse("the kernel gives no random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(token + strlen(TOKEN_PREFIX) + 2 * i, "%02x", bytes[i]);
	if (sha256_hex(token, strlen(token), sum) < 0)
		return refuse("OpenSSL has no SHA-256");
	fprintf(stderr, "%s\n", token);
	printf("%s %s%s%s\n", name, sum, namespaces != NULL ? " " : "", namespaces != NULL ? namespaces : "");
	return fflush(stdout) == 0 ? EXIT_SUCCESS : refuse("the line could not be written");
}

int verb_token(int argc, char **argv)
{
	const char *namespaces = NULL;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "hn:", token_options, NULL)) != -1)
		switch (option) {
		case 'n': namespaces = optarg; break;
		case 'h': fputs(help, stdout); return EXIT_SUCCESS;
		default: return refuse("an option is unknown");
		}
	if (optind + 1 != argc || !token_is_name(argv[optind]))
		return refuse("one NAME of letters, digits and . _ @ - is needed");
	if (namespaces != NULL && !is_list(namespaces))
		return refuse("--namespaces takes names with a comma between, without blanks");
	return make(argv[optind], namespaces);
}
