#include "ipc/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/ipc/random.h"

#define CAPACITY     64
#define HEADER_BYTES 4096 /* the layout that ring.h promises */
#define TICK_BYTES   512

static const struct epoch birth = { .boot_id = "boot id of test", .birth_ns = 77 };

struct pair {
	int fd;
	struct ring_writer *writer;
	struct ring_reader *reader;
};

static struct pair pair_open(uint32_t capacity)
{
	struct pair pair;
	char path[32];

	assert_int_equal(ring_create(capacity, &birth, &pair.fd), 0);
	assert_int_equal(ring_writer_open(pair.fd, &pair.writer), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair.fd);
	CLEANUP(closep) int read_fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read_fd >= 0);
	assert_int_equal(ring_reader_open(read_fd, &pair.reader), 0);
	return pair;
}

static void pair_close(struct pair *pair)
{
	ring_writer_free(pair->writer);
	ring_reader_free(pair->reader);
	close(pair->fd);
}

/* Every number of tick and rows is made of seq, so that a mixture of two shows. */
static void publish(struct ring_writer *writer, uint32_t count)
{
	uint64_t seq = ring_writer_head(writer) + 1;
	struct ring_tick tick = { .mono_ns = seq, .busy_ns = seq * 3, .meter_name = "fake" };
	struct ring_row rows[CAPACITY];

	for (uint32_t i = 0; i < count && i < CAPACITY; i++) {
		rows[i] = (struct ring_row) { .id = i, .start_ns = seq, .kind = ROW_CGROUP };
		for (uint32_t c = 0; c < COUNTER_COUNT; c++)
			rows[i].counter[c] = seq;
	}
	ring_publish(writer, &tick, rows, count);
	assert_true(tick.seq == seq);
}

static bool is_whole(const struct ring_row *rows, uint32_t count, uint64_t seq)
{
	for (uint32_t i = 0; i < count; i++) {
		if (rows[i].id != i || rows[i].start_ns != seq)
			return false;
		for (uint32_t c = 0; c < COUNTER_COUNT; c++)
			if (rows[i].counter[c] != seq)
				return false;
	}
	return true;
}

static void what_is_published_can_be_read(void **state)
{
	struct pair pair = pair_open(CAPACITY);
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	uint32_t count;

	(void)state;
	assert_int_equal(ring_read_tick(pair.reader, 0, &tick), -ENODATA);
	assert_int_equal(ring_read_tick(pair.reader, 1, &tick), -ENODATA);
	assert_int_equal(ring_writer_last(pair.writer, &tick), -ENODATA);
	assert_int_equal(ring_writer_last_rows(pair.writer, rows), 0);
	for (uint64_t seq = 1; seq <= 10; seq++) {
		publish(pair.writer, (uint32_t)seq);
		assert_true(ring_reader_head(pair.reader) == seq);
		assert_int_equal(ring_read_tick(pair.reader, seq, &tick), 0);
		assert_true(tick.mono_ns == seq && tick.busy_ns == seq * 3 && tick.rows == seq);
		assert_string_equal(tick.meter_name, "fake");
		assert_int_equal(ring_read_rows(pair.reader, seq, rows, &count), 0);
		assert_int_equal(count, seq);
		assert_true(is_whole(rows, count, seq));
	}
	assert_true(epoch_equal(ring_reader_epoch(pair.reader), &birth));
	assert_int_equal(ring_reader_capacity(pair.reader), CAPACITY);
	pair_close(&pair);
}

static void rows_beyond_the_capacity_are_cut(void **state)
{
	struct pair pair = pair_open(8);
	struct ring_row rows[CAPACITY];
	uint32_t count;

	(void)state;
	publish(pair.writer, 20);
	assert_int_equal(ring_read_rows(pair.reader, 1, rows, &count), 0);
	assert_int_equal(count, 8);
	pair_close(&pair);
}

static void a_writer_that_restarts_goes_on_at_the_next_number(void **state)
{
	struct pair pair = pair_open(CAPACITY);
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;

	(void)state;
	for (int i = 0; i < 5; i++)
		publish(pair.writer, 3);
	ring_writer_free(pair.writer);
	assert_int_equal(ring_writer_open(pair.fd, &pair.writer), 0);
	assert_true(ring_writer_head(pair.writer) == 5);
	assert_true(epoch_equal(ring_writer_epoch(pair.writer), &birth));
	assert_int_equal(ring_writer_capacity(pair.writer), CAPACITY);
	assert_int_equal(ring_writer_last(pair.writer, &tick), 0);
	assert_true(tick.seq == 5);
	assert_int_equal(ring_writer_last_rows(pair.writer, rows), 3);
	assert_true(is_whole(rows, 3, 5));
	publish(pair.writer, 4);
	assert_true(ring_reader_head(pair.reader) == 6);
	assert_int_equal(ring_read_tick(pair.reader, 6, &tick), 0);
	pair_close(&pair);
}

static void a_lapped_reader_is_told_and_never_given_another_tick(void **state)
{
	struct pair pair = pair_open(CAPACITY);
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	uint32_t count;

	(void)state;
	for (int i = 0; i < RING_TICKS + 10; i++)
		publish(pair.writer, 2);
	uint64_t head = ring_reader_head(pair.reader);
	assert_int_equal(ring_read_tick(pair.reader, 1, &tick), -ESTALE);
	assert_int_equal(ring_read_tick(pair.reader, head - RING_TICKS, &tick), -ESTALE);
	/* this slot is the next one to be written */
	assert_int_equal(ring_read_tick(pair.reader, head - RING_TICKS + 1, &tick), -ESTALE);
	assert_int_equal(ring_read_tick(pair.reader, head - RING_TICKS + 2, &tick), 0);
	assert_int_equal(ring_read_rows(pair.reader, head - 3, rows, &count), -ESTALE);
	assert_int_equal(ring_read_rows(pair.reader, head - 2, rows, &count), 0);
	assert_true(is_whole(rows, count, head - 2));
	pair_close(&pair);
}

static void only_a_sealed_ring_of_the_right_shape_is_mapped(void **state)
{
	struct ring_reader *reader = NULL;
	struct ring_writer *writer = NULL;
	CLEANUP(closep) int empty = memfd_create("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CLEANUP(closep) int ring = -1;
	CLEANUP(closep) int unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CLEANUP(closep) int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	unsigned char header[HEADER_BYTES];

	(void)state;
	assert_int_equal(ring_create(0, &birth, &ring), -EINVAL);
	assert_int_equal(ring_create(UINT32_MAX, &birth, &ring), -EINVAL);
	assert_int_equal(ring_create(CAPACITY, &birth, &ring), 0);
	assert_true(pread(ring, header, sizeof(header), 0) == sizeof(header));
	assert_int_equal(ring_reader_open(null, &reader), -EBADMSG);
	assert_int_equal(ring_reader_open(-1, &reader), -EBADMSG);
	assert_int_equal(fcntl(empty, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(ring_reader_open(empty, &reader), -EBADMSG);
	assert_int_equal(ftruncate(unsealed, lseek(ring, 0, SEEK_END)), 0);
	assert_true(pwrite(unsealed, header, sizeof(header), 0) == sizeof(header));
	assert_int_equal(ring_reader_open(unsealed, &reader), -EBADMSG);
	assert_int_equal(fcntl(unsealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(ring_reader_open(unsealed, &reader), 0);
	ring_reader_free(reader);
	header[12]++; /* the capacity no longer fits the size */
	assert_true(pwrite(unsealed, header, sizeof(header), 0) == sizeof(header));
	assert_int_equal(ring_reader_open(unsealed, &reader), -EBADMSG);
	header[12]--;
	header[8]++; /* another version */
	assert_true(pwrite(unsealed, header, sizeof(header), 0) == sizeof(header));
	assert_int_equal(ring_reader_open(unsealed, &reader), -EPROTONOSUPPORT);
	assert_int_equal(ring_writer_open(unsealed, &writer), -EBADMSG);
	assert_null(writer);
}

/* Writes one field of tick 1's slot over the reader's head. */
static int read_corrupted(struct pair *pair, size_t offset, uint32_t value)
{
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	uint32_t count = 0;

	publish(pair->writer, 3);
	uint64_t seq = ring_reader_head(pair->reader);
	off_t at = (off_t)(HEADER_BYTES + seq % RING_TICKS * TICK_BYTES + offset);
	assert_true(pwrite(pair->fd, &value, sizeof(value), at) == sizeof(value));
	int r = ring_read_rows(pair->reader, seq, rows, &count);
	assert_int_equal(ring_read_tick(pair->reader, seq, &tick), r);
	return r;
}

static void numbers_that_lead_outside_are_refused(void **state)
{
	struct pair pair = pair_open(CAPACITY);

	(void)state;
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, flags), 0), 0);
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, rows), CAPACITY + 1), -EBADMSG);
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, rows), UINT32_MAX), -EBADMSG);
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, bank), RING_BANKS), -EBADMSG);
	/* inside the ring, but not the bank whose freshness the head proves */
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, bank), 3), -EBADMSG);
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, seq), 12345), -EBADMSG);
	assert_int_equal(
		read_corrupted(&pair, offsetof(struct ring_tick, meter[7].zone), ZONE_MAX), -EBADMSG);
	assert_int_equal(read_corrupted(&pair, offsetof(struct ring_tick, meter[0].state), 99), -EBADMSG);
	pair_close(&pair);
}

#define ROUNDS 3000

static atomic_bool is_done;

static void *publish_all(void *context)
{
	for (int i = 0; i < ROUNDS; i++)
		publish(context, CAPACITY);
	atomic_store(&is_done, true);
	return NULL;
}

struct tally {
	unsigned whole, stale, torn, other;
};

static void read_newest(struct ring_reader *reader, struct tally *tally)
{
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	uint32_t count = 0;
	uint64_t seq = ring_reader_head(reader);
	int r = seq == 0 ? -ESTALE : ring_read_rows(reader, seq, rows, &count);

	if (r == 0 && (count != CAPACITY || !is_whole(rows, count, seq)))
		tally->torn++;
	else if (r == 0)
		tally->whole++;
	else
		r == -ESTALE ? tally->stale++ : tally->other++;
	r = seq == 0 ? 0 : ring_read_tick(reader, seq, &tick);
	if (seq != 0 && r == 0 && (tick.mono_ns != seq || tick.busy_ns != 3 * seq))
		tally->torn++;
}

/* One process, so that TSan can see both sides. */
static void a_reader_beside_a_running_writer_sees_no_torn_tick(void **state)
{
	struct pair pair = pair_open(CAPACITY);
	struct tally tally = { 0 };
	pthread_t writer;

	(void)state;
	atomic_store(&is_done, false);
	assert_int_equal(pthread_create(&writer, NULL, publish_all, pair.writer), 0);
	do
		read_newest(pair.reader, &tally);
	while (!atomic_load(&is_done));
	pthread_join(writer, NULL);
	read_newest(pair.reader, &tally);
	assert_int_equal(tally.torn, 0);
	assert_int_equal(tally.other, 0);
	assert_true(tally.whole > 0);
	pair_close(&pair);
}

/* Two processes; the writer is killed in the middle of whatever it does, ten times over, and always taken over. */
static void a_writer_killed_at_any_moment_leaves_a_ring_that_can_be_read_and_continued(void **state)
{
	struct pair pair = pair_open(CAPACITY);
	struct tally tally = { 0 };
	uint64_t last = 0;

	(void)state;
	for (int round = 0; round < 10; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct ring_writer *writer;
			if (ring_writer_open(pair.fd, &writer) < 0)
				_exit(1);
			for (;;)
				publish(writer, CAPACITY);
		}
		while (ring_reader_head(pair.reader) < last + 50)
			read_newest(pair.reader, &tally);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		uint64_t head = ring_reader_head(pair.reader);
		assert_true(head > last);
		unsigned whole = tally.whole;
		read_newest(pair.reader, &tally); /* nobody writes: this one must be whole */
		assert_int_equal(tally.whole, whole + 1);
		last = head;
	}
	assert_int_equal(tally.torn, 0);
	assert_int_equal(tally.other, 0);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_published_can_be_read),
		cmocka_unit_test(rows_beyond_the_capacity_are_cut),
		cmocka_unit_test(a_writer_that_restarts_goes_on_at_the_next_number),
		cmocka_unit_test(a_lapped_reader_is_told_and_never_given_another_tick),
		cmocka_unit_test(only_a_sealed_ring_of_the_right_shape_is_mapped),
		cmocka_unit_test(numbers_that_lead_outside_are_refused),
		cmocka_unit_test(a_reader_beside_a_running_writer_sees_no_torn_tick),
		cmocka_unit_test(a_writer_killed_at_any_moment_leaves_a_ring_that_can_be_read_and_continued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
