/* The tally over a restart: two banks in one file, each with its checksum, written in turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fnv.h"
#include "fetcher/power/tally.h"

#define KEEP_MAGIC UINT64_C(0x0166796c6c617437)

struct kept_row {
	uint64_t id, uj[ZONE_COUNT], seen, final_seq;
	uint32_t kind;
	uint32_t endpoint; /* and whether it has ended, in bit 31 */
};

struct kept_head {
	uint64_t magic, sum; /* of everything behind it */
	uint64_t turn;       /* the newest bank is the state */
	struct tally_life life;
	struct tally_endpoint endpoints[TALLY_ENDPOINTS_MAX];
	uint64_t active_uj[ZONE_COUNT], idle_uj[ZONE_COUNT], gone_uj[ZONE_COUNT], other_uj[ZONE_COUNT];
	int64_t ahead_uj[ZONE_COUNT];
	uint64_t most_uj;
	uint32_t zone_mask, node_mask;
	uint32_t series_count, row_count;
};

#define BANK_BYTES                                                                                           \
	(sizeof(struct kept_head) + TALLY_SERIES_MAX * sizeof(struct tally_series) +                         \
		TALLY_ROWS_MAX * sizeof(struct kept_row))

static uint64_t sum_of(
	const struct kept_head *head, const struct tally_series *series, const struct kept_row *rows)
{
	uint64_t hash = fnv_bytes(KEEP_MAGIC, &head->turn, sizeof(*head) - offsetof(struct kept_head, turn));

	hash = fnv_bytes(hash, series, head->series_count * sizeof(*series));
	return fnv_bytes(hash, rows, head->row_count * sizeof(*rows));
}

static void fill_rows(const struct tally *tally, struct kept_row *rows)
{
	for (uint32_t i = 0; i < tally->row_count; i++) {
		const struct tally_row *row = &tally->rows[i];
		rows[i] = (struct kept_row) { .id = row->id,
			.seen = row->seen,
			.final_seq = row->final_seq,
			.kind = (uint32_t)row->kind,
			.endpoint = row->endpoint | (uint32_t)row->has_ended << 31 };
		memcpy(rows[i].uj, row->uj, sizeof(rows[i].uj));
	}
}

static int write_at(int fd, const void *bytes, size_t size, off_t offset)
{
	ssize_t written = size > 0 ? pwrite(fd, bytes, size, offset) : 0;

	return written < 0 ? -errno : (size_t)written != size ? -EIO : 0;
}

int tally_save(const struct tally *tally, const struct tally_life *life, int fd)
{
	CLEANUP(freep) struct kept_row *rows = calloc(tally->row_count + 1, sizeof(*rows));
	struct kept_head head;
	off_t at = (off_t)(life->seq % 2 * BANK_BYTES);
	int r;

	if (rows == NULL)
		return -ENOMEM;
	memset(&head, 0, sizeof(head)); /* its padding is summed up too */
	head.magic = KEEP_MAGIC;
	head.turn = life->seq;
	head.life = *life;
	head.most_uj = tally->most_uj;
	head.zone_mask = tally->zone_mask;
	head.node_mask = tally->node_mask;
	head.series_count = tally->series_count;
	head.row_count = tally->row_count;
	memcpy(head.endpoints, tally->endpoints, sizeof(head.endpoints));
	memcpy(head.active_uj, tally->active_uj, sizeof(head.active_uj));
	memcpy(head.idle_uj, tally->idle_uj, sizeof(head.idle_uj));
	memcpy(head.gone_uj, tally->gone_uj, sizeof(head.gone_uj));
	memcpy(head.other_uj, tally->other_uj, sizeof(head.other_uj));
	memcpy(head.ahead_uj, tally->ahead_uj, sizeof(head.ahead_uj));
	fill_rows(tally, rows);
	head.sum = sum_of(&head, tally->series, rows);
	if ((r = write_at(fd, &head, sizeof(head), at)) < 0 ||
		(r = write_at(fd, tally->series, head.series_count * sizeof(*tally->series),
			 at + (off_t)sizeof(head))) < 0)
		return r;
	return write_at(fd, rows, head.row_count * sizeof(*rows),
		at + (off_t)(sizeof(head) + head.series_count * sizeof(*tally->series)));
}

struct bank {
	struct kept_head head;
	struct tally_series *series;
	struct kept_row *rows;
};

static void bank_done(struct bank *bank)
{
	free(bank->series);
	free(bank->rows);
}

static bool read_at(int fd, void *bytes, size_t size, off_t offset)
{
	return pread(fd, bytes, size, offset) == (ssize_t)size;
}

static bool is_sound(const struct bank *bank)
{
	const struct kept_head *head = &bank->head;

	for (uint32_t i = 0; i < head->series_count; i++) {
		const struct tally_series *series = &bank->series[i];
		if ((series->row != TALLY_NO_ROW && series->row >= head->row_count) ||
			series->endpoint >= TALLY_ENDPOINTS_MAX || series->subject >= SUBJECT_COUNT ||
			series->zone >= ZONE_COUNT)
			return false;
	}
	return sum_of(head, bank->series, bank->rows) == head->sum;
}

static bool bank_read(int fd, unsigned index, struct bank *bank)
{
	off_t at = (off_t)(index * BANK_BYTES);
	struct kept_head *head = &bank->head;
	size_t series_bytes, row_bytes;

	if (!read_at(fd, head, sizeof(*head), at) || head->magic != KEEP_MAGIC || head->turn % 2 != index ||
		head->series_count > TALLY_SERIES_MAX || head->row_count > TALLY_ROWS_MAX)
		return false;
	series_bytes = head->series_count * sizeof(*bank->series);
	row_bytes = head->row_count * sizeof(*bank->rows);
	bank->series = malloc(series_bytes + 1);
	bank->rows = malloc(row_bytes + 1);
	return bank->series != NULL && bank->rows != NULL &&
	       read_at(fd, bank->series, series_bytes, at + (off_t)sizeof(*head)) &&
	       read_at(fd, bank->rows, row_bytes, at + (off_t)(sizeof(*head) + series_bytes)) &&
	       is_sound(bank);
}

static int take_rows(struct tally *tally, const struct bank *bank)
{
	int r = 0;

	tally->rows = calloc(bank->head.row_count + 1, sizeof(*tally->rows));
	if (tally->rows == NULL)
		return -ENOMEM;
	tally->row_count = bank->head.row_count;
	tally->row_room = bank->head.row_count + 1;
	for (uint32_t i = 0; i < tally->row_count && r == 0; i++) {
		const struct kept_row *row = &bank->rows[i];
		tally->rows[i] = (struct tally_row) { .id = row->id,
			.kind = (enum workload_kind)row->kind,
			.seen = row->seen,
			.final_seq = row->final_seq,
			.endpoint = (uint8_t)(row->endpoint & (TALLY_ENDPOINTS_MAX - 1)),
			.has_ended = row->endpoint >> 31 != 0 };
		memcpy(tally->rows[i].uj, row->uj, sizeof(row->uj));
		r = idmap_put(&tally->row_by_id, row->id, i);
	}
	return r;
}

static int take(struct tally *tally, struct bank *bank)
{
	const struct kept_head *head = &bank->head;
	int r = take_rows(tally, bank);

	tally->series = TAKE(bank->series);
	tally->series_count = head->series_count;
	tally->series_room = head->series_count;
	for (uint32_t i = 0; i < tally->series_count && r == 0; i++)
		if ((r = idmap_put(&tally->series_by_hash, tally->series[i].hash, i)) == 0)
			r = tally_twins_add(tally, i);
	tally->has_new_twins = false; /* it was said before the restart */
	tally->most_uj = head->most_uj;
	tally->zone_mask = head->zone_mask;
	tally->node_mask = head->node_mask;
	memcpy(tally->endpoints, head->endpoints, sizeof(head->endpoints));
	if (r == 0)
		r = tally_nodes_learn(tally);
	memcpy(tally->active_uj, head->active_uj, sizeof(head->active_uj));
	memcpy(tally->idle_uj, head->idle_uj, sizeof(head->idle_uj));
	memcpy(tally->gone_uj, head->gone_uj, sizeof(head->gone_uj));
	memcpy(tally->other_uj, head->other_uj, sizeof(head->other_uj));
	memcpy(tally->ahead_uj, head->ahead_uj, sizeof(head->ahead_uj));
	return r;
}

int tally_load(struct tally *tally, struct tally_life *life, int fd)
{
	struct bank banks[2] = { 0 };
	bool is_whole[2];
	int newest, r = -EBADMSG;

	for (unsigned i = 0; i < 2; i++)
		is_whole[i] = bank_read(fd, i, &banks[i]);
	newest = is_whole[1] && (!is_whole[0] || banks[1].head.turn > banks[0].head.turn);
	if (is_whole[newest]) {
		*life = banks[newest].head.life;
		r = take(tally, &banks[newest]);
	}
	if (r < 0)
		tally_done(tally);
	bank_done(&banks[0]);
	bank_done(&banks[1]);
	return r;
}
