#include "ipc/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define RING_MAGIC     UINT64_C(0x6f736e6174676e72) /* "rngtanso" */
#define HEADER_BYTES   4096
#define TICK_BYTES     512
#define CAPACITY_MAX   65536
#define BANKS_READABLE 3 /* the fourth is being written */
#define REQUIRED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

struct ring_header {
	uint64_t magic;
	uint32_t version;
	uint32_t capacity;
	struct epoch epoch;
	uint64_t head; /* atomic: number of the last published tick, 0 = none */
};
_Static_assert(sizeof(struct ring_header) <= HEADER_BYTES, "ring header layout");

struct mapping {
	unsigned char *base;
	size_t size;
	/* as checked at open: the header is not asked again */
	uint32_t capacity;
	struct epoch epoch;
};

struct ring_writer {
	struct mapping map;
};

struct ring_reader {
	struct mapping map;
};

static size_t ring_bytes(uint32_t capacity)
{
	return HEADER_BYTES + (size_t)RING_TICKS * TICK_BYTES +
	       (size_t)RING_BANKS * capacity * sizeof(struct ring_row);
}

static struct ring_header *header_of(const struct mapping *map)
{
	return (struct ring_header *)(void *)map->base;
}

static void *tick_slot(const struct mapping *map, uint64_t seq)
{
	return map->base + HEADER_BYTES + (seq % RING_TICKS) * TICK_BYTES;
}

static void *bank(const struct mapping *map, uint32_t index)
{
	return map->base + HEADER_BYTES + (size_t)RING_TICKS * TICK_BYTES +
	       (size_t)index * map->capacity * sizeof(struct ring_row);
}

/*
 * Both sides copy word by word with atomics, so that a copy the writer runs into is no data race; that it happened is
 * told by the head. Each word is released and acquired instead of fencing the whole copy: whoever sees a word of a later
 * tick then also sees the head before it. On x86 both are plain moves, and unlike a fence TSan understands them (Boehm,
 * "Can seqlocks get along with programming language memory models?", MSPC 2012).
 */
static void store_words(void *to, const void *from, size_t bytes)
{
	uint64_t *target = to;

	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) {
		uint64_t word;
		memcpy(&word, (const char *)from + i * sizeof(word), sizeof(word));
		__atomic_store_n(&target[i], word, __ATOMIC_RELEASE);
	}
}

static void load_words(void *to, const void *from, size_t bytes)
{
	const uint64_t *source = from;

	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) {
		uint64_t word = __atomic_load_n(&source[i], __ATOMIC_ACQUIRE);
		memcpy((char *)to + i * sizeof(word), &word, sizeof(word));
	}
}

int ring_create(uint32_t capacity, const struct epoch *epoch, int *ret_fd)
{
	CLEANUP(closep) int fd = -1;

	if (capacity == 0 || capacity > CAPACITY_MAX)
		return -EINVAL;
	fd = memfd_create("tanso-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fchmod(fd, 0600) < 0 || ftruncate(fd, (off_t)ring_bytes(capacity)) < 0)
		return -errno;
	const struct ring_header header = {
		.magic = RING_MAGIC, .version = RING_VERSION, .capacity = capacity, .epoch = *epoch
	};
	if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header) ||
		fcntl(fd, F_ADD_SEALS, REQUIRED_SEALS) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int map_ring(int fd, int protection, struct mapping *ret_map)
{
	struct ring_header header;
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);

	/* Without the seals its owner could cut it off under our feet: SIGBUS. */
	if (seals < 0 || (seals & REQUIRED_SEALS) != REQUIRED_SEALS || fstat(fd, &status) < 0 ||
		pread(fd, &header, sizeof(header), 0) != sizeof(header) || header.magic != RING_MAGIC)
		return -EBADMSG;
	if (header.version != RING_VERSION)
		return -EPROTONOSUPPORT;
	if (header.capacity == 0 || header.capacity > CAPACITY_MAX ||
		(size_t)status.st_size != ring_bytes(header.capacity))
		return -EBADMSG;
	void *base = mmap(NULL, (size_t)status.st_size, protection, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	*ret_map = (struct mapping) { base, (size_t)status.st_size, header.capacity, header.epoch };
	return 0;
}

static uint64_t load_head(const struct mapping *map)
{
	return __atomic_load_n(&header_of(map)->head, __ATOMIC_ACQUIRE);
}

/* Was `seq` still untouched after the copy? */
static bool is_fresh(const struct mapping *map, uint64_t seq, uint64_t span)
{
	uint64_t head = load_head(map);

	return head >= seq && head - seq < span;
}

/* The bank must be the one that `span` speaks of; meters are used as indexes by readers. */
static bool is_sane(const struct mapping *map, uint64_t seq, const struct ring_tick *tick)
{
	if (tick->seq != seq || tick->bank != seq % RING_BANKS || tick->rows > map->capacity)
		return false;
	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (tick->meter[i].zone >= ZONE_MAX || tick->meter[i].state > METER_FAKE)
			return false;
	return true;
}

static int copy_tick(const struct mapping *map, uint64_t seq, struct ring_tick *ret_tick)
{
	uint64_t head = load_head(map);

	if (seq == 0 || seq > head)
		return -ENODATA;
	if (head - seq >= RING_TICKS - 1)
		return -ESTALE;
	load_words(ret_tick, tick_slot(map, seq), sizeof(*ret_tick));
	if (!is_fresh(map, seq, RING_TICKS - 1))
		return -ESTALE;
	ret_tick->meter_name[sizeof(ret_tick->meter_name) - 1] = '\0';
	return is_sane(map, seq, ret_tick) ? 0 : -EBADMSG;
}

static int copy_rows(const struct mapping *map, uint64_t seq, struct ring_row *rows, uint32_t *ret_count)
{
	struct ring_tick tick;
	int r = copy_tick(map, seq, &tick);

	if (r < 0)
		return r;
	load_words(rows, bank(map, tick.bank), tick.rows * sizeof(*rows));
	if (!is_fresh(map, seq, BANKS_READABLE))
		return -ESTALE;
	*ret_count = tick.rows;
	return 0;
}

int ring_writer_open(int fd, struct ring_writer **ret_writer)
{
	CLEANUP(freep) struct ring_writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (writer == NULL)
		return -ENOMEM;
	r = map_ring(fd, PROT_READ | PROT_WRITE, &writer->map);
	if (r < 0)
		return r == -EPROTONOSUPPORT ? -EBADMSG : r; /* a ring of another layout is none of ours */
	*ret_writer = TAKE(writer);
	return 0;
}

void ring_writer_free(struct ring_writer *writer)
{
	if (writer != NULL)
		munmap(writer->map.base, writer->map.size);
	free(writer);
}

const struct epoch *ring_writer_epoch(const struct ring_writer *writer)
{
	return &writer->map.epoch;
}

uint32_t ring_writer_capacity(const struct ring_writer *writer)
{
	return writer->map.capacity;
}

uint64_t ring_writer_head(const struct ring_writer *writer)
{
	return load_head(&writer->map);
}

int ring_writer_last(const struct ring_writer *writer, struct ring_tick *ret_tick)
{
	return copy_tick(&writer->map, load_head(&writer->map), ret_tick);
}

uint32_t ring_writer_last_rows(const struct ring_writer *writer, struct ring_row *rows)
{
	uint32_t count = 0;

	return copy_rows(&writer->map, load_head(&writer->map), rows, &count) < 0 ? 0 : count;
}

void ring_publish(
	struct ring_writer *writer, struct ring_tick *tick, const struct ring_row *rows, uint32_t count)
{
	const struct mapping *map = &writer->map;

	tick->seq = load_head(map) + 1;
	tick->bank = (uint32_t)(tick->seq % RING_BANKS);
	tick->rows = count < map->capacity ? count : map->capacity;
	store_words(bank(map, tick->bank), rows, tick->rows * sizeof(*rows));
	store_words(tick_slot(map, tick->seq), tick, sizeof(*tick));
	__atomic_store_n(&header_of(map)->head, tick->seq, __ATOMIC_RELEASE);
}

int ring_reader_open(int fd, struct ring_reader **ret_reader)
{
	CLEANUP(freep) struct ring_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (reader == NULL)
		return -ENOMEM;
	r = map_ring(fd, PROT_READ, &reader->map);
	if (r < 0)
		return r;
	*ret_reader = TAKE(reader);
	return 0;
}

void ring_reader_free(struct ring_reader *reader)
{
	if (reader != NULL)
		munmap(reader->map.base, reader->map.size);
	free(reader);
}

const struct epoch *ring_reader_epoch(const struct ring_reader *reader)
{
	return &reader->map.epoch;
}

uint32_t ring_reader_capacity(const struct ring_reader *reader)
{
	return reader->map.capacity;
}

uint64_t ring_reader_head(const struct ring_reader *reader)
{
	return load_head(&reader->map);
}

int ring_read_tick(const struct ring_reader *reader, uint64_t seq, struct ring_tick *ret_tick)
{
	return copy_tick(&reader->map, seq, ret_tick);
}

int ring_read_rows(const struct ring_reader *reader, uint64_t seq, struct ring_row *rows, uint32_t *ret_count)
{
	return copy_rows(&reader->map, seq, rows, ret_count);
}
