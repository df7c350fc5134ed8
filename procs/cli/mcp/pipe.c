#include "cli/mcp/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/lines.h"
#include "cli/mcp/pipe_asked.h"
#include "cli/place.h"

#define READ_SIZE ((size_t)256 << 10)
#define RETRY_MS  50

struct buffer {
	char *bytes;
	size_t at, size, room; /* what is before `at` is gone */
};

struct pipe {
	const struct pipe_place *place;
	int out;    /* the client's end of standard output */
	int server; /* -1 = away */
	struct lines lines;
	struct buffer to_server, to_client;
	struct asked asked;
	char *initialize; /* the client's, to begin anew with another frontend */
	size_t initialize_size;
	bool skips_answer;     /* our repeat of it is under way */
	bool is_over, is_told; /* the end of input; the frontend knows it */
	uint64_t lost_ns;      /* since when the frontend says nothing; 0 = it does */
	int failure;           /* -errno */
};

static char input[READ_SIZE];

/* buffers */

static bool make_room(struct buffer *buffer, size_t more)
{
	if (buffer->at > 0) {
		buffer->size -= buffer->at;
		memmove(buffer->bytes, buffer->bytes + buffer->at, buffer->size);
		buffer->at = 0;
	}
	if (buffer->size + more > buffer->room) {
		size_t room = buffer->size + more + buffer->size / 2;
		char *grown = realloc(buffer->bytes, room);
		if (grown == NULL)
			return false;
		buffer->bytes = grown;
		buffer->room = room;
	}
	return true;
}

static void append(struct pipe *pipe, struct buffer *buffer, const char *bytes, size_t size)
{
	if (!make_room(buffer, size)) {
		pipe->failure = -ENOMEM;
		return;
	}
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
}

static void send_line(struct pipe *pipe, const char *line, size_t size)
{
	append(pipe, &pipe->to_server, line, size);
	append(pipe, &pipe->to_server, "\n", 1);
}

static void write_out(struct pipe *pipe, const char *bytes, size_t size)
{
	while (size > 0 && pipe->failure == 0) {
		ssize_t written = write(pipe->out, bytes, size);
		if (written < 0 && errno != EINTR)
			pipe->failure = -errno;
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
}

static void answer_error(struct pipe *pipe, int code, const char *why, const char *id, size_t id_size)
{
	char text[1024];
	int size = snprintf(text, sizeof(text),
		"{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"error\":{\"code\":%d,\"message\":\"%s\"}}\n",
		(int)id_size, id, code, why);

	if (size > 0 && (size_t)size < sizeof(text))
		write_out(pipe, text, (size_t)size);
}

/* the frontend comes and goes */

static void greet(struct pipe *pipe)
{
	static const char language[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"tanso/language\",\"params\":{\"lang\":\"ko\"}}";
	size_t at, size;

	if (pipe->place->is_korean)
		send_line(pipe, language, sizeof(language) - 1);
	if (pipe->initialize == NULL || !asked_id(pipe->initialize, pipe->initialize_size, &at, &size))
		return;
	pipe->skips_answer = !asked_has(&pipe->asked, pipe->initialize + at, size);
	if (pipe->skips_answer)
		send_line(pipe, pipe->initialize, pipe->initialize_size);
}

static void answer_unreached(struct pipe *pipe, const char *id, size_t size)
{
	char text[256];

	snprintf(text, sizeof(text),
		pipe->place->is_korean
			? "파이프라인이 응답하지 않습니다. 실행 중이 아니면 `%stanso up`으로 시작하십시오."
			: "The pipeline does not answer. If it is not running, start it with `%stanso up`.",
		place_sudo());
	answer_error(pipe, -32603, text, id, size);
}

/* What a frontend did not answer is asked again. */
static void begin_anew(struct pipe *pipe)
{
	const struct asked_line *exhausted;

	while ((exhausted = asked_again(&pipe->asked)) != NULL) {
		answer_unreached(pipe, exhausted->bytes + exhausted->id_at, exhausted->id_size);
		asked_answered(&pipe->asked, exhausted->bytes + exhausted->id_at, exhausted->id_size);
	}
	pipe->to_server.at = pipe->to_server.size = 0;
	pipe->to_client.at = pipe->to_client.size = 0; /* half a line */
	pipe->is_told = false;
	greet(pipe);
	for (size_t i = 0; i < pipe->asked.count; i++) {
		const struct asked_line *line = asked_at(&pipe->asked, i);
		if (line != NULL)
			send_line(pipe, line->bytes, line->size);
	}
}

static void lose(struct pipe *pipe)
{
	closep(&pipe->server);
	pipe->server = -1;
	if (pipe->lost_ns == 0)
		pipe->lost_ns = clock_mono_ns();
}

static bool is_given_up(const struct pipe *pipe)
{
	return pipe->server < 0 && clock_mono_ns() - pipe->lost_ns >= PIPE_PATIENCE_MS * NS_PER_MILLISECOND;
}

static void reconnect(struct pipe *pipe)
{
	if (pipe->server >= 0)
		return;
	int fd = place_connect(pipe->place->runtime_dir, PLACE_STDIO);
	if (fd < 0)
		return;
	pipe->server = fd;
	begin_anew(pipe);
}

static void give_up(struct pipe *pipe)
{
	for (size_t i = 0; i < pipe->asked.count; i++) {
		const struct asked_line *line = asked_at(&pipe->asked, i);
		if (line != NULL)
			answer_unreached(pipe, line->bytes + line->id_at, line->id_size);
	}
	asked_done(&pipe->asked);
}

/* from the client */

/* "method": "initialize" */
static bool is_initialize(const char *line, size_t size)
{
	static const char name[] = "\"initialize\"", key[] = "\"method\"";
	const char *at = memmem(line, size, name, sizeof(name) - 1);

	if (at == NULL)
		return false;
	while (at > line && memchr(": \t", at[-1], 3) != NULL)
		at--;
	return at - line >= (ptrdiff_t)sizeof(key) - 1 &&
	       memcmp(at - (sizeof(key) - 1), key, sizeof(key) - 1) == 0;
}

static void keep_initialize(struct pipe *pipe, const char *line, size_t size)
{
	char *copy = is_initialize(line, size) ? realloc(pipe->initialize, size) : NULL;

	if (copy == NULL)
		return;
	memcpy(copy, line, size);
	pipe->initialize = copy;
	pipe->initialize_size = size;
}

static void take_line(struct pipe *pipe, const char *line, size_t size)
{
	size_t id_at, id_size;

	if (size == 0)
		return;
	keep_initialize(pipe, line, size);
	reconnect(pipe);
	if (pipe->server < 0 && asked_id(line, size, &id_at, &id_size)) {
		answer_unreached(pipe, line + id_at, id_size);
	} else if (pipe->server >= 0) {
		if (asked_add(&pipe->asked, line, size) < 0)
			pipe->failure = -ENOMEM;
		send_line(pipe, line, size);
	}
}

static void read_client(struct pipe *pipe)
{
	ssize_t got = read(STDIN_FILENO, input, sizeof(input));
	const char *line;
	size_t done = 0, size;

	if (got < 0 && errno == EINTR)
		return;
	while (got > 0 && done < (size_t)got && pipe->failure == 0) {
		enum lines_state state = lines_feed(&pipe->lines, input, (size_t)got, &done, &line, &size);
		if (state == LINES_LINE)
			take_line(pipe, line, size);
		else if (state == LINES_TOO_LONG)
			answer_error(pipe, -32600, "a message may have 1 MiB (1048576 bytes)", "null", 4);
	}
	if (got > 0)
		return;
	pipe->is_over = true;
	size = lines_rest(&pipe->lines, &line);
	take_line(pipe, line, size); /* a last line without an end still counts */
}

/* to and from the frontend */

static void write_server(struct pipe *pipe)
{
	struct buffer *waiting = &pipe->to_server;

	while (waiting->at < waiting->size && pipe->server >= 0) {
		ssize_t sent = send(pipe->server, waiting->bytes + waiting->at, waiting->size - waiting->at,
			MSG_NOSIGNAL);
		if (sent > 0)
			waiting->at += (size_t)sent;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			lose(pipe);
	}
	if (pipe->is_over && !pipe->is_told && pipe->server >= 0)
		pipe->is_told = shutdown(pipe->server, SHUT_WR) == 0;
}

/* False: the client has heard it before. */
static bool is_news(struct pipe *pipe, const char *line, size_t size)
{
	size_t at, id_size, known_at, known_size;

	if (!asked_id_of_answer(line, size, &at, &id_size))
		return true;
	if (pipe->skips_answer && asked_id(pipe->initialize, pipe->initialize_size, &known_at, &known_size) &&
		known_size == id_size && memcmp(pipe->initialize + known_at, line + at, id_size) == 0) {
		pipe->skips_answer = false;
		return false;
	}
	asked_answered(&pipe->asked, line + at, id_size);
	return true;
}

/* Whole lines go on to the client, by one write. */
static void pass_on(struct pipe *pipe)
{
	struct buffer *from = &pipe->to_client;
	size_t at = from->at, begin = from->at;
	const char *end;

	while ((end = memchr(from->bytes + at, '\n', from->size - at)) != NULL) {
		size_t next = (size_t)(end + 1 - from->bytes);
		if (!is_news(pipe, from->bytes + at, next - 1 - at)) {
			write_out(pipe, from->bytes + begin, at - begin);
			begin = next;
		}
		at = next;
	}
	write_out(pipe, from->bytes + begin, at - begin);
	from->at = at;
}

static void read_server(struct pipe *pipe)
{
	struct buffer *from = &pipe->to_client;

	if (from->size - from->at > PIPE_ANSWER_MAX || !make_room(from, READ_SIZE)) {
		pipe->failure = -ENOMEM;
		return;
	}
	ssize_t got = recv(pipe->server, from->bytes + from->size, READ_SIZE, 0);
	if (got > 0) {
		from->size += (size_t)got;
		pipe->lost_ns = 0;
		pass_on(pipe);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		lose(pipe);
	}
}

/* the loop */

/* All was answered: the frontend has closed after the end of input, or there is none to ask. */
static bool is_finished(const struct pipe *pipe)
{
	return pipe->is_over && pipe->server < 0 && !asked_is_waiting(&pipe->asked);
}

static void turn(struct pipe *pipe)
{
	bool is_away = pipe->server < 0, is_waiting = is_away && !is_given_up(pipe);
	bool has_room = pipe->to_server.size - pipe->to_server.at < PIPE_WAITING_MAX;
	struct pollfd fds[2] = {
		{ .fd = pipe->is_over || is_waiting || !has_room ? -1 : STDIN_FILENO, .events = POLLIN },
		{ .fd = pipe->server,
			.events =
				(short)(POLLIN | (pipe->to_server.at < pipe->to_server.size ? POLLOUT : 0)) }
	};

	if (poll(fds, 2, is_waiting ? RETRY_MS : -1) < 0 && errno != EINTR)
		pipe->failure = -errno;
	if (fds[0].revents != 0)
		read_client(pipe);
	if (fds[1].revents != 0 && pipe->server >= 0)
		read_server(pipe);
	if (is_waiting)
		reconnect(pipe);
	if (is_given_up(pipe))
		give_up(pipe);
	write_server(pipe);
}

int pipe_run(const struct pipe_place *place, int server)
{
	static struct pipe pipe;

	pipe = (struct pipe) { .place = place, .server = server };
	pipe.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (pipe.out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	fcntl(pipe.out, F_SETPIPE_SZ, (int)READ_SIZE); /* fewer turns for large answers, where it is a pipe */
	signal(SIGPIPE, SIG_IGN);
	greet(&pipe);
	while (pipe.failure == 0 && !is_finished(&pipe))
		turn(&pipe);
	closep(&pipe.server);
	closep(&pipe.out);
	asked_done(&pipe.asked);
	lines_done(&pipe.lines);
	free(pipe.to_server.bytes);
	free(pipe.to_client.bytes);
	free(pipe.initialize);
	return pipe.failure;
}
