/* The reused buffers of encoder and decoder; private to frame_*.c. */
#pragma once

#include <msgpack.h>

#include "ipc/frame_table.h"

struct frame_codec {
	msgpack_sbuffer out;
	int out_failure; /* 0 or -errno: the first write that did not fit */
	msgpack_zone zone;
	void *once, *rows;
	size_t once_room, rows_room; /* bytes */
};
