/*
 * Prints the newest reading of a collector's ring as JSON: read_ring /proc/PID/fd/N. What the collector says before any
 * other stage has touched it, for the system tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/ring.h"

#define TRIES 100 /* the writer may come round while we copy */

static void print_counters(const char *name, const uint64_t counter[static COUNTER_COUNT])
{
	printf("\"%s\":[", name);
	for (int i = 0; i < COUNTER_COUNT; i++)
		printf("%s%" PRIu64, i > 0 ? "," : "", counter[i]);
	printf("]");
}

static void print(const struct ring_tick *tick, const struct ring_row *rows, uint32_t count)
{
	printf("{\"seq\":%" PRIu64 ",\"mono_ns\":%" PRIu64 ",\"boot_ns\":%" PRIu64 ",\"busy_ns\":%" PRIu64
	       ",\"capacity_ns\":%" PRIu64 ",\"counters_valid\":%u,",
		tick->seq, tick->mono_ns, tick->boot_ns, tick->busy_ns, tick->capacity_ns,
		tick->counters_valid);
	print_counters("total", tick->total);
	printf(",\"rows\":[");
	for (uint32_t i = 0; i < count; i++) {
		printf("%s{\"id\":%" PRIu64 ",\"tgid\":%" PRIu32
		       ",\"kind\":%d,\"flags\":%d,\"start_ns\":%" PRIu64 ",",
			i > 0 ? "," : "", rows[i].id, rows[i].tgid, rows[i].kind, rows[i].flags,
			rows[i].start_ns);
		printf("\"resident_bytes\":%" PRIu64 ",\"oom_kills\":%" PRIu64 ",", rows[i].resident_bytes,
			rows[i].oom_kills);
		print_counters("counter", rows[i].counter);
		printf("}");
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	struct ring_reader *reader = NULL;
	struct ring_tick tick;
	uint32_t count = 0;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	int r = fd < 0 ? -errno : ring_reader_open(fd, &reader);

	if (r < 0) {
		fprintf(stderr, "read_ring: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	CLEANUP(freep) struct ring_row *rows = calloc(ring_reader_capacity(reader), sizeof(*rows));
	for (int i = 0; rows != NULL && i < TRIES; i++) {
		uint64_t seq = ring_reader_head(reader);
		r = ring_read_tick(reader, seq, &tick);
		if (r == 0 && (r = ring_read_rows(reader, seq, rows, &count)) == 0)
			break;
	}
	if (r == 0 && rows != NULL)
		print(&tick, rows, count);
	ring_reader_free(reader);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
