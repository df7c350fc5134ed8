#include "ipc/guard.h"

#include <errno.h>
#include <stdbool.h>

#define DEPTH_MAX 16 /* msgpack_unpack itself holds 32 (MSGPACK_EMBED_STACK_SIZE) */

struct walk {
	const uint8_t *at, *end;
	uint32_t items_left;
	uint32_t depth, depth_max;
	uint64_t open[DEPTH_MAX]; /* objects still owed by each open container */
};

static bool take_length(struct walk *walk, uint32_t bytes, uint64_t *ret_length)
{
	uint64_t length = 0;

	if ((size_t)(walk->end - walk->at) < bytes)
		return false;
	for (uint32_t i = 0; i < bytes; i++)
		length = length << 8 | *walk->at++;
	*ret_length = length;
	return true;
}

static bool skip_payload(struct walk *walk, uint64_t size)
{
	if ((uint64_t)(walk->end - walk->at) < size)
		return false;
	walk->at += size;
	return true;
}

/* A container of n objects needs at least n more bytes: that is what the hostile claims break. */
static bool open_container(struct walk *walk, uint64_t objects)
{
	if (objects > (uint64_t)(walk->end - walk->at) || walk->depth == walk->depth_max)
		return false;
	walk->open[walk->depth++] = objects;
	return true;
}

static bool sized_payload(struct walk *walk, uint32_t length_bytes, uint32_t extra)
{
	uint64_t length;

	return take_length(walk, length_bytes, &length) && skip_payload(walk, length + extra);
}

static bool sized_container(struct walk *walk, uint32_t length_bytes, uint32_t objects_each)
{
	uint64_t length;

	return take_length(walk, length_bytes, &length) && open_container(walk, length * objects_each);
}

/* Payload bytes of the fixed-size types 0xca … 0xd8: floats, integers, fixext. */
static const uint8_t fixed_size[] = { 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17 };

/* One object's head; https://github.com/msgpack/msgpack/blob/master/spec.md */
static bool walk_one(struct walk *walk)
{
	uint8_t type = *walk->at++;

	if (type <= 0x7f || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3)
		return true;
	if (type <= 0x8f)
		return open_container(walk, 2U * (type & 0x0f));
	if (type <= 0x9f)
		return open_container(walk, type & 0x0f);
	if (type <= 0xbf)
		return skip_payload(walk, type & 0x1f);
	if (type >= 0xca && type <= 0xd8)
		return skip_payload(walk, fixed_size[type - 0xca]);
	switch (type) {
	case 0xc4:
	case 0xd9: return sized_payload(walk, 1, 0);
	case 0xc5:
	case 0xda: return sized_payload(walk, 2, 0);
	case 0xc6:
	case 0xdb: return sized_payload(walk, 4, 0);
	case 0xc7: return sized_payload(walk, 1, 1);
	case 0xc8: return sized_payload(walk, 2, 1);
	case 0xc9: return sized_payload(walk, 4, 1);
	case 0xdc: return sized_container(walk, 2, 1);
	case 0xdd: return sized_container(walk, 4, 1);
	case 0xde: return sized_container(walk, 2, 2);
	case 0xdf: return sized_container(walk, 4, 2);
	default: return false; /* 0xc1 is never used */
	}
}

int guard_check(const void *bytes, size_t size, uint32_t depth, uint32_t items)
{
	struct walk walk = { .at = bytes, .items_left = items };

	if (size == 0)
		return -EBADMSG;
	walk.end = walk.at + size;
	walk.depth_max = depth < DEPTH_MAX ? depth : DEPTH_MAX;
	do {
		if (walk.at == walk.end || walk.items_left-- == 0 || !walk_one(&walk))
			return -EBADMSG;
		/* The next object is owed by the innermost container that has any left. */
		while (walk.depth > 0 && walk.open[walk.depth - 1] == 0)
			walk.depth--;
		if (walk.depth > 0)
			walk.open[walk.depth - 1]--;
		else
			return walk.at == walk.end ? 0 : -EBADMSG;
	} while (true);
}
