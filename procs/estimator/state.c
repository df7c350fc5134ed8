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
#define STATE_VERSION 1
#define FILE_HEAD     4096

struct file_head {
	uint64_t magic;
	uint32_t version, capacity;
	uint32_t current; /* atomic: 0 or 1 */
};

struct bank_head {
	uint64_t crc; /* of everything behind it that is in use */
	struct state_head head;
};

static size_t bank_bytes(uint32_t capacity)
{
	return sizeof(struct bank_head) + (size_t)capacity * sizeof(struct state_row);
}

static size_t file_bytes(uint32_t capacity)
{
	return FILE_HEAD + 2 * bank_bytes(capacity);
}

static struct bank_head *bank_of(const struct state *state, uint32_t index)
{
	return (struct bank_head *)(void *)((char *)state->base + FILE_HEAD +
					    index * bank_bytes(state->capacity));
}

static struct state_row *rows_of(struct bank_head *bank)
{
	return (struct state_row *)(void *)(bank + 1);
}

static uint64_t crc_of(const struct bank_head *bank)
{
	size_t size = sizeof(bank->head) + (size_t)bank->head.row_count * sizeof(struct state_row);

	return crc32_z(0, (const Bytef *)&bank->head, size);
}

static bool is_whole(const struct state *state, const struct bank_head *bank)
{
	return bank->head.row_count <= state->capacity && bank->crc == crc_of(bank);
}

static void load(struct state *state, struct bank_head *bank)
{
	state->head = bank->head;
	memcpy(state->rows, rows_of(bank), bank->head.row_count * sizeof(*state->rows));
	for (uint32_t i = 0; i < state->head.row_count; i++)
		idmap_put(&state->by_id, state->rows[i].id, i);
}

int state_create_fd(uint32_t capacity, int *ret_fd)
{
	const struct file_head head = { STATE_MAGIC, STATE_VERSION, capacity, 0 };
	CLEANUP(closep) int fd = memfd_create(STATE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)file_bytes(capacity)) < 0 ||
		pwrite(fd, &head, sizeof(head), 0) != sizeof(head))
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int allocate(struct state *state, uint32_t capacity)
{
	*state = (struct state) { .fd = -1, .capacity = capacity };
	state->rows = calloc(capacity, sizeof(*state->rows));
	return state->rows == NULL ? -ENOMEM : 0;
}

static int map_file(struct state *state)
{
	const struct file_head *head;
	struct stat status;

	if (fstat(state->fd, &status) < 0 || (size_t)status.st_size != file_bytes(state->capacity))
		return -EBADMSG;
	void *base =
		mmap(NULL, file_bytes(state->capacity), PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	state->base = base;
	head = base;
	return head->magic == STATE_MAGIC && head->version == STATE_VERSION &&
			       head->capacity == state->capacity && head->current < 2
		       ? 0
		       : -EBADMSG;
}

int state_open_fd(struct state *state, int fd, uint32_t capacity)
{
	int r = allocate(state, capacity);

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
		load(state, bank);
		return 0;
	}
	return -EBADMSG;
}

int state_open(struct state *state, uint32_t capacity, bool *ret_is_new)
{
	int fd = ready_take_fd(STATE_NAME);
	int r = fd >= 0 ? state_open_fd(state, fd, capacity) : -ENOENT;

	*ret_is_new = r < 0;
	if (r == 0)
		return 0;
	if (fd >= 0) {
		ready_drop_fd(STATE_NAME);
		if (state->rows != NULL)
			state_done(state);
	}
	if ((r = state_create_fd(capacity, &fd)) < 0 || (r = ready_store_fd(STATE_NAME, fd)) < 0)
		return r;
	r = state_open_fd(state, fd, capacity);
	return r == -EBADMSG ? 0 : r; /* empty as it is */
}

void state_done(struct state *state)
{
	if (state->base != NULL)
		munmap(state->base, file_bytes(state->capacity));
	closep(&state->fd);
	free(state->rows);
	idmap_done(&state->by_id);
	*state = (struct state) { .fd = -1 };
}

void state_reset(struct state *state, uint64_t real_ns, const uint8_t model_hash[static 32])
{
	state->head = (struct state_head) { .energy_epoch = real_ns };
	memcpy(state->head.model_hash, model_hash, sizeof(state->head.model_hash));
	idmap_clear(&state->by_id);
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
	return row;
}

void state_remove(struct state *state, uint32_t index)
{
	struct state_row *row = &state->rows[index];

	for (int zone = 0; zone < STATE_ZONES; zone++)
		state->head.gone_uj[zone] += row->active_uj[zone] + row->idle_uj[zone];
	idmap_remove(&state->by_id, row->id);
	*row = state->rows[--state->head.row_count];
	if (index < state->head.row_count)
		idmap_put(&state->by_id, row->id, index);
}

void state_commit(struct state *state)
{
	struct file_head *file = state->base;
	uint32_t other = 1 - file->current;
	struct bank_head *bank = bank_of(state, other);

	bank->head = state->head;
	memcpy(rows_of(bank), state->rows, state->head.row_count * sizeof(*state->rows));
	bank->crc = crc_of(bank);
	__atomic_store_n(&file->current, other, __ATOMIC_RELEASE);
}
