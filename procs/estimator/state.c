#include "estimator/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/ready.h"

#define STATE_NAME    "estimator-state"
#define STATE_MAGIC   UINT64_C(0x0165746174736e74)
#define STATE_VERSION 7
#define FILE_HEAD     4096

struct file_head {
	uint64_t magic;
	uint32_t version, ring_rows;
	uint32_t current; /* atomic: 0 or 1 */
};

struct bank_head {
	uint64_t crc; /* of everything behind it that is in use */
	struct state_head head;
};

/* Where things lie for a ring of so many rows: a bank is its head, room for the rows, for the processes, and for what is passed
 * on of the rows. */
static size_t rows_bytes(uint32_t ring_rows)
{
	return ((size_t)ring_rows + FINALS_MAX) * sizeof(struct state_row);
}

static size_t processes_bytes(uint32_t ring_rows)
{
	return ring_rows * sizeof(struct state_process);
}

static size_t bank_bytes(uint32_t ring_rows)
{
	return sizeof(struct bank_head) + rows_bytes(ring_rows) + processes_bytes(ring_rows) +
	       ((size_t)ring_rows + FINALS_MAX) * sizeof(struct passed);
}

static size_t file_bytes(uint32_t ring_rows)
{
	return FILE_HEAD + 2 * bank_bytes(ring_rows);
}

static struct bank_head *bank_of(const struct state *state, uint32_t index)
{
	return (struct bank_head *)(void *)((char *)state->base + FILE_HEAD +
					    index * bank_bytes(state->process_capacity));
}

static void *rows_of(struct bank_head *bank)
{
	return bank + 1;
}

static void *processes_of(const struct state *state, struct bank_head *bank)
{
	return (char *)rows_of(bank) + rows_bytes(state->process_capacity);
}

static void *passed_of(const struct state *state, struct bank_head *bank)
{
	return (char *)processes_of(state, bank) + processes_bytes(state->process_capacity);
}

static size_t passed_bytes(const struct state_head *head)
{
	return head->has_passed ? (size_t)head->row_count * sizeof(struct passed) : 0;
}

static uint64_t crc_of(const struct state *state, struct bank_head *bank)
{
	size_t size = sizeof(bank->head) + (size_t)bank->head.row_count * sizeof(struct state_row);
	uLong crc = crc32_z(0, (const Bytef *)&bank->head, size);

	crc = crc32_z(crc, processes_of(state, bank),
		(size_t)bank->head.process_count * sizeof(struct state_process));
	return crc32_z(crc, passed_of(state, bank), passed_bytes(&bank->head));
}

static bool is_whole(const struct state *state, struct bank_head *bank)
{
	return bank->head.row_count <= state->capacity &&
	       bank->head.process_count <= state->process_capacity && bank->crc == crc_of(state, bank);
}

static int load(struct state *state, struct bank_head *bank)
{
	int r = 0;

	state->head = bank->head;
	memcpy(state->rows, rows_of(bank), bank->head.row_count * sizeof(*state->rows));
	memcpy(state->processes, processes_of(state, bank),
		bank->head.process_count * sizeof(*state->processes));
	memcpy(state->passed, passed_of(state, bank), passed_bytes(&bank->head));
	for (uint32_t i = 0; r == 0 && i < state->head.row_count; i++)
		r = idmap_put(&state->by_id, state->rows[i].id, i);
	for (uint32_t i = 0; r == 0 && i < state->head.process_count; i++)
		r = idmap_put(&state->by_process,
			state_process_key(state->processes[i].tgid, state->processes[i].start_ns), i);
	return r;
}

int state_create_fd(uint32_t ring_rows, int *ret_fd)
{
	const struct file_head head = { STATE_MAGIC, STATE_VERSION, ring_rows, 0 };
	CLEANUP(closep) int fd = memfd_create(STATE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)file_bytes(ring_rows)) < 0 ||
		pwrite(fd, &head, sizeof(head), 0) != sizeof(head))
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int allocate(struct state *state, uint32_t ring_rows)
{
	*state = (struct state) {
		.fd = -1, .capacity = ring_rows + FINALS_MAX, .process_capacity = ring_rows
	};
	state->rows = calloc(state->capacity, sizeof(*state->rows));
	state->processes = calloc(state->process_capacity, sizeof(*state->processes));
	state->passed = calloc(state->capacity, sizeof(*state->passed));
	return state->rows == NULL || state->processes == NULL || state->passed == NULL ? -ENOMEM : 0;
}

static int map_file(struct state *state)
{
	size_t size = file_bytes(state->process_capacity);
	const struct file_head *head;
	struct stat status;

	if (fstat(state->fd, &status) < 0 || (size_t)status.st_size != size)
		return -EBADMSG;
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	state->base = base;
	head = base;
	return head->magic == STATE_MAGIC && head->version == STATE_VERSION &&
			       head->ring_rows == state->process_capacity && head->current < 2
		       ? 0
		       : -EBADMSG;
}

int state_open_fd(struct state *state, int fd, uint32_t ring_rows)
{
	int r = allocate(state, ring_rows);

	state->fd = fd;
	if (r < 0 || (r = map_file(state)) < 0) {
		state_done(state);
		return r;
	}
	uint32_t current = ((const struct file_head *)state->base)->current;
	for (uint32_t i = 0; i < 2;
		i++) { /* the current one, else the one before it: its ticks are replayed */
		struct bank_head *bank = bank_of(state, (current + i) % 2);
		if (!is_whole(state, bank) || bank->head.energy_epoch == 0)
			continue;
		return load(state, bank);
	}
	return -EBADMSG;
}

int state_open(struct state *state, uint32_t ring_rows, bool *ret_is_new)
{
	int fd = ready_take_fd(STATE_NAME);
	int r = fd >= 0 ? state_open_fd(state, fd, ring_rows) : -ENOENT;

	*ret_is_new = r < 0;
	if (r == 0)
		return 0;
	if (fd >= 0) {
		ready_drop_fd(STATE_NAME);
		if (state->rows != NULL)
			state_done(state);
	}
	if ((r = state_create_fd(ring_rows, &fd)) < 0 || (r = ready_store_fd(STATE_NAME, fd)) < 0)
		return r;
	r = state_open_fd(state, fd, ring_rows);
	return r == -EBADMSG ? 0 : r; /* empty as it is */
}

void state_done(struct state *state)
{
	if (state->base != NULL)
		munmap(state->base, file_bytes(state->process_capacity));
	closep(&state->fd);
	free(state->rows);
	free(state->processes);
	free(state->passed);
	idmap_done(&state->by_id);
	idmap_done(&state->by_process);
	*state = (struct state) { .fd = -1 };
}

void state_reset(struct state *state, uint64_t real_ns, const uint8_t model_hash[static 32])
{
	state->head = (struct state_head) { .energy_epoch = real_ns };
	memcpy(state->head.model_hash, model_hash, sizeof(state->head.model_hash));
	idmap_clear(&state->by_id);
	idmap_clear(&state->by_process);
}

static void clear_energy(struct state_row *row)
{
	memset(row->active_uj, 0, sizeof(row->active_uj));
	memset(row->idle_uj, 0, sizeof(row->idle_uj));
	memset(row->rest_uj, 0, sizeof(row->rest_uj));
}

void state_restart_energy(struct state *state, uint64_t real_ns, uint64_t boot_ns)
{
	struct state_head *head = &state->head;

	for (uint32_t i = 0; i < head->row_count; i++)
		clear_energy(&state->rows[i]);
	for (uint32_t i = 0; i < head->process_count; i++) {
		struct state_process *process = &state->processes[i];
		memset(process->active_uj, 0, sizeof(process->active_uj));
		memset(process->listed_uj, 0, sizeof(process->listed_uj));
	}
	for (uint32_t i = 0; i < head->gpu_count; i++)
		head->gpus[i].active_uj = head->gpus[i].idle_uj = 0;
	memset(head->total_uj, 0, sizeof(head->total_uj));
	memset(head->idle_uj, 0, sizeof(head->idle_uj));
	memset(head->waiting_uj, 0, sizeof(head->waiting_uj));
	memset(head->waiting_idle_uj, 0, sizeof(head->waiting_idle_uj));
	memset(head->gone_active_uj, 0, sizeof(head->gone_active_uj));
	memset(head->gone_idle_uj, 0, sizeof(head->gone_idle_uj));
	memset(head->ended_uj, 0, sizeof(head->ended_uj));
	head->counted_ns = 0;
	head->first_boot_ns = boot_ns;
	/* The number only has to be another one, should the clock have been set back to the very same nanosecond. */
	head->energy_epoch = real_ns != head->energy_epoch ? real_ns : real_ns + 1;
}

struct state_row *state_row(struct state *state, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&state->by_id, id, &index))
		return &state->rows[index];
	if (state->head.row_count == state->capacity ||
		idmap_put(&state->by_id, id, state->head.row_count) < 0) {
		state->dropped++;
		return NULL;
	}
	struct state_row *row = &state->rows[state->head.row_count++];
	*row = (struct state_row) { .id = id };
	if (state->head.has_passed)
		state->passed[state->head.row_count - 1] = (struct passed) { 0 };
	return row;
}

void state_remove(struct state *state, uint32_t index)
{
	struct state_row *row = &state->rows[index];

	for (int zone = 0; zone < STATE_ZONES; zone++) {
		state->head.gone_active_uj[zone] += row->active_uj[zone];
		state->head.gone_idle_uj[zone] += row->idle_uj[zone];
	}
	idmap_remove(&state->by_id, row->id);
	*row = state->rows[--state->head.row_count];
	if (state->head.has_passed)
		state->passed[index] = state->passed[state->head.row_count];
	if (index < state->head.row_count)
		idmap_put(&state->by_id, row->id, index);
}

uint64_t state_process_key(uint32_t tgid, uint64_t start_ns)
{
	/* PID_MAX_LIMIT is 2^22; one tgid is not born twice exactly 2^42 ns apart. */
	return start_ns << 22 | (tgid & ((1U << 22) - 1));
}

struct state_process *state_process_add(struct state *state, uint32_t tgid, uint64_t start_ns)
{
	uint32_t index = state->head.process_count;

	if (index == state->process_capacity ||
		idmap_put(&state->by_process, state_process_key(tgid, start_ns), index) < 0) {
		state->processes_dropped++;
		return NULL;
	}
	state->processes[index] = (struct state_process) { .tgid = tgid, .start_ns = start_ns };
	state->head.process_count++;
	return &state->processes[index];
}

void state_process_remove(struct state *state, uint32_t index)
{
	struct state_process *process = &state->processes[index];

	idmap_remove(&state->by_process, state_process_key(process->tgid, process->start_ns));
	*process = state->processes[--state->head.process_count];
	if (index < state->head.process_count)
		idmap_put(&state->by_process, state_process_key(process->tgid, process->start_ns), index);
}

void state_commit(struct state *state)
{
	struct file_head *file = state->base;
	uint32_t other = 1 - file->current;
	struct bank_head *bank = bank_of(state, other);

	bank->head = state->head;
	memcpy(rows_of(bank), state->rows, state->head.row_count * sizeof(*state->rows));
	memcpy(processes_of(state, bank), state->processes,
		state->head.process_count * sizeof(*state->processes));
	memcpy(passed_of(state, bank), state->passed, passed_bytes(&state->head));
	bank->crc = crc_of(state, bank);
	__atomic_store_n(&file->current, other, __ATOMIC_RELEASE);
}
