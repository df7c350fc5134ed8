#include "cli/mcp/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define EXCHANGES_MAX 64 /* at a time: the client's next line waits */
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

void bridge_say(struct bridge *bridge, char *message, size_t size)
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

static void on_message(struct exchange *exchange, const char *bytes, size_t size)
{
	struct bridge *bridge = exchange->context;

	if (!mcp_line_is_message(bytes, size))
		return;
	bridge_hear(bridge, exchange, bytes, size);
}

/* exchanges */

void bridge_start(struct bridge *bridge, struct exchange *exchange)
{
	struct mcp_line_facts facts = { 0 };

	if (exchange->line != NULL)
		mcp_line_read(exchange->line, exchange->line_size, &facts);
	exchange->is_modern = facts.version[0] != '\0';
	exchange->session_turn = bridge->session_turn;
	exchange->token_turn = bridge->token_turn;
	if (exchange_start(exchange, bridge->multi, bridge->client,
		    exchange->is_modern ? facts.version : bridge->version,
		    exchange->is_modern ? facts.method : NULL, exchange->is_modern ? facts.name : NULL) < 0)
		bridge->failure = -ENOMEM;
}

struct exchange *bridge_add(struct bridge *bridge, const char *line, size_t size)
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

void bridge_drop(struct bridge *bridge, struct exchange *exchange)
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

void bridge_listen(struct bridge *bridge)
{
	if (bridge->is_listening)
		return;
	struct exchange *exchange = bridge_add(bridge, NULL, 0);
	if (exchange == NULL)
		return;
	bridge->is_listening = true;
	bridge_start(bridge, exchange);
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
		bridge_end(bridge, exchange, code);
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
			bridge_start(bridge, exchange);
		else if (exchange->retry_ns - now_ns < wait_ns)
			wait_ns = exchange->retry_ns - now_ns;
	}
	return (int)(wait_ns / NS_PER_MILLISECOND) + 1;
}

/* lines */

/* In the newest revision a client cancels by closing the stream: the bridge does it for its client. */
static bool cancel(struct bridge *bridge, const struct mcp_line_facts *facts)
{
	struct exchange *exchange = facts->cancelled[0] != '\0' ? bridge->exchanges : NULL;

	while (exchange != NULL && (!exchange->is_modern || strcmp(exchange->id, facts->cancelled) != 0))
		exchange = exchange->next;
	if (exchange != NULL)
		bridge_drop(bridge, exchange);
	return exchange != NULL;
}

static void on_line(struct bridge *bridge, const char *line, size_t size, bool is_too_long)
{
	struct mcp_line_facts facts;
	size_t reply_size;

	if (size == 0 && !is_too_long)
		return;
	if (is_too_long) {
		char *reply = mcp_line_error(-32600, "a message may have 1 MiB (1048576 bytes)", &reply_size);
		bridge_say(bridge, reply, reply_size);
		return;
	}
	mcp_line_read(line, size, &facts);
	if (cancel(bridge, &facts))
		return;
	struct exchange *exchange = bridge_add(bridge, line, size);
	if (exchange == NULL)
		return;
	snprintf(exchange->id, sizeof(exchange->id), "%s", facts.id);
	exchange->is_initialize = strcmp(facts.method, "initialize") == 0;
	bridge_start(bridge, exchange);
	if (strcmp(facts.method, "notifications/initialized") == 0)
		bridge_listen(bridge);
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
		bridge_drop(bridge, bridge->exchanges);
	curl_multi_cleanup(bridge->multi);
	lines_done(&bridge->lines);
	free(bridge->greeting);
	client_free(bridge->client);
	closep(&bridge->out);
}
