#include "collector/live.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TOLD_BYTES    (USAGE_TOLD_MAX * sizeof(struct usage_told))
#define RECORDS_BYTES (USAGE_RECORDS * sizeof(struct usage_record))

static int map(
	const struct usage_kernel *kernel, enum usage_map which, size_t bytes, int access, void **ret_at)
{
	void *at = mmap(NULL, bytes, access, MAP_SHARED, kernel->map[which], 0);

	if (at == MAP_FAILED)
		return -errno;
	*ret_at = at;
	return 0;
}

int live_open(struct live_threads *live, const struct usage_kernel *kernel)
{
	void *told = NULL, *records = NULL, *reading = NULL;
	int r;

	if ((r = map(kernel, USAGE_MAP_told, TOLD_BYTES, PROT_READ, &told)) == 0 &&
		(r = map(kernel, USAGE_MAP_records, RECORDS_BYTES, PROT_READ, &records)) == 0)
		r = map(kernel, USAGE_MAP_reading, sizeof(*live->reading), PROT_READ | PROT_WRITE, &reading);
	*live = (struct live_threads) {
		.kernel = kernel, .reading = reading, .told = told, .records = records
	};
	return r;
}

void live_close(struct live_threads *live)
{
	if (live->told != NULL)
		munmap((void *)live->told, TOLD_BYTES);
	if (live->records != NULL)
		munmap((void *)live->records, RECORDS_BYTES);
	if (live->reading != NULL)
		munmap(live->reading, sizeof(*live->reading));
	known_done(&live->known);
	*live = (struct live_threads) { 0 };
}

/* A thread that finds no room among the known is told without a before each time, so the sums must begin anew, too. */
static void take(struct live_threads *live, const struct usage_visitor *visitor,
	const struct usage_record *record, bool *from_nothing)
{
	struct usage_record *known = known_put(&live->known, record->tid);

	visitor->thread(visitor->context, known != NULL && known->tid != 0 ? known : NULL, record);
	if (known != NULL)
		*known = *record;
	else
		*from_nothing = true;
}

static int take_records(struct live_threads *live, const struct usage_visitor *visitor, bool *from_nothing)
{
	uint32_t count = live->reading->records;

	if (count > USAGE_RECORDS)
		return -EBADMSG;
	for (uint32_t i = 0; i < count; i++)
		take(live, visitor, &live->records[i], from_nothing);
	live->reading->records = 0;
	return 0;
}

/* Along the kernel's list of tasks, in one piece. false: it is not here, or something is left for read_rest(). */
static bool run_list(struct live_threads *live)
{
	struct bpf_test_run_opts options = { .sz = sizeof(options) };
	int fd = live->kernel->link[USAGE_PROGRAM_read_list];

	return fd >= 0 && live->known.count <= USAGE_LIST_MAX && bpf_prog_test_run_opts(fd, &options) == 0 &&
	       !live->reading->is_cut;
}

/* The iterator waits (EAGAIN) where the records find no room, and passes by those that the list had. */
static int read_rest(struct live_threads *live, const struct usage_visitor *visitor, bool *from_nothing)
{
	CLEANUP(closep) int fd = bpf_iter_create(live->kernel->link[USAGE_PROGRAM_read_usage]);
	char nothing[64];
	ssize_t some;
	int r;

	if (fd < 0)
		return fd;
	do {
		some = read(fd, nothing, sizeof(nothing));
		if (some < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if ((r = take_records(live, visitor, from_nothing)) < 0)
			return r;
	} while (some != 0);
	return 0;
}

static bool is_told(const struct live_threads *live, uint32_t tid)
{
	const struct usage_told *told = &live->told[tid % USAGE_TOLD_MAX];

	return told->tid == tid && told->reading == live->reading->number;
}

static void drop_gone(struct live_threads *live, const struct usage_visitor *visitor)
{
	struct known_threads *known = &live->known;

	for (size_t i = 0; i < known->count;) {
		if (known_is_seen(known, i) || is_told(live, known->tids[i])) {
			i++;
			continue;
		}
		visitor->thread(visitor->context, &known->records[i], NULL);
		known_remove(known, i); /* the last one takes its place: look here again */
	}
}

int live_read(struct live_threads *live, const struct usage_visitor *visitor, bool *from_nothing)
{
	bool has_all;
	int r;

	/* What a reading that failed was told is not told again, unless a number is left out. */
	live->reading->number += *from_nothing ? 2 : 1;
	live->reading->records = 0;
	known_begin_reading(&live->known);
	if (*from_nothing) {
		known_clear(&live->known);
		visitor->begin(visitor->context);
	}
	*from_nothing = false;
	has_all = run_list(live);
	r = take_records(live, visitor, from_nothing);
	if (r == 0 && !has_all)
		r = read_rest(live, visitor, from_nothing);
	if (r == 0)
		drop_gone(live, visitor);
	else
		*from_nothing = true;
	return r;
}
