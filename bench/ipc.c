/* Ring and frames: a record published beside memcpy of its bytes, rows encoded beside plain msgpack of the same values. */
#include <msgpack.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure.h"
#include "ipc/ring.h"

#define RECORDS 1000
#define ROWS    1000

static struct ring_writer *writer;
static struct ring_row records[RECORDS], copy[RECORDS];
static struct ring_tick tick;
static struct frame_codec *codec;
static struct power_row rows[ROWS];
static struct power_once once;
static struct counters_row counters[ROWS];
static const void *bytes;
static size_t size;
static msgpack_sbuffer buffer;

static void publish(void *context)
{
	(void)context;
	ring_publish(writer, &tick, records, RECORDS);
}

static void copy_records(void *context)
{
	(void)context;
	memcpy(copy, records, sizeof(copy));
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static void encode(void *context)
{
	const struct frame_head head = { .kind = FRAME_power, .parts = 1 };

	(void)context;
	if (frame_encode(codec, &head, &once, rows, ROWS, &bytes, &size) < 0)
		exit(EXIT_FAILURE);
}

static void encode_counters(void *context)
{
	const struct frame_head head = { .kind = FRAME_counters, .parts = 1 };
	const struct counters_once counters_once = { 0 };

	(void)context;
	if (frame_encode(codec, &head, &counters_once, counters, ROWS, &bytes, &size) < 0)
		exit(EXIT_FAILURE);
}

static void decode(void *context)
{
	struct frame frame;

	if (frame_decode(codec, context, size, &frame) < 0)
		exit(EXIT_FAILURE);
}

/* The same values without tables, checks or structs. */
static void pack_plainly(void *context)
{
	msgpack_packer packer;

	(void)context;
	msgpack_sbuffer_clear(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	for (size_t i = 0; i < ROWS; i++) {
		msgpack_pack_array(&packer, 5);
		msgpack_pack_uint64(&packer, rows[i].id);
		msgpack_pack_uint8(&packer, rows[i].flags);
		msgpack_pack_uint64(&packer, rows[i].cpu_ns);
		msgpack_pack_array(&packer, 2);
		msgpack_pack_uint64(&packer, rows[i].active_uj.by[0]);
		msgpack_pack_uint64(&packer, rows[i].active_uj.by[1]);
		msgpack_pack_array(&packer, 0);
	}
}

static void unpack_plainly(void *context)
{
	msgpack_unpacked result;
	size_t offset = 0;

	(void)context;
	msgpack_unpacked_init(&result);
	while (msgpack_unpack_next(&result, buffer.data, buffer.size, &offset) == MSGPACK_UNPACK_SUCCESS)
		;
	msgpack_unpacked_destroy(&result);
}

/* What metrics_counters sends besides. */
static void measure_counters(void)
{
	for (size_t i = 0; i < ROWS; i++)
		counters[i] = (struct counters_row) { .id = 1000 + i,
			.switches = 123456 * i,
			.cycles = 123456789012 * i,
			.instructions = 123456789012 * i,
			.minor_faults = 12345 * i,
			.read_bytes = 123456789 * i,
			.softirq_ns = 1234567 * i };
	double encode_ns = measure_ns(encode_counters, NULL) / ROWS;
	report("frame: one counters row encoded", encode_ns, "ns", "one power row",
		measure_ns(encode, NULL) / ROWS);
	encode_counters(NULL);
	void *received = malloc(size);
	if (received == NULL)
		exit(EXIT_FAILURE);
	memcpy(received, bytes, size);
	report("frame: one counters row checked and decoded", measure_ns(decode, received) / ROWS, "ns",
		"its encoding", encode_ns);
	free(received);
}

int main(void)
{
	const struct epoch epoch = { .birth_ns = 1 };
	int fd;

	if (ring_create(RECORDS, &epoch, &fd) < 0 || ring_writer_open(fd, &writer) < 0 ||
		frame_codec_new(&codec) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ROWS; i++)
		rows[i] = (struct power_row) { .id = 1000 + i,
			.cpu_ns = 123456789 * i,
			.active_uj.by = { 1234567890123 + i, 4567890 } };
	once.source = text_of("curve:epyc_3");
	report("ring: one record of 256 B published", measure_ns(publish, NULL) / RECORDS, "ns",
		"memcpy of its bytes", measure_ns(copy_records, NULL) / RECORDS);
	msgpack_sbuffer_init(&buffer);
	report("frame: one power row encoded", measure_ns(encode, NULL) / ROWS, "ns",
		"plain msgpack-c of the same values", measure_ns(pack_plainly, NULL) / ROWS);
	void *received = malloc(size);
	if (received == NULL)
		return EXIT_FAILURE;
	memcpy(received, bytes, size);
	report("frame: one power row checked and decoded", measure_ns(decode, received) / ROWS, "ns",
		"plain msgpack_unpack_next, unchecked", measure_ns(unpack_plainly, NULL) / ROWS);
	free(received);
	measure_counters();
	msgpack_sbuffer_destroy(&buffer);
	frame_codec_free(codec);
	ring_writer_free(writer);
	close(fd);
	return EXIT_SUCCESS;
}
