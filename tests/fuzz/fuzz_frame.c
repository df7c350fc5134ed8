/* The decoder on any bytes; what it accepts must survive being encoded and decoded again. */
#include <stdlib.h>
#include <string.h>

#include "ipc/frame_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static struct frame_codec *codec, *again;

static void open_codecs(void)
{
	if (codec == NULL && (frame_codec_new(&codec) < 0 || frame_codec_new(&again) < 0))
		abort();
}

/* Chance alone never meets the 16 bytes of an epoch: now and then a whole frame of some kind takes the input's place. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	static const uint64_t zeros[512]; /* a record of zeros is a valid one of every kind */
	const struct frame_type *type = &frame_types[seed / 64 % frame_type_count];
	const struct frame_head head = { .kind = type->kind, .seq = seed, .parts = 1 };
	const void *bytes;
	size_t encoded;

	open_codecs();
	if (seed % 64 != 0 ||
		frame_encode(again, &head, zeros, zeros, 1 + seed / 4096 % 4, &bytes, &encoded) < 0 ||
		encoded > room)
		return LLVMFuzzerMutate(data, size, room);
	memcpy(data, bytes, encoded);
	return encoded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame first, second;
	const void *bytes;
	size_t encoded;

	open_codecs();
	if (frame_decode(codec, data, size, &first) < 0)
		return 0;
	size_t fit = frame_rows_that_fit(first.head.kind, first.rows, first.row_count);
	if (frame_encode(again, &first.head, first.once, first.rows, fit, &bytes, &encoded) < 0)
		abort();
	if (frame_decode(codec, bytes, encoded, &second) < 0 || second.row_count != fit ||
		second.head.seq != first.head.seq)
		abort();
	return 0;
}
