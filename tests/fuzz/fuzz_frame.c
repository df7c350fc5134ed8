/* The decoder on any bytes; what it accepts must survive being encoded and decoded again. */
#include <stdlib.h>

#include "ipc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame_codec *codec, *again;
	struct frame first, second;
	const void *bytes;
	size_t encoded;

	if (codec == NULL && (frame_codec_new(&codec) < 0 || frame_codec_new(&again) < 0))
		abort();
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
