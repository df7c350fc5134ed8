/* What the kernel keeps of each task and what programs count of the page cache and of block devices, against real actions. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/collector/usage_world.h"

#define PAGES      1000
#define FILE_BYTES (PAGES * PAGE)
#define HELD       8000 /* pages; the CPUs' parts, which are not read, are a few dozen each */

static void touch_memory(void)
{
	unsigned char *pages =
		mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(pages, FILE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	munmap(pages, FILE_BYTES);
}

static unsigned char *held;

static void hold_memory(void)
{
	held = mmap(NULL, HELD * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(held, HELD * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < HELD; i++)
		held[i * PAGE] = 1;
}

static void let_go_of_memory(void)
{
	munmap(held, HELD * PAGE);
}

static void use_file(void)
{
	static char page[PAGE];
	char path[] = "/var/tmp/tanso-test-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	for (size_t i = 0; i < PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			_exit(3);
	if (fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		_exit(3);
	volatile const char *mapped = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	(void)mapped[FILE_BYTES / 2]; /* from the disk: a major fault */
	for (off_t i = 0; i < PAGES; i++)
		if (pread(fd, page, PAGE, i * PAGE) != PAGE)
			_exit(3);
	close(fd);
}

static void faults_and_switches_are_those_of_the_process(void **state)
{
	struct world *world = *state;

	let(world, do_nothing);
	read_usage(world);
	uint64_t faults = world->sum[USAGE_minor_faults], switches = world->sum[USAGE_switches];
	let(world, touch_memory);
	for (int i = 0; i < 10; i++)
		let(world, do_nothing);
	read_usage(world);
	assert_in_range(world->sum[USAGE_minor_faults] - faults, PAGES, 2 * PAGES);
	assert_in_range(world->sum[USAGE_switches] - switches, 10, 200);
}

static void what_a_process_holds_is_told_when_it_has_run(void **state)
{
	struct world *world = *state;

	let(world, do_nothing);
	read_usage(world);
	uint64_t before = world->resident;
	assert_true(before > 0);
	let(world, hold_memory);
	read_usage(world);
	assert_in_range(world->resident, before + HELD - HELD / 20, before + HELD + HELD / 20);
	let(world, let_go_of_memory);
	read_usage(world);
	assert_in_range(world->resident, 1, before + HELD / 20);
}

/* By the kernel itself, /proc/PID/io. */
static bool reads_disk(const struct world *world)
{
	unsigned long long bytes = 0;
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/%d/io", (int)world->child);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "read_bytes: %llu", &bytes);
	fclose(file);
	return bytes > 0;
}

static void a_file_that_is_written_and_read_shows_in_the_page_cache_and_on_the_disk(void **state)
{
	struct world *world = *state;

	let(world, use_file);
	read_usage(world);
	assert_in_range(world->sum[USAGE_cache_adds], PAGES, 4 * PAGES);
	assert_in_range(world->sum[USAGE_cache_dirtied], PAGES, 2 * PAGES);
	assert_in_range(world->sum[USAGE_write_bytes], FILE_BYTES, 2 * FILE_BYTES);
	if (!reads_disk(world))
		skip(); /* /var/tmp is no disk here */
	assert_in_range(world->sum[USAGE_read_bytes], FILE_BYTES, 2 * FILE_BYTES);
	assert_true(world->sum[USAGE_major_faults] >= 1);
	assert_in_range(world->sum[USAGE_io_ops], 2, 2 * PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_process_holds_is_told_when_it_has_run, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			faults_and_switches_are_those_of_the_process, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_written_and_read_shows_in_the_page_cache_and_on_the_disk, world_set_up,
			world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
