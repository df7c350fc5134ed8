/*
 * The requests of a stdio client that are under way: a frontend that comes back after a restart is asked them again, as
 * asking changes nothing. Bounded: the oldest are forgotten, and then not asked again. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ASKED_MAX       512
#define ASKED_BYTES_MAX ((size_t)4 << 20)
#define ASKED_TIMES_MAX                                                                                      \
	3 /* of one request: its answer may be one that names no id, or it is what ends the frontend */
#define ASKED_ID_MAX 255 /* bytes of an id that the frontend takes */

struct asked_line {
	char *bytes; /* NULL = answered */
	size_t size;
	size_t id_at, id_size; /* of the id's token in it */
	bool is_listener;      /* subscriptions/listen: the end of input ends it, without an answer */
	unsigned times;        /* how often it was asked */
};

/* A zeroed struct is empty. */
struct asked {
	struct asked_line lines[ASKED_MAX]; /* a ring */
	size_t first, count, bytes;
};

/* The token of a message's id, as it stands there: {"id": 7} has "7", {"id":"a"} has "\"a\"". False: there is none that JSON-RPC
 * allows, or these bytes are no object. */
bool asked_id(const char *line, size_t size, size_t *ret_at, size_t *ret_size);
/* Keeps a line that has a method and an id, and forgets what a notifications/cancelled names; others are let be. 0 or -ENOMEM. */
int asked_add(struct asked *asked, const char *line, size_t size);
/* The same of an answer of our frontend, which begins with version and id; false for every other message. */
bool asked_id_of_answer(const char *line, size_t size, size_t *ret_at, size_t *ret_size);
/* The oldest request with that id, if any, is under way no longer. */
void asked_answered(struct asked *asked, const char *id, size_t size);
/* Is there a request that will be answered? */
bool asked_is_waiting(const struct asked *asked);
/* Is a request with this id under way? */
bool asked_has(const struct asked *asked, const char *id, size_t size);
/* The i-th of those kept, oldest first; NULL where it was answered already. i < asked->count. */
const struct asked_line *asked_at(const struct asked *asked, size_t i);
/* The oldest that was asked ASKED_TIMES_MAX times; NULL where there is none: then all are counted as asked once more. What
 * listens may be asked as often as frontends come. */
const struct asked_line *asked_again(struct asked *asked);
void asked_done(struct asked *asked);
