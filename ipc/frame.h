/*
 * Frames: typed records of frames.def to msgpack bytes and back, by one generic encoder and decoder that walk the
 * field tables. No allocation per row; nothing is trusted: the guard walks the bytes before msgpack sees them, then
 * every type, length and limit is checked. Not thread-safe; one codec object per thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ipc/vocabulary.h"

#define FRAME_BYTES_MAX (UINT32_C(1) << 20) /* one part */
#define FRAME_PARTS_MAX 64

/* Text inside a received frame: points into the frame's bytes, not NUL-terminated, valid UTF-8 not promised. */
struct text {
	const char *data;
	uint32_t size;
};

enum topology_op { TOPOLOGY_ADD = 1, TOPOLOGY_MOVE, TOPOLOGY_FINAL, TOPOLOGY_FORGET };

typedef uint8_t frame_u8;
typedef uint16_t frame_u16;
typedef uint32_t frame_u32;
typedef uint64_t frame_u64;
typedef double frame_f64;
typedef struct text frame_text;
typedef struct {
	uint64_t by[ZONE_MAX];
} frame_zones;

/* struct NAME_once and struct NAME_row for every frame; `fields` is how many the sender sent (ignored by encode). */
#define FRAME(name, number, version, text_)                                                                  \
	struct name##_once {                                                                                 \
		uint32_t fields;
#define ONCE(frame, type, field, limit, unit, text_) frame_##type field;
#define ROWS(name)                                                                                           \
	}                                                                                                    \
	;                                                                                                    \
	struct name##_row {                                                                                  \
		uint32_t fields;
#define ROW(frame, type, field, limit, unit, text_) frame_##type field;
#define END(name)                                                                                            \
	}                                                                                                    \
	;
#include "ipc/frames.def"

enum frame_kind {
#define FRAME(name, number, version, text_) FRAME_##name = number,
#include "ipc/frames.def"
	FRAME_KIND_COUNT
};

/* Birth of the kernel counters: changes on boot, stop/start and layout change, never on a stage's restart. */
struct epoch {
	uint8_t boot_id[16];
	uint64_t birth_ns; /* CLOCK_BOOTTIME */
};

struct frame_head {
	uint8_t kind; /* enum frame_kind */
	uint8_t version;
	struct epoch epoch;
	uint64_t
		energy_epoch; /* CLOCK_REALTIME ns of the birth of the estimator's state; 0 where it has no meaning */
	uint64_t seq;
	uint32_t part, parts; /* part counts from 0 */
};

/* One received part. `once` is one, `rows` an array of the structs above, by head.kind. */
struct frame {
	struct frame_head head;
	const void *once;
	const void *rows;
	size_t row_count;
	bool is_last; /* the last part of its seq */
};

bool epoch_equal(const struct epoch *a, const struct epoch *b);

struct frame_codec; /* reused buffers of one encoder and decoder */
int frame_codec_new(struct frame_codec **ret_codec);
void frame_codec_free(struct frame_codec *codec);

/* How many of the first `row_count` rows fit one part (at least 1 if there are any). */
size_t frame_rows_that_fit(enum frame_kind kind, const void *rows, size_t row_count);
/* The size of one row struct of this kind, in bytes. */
size_t frame_row_size(enum frame_kind kind);

/* Encodes one part (head.version is filled from the table). Bytes belong to the codec until its next call.
 * -E2BIG: a text is over its limit, or the part over FRAME_BYTES_MAX. -EDOM: a number that is not finite. */
int frame_encode(struct frame_codec *codec, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count, const void **ret_bytes, size_t *ret_size);

/* Decodes one part; `ret_frame` points into `bytes` and the codec until the codec's next call.
 * -EBADMSG malformed, -EPROTONOSUPPORT version, -ENOMSG unknown kind, -E2BIG over a limit. */
int frame_decode(struct frame_codec *codec, const void *bytes, size_t size, struct frame *ret_frame);

/* docs/frames.md */
void frame_describe(FILE *out);

static inline struct text text_of(const char *s)
{
	return (struct text) { .data = s, .size = (uint32_t)__builtin_strlen(s) };
}
/* Copies into a NUL-terminated buffer, cutting if needed. */
void text_copy(char *to, size_t size, struct text from);
bool text_equal(struct text a, struct text b);
