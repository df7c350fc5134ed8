/*
 * Who asks, and what they may see. One entry stands for everybody who is the same to us: the same name with the same
 * namespaces, told by the same kind of credential; what they hold open and how fast they ask is counted there. An entry lives
 * while somebody holds it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rate.h"

#define PRINCIPAL_NAME_MAX       128
#define PRINCIPAL_NAMESPACES_MAX 1024
#define PRINCIPALS_MAX           512

struct principals;

enum principal_kind { PRINCIPAL_TOKEN, PRINCIPAL_JWT, PRINCIPAL_CERTIFICATE };

struct principal {
	enum principal_kind kind;                      /* what told who they are */
	char name[PRINCIPAL_NAME_MAX + 1];             /* "" = whoever reaches a server without credentials */
	char namespaces[PRINCIPAL_NAMESPACES_MAX + 1]; /* each ended by a newline; "" = all */
	uint64_t until_s; /* the end of their last credential, Unix time; UINT64_MAX = none */
	/* inside */
	uint32_t holds, streams, watched; /* watched: counted by mcp/watch.c */
	struct rate rate;                 /* of their requests */
};

/* Streams of events at a time. */
struct stream_limits {
	uint32_t open;      /* of everybody, now */
	uint32_t all, each; /* at most, of everybody and of one with a name */
};

/* What a credential proves. Texts are borrowed, namespaces as above. */
struct claim {
	enum principal_kind kind;
	const char *name, *namespaces;
	uint64_t until_s; /* UINT64_MAX = the credential has no end */
};

/* Everybody, where nobody is asked who they are; never freed. */
extern struct principal principal_anyone;

struct principals *principals_new(void);
void principals_free(struct principals *principals);
/* The entry of a claim, held for the caller. 0; -EBUSY: PRINCIPALS_MAX are held; -E2BIG: a name or list too long, or no
 * name. */
int principals_find(
	struct principals *principals, const struct claim *claim, struct principal **ret_principal);
/* Credentials of a kind were replaced: whom `is_let_in` refuses (NULL = everybody of the kind) is over (principal_is_over())
 * until found again. */
void principals_review(struct principals *principals, enum principal_kind kind,
	bool (*is_let_in)(void *context, const struct principal *principal), void *context);

void principal_hold(struct principal *principal);
/* NULL-safe. */
void principal_release(struct principal *principal);
/* Counts a request. False: they make more than `limit` in a second. Who has no name is counted by connection alone. */
bool principal_may_ask(struct principal *principal, uint64_t limit, uint64_t now_ns);
/* 0; -EDQUOT: `each` of theirs are open; -EBUSY: `all` are. */
int principal_may_stream(const struct principal *principal, const struct stream_limits *limits);
/* A connection of theirs became a stream (true), or was one. */
void principal_count_stream(struct principal *principal, bool is_open);
/* Was the credential withdrawn, or has it ended? What they hold open must be ended, then. */
bool principal_is_over(const struct principal *principal, uint64_t now_s);
