/*
 * An analyst that answers by script, for the frontend's process tests: fake_analyst RUNTIME_DIR [die]. What it does with
 * a question stands in its workload_name: see script(). With "die" it ends without a word at its first question.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/link.h"
#include "ipc/tools.h"

#define CHUNK_BYTES 262144
#define BIG_BYTES   600000
#define HUGE_BYTES  (17U << 20) /* more than the frontend takes */

#define SEND_TRIES 2000 /* a millisecond each */

struct analyst {
	struct link *asks, *answers;
	const char *runtime_dir;
	bool dies;
};

/* A frame for each answer fills the queue when many are asked for at once: then it waits for room. */
static void send_rows(struct analyst *analyst, uint64_t run, const struct answer_row *rows, size_t count)
{
	const struct frame_head head = { .kind = FRAME_answer };
	const struct answer_once once = { .run = run };

	for (int i = 0; i < SEND_TRIES && link_send(analyst->answers, &head, &once, rows, count) == -EAGAIN;
		i++)
		usleep(1000);
}

static struct answer_row row_of(uint64_t id, uint16_t code, const char *body)
{
	return (struct answer_row) {
		.id = id, .generation = 1, .code = code, .chunk = 0, .chunks = 1, .body = text_of(body)
	};
}

static void send_big(struct analyst *analyst, uint64_t run, uint64_t id, size_t size)
{
	CLEANUP(freep) char *body = malloc(size + 16);
	struct answer_row row = row_of(id, 200, "");

	memset(body, 'x', size + 16);
	memcpy(body, "{\"big\":\"", 8);
	memcpy(body + size - 2, "\"}", 2);
	row.chunks = (uint32_t)((size + CHUNK_BYTES - 1) / CHUNK_BYTES);
	for (row.chunk = 0; row.chunk < row.chunks; row.chunk++) {
		size_t at = (size_t)row.chunk * CHUNK_BYTES, left = size - at;
		row.body = (struct text) { body + at, (uint32_t)(left < CHUNK_BYTES ? left : CHUNK_BYTES) };
		send_rows(analyst, run, &row, 1);
	}
}

static bool is_named(const struct ask_row *ask, const char *name)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\"workload_name\":\"%s\"", name);
	return memmem(ask->arguments.data, ask->arguments.size, wanted, strlen(wanted)) != NULL;
}

/* Something of every type, so that clients who check answers against outputSchema are content. */
static void write_always(FILE *out, const struct tool *tool)
{
	for (size_t i = 0; tool != NULL && i < tool->result_count; i++) {
		const struct tool_result *result = &tool->results[i];
		const char *value = strcmp(result->type, "string") == 0    ? "\"\""
				    : strcmp(result->type, "boolean") == 0 ? "false"
				    : strcmp(result->type, "object") == 0  ? "{}"
				    : strstr(result->type, "s") == NULL && strcmp(result->type, "array") != 0
					    ? "0"
					    : "[]";
		if (result->always && strcmp(result->name, "status") != 0)
			fprintf(out, ",\"%s\":%s", result->name, value);
	}
}

static void echo(struct analyst *analyst, uint64_t run, const struct ask_row *ask, size_t batch)
{
	CLEANUP(freep) char *body = NULL;
	size_t size;
	FILE *out = open_memstream(&body, &size);
	struct answer_row row;

	fprintf(out,
		"{\"status\":\"UNKNOWN\",\"echo\":%.*s,\"lang\":\"%.*s\",\"deadline_ms\":%u,\"batch\":%zu",
		(int)ask->arguments.size, ask->arguments.data, (int)ask->lang.size, ask->lang.data,
		ask->deadline_ms, batch);
	write_always(out, tool_find(ask->tool.data, ask->tool.size));
	fputc('}', out);
	fclose(out);
	row = row_of(ask->id, 200, body);
	send_rows(analyst, run, &row, 1);
}

/* What the lists of MCP are made of. */
static const struct {
	const char *view, *body;
} views_known[] = {
	{ "catalogue",
		"{\"standards\":[{\"code\":\"KR_CARBON_2050\",\"name\":\"Standard\",\"description\":\"d\"}],"
		"\"regions\":[{\"code\":\"ap-northeast-2\",\"name\":\"Seoul\",\"description\":\"d\"}]}" },
	{ "names", "{\"values\":[\"app\",\"apple\"],\"total\":2}" },
};

static bool answer_view(struct analyst *analyst, uint64_t run, const struct ask_row *ask)
{
	struct answer_row row;

	for (size_t i = 0; i < ARRAY_SIZE(views_known); i++)
		if (ask->tool.size == strlen(views_known[i].view) &&
			memcmp(ask->tool.data, views_known[i].view, ask->tool.size) == 0) {
			row = row_of(ask->id, 200, views_known[i].body);
			send_rows(analyst, run, &row, 1);
			return true;
		}
	return false;
}

/* The status of the workload "flips" of a namespace is what stands in RUNTIME_DIR/<namespace>.status. */
static void answer_flips(struct analyst *analyst, uint64_t run, const struct ask_row *ask)
{
	static const char key[] = "\"namespace\":\"";
	char path[256], namespace[32] = "none", status[32] = "UNKNOWN", body[64];
	struct answer_row row;

	CLEANUP(freep) char *arguments = strndup(ask->arguments.data, ask->arguments.size);
	const char *at = arguments != NULL ? strstr(arguments, key) : NULL;
	if (at != NULL && sscanf(at + sizeof(key) - 1, "%31[a-z0-9-]", namespace) != 1)
		snprintf(namespace, sizeof(namespace), "none");
	snprintf(path, sizeof(path), "%.200s/%s.status", analyst->runtime_dir, namespace);
	CLEANUP(fclosep) FILE *file = fopen(path, "r");
	if (file != NULL && fscanf(file, "%31s", status) != 1)
		snprintf(status, sizeof(status), "UNKNOWN");
	snprintf(body, sizeof(body), "{\"status\":\"%s\"}", status);
	row = row_of(ask->id, 200, body);
	send_rows(analyst, run, &row, 1);
}

static void script(struct analyst *analyst, uint64_t run, const struct ask_row *ask, size_t batch)
{
	struct answer_row row = row_of(ask->id, 200, "{}");

	if (answer_view(analyst, run, ask))
		return;
	if (is_named(ask, "flips")) {
		answer_flips(analyst, run, ask);
		return;
	}
	if (is_named(ask, "silent"))
		return;
	if (is_named(ask, "big") || is_named(ask, "huge")) {
		send_big(analyst, run, ask->id, is_named(ask, "big") ? BIG_BYTES : HUGE_BYTES);
		return;
	}
	if (is_named(ask, "missing")) {
		row = row_of(ask->id, 404,
			"{\"error\":{\"code\":\"WORKLOAD_NOT_FOUND\",\"message\":\"no "
			"such\",\"hint\":\"\"}}");
		send_rows(analyst, run, &row, 1);
		return;
	}
	if (is_named(ask,
		    "nonsense")) { /* refused rows, an unknown id, another run, half an answer: then the real one */
		struct answer_row bad[] = { row, row, row, row };
		bad[0].chunks = 0;
		bad[1].code = 7;
		bad[2].id = ask->id + 1;
		bad[3].chunks = 2;
		send_rows(analyst, run, bad, ARRAY_SIZE(bad));
		send_rows(analyst, run + 1, &row, 1);
	}
	echo(analyst, run, ask, batch);
	if (is_named(ask, "twice"))
		echo(analyst, run, ask, batch);
}

static int on_ask(void *context, const struct frame *frame)
{
	struct analyst *analyst = context;
	const struct ask_once *once = frame->once;
	const struct ask_row *rows = frame->rows;

	if (analyst->dies)
		_exit(EXIT_SUCCESS);
	for (size_t i = 0; i < frame->row_count; i++)
		script(analyst, once->run, &rows[i], frame->row_count);
	return 0;
}

static void on_connected(void *context)
{
	(void)context;
	puts("connected");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct analyst analyst = { .runtime_dir = argv[1], .dies = argc > 2 };
	struct loop *loop;
	int r;

	if (argc < 2)
		return 2;
	if ((r = loop_new(&loop)) < 0 ||
		(r = link_dial(&analyst.answers, argv[1], STAGE_FRONTEND, STAGE_ANALYST, on_connected,
			 &analyst)) < 0 ||
		(r = link_listen(&analyst.asks, argv[1], STAGE_ANALYST, STAGE_FRONTEND, on_ask, &analyst)) <
			0 ||
		(r = loop_add(loop, link_source(analyst.asks))) < 0 ||
		(r = loop_add(loop, link_source(analyst.answers))) < 0) {
		fprintf(stderr, "fake_analyst: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	loop_run(loop);
	loop_free(loop);
	return EXIT_SUCCESS;
}
