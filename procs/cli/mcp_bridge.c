#include "cli/mcp_bridge.h"
#include "cli/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define EXCHANGES_MAX 64  /* at a time: the client's next line waits */
#define ATTEMPTS_MAX  4   /* of a request that reached nobody: asking again is safe */
#define RETRY_MS      150 /* before the second, doubled before each further one */
#define POLL_MS       1000

static void write_out(struct bridge *bridge, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(bridge->out, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			bridge->failure = -errno;
			return;
		}
		bytes += written;
		size -= (size_t)written;
	}
}

static void write_held(struct bridge *bridge)
{
	write_out(bridge, bridge->held, bridge->failure == 0 ? bridge->held_size : 0);
	bridge->held_size = 0;
}

/* The answers of a turn go out by one write. */
static void write_line(struct bridge *bridge, const char *bytes, size_t size)
{
	if (size > sizeof(bridge->held) - bridge->held_size)
		write_held(bridge);
	if (size > sizeof(bridge->held)) {
		write_out(bridge, bytes, bridge->failure == 0 ? size : 0);
		return;
	}
	memcpy(bridge->held + bridge->held_size, bytes, size);
	bridge->held_size += size;
}

/* text is consumed; NULL = nothing to say */
static void send_message(struct bridge *bridge, char *message, size_t size)
{
	CLEANUP(freep) char *text = message;

	if (text == NULL || bridge->failure < 0)
		return;
	/* Inside strings JSON has no raw line ends: what there is, is white space, and would break the framing. */
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	text[size] = '\n'; /* in place of the NUL */
	write_line(bridge, text, size + 1);
}

static void fail(struct bridge *bridge, const struct exchange *exchange, const char *why, const char *body,
	size_t body_size)
{
	size_t size;
	char *reply;

	if (exchange->line == NULL)
		return;
	reply = mcp_line_failure(exchange->line, exchange->line_size, why, body, body_size, &size);
	send_message(bridge, reply, size);
}

/* The answer to initialize says how the rest is spoken. */
static void take_negotiated(
	struct bridge *bridge, const struct exchange *exchange, const char *bytes, size_t size)
{
	char version[MCP_LINE_VERSION_MAX];

	if (!mcp_line_negotiated(bytes, size, version))
		return;
	client_set_header(bridge->client, "MCP-Protocol-Version", version);
	bridge->has_version = true;
	if (exchange->session[0] != '\0')
		client_set_header(bridge->client, "Mcp-Session-Id", exchange->session);
}

static void on_message(struct exchange *exchange, const char *bytes, size_t size)
{
	struct bridge *bridge = exchange->context;

	if (!mcp_line_is_message(bytes, size))
		return;
	exchange->is_answered = true;
	if (exchange->is_initialize)
		take_negotiated(bridge, exchange, bytes, size);
	send_message(bridge, strndup(bytes, size), size);
}

/* exchanges */

static void start(struct bridge *bridge, struct exchange *exchange)
{
	struct mcp_line_facts facts = { 0 };

	if (exchange->line != NULL)
		mcp_line_read(exchange->line, exchange->line_size, &facts);
	if (exchange_start(exchange, bridge->multi, bridge->client,
		    facts.version[0] != '\0' ? facts.version : NULL,
		    facts.version[0] != '\0' ? facts.method : NULL,
		    facts.version[0] != '\0' ? facts.name : NULL) < 0)
		bridge->failure = -ENOMEM;
}

static struct exchange *add(struct bridge *bridge, const char *line, size_t size)
{
	struct exchange *exchange;

	if (exchange_new(&exchange, line, size) < 0) {
		bridge->failure = -ENOMEM;
		return NULL;
	}
	exchange->on_message = on_message;
	exchange->context = bridge;
	exchange->next = bridge->exchanges;
	bridge->exchanges = exchange;
	bridge->count++;
	return exchange;
}

static void drop(struct bridge *bridge, struct exchange *exchange)
{
	struct exchange **at = &bridge->exchanges;

	while (*at != exchange)
		at = &(*at)->next;
	*at = exchange->next;
	bridge->count--;
	if (exchange->line == NULL)
		bridge->is_listening = false;
	exchange_free(exchange, bridge->multi);
}

/* What the server says outside of requests comes on a stream of its own. */
static void listen_to_session(struct bridge *bridge)
{
	if (bridge->is_listening)
		return;
	struct exchange *exchange = add(bridge, NULL, 0);
	if (exchange == NULL)
		return;
	bridge->is_listening = true;
	start(bridge, exchange);
}

static bool retry(struct bridge *bridge, struct exchange *exchange, int attempts_max)
{
	if (exchange->is_answered || exchange->attempts >= attempts_max)
		return false;
	exchange_stop(exchange, bridge->multi);
	exchange->retry_ns =
		clock_mono_ns() + ((uint64_t)RETRY_MS << exchange->attempts) * NS_PER_MILLISECOND;
	return true;
}

static void end_unreached(struct bridge *bridge, struct exchange *exchange, CURLcode code)
{
	char hint[512];

	client_forget_place(bridge->client);
	snprintf(hint, sizeof(hint),
		bridge->is_korean ? "%s: %s. 파이프라인이 실행 중이 아니면 `%stanso up`으로 시작하십시오."
				  : "%s: %s. If the pipeline is not running, start it with `%stanso up`.",
		client_address(bridge->client), curl_easy_strerror(code), place_sudo());
	fail(bridge, exchange, hint, NULL, 0);
	drop(bridge, exchange);
}

/* The connection of an exchange is over. */
static void end(struct bridge *bridge, struct exchange *exchange, CURLcode code)
{
	bool is_reached = code == CURLE_OK;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
	if (exchange->line == NULL) { /* the session's stream: come back, unless there is none */
		exchange->attempts = 1;
		if (!is_reached)
			client_forget_place(bridge->client);
		exchange->is_answered = false;
		if (exchange->status >= 400 && exchange->status < 500)
			drop(bridge, exchange);
		else
			retry(bridge, exchange, ATTEMPTS_MAX);
		return;
	}
	if (!is_reached && !exchange->is_events) {
		if (code != CURLE_COULDNT_CONNECT && code != CURLE_GOT_NOTHING && code != CURLE_RECV_ERROR)
			exchange->attempts = ATTEMPTS_MAX;
		client_forget_place(bridge->client);
		if (!retry(bridge, exchange, ATTEMPTS_MAX))
			end_unreached(bridge, exchange, code);
		return;
	}
	if (!exchange->is_events && exchange->size > 0) {
		const char *body = exchange->body;
		if (mcp_line_is_message(body, exchange->size))
			on_message(exchange, body, exchange->size);
		else /* refused before it was read as a message: 403, 413, a proxy's page */
			fail(bridge, exchange, "the server refused the message", body, exchange->size);
	}
	drop(bridge, exchange);
}

static void collect(struct bridge *bridge)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(bridge->multi, &left)) != NULL) {
		struct exchange *exchange = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
		end(bridge, exchange, code);
	}
}

/* Until the next retry, at most POLL_MS. */
static int restart_due(struct bridge *bridge)
{
	uint64_t now_ns = clock_mono_ns(), wait_ns = POLL_MS * NS_PER_MILLISECOND;

	for (struct exchange *exchange = bridge->exchanges; exchange != NULL; exchange = exchange->next) {
		if (exchange->retry_ns == 0)
			continue;
		if (exchange->retry_ns <= now_ns)
			start(bridge, exchange);
		else if (exchange->retry_ns - now_ns < wait_ns)
			wait_ns = exchange->retry_ns - now_ns;
	}
	return (int)(wait_ns / NS_PER_MILLISECOND) + 1;
}

/* lines */

/* In the newest revision a client cancels by closing the stream: the bridge does it for its client. */
static bool cancel(struct bridge *bridge, const struct mcp_line_facts *facts)
{
	struct exchange *exchange = bridge->exchanges;

	if (bridge->has_version || facts->cancelled[0] == '\0')
		return false;
	while (exchange != NULL && strcmp(exchange->id, facts->cancelled) != 0)
		exchange = exchange->next;
	if (exchange != NULL)
		drop(bridge, exchange);
	return true;
}

static void on_line(struct bridge *bridge, const char *line, size_t size, bool is_too_long)
{
	struct mcp_line_facts facts;
	size_t reply_size;

	if (size == 0 && !is_too_long)
		return;
	if (is_too_long) {
		char *reply = mcp_line_error(-32600, "a message may have 1 MiB (1048576 bytes)", &reply_size);
		send_message(bridge, reply, reply_size);
		return;
	}
	mcp_line_read(line, size, &facts);
	if (cancel(bridge, &facts))
		return;
	struct exchange *exchange = add(bridge, line, size);
	if (exchange == NULL)
		return;
	snprintf(exchange->id, sizeof(exchange->id), "%s", facts.id);
	exchange->is_initialize = strcmp(facts.method, "initialize") == 0;
	start(bridge, exchange);
	if (strcmp(facts.method, "notifications/initialized") == 0)
		listen_to_session(bridge);
}

/* Others wait until the answer to initialize is there: it brings the session. */
static bool may_read(const struct bridge *bridge)
{
	if (bridge->is_over || bridge->count >= EXCHANGES_MAX)
		return false;
	for (const struct exchange *exchange = bridge->exchanges; exchange != NULL; exchange = exchange->next)
		if (exchange->is_initialize)
			return false;
	return true;
}

static void read_input(struct bridge *bridge, char *bytes, size_t room, size_t *used)
{
	ssize_t size = read(STDIN_FILENO, bytes + *used, room - *used);

	if (size > 0)
		*used += (size_t)size;
	else if (size == 0 || errno != EINTR)
		bridge->is_over = true;
}

/* Takes lines from what was read, as far as they may be taken now. */
static void take_lines(struct bridge *bridge, char *bytes, size_t *used)
{
	size_t done = 0, line_size;
	const char *line;

	while (done < *used && bridge->failure == 0 &&
		(may_read(bridge) || (bridge->is_over && bridge->count < EXCHANGES_MAX))) {
		enum lines_state state = lines_feed(&bridge->lines, bytes, *used, &done, &line, &line_size);
		if (state != LINES_MORE)
			on_line(bridge, line, line_size, state == LINES_TOO_LONG);
	}
	memmove(bytes, bytes + done, *used - done);
	*used -= done;
}

/* Requests still under way get their answers; streams do not. */
static bool is_finished(const struct bridge *bridge)
{
	for (const struct exchange *exchange = bridge->exchanges; exchange != NULL; exchange = exchange->next)
		if (exchange->line != NULL && !exchange->is_events)
			return false;
	return bridge->is_over;
}

int bridge_run(struct bridge *bridge)
{
	static char bytes[65536];
	struct curl_waitfd input = { .fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN };
	size_t used = 0, left;
	const char *line;
	int running;

	while (bridge->failure == 0 && (used > 0 || !is_finished(bridge))) {
		bool wants_input = may_read(bridge) && used < sizeof(bytes);
		int wait_ms = restart_due(bridge);
		input.revents = 0;
		write_held(bridge);
		curl_multi_poll(bridge->multi, &input, wants_input, wait_ms, NULL);
		if (wants_input && input.revents != 0)
			read_input(bridge, bytes, sizeof(bytes), &used);
		take_lines(bridge, bytes, &used);
		curl_multi_perform(bridge->multi, &running);
		collect(bridge);
		if (bridge->is_over && used == 0 && (left = lines_rest(&bridge->lines, &line)) > 0)
			on_line(bridge, line, left, false); /* a last line without an end still counts */
	}
	write_held(bridge);
	return bridge->failure;
}

void bridge_done(struct bridge *bridge)
{
	while (bridge->exchanges != NULL)
		drop(bridge, bridge->exchanges);
	curl_multi_cleanup(bridge->multi);
	lines_done(&bridge->lines);
	client_free(bridge->client);
	closep(&bridge->out);
}
