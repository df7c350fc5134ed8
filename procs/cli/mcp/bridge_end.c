/* What becomes of an exchange whose connection is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/mcp/bridge.h"
#include "cli/place.h"

#define ATTEMPTS_MAX 4          /* of a request that reached nobody: asking again is safe */
#define RETRY_MS     150        /* before the second, doubled before each further one */
#define RETRY_HELD   UINT64_MAX /* until there is a session again */

static void fail(struct bridge *bridge, const struct exchange *exchange, const char *why, const char *body,
	size_t body_size)
{
	size_t size;
	char *reply;

	if (exchange->line == NULL || exchange->is_renewal)
		return;
	reply = mcp_line_failure(exchange->line, exchange->line_size, why, body, body_size, &size);
	bridge_say(bridge, reply, size);
}

/* sessions */

/* The answer to initialize says how the rest is spoken. */
static void take_negotiated(
	struct bridge *bridge, const struct exchange *exchange, const char *bytes, size_t size)
{
	char version[MCP_LINE_VERSION_MAX];

	if (!mcp_line_negotiated(bytes, size, version))
		return;
	memcpy(bridge->version, version, sizeof(version));
	if (exchange->session[0] == '\0')
		return;
	client_set_header(bridge->client, "Mcp-Session-Id", exchange->session);
	bridge->session_turn++;
	free(bridge->greeting);
	bridge->greeting = strndup(exchange->line, exchange->line_size);
	bridge->greeting_size = exchange->line_size;
}

/* The client said this once, and does not know that it has to be said again. */
static void confirm_session(struct bridge *bridge)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
	struct exchange *exchange = bridge_add(bridge, line, sizeof(line) - 1);

	if (exchange == NULL)
		return;
	exchange->is_again = true;
	bridge_start(bridge, exchange);
}

void bridge_hear(struct bridge *bridge, struct exchange *exchange, const char *bytes, size_t size)
{
	exchange->is_answered = true;
	if (exchange->is_initialize)
		take_negotiated(bridge, exchange, bytes, size);
	if (!exchange->is_renewal)
		bridge_say(bridge, strndup(bytes, size), size);
}

static void start_renewal(struct bridge *bridge)
{
	struct exchange *exchange = bridge_add(bridge, bridge->greeting, bridge->greeting_size);

	if (exchange == NULL)
		return;
	client_set_header(bridge->client, "Mcp-Session-Id", NULL);
	bridge->version[0] = '\0';
	exchange->is_initialize = exchange->is_renewal = bridge->is_renewing = true;
	bridge_start(bridge, exchange);
}

/* 404 to what named a session: it is over (its day, the server's key, whose it is), and a client of stdio knows of none. True:
 * the exchange waits for another. */
static bool renew_session(struct bridge *bridge, struct exchange *exchange)
{
	if (exchange->status != 404 || exchange->session_turn == 0 || exchange->is_modern ||
		exchange->is_initialize || exchange->is_again)
		return false;
	exchange_stop(exchange, bridge->multi);
	exchange->last_event[0] = '\0'; /* of the session that is no more */
	exchange->is_again = true;
	exchange->retry_ns = RETRY_HELD;
	if (bridge->is_renewing)
		return true;
	if (exchange->session_turn == bridge->session_turn)
		start_renewal(bridge);
	else /* of a session that was followed by another already */
		bridge_start(bridge, exchange);
	return true;
}

/* Whatever came of it: those that waited are asked again, and what they hear is passed on. */
static void end_renewal(struct bridge *bridge, bool is_begun)
{
	bridge->is_renewing = false;
	if (is_begun)
		confirm_session(bridge);
	for (struct exchange *exchange = bridge->exchanges; exchange != NULL; exchange = exchange->next)
		if (exchange->retry_ns == RETRY_HELD)
			bridge_start(bridge, exchange);
}

/* True: the token's file holds another one since, and the exchange is under way with it. */
static bool renew_token(struct bridge *bridge, struct exchange *exchange)
{
	if (exchange->status != 401)
		return false;
	if (exchange->token_turn == bridge->token_turn && client_reread_token(bridge->client))
		bridge->token_turn++;
	if (exchange->token_turn == bridge->token_turn)
		return false;
	exchange_stop(exchange, bridge->multi);
	bridge_start(bridge, exchange);
	if (bridge->session_turn > 0)
		bridge_listen(bridge); /* the old token's end ended that too */
	return true;
}

/* refusals and failures */

static bool retry(struct bridge *bridge, struct exchange *exchange)
{
	if (exchange->is_answered || exchange->attempts >= ATTEMPTS_MAX)
		return false;
	exchange_stop(exchange, bridge->multi);
	exchange->retry_ns =
		clock_mono_ns() + ((uint64_t)RETRY_MS << exchange->attempts) * NS_PER_MILLISECOND;
	return true;
}

static void fail_unreached(struct bridge *bridge, const struct exchange *exchange, CURLcode code)
{
	const char *trouble = client_trouble_of((int)code, bridge->is_korean);
	char why[768];
	int size = snprintf(why, sizeof(why), "%s: %s. ", client_address(bridge->client),
		trouble != NULL ? trouble : curl_easy_strerror(code));

	if (size < 0 || (size_t)size >= sizeof(why))
		return;
	if (client_is_local(bridge->client))
		snprintf(why + size, sizeof(why) - (size_t)size,
			bridge->is_korean ? "파이프라인이 실행 중이 아니면 `%stanso up`으로 시작하십시오."
					  : "If the pipeline is not running, start it with `%stanso up`.",
			place_sudo());
	else
		snprintf(why + size, sizeof(why) - (size_t)size, "%s",
			bridge->is_korean ? "--url의 주소와 그 서버가 실행 중인지 확인하십시오."
					  : "Check the address of --url, and that its server is running.");
	fail(bridge, exchange, why, NULL, 0);
}

static const char *remedy_of(long status, bool is_korean)
{
	static const struct {
		long from, to;
		const char *en, *ko;
	} remedies[] = {
		{ 300, 399, "Redirects are not followed: name the address it points to with --url.",
			"리디렉션은 따르지 않습니다. 이동한 주소를 --url로 지정하십시오." },
		{ 401, 401,
			"Name a file with a token that the server knows: --token-file FILE, or TANSO_TOKEN.",
			"서버가 아는 토큰을 --token-file FILE 또는 TANSO_TOKEN으로 지정하십시오." },
		{ 404, 404, "Is it the address of a tanso server (https://HOST/mcp)?",
			"tanso 서버의 주소(https://HOST/mcp)인지 확인하십시오." },
		{ 413, 413, "The message is longer than the server takes (http_body_bytes).",
			"서버가 받는 길이(http_body_bytes)보다 긴 메시지입니다." },
		{ 500, 599, "Asking again later is safe.", "나중에 다시 요청해도 됩니다." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].from <= status && status <= remedies[i].to)
			return is_korean ? remedies[i].ko : remedies[i].en;
	return "";
}

/* Refused before it was read as a message: by the server's doors, or by a proxy. */
static void fail_refused(struct bridge *bridge, const struct exchange *exchange)
{
	const char *body = exchange->size > 0 ? exchange->body : NULL;
	char reason[512], why[1536];

	mcp_line_reason(body, exchange->size, reason, sizeof(reason));
	snprintf(why, sizeof(why),
		bridge->is_korean ? "%s의 응답은 HTTP %ld입니다. %s%s%s" : "%s answered HTTP %ld. %s%s%s",
		client_address(bridge->client), exchange->status, reason, reason[0] != '\0' ? " " : "",
		remedy_of(exchange->status, bridge->is_korean));
	fail(bridge, exchange, why, body, exchange->size);
}

static void end_answered(struct bridge *bridge, struct exchange *exchange)
{
	if (exchange->is_events)
		return;
	if (exchange->size > 0 && mcp_line_is_message(exchange->body, exchange->size))
		bridge_hear(bridge, exchange, exchange->body, exchange->size);
	else if (exchange->size > 0 || exchange->status >= 300)
		fail_refused(bridge, exchange);
}

/* The session's stream: it comes back, unless there is none. */
static void end_listening(struct bridge *bridge, struct exchange *exchange, bool is_reached)
{
	exchange->attempts = 1;
	if (!is_reached)
		client_forget_place(bridge->client);
	exchange->is_answered = false;
	if (exchange->status < 400)
		exchange->is_again = false;
	if (exchange->status >= 400 && exchange->status < 500)
		bridge_drop(bridge, exchange);
	else
		retry(bridge, exchange);
}

void bridge_end(struct bridge *bridge, struct exchange *exchange, CURLcode code)
{
	bool is_reached = code == CURLE_OK, is_renewal = exchange->is_renewal;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
	if (is_reached && (renew_token(bridge, exchange) || renew_session(bridge, exchange)))
		return;
	if (exchange->line == NULL) {
		end_listening(bridge, exchange, is_reached);
		return;
	}
	if (!is_reached && !exchange->is_events) {
		if (code != CURLE_COULDNT_CONNECT && code != CURLE_GOT_NOTHING && code != CURLE_RECV_ERROR)
			exchange->attempts = ATTEMPTS_MAX;
		client_forget_place(bridge->client);
		if (retry(bridge, exchange))
			return;
		fail_unreached(bridge, exchange, code);
	} else {
		end_answered(bridge, exchange);
	}
	bool is_begun = exchange->session_turn != bridge->session_turn;
	bridge_drop(bridge, exchange);
	if (is_renewal)
		end_renewal(bridge, is_begun);
}
