/*
 * Collector and estimator in one, for the resolver's process test: fake_neighbours RUNTIME_DIR. Reads lines from standard
 * input: "add ID KIND POD_UID CONTAINER_ID WORKLOAD PATH" ("-" = empty; KIND: pod, container, unit) and "full", which
 * tells all rows added so far; prints each row of each names frame as "names ID {json}".
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/json_write.h"
#include "ipc/link.h"

#define ROWS_MAX 4096

struct row {
	unsigned long long id;
	char kind[16], pod_uid[72], container_id[140], workload[260], path[1030];
};

struct neighbours {
	struct link *topology, *names;
	struct row rows[ROWS_MAX];
	size_t count;
	uint64_t seq;
};

static int on_names(void *context, const struct frame *frame)
{
	const struct names_row *rows = frame->rows;

	(void)context;
	for (size_t i = 0; i < frame->row_count; i++) {
		struct json_writer writer = { 0 };
		char *text;
		size_t size;
		const struct names_row *row = &rows[i];
		json_open_object(&writer, NULL);
		json_write_bytes(&writer, "namespace", row->namespace.data, row->namespace.size);
		json_write_bytes(&writer, "pod", row->pod.data, row->pod.size);
		json_write_bytes(&writer, "pod_uid", row->pod_uid.data, row->pod_uid.size);
		json_write_bytes(&writer, "container", row->container.data, row->container.size);
		json_write_bytes(&writer, "owner_kind", row->owner_kind.data, row->owner_kind.size);
		json_write_bytes(&writer, "owner", row->owner.data, row->owner.size);
		json_write_integer(&writer, "cpu_request", (int64_t)row->cpu_request_millicores);
		json_write_integer(&writer, "cpu_limit", (int64_t)row->cpu_limit_millicores);
		json_write_integer(&writer, "memory_request", (int64_t)row->memory_request_bytes);
		json_write_integer(&writer, "memory_limit", (int64_t)row->memory_limit_bytes);
		json_close_object(&writer);
		if (json_take(&writer, &text, &size) == 0) {
			printf("names %llu %s\n", (unsigned long long)row->id, text);
			free(text);
		}
	}
	fflush(stdout);
	return 0;
}

static struct text text_or_empty(const char *text)
{
	return text_of(strcmp(text, "-") == 0 ? "" : text);
}

static struct topology_row row_of(const struct row *row)
{
	int kind = workload_kind_from_name(row->kind);

	return (struct topology_row) { .op = TOPOLOGY_ADD,
		.id = row->id,
		.kind = ROW_CGROUP,
		.path = text_or_empty(row->path),
		.workload_kind = (uint8_t)(kind < 0 ? WORKLOAD_UNIT : kind),
		.workload = text_or_empty(row->workload),
		.pod_uid = text_or_empty(row->pod_uid),
		.container_id = text_or_empty(row->container_id) };
}

static void tell(struct neighbours *neighbours, size_t from, bool is_full)
{
	const struct frame_head head = { .kind = FRAME_topology, .seq = ++neighbours->seq };
	const struct topology_once once = { .full = is_full };
	struct topology_row *rows = calloc(neighbours->count + 1, sizeof(*rows));

	for (size_t i = from; rows != NULL && i < neighbours->count; i++)
		rows[i - from] = row_of(&neighbours->rows[i]);
	if (rows != NULL)
		link_send(neighbours->topology, &head, &once, rows, neighbours->count - from);
	free(rows);
}

static void on_connect(void *context)
{
	tell(context, 0, true);
}

static void obey(struct neighbours *neighbours, const char *line)
{
	struct row *row = &neighbours->rows[neighbours->count];

	if (strncmp(line, "full", 4) == 0)
		tell(neighbours, 0, true);
	else if (neighbours->count < ROWS_MAX &&
		 sscanf(line, "add %llu %15s %71s %139s %259s %1029s", &row->id, row->kind, row->pod_uid,
			 row->container_id, row->workload, row->path) == 6)
		tell(neighbours, neighbours->count++, false);
	else
		fprintf(stderr, "what is \"%s\"?\n", line);
}

int main(int argc, char **argv)
{
	static struct neighbours neighbours;
	char line[4096];

	if (argc < 2 ||
		link_listen(&neighbours.names, argv[1], STAGE_ESTIMATOR, STAGE_RESOLVER, on_names, NULL) <
			0 ||
		link_dial(&neighbours.topology, argv[1], STAGE_RESOLVER, STAGE_COLLECTOR, on_connect,
			&neighbours) < 0)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		struct source *sources[] = { link_source(neighbours.names),
			link_source(neighbours.topology) };
		struct pollfd fds[] = { { .fd = sources[0]->fd, .events = POLLIN },
			{ .fd = sources[1]->fd, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN } };
		poll(fds, ARRAY_SIZE(fds), -1);
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			if (fds[i].revents != 0)
				sources[i]->ready(sources[i]);
		if (fds[2].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			break;
		obey(&neighbours, line);
	}
	return 0;
}
