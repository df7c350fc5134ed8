#include "fetcher/power/source_remedy.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* By curl's and OpenSSL's words; the first that fits. */
static const struct {
	const char *words, *remedy;
	bool ends_in_key; /* with the key that named the server */
} remedies[] = {
	{ "alert", "does it want a certificate of ours? source_client_cert, source_client_key", false },
	{ "pinned", "source_pin is of another key", false },
	{ "alternative certificate subject", "ask by a name of its certificate, or trust its key: source_pin",
		false },
	{ "certificate", "source_ca_file names who signed it, or source_pin its key", false },
	{ "wrong version number", "does the port speak plain HTTP? then http:// in ", true },
	{ "packet length too long", "does the port speak plain HTTP? then http:// in ", true },
	{ "HTTP/0.9", "does the port speak TLS? then https:// in ", true },
};

static void say_error(const char *key, const char *error, char *text, size_t size)
{
	const char *remedy = "", *end = "";

	for (size_t i = 0; i < ARRAY_SIZE(remedies) && remedy[0] == '\0'; i++)
		if (strstr(error, remedies[i].words) != NULL) {
			remedy = remedies[i].remedy;
			end = remedies[i].ends_in_key ? key : "";
		}
	snprintf(text, size, "%s%s%s%s", error, remedy[0] != '\0' ? "; remedy: " : "", remedy, end);
}

bool source_ails(const char *key, const struct fetch_answer *answer, char *text, size_t size)
{
	bool is_page = answer->body[strspn(answer->body, " \t\r\n")] == '<';

	if (answer->error != NULL)
		say_error(key, answer->error, text, size);
	else if (answer->status == 401 || answer->status == 403)
		snprintf(text, size, "HTTP status %ld; remedy: source_token_file or source_user_file",
			answer->status);
	else if (answer->status == 400 && strstr(answer->body, "HTTPS") != NULL)
		snprintf(text, size, "HTTP status 400: this port speaks TLS; remedy: https:// in %s", key);
	else if (answer->status == 200 && is_page)
		snprintf(text, size, "its answer is a web page; remedy: host, port and path in %s", key);
	else
		return false;
	return true;
}
