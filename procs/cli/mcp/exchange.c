#include "cli/mcp/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define HEADER_BYTES_MAX 4096

int exchange_new(struct exchange **ret_exchange, const char *line, size_t size)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return -ENOMEM;
	if (line != NULL && (exchange->line = strndup(line, size)) == NULL) {
		free(exchange);
		return -ENOMEM;
	}
	exchange->line_size = size;
	*ret_exchange = exchange;
	return 0;
}

/* what comes back */

static void take_header(const char *line, size_t size, const char *name, char *value, size_t room)
{
	size_t length = strlen(name);

	if (size <= length + 1 || strncasecmp(line, name, length) != 0 || line[length] != ':')
		return;
	line += length + 1;
	size -= length + 1;
	while (size > 0 && strchr(" \t", line[0]) != NULL)
		line++, size--;
	while (size > 0 && strchr("\r\n \t", line[size - 1]) != NULL)
		size--;
	if (size < room) {
		memcpy(value, line, size);
		value[size] = '\0';
	}
}

static size_t on_header(char *line, size_t unit, size_t count, void *context)
{
	struct exchange *exchange = context;
	size_t size = unit * count;
	char type[128] = "";

	take_header(line, size, "mcp-session-id", exchange->session, sizeof(exchange->session));
	take_header(line, size, "content-type", type, sizeof(type));
	if (strncasecmp(type, "text/event-stream", 17) == 0)
		exchange->is_events = true;
	return size;
}

/* One event: its data lines joined, its id kept. */
static void take_event(struct exchange *exchange, char *event)
{
	char data_begin[] = "data:", *rest = event, *line, *data = NULL;
	size_t size = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "id:", 3) == 0)
			snprintf(exchange->last_event, sizeof(exchange->last_event), "%.100s",
				line + 3 + strspn(line + 3, " "));
		if (strncmp(line, data_begin, sizeof(data_begin) - 1) != 0)
			continue;
		line += sizeof(data_begin) - 1;
		line += *line == ' ';
		size_t more = strlen(line);
		data = data == NULL ? event : data; /* moved to the front: it never grows */
		memmove(data + size, line, more);
		size += more;
	}
	if (size > 0)
		exchange->on_message(exchange, data, size);
}

static void take_events(struct exchange *exchange)
{
	char *at = exchange->body, *end;

	/* JSON has no raw CR, and events may end in CR LF: without it there is one kind of line end. */
	size_t kept = 0;
	for (size_t i = 0; i < exchange->size; i++)
		if (at[i] != '\r')
			at[kept++] = at[i];
	at[kept] = '\0';
	exchange->size = kept;
	while ((end = strstr(at, "\n\n")) != NULL) {
		*end = '\0';
		take_event(exchange, at);
		at = end + 2;
	}
	exchange->size -= (size_t)(at - exchange->body);
	memmove(exchange->body, at, exchange->size + 1);
}

static size_t on_data(char *bytes, size_t unit, size_t count, void *context)
{
	struct exchange *exchange = context;
	size_t more = unit * count;
	char *grown = exchange->size + more <= CLIENT_ANSWER_MAX
			      ? realloc(exchange->body, exchange->size + more + 1)
			      : NULL;

	if (grown == NULL)
		return 0;
	exchange->body = grown;
	memcpy(grown + exchange->size, bytes, more);
	exchange->size += more;
	grown[exchange->size] = '\0';
	if (exchange->is_events)
		take_events(exchange);
	return more;
}

/* running */

static void add_header(struct exchange *exchange, const char *name, const char *value)
{
	CLEANUP(freep) char *text = NULL;

	if (value != NULL && value[0] != '\0' && strlen(value) < HEADER_BYTES_MAX &&
		asprintf(&text, "%s: %s", name, value) >= 0)
		exchange->headers = curl_slist_append(exchange->headers, text);
}

int exchange_start(struct exchange *exchange, CURLM *multi, struct client *client, const char *version,
	const char *method, const char *name)
{
	exchange->easy = client_handle(client, "/mcp", &exchange->headers);
	if (exchange->easy == NULL)
		return -ENOMEM;
	add_header(exchange, "MCP-Protocol-Version", version);
	add_header(exchange, "Mcp-Method", method);
	add_header(exchange, "Mcp-Name", name);
	add_header(exchange, "Last-Event-ID", exchange->line == NULL ? exchange->last_event : NULL);
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
	curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(exchange->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(exchange->easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, 0L); /* streams last; a client cancels */
	if (exchange->line != NULL) {
		curl_easy_setopt(
			exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->line_size);
		curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, exchange->line);
	}
	exchange->attempts++;
	exchange->retry_ns = 0;
	return curl_multi_add_handle(multi, exchange->easy) == CURLM_OK ? 0 : -ENOMEM;
}

void exchange_stop(struct exchange *exchange, CURLM *multi)
{
	if (exchange->easy != NULL) {
		curl_multi_remove_handle(multi, exchange->easy);
		curl_easy_cleanup(exchange->easy);
	}
	exchange->easy = NULL;
	curl_slist_free_all(exchange->headers);
	exchange->headers = NULL;
	free(TAKE(exchange->body));
	exchange->size = 0;
	exchange->is_events = false;
}

void exchange_free(struct exchange *exchange, CURLM *multi)
{
	exchange_stop(exchange, multi);
	free(exchange->line);
	free(exchange);
}
