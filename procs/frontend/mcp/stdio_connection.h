/* One connection of the stdio door: lines in, lines out. Private to stdio*.c. */
#pragma once

#include "base/lines.h"
#include "frontend/mcp/stdio.h"

#define STDIO_INPUT_SIZE 65536

/* Calls of one kind: those that will be answered, or listeners. */
struct gate {
	struct mcp_sink sink; /* first */
	struct connection *connection;
	size_t calls;
};

struct output {
	char *bytes;
	size_t size, room;
};

struct connection {
	struct connection *next, **link;
	struct stdio *stdio;
	h2o_socket_t *socket;
	uid_t user;
	struct session *session; /* held */
	const char *lang;        /* static */
	struct gate calls, listeners;
	size_t batches;
	struct lines lines;
	char input[STDIO_INPUT_SIZE]; /* read, and not taken yet */
	size_t input_at, input_size;
	bool is_over; /* the end of input was read */
	struct output waiting, sent;
	bool is_sending, is_broken;
};

struct stdio {
	struct source listener;
	struct mcp *mcp;
	struct web *web;
	struct connection *first;
	size_t count;
	double *opened, *refused, *dropped;
};

/* fd is consumed on success. 0 or -errno. */
int connection_new(struct stdio *stdio, int fd, uid_t user);
/* Goes on as far as it can; then the connection may be gone. */
void connection_go_on(struct connection *connection);
/* What is under way is dropped, without a word. */
void connection_free(struct connection *connection);
