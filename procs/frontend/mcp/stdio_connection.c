#include "frontend/mcp/stdio_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "frontend/mcp/batch.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/watch.h"

#define OUTPUT_KEPT (2 * STDIO_WAITING_MAX) /* room over from a larger answer is given back */

/* output */

static bool make_room(struct connection *connection, size_t size)
{
	struct output *out = &connection->waiting;
	size_t needed = out->size + size;

	if (needed <= out->room)
		return true;
	size_t room = needed + needed / 2;
	char *grown = realloc(out->bytes, room);
	if (grown == NULL) {
		connection->is_broken = true; /* an answer would be missing */
		return false;
	}
	out->bytes = grown;
	out->room = room;
	return true;
}

static void put(struct output *out, const char *bytes, size_t size)
{
	memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static void give(struct connection *connection, const char *message, size_t size)
{
	if (!make_room(connection, size + 1))
		return;
	put(&connection->waiting, message, size);
	put(&connection->waiting, "\n", 1);
}

/* True: it was answered as it was before. */
static bool give_again(struct connection *connection, const struct repeat *repeat)
{
	struct answers_body *kept =
		repeat_find(connection->stdio->mcp, &principal_anyone, connection->lang, repeat);

	if (kept == NULL)
		return false;
	if (make_room(connection, REPEAT_BEGIN_SIZE + repeat->id_size + kept->size + 1)) {
		put(&connection->waiting, repeat_begin, REPEAT_BEGIN_SIZE);
		put(&connection->waiting, repeat->line + repeat->id_at, repeat->id_size);
		put(&connection->waiting, kept->data, kept->size);
		put(&connection->waiting, "\n", 1);
	}
	answers_release(kept);
	return true;
}

static void on_written(h2o_socket_t *socket, const char *error);

/* What waits goes out by one write. */
static void flush(struct connection *connection)
{
	if (connection->is_sending || connection->waiting.size == 0 || connection->is_broken)
		return;
	struct output free_one = connection->sent;
	connection->sent = connection->waiting;
	if (free_one.room > OUTPUT_KEPT)
		free(TAKE(free_one.bytes)), free_one.room = 0;
	connection->waiting = (struct output) { free_one.bytes, 0, free_one.room };
	connection->is_sending = true;
	h2o_iovec_t bytes = h2o_iovec_init(connection->sent.bytes, connection->sent.size);
	h2o_socket_write(connection->socket, &bytes, 1, on_written);
}

static bool say(struct mcp_sink *sink, const char *message, size_t size)
{
	struct connection *connection = ((struct gate *)sink)->connection;

	if (connection->waiting.size + size > STDIO_WAITING_MAX)
		++*connection->stdio->dropped;
	else
		give(connection, message, size);
	return true;
}

static void drop(struct mcp_sink *sink)
{
	((struct gate *)sink)->calls--;
}

static void finish(struct mcp_sink *sink, int http_status, const char *message, size_t size)
{
	(void)http_status;
	drop(sink);
	give(((struct gate *)sink)->connection, message, size);
}

/* messages */

static void refuse(struct connection *connection, int code, const char *why, const char *id, const char *data)
{
	size_t size = 0;
	CLEANUP(freep) char *text = message_refusal(code, why, id, data, &size);

	if (text != NULL)
		give(connection, text, size);
}

/* What HTTP has in its headers, a line says in its envelope alone. */
static void read_envelope(const struct message *message, struct mcp_headers *ret_headers)
{
	const char *version = text_member(message->meta, META_VERSION), *name;

	*ret_headers = (struct mcp_headers) { 0 };
	if (version == NULL)
		return;
	name = text_member(message->params, strcmp(message->method, "resources/read") == 0 ? "uri" : "name");
	*ret_headers = (struct mcp_headers) { version, message->method, name, strlen(version),
		strlen(message->method), name != NULL ? strlen(name) : 0 };
}

static void begin_call(struct connection *connection, struct message *message, enum revision revision,
	const struct repeat *repeat)
{
	bool is_listener = strcmp(message->method, "subscriptions/listen") == 0;
	struct gate *gate = is_listener ? &connection->listeners : &connection->calls;
	struct mcp_call *call = NULL;
	char id[MESSAGE_ID_MAX];

	memcpy(id, message->id, sizeof(id));
	if (!is_listener || gate->calls < STDIO_LISTENERS_MAX)
		call = mcp_call_new(connection->stdio->mcp, &gate->sink, message);
	if (call == NULL) {
		refuse(connection, RPC_INTERNAL_ERROR, "too many requests at a time", id, "");
		return;
	}
	gate->calls++;
	call->revision = revision;
	call->lang = connection->lang;
	call->session = connection->session;
	call->repeat = repeat;
	mcp_dispatch(call);
}

static void take_notice(struct connection *connection, const struct message *message)
{
	const char *lang = text_member(message->params, "lang");

	if (lang != NULL && strcmp(message->method, STDIO_LANGUAGE) == 0)
		connection->lang = strcmp(lang, "ko") == 0 ? "ko" : "en";
	else
		mcp_notified(connection->stdio->mcp, connection->session, message);
}

static void take_message(struct connection *connection, struct message *message, const struct repeat *repeat)
{
	struct mcp_headers headers;
	struct mcp_refusal refusal;
	enum revision revision;

	read_envelope(message, &headers);
	if (!mcp_check(message, &headers, connection->session->revision, false, &revision, &refusal)) {
		refuse(connection, refusal.code, refusal.why, message->id, refusal.data);
		return;
	}
	if (message->kind != MESSAGE_REQUEST) {
		take_notice(connection, message);
		return;
	}
	if (!revision_is_modern(revision) && strcmp(message->method, "initialize") == 0)
		connection->session->revision = mcp_negotiate(message);
	begin_call(connection, message, revision, repeat);
}

static void on_batch_done(void *context, const char *answers, size_t size)
{
	struct connection *connection = context;

	connection->batches--;
	if (answers != NULL)
		give(connection, answers, size);
}

static void take_batch(struct connection *connection, const char *line, size_t size)
{
	const struct batch_sender sender = { connection->stdio->mcp, connection->lang, &principal_anyone,
		connection->session };
	struct batch *batch; /* its calls are the session's, and dropped with them */

	connection->batches++;
	int r = batch_take(&sender, line, size, on_batch_done, connection, &batch);
	if (r == 0)
		return;
	connection->batches--;
	refuse(connection, r == -EINVAL ? RPC_INVALID_REQUEST : RPC_INTERNAL_ERROR,
		r == -EINVAL ? "a batch has 1 to 64 messages" : "out of memory", "", "");
}

static void take_line(struct connection *connection, const char *line, size_t size)
{
	struct message message;
	struct repeat repeat;
	char why[96];

	bool may_repeat = repeat_read(&repeat, line, size, NULL, connection->session->revision);
	if (size == 0 || (may_repeat && give_again(connection, &repeat)))
		return;
	int code = message_parse(line, size, &message, why);
	if (code == 0)
		take_message(connection, &message, may_repeat ? repeat_of(&message, &repeat) : NULL);
	else if (code == RPC_INVALID_REQUEST && message_is_batch(line, size) &&
		 revision_has_batches(connection->session->revision))
		take_batch(connection, line, size);
	else
		refuse(connection, code, why, message.id, "");
	message_done(&message);
}

/* input */

static bool may_take(const struct connection *connection)
{
	return !connection->is_broken && connection->waiting.size < STDIO_WAITING_MAX &&
	       connection->calls.calls + connection->batches < STDIO_CALLS_MAX;
}

static void take_lines(struct connection *connection)
{
	const char *line;
	size_t size;

	while (connection->input_at < connection->input_size && may_take(connection)) {
		enum lines_state state = lines_feed(&connection->lines, connection->input,
			connection->input_size, &connection->input_at, &line, &size);
		if (state == LINES_LINE)
			take_line(connection, line, size);
		else if (state == LINES_TOO_LONG)
			refuse(connection, RPC_INVALID_REQUEST, "a message may have 1 MiB (1048576 bytes)",
				"", "");
	}
	if (connection->is_over && connection->input_at == connection->input_size && may_take(connection) &&
		(size = lines_rest(&connection->lines, &line)) > 0)
		take_line(connection, line, size);
}

void connection_free(struct connection *connection)
{
	struct stdio *stdio = connection->stdio;

	mcp_calls_drop(stdio->mcp, connection->session);
	watcher_free(watcher_of_session(stdio->mcp->watch, connection->session));
	connection->session->line = NULL;
	session_release(connection->session);
	h2o_socket_close(connection->socket);
	*connection->link = connection->next;
	if (connection->next != NULL)
		connection->next->link = connection->link;
	stdio->count--;
	lines_done(&connection->lines);
	free(connection->waiting.bytes);
	free(connection->sent.bytes);
	free(connection);
}

/* Nothing more will be asked, and all that was is answered. */
static bool is_finished(const struct connection *connection)
{
	return connection->is_over && connection->input_at == connection->input_size &&
	       connection->calls.calls + connection->batches == 0 && !connection->is_sending &&
	       connection->waiting.size == 0;
}

static void on_readable(h2o_socket_t *socket, const char *error);

/* What cannot be taken now waits in the input, and what comes after it in the socket. */
static void read_on(struct connection *connection)
{
	bool may_read = !connection->is_over && connection->input_at == connection->input_size;

	if (may_read)
		connection->input_at = connection->input_size = 0;
	if (may_read && !h2o_socket_is_reading(connection->socket))
		h2o_socket_read_start(connection->socket, on_readable);
	else if (!may_read && h2o_socket_is_reading(connection->socket))
		h2o_socket_read_stop(connection->socket);
}

void connection_go_on(struct connection *connection)
{
	take_lines(connection);
	flush(connection);
	if (connection->is_broken || is_finished(connection))
		connection_free(connection);
	else
		read_on(connection);
}

static void on_written(h2o_socket_t *socket, const char *error)
{
	struct connection *connection = socket->data;

	connection->is_sending = false;
	connection->is_broken = connection->is_broken || error != NULL;
	connection_go_on(connection);
}

static void on_readable(h2o_socket_t *socket, const char *error)
{
	struct connection *connection = socket->data;
	ssize_t size =
		error == NULL ? recv(h2o_socket_get_fd(socket), connection->input, STDIO_INPUT_SIZE, 0) : 0;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0)
		connection->input_size = (size_t)size;
	else
		connection->is_over = true;
	connection_go_on(connection);
}

int connection_new(struct stdio *stdio, int fd, uid_t user)
{
	static const struct mcp_sink sink = { say, finish, drop, NULL };
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL)
		return -ENOMEM;
	if (sessions_new(stdio->mcp->sessions, &connection->session) < 0) {
		free(connection);
		return -EBUSY;
	}
	connection->stdio = stdio;
	connection->user = user;
	connection->lang = strcmp(stdio->mcp->config->lang, "ko") == 0 ? "ko" : "en";
	connection->calls = (struct gate) { sink, connection, 0 };
	connection->listeners = (struct gate) { sink, connection, 0 };
	connection->session->line = &connection->listeners.sink;
	connection->socket = h2o_evloop_socket_create(web_loop(stdio->web), fd, H2O_SOCKET_FLAG_DONT_READ);
	connection->socket->data = connection;
	connection->next = stdio->first;
	connection->link = &stdio->first;
	if (connection->next != NULL)
		connection->next->link = &connection->next;
	stdio->first = connection;
	stdio->count++;
	++*stdio->opened;
	h2o_socket_read_start(connection->socket, on_readable);
	return 0;
}
