/* A reader on a ring whose every byte a hostile writer chose. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/ring.h"

#define CAPACITY     4
#define HEADER_BYTES 4096
#define HEAD_OFFSET  40 /* of the head in the header: after magic, version, capacity, epoch */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ring_reader *reader;
static int fd;

static void make_ring(void)
{
	const struct epoch birth = { .birth_ns = 1 };

	if (ring_create(CAPACITY, &birth, &fd) < 0 || ring_reader_open(fd, &reader) < 0)
		abort();
}

/* The first 8 bytes are the head; the rest is written where the ticks near it stand, then into the banks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	uint64_t head;
	uint32_t count;

	if (reader == NULL)
		make_ring();
	if (size < sizeof(head) || size > 4096)
		return 0;
	memcpy(&head, data, sizeof(head));
	off_t at = (off_t)(HEADER_BYTES + head % RING_TICKS * 256);
	if (pwrite(fd, &head, sizeof(head), HEAD_OFFSET) < 0 || pwrite(fd, data + 8, size - 8, at) < 0)
		abort();
	if (ring_reader_head(reader) != head)
		abort();
	for (uint64_t back = 0; back < 4 && back <= head; back++) {
		if (ring_read_tick(reader, head - back, &tick) == 0 && tick.rows > CAPACITY)
			abort();
		if (ring_read_rows(reader, head - back, rows, &count) == 0 && count > CAPACITY)
			abort();
	}
	return 0;
}
