/*
 * Asks about many workloads in turn: bench_ask PORT CONNECTIONS REQUESTS WORKLOADS. MCP tools/call over HTTP/1.1, one request under
 * way on each connection, about prod/app0 … prod/app<WORKLOADS - 1>. Prints requests a second, the 50th and 99th of a hundred
 * response times in ms, and how many answers were not 200.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define CONNECTIONS_MAX 256
#define ANSWER_MAX      65536

static const char body_format[] =
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	"\"assess_workload_compliance\",\"arguments\":{\"workload_name\":\"app%lu\","
	"\"namespace\":\"prod\"}}}";

struct connection {
	int fd;
	uint64_t begun_ns;
	char answer[ANSWER_MAX];
	size_t size;
};

static struct connection connections[CONNECTIONS_MAX];
static uint64_t *times_ns;
static unsigned long asked, answered, failed, requests, workloads;

static void stop(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void ask(struct connection *connection)
{
	char body[512], text[1024];
	int size = snprintf(body, sizeof(body), body_format, asked++ % workloads);

	size = snprintf(text, sizeof(text),
		"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
		"MCP-Protocol-Version: 2025-11-25\r\nContent-Length: %d\r\n\r\n%s",
		size, body);
	connection->size = 0;
	connection->begun_ns = clock_mono_ns();
	if (write(connection->fd, text, (size_t)size) != size)
		stop("write");
}

static int is_whole(const struct connection *connection)
{
	const char *end = memmem(connection->answer, connection->size, "\r\n\r\n", 4);
	const char *length = end != NULL ? strcasestr(connection->answer, "content-length: ") : NULL;

	return length != NULL && length < end &&
	       connection->size >= (size_t)(end + 4 - connection->answer) + strtoul(length + 16, NULL, 10);
}

static void hear(struct connection *connection)
{
	ssize_t got = read(
		connection->fd, connection->answer + connection->size, ANSWER_MAX - 1 - connection->size);

	if (got <= 0)
		stop("read");
	connection->size += (size_t)got;
	connection->answer[connection->size] = '\0';
	if (!is_whole(connection))
		return;
	failed += strncmp(connection->answer, "HTTP/1.1 200", 12) != 0 ||
		  strstr(connection->answer, "\"isError\":false") == NULL;
	times_ns[answered++] = clock_mono_ns() - connection->begun_ns;
	if (asked < requests)
		ask(connection);
}

static int by_time(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct pollfd fds[CONNECTIONS_MAX];

	if (argc != 5)
		return 2;
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	nfds_t count = (nfds_t)atoi(argv[2]);
	requests = strtoul(argv[3], NULL, 10);
	workloads = strtoul(argv[4], NULL, 10);
	times_ns = calloc(requests, sizeof(*times_ns));
	if (count > CONNECTIONS_MAX || requests < count || workloads == 0 || times_ns == NULL)
		return 2;
	uint64_t begun_ns = clock_mono_ns();
	for (nfds_t i = 0; i < count; i++) {
		connections[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(connections[i].fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			stop("connect");
		fds[i] = (struct pollfd) { .fd = connections[i].fd, .events = POLLIN };
		ask(&connections[i]);
	}
	while (answered < requests) {
		if (poll(fds, count, -1) < 0)
			stop("poll");
		for (nfds_t i = 0; i < count; i++)
			if (fds[i].revents != 0)
				hear(&connections[i]);
	}
	double seconds = (double)(clock_mono_ns() - begun_ns) / 1e9;
	qsort(times_ns, answered, sizeof(*times_ns), by_time);
	printf("%.1f %.4f %.4f %lu\n", (double)answered / seconds, (double)times_ns[answered / 2] / 1e6,
		(double)times_ns[answered * 99 / 100] / 1e6, failed);
	return EXIT_SUCCESS;
}
