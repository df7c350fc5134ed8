#include "exporter/kept.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ready.h"

#define KEPT_NAME  "exporter-bases"
#define KEPT_MAGIC UINT64_C(0x05736573616274) /* and the layout's version */
#define FILE_HEAD  64
#define NONE       ACCOUNT_NONE

struct bases_head {
	struct epoch epoch;
	uint64_t energy_epoch;
	uint32_t account_count, row_count;
	struct epoch passed_epoch;
	uint32_t has_passed; /* each account and row ends with a struct passed */
	uint32_t reserved;
};

/* Followed by its key, its labels and its older labels, filled up to eight bytes. */
struct kept_account {
	struct energy base;
	uint64_t start_ns;
	uint64_t described;
	uint32_t level, is_of_rows;
	uint32_t slot; /* its place in the writer's book: what rows call it */
	uint32_t key_size, labels_size, older_size;
	uint32_t reserved;
};

struct kept_row {
	uint64_t id;
	struct energy energy;
	uint32_t slots[ROW_ACCOUNTS];
};

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static size_t texts_size(const struct kept_account *saved)
{
	return padded((size_t)saved->key_size + saved->labels_size + saved->older_size);
}

static size_t file_bytes(void)
{
	return FILE_HEAD + banks_bytes(sizeof(struct kept_others)) + banks_bytes(KEPT_BYTES);
}

/* reading: the checksum says that we wrote it, limits hold all the same */

struct reader {
	const char *at;
	size_t left;
};

static const void *take(struct reader *reader, size_t size)
{
	const char *at = reader->at;

	if (size > reader->left)
		return NULL;
	reader->at += size;
	reader->left -= size;
	return at;
}

static void resume_labels(struct account *account, const struct kept_account *saved, const char *texts)
{
	struct labels labels = { .size = saved->labels_size }, older = { .size = saved->older_size };

	memcpy(labels.text, texts, labels.size);
	memcpy(older.text, texts + labels.size, older.size);
	account_describe(account, saved->described, &labels, &older);
}

static int resume_account(
	struct book *book, struct reader *reader, const struct bases_head *head, uint32_t *index_of_slot)
{
	const struct kept_account *saved = take(reader, sizeof(*saved));

	if (saved == NULL || saved->level >= ACCOUNT_LEVELS || saved->slot >= ACCOUNTS_MAX ||
		saved->key_size > LABELS_MAX || saved->labels_size > LABELS_MAX ||
		saved->older_size > LABELS_MAX)
		return -EBADMSG;
	const char *key = take(reader, texts_size(saved));
	const struct passed *passed = head->has_passed ? take(reader, sizeof(*passed)) : NULL;
	if (key == NULL || (passed == NULL && head->has_passed) || memchr(key, '\0', saved->key_size) != NULL)
		return -EBADMSG;
	uint32_t index = accounts_get(&book->accounts, (enum level)saved->level, key, saved->key_size);
	index_of_slot[saved->slot] = index;
	if (index == NONE)
		return 0;
	struct account *account = &book->accounts.all[index];
	account->base = saved->base;
	if (passed != NULL && book->accounts.passed != NULL)
		book->accounts.passed[index].base = *passed;
	account->start_ns = saved->start_ns;
	account->is_of_rows = saved->is_of_rows;
	if (saved->labels_size > 0)
		resume_labels(account, saved, key + saved->key_size);
	return 0;
}

static int resume_row(struct book *book, struct reader *reader, const struct bases_head *head,
	const uint32_t *index_of_slot)
{
	const struct kept_row *saved = take(reader, sizeof(*saved));
	const struct passed *passed = head->has_passed ? take(reader, sizeof(*passed)) : NULL;
	uint32_t accounts[ROW_ACCOUNTS];

	if (saved == NULL || (passed == NULL && head->has_passed))
		return -EBADMSG;
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
		accounts[slot] = saved->slots[slot] < ACCOUNTS_MAX ? index_of_slot[saved->slots[slot]] : NONE;
	book_resume_ended(book, saved->id, &saved->energy, accounts);
	if (passed != NULL)
		book_resume_counters(book, saved->id, passed);
	return 0;
}

static int resume_bases(struct book *book, const void *bytes, size_t size)
{
	static uint32_t index_of_slot[ACCOUNTS_MAX];
	struct reader reader = { bytes, size };
	const struct bases_head *head = take(&reader, sizeof(*head));
	int r = head == NULL ? -EBADMSG : 0;

	memset(index_of_slot, 0xff, sizeof(index_of_slot)); /* NONE */
	for (uint32_t i = 0; r == 0 && i < head->account_count; i++)
		r = resume_account(book, &reader, head, index_of_slot);
	for (uint32_t i = 0; r == 0 && i < head->row_count; i++)
		r = resume_row(book, &reader, head, index_of_slot);
	if (r == 0 && reader.left > 0)
		r = -EBADMSG;
	if (r < 0)
		return r;
	book->epoch = head->epoch;
	book->passed_epoch = head->passed_epoch;
	book->energy_epoch = head->energy_epoch;
	return 0;
}

static int resume(struct kept *kept, struct book *book)
{
	size_t bases_size, others_size;
	const void *bases = banks_current(&kept->bases, &bases_size);
	const struct kept_others *others = banks_current(&kept->others, &others_size);

	if (bases == NULL || others == NULL || (others_size != 0 && others_size != sizeof(*others)))
		return -EBADMSG;
	int r = bases_size == 0 ? 0 : resume_bases(book, bases, bases_size);
	if (r == 0 && others_size > 0 && others->energy_epoch == book->energy_epoch) {
		book->others_added = others->added;
		book->are_others_resumed = true;
		kept->others_saved = *others;
	}
	return r;
}

/* writing */

struct writer {
	char *at;
	size_t left;
	uint64_t left_out;
};

static void *put(struct writer *writer, size_t size)
{
	char *at = writer->at;

	if (size > writer->left) {
		writer->left_out++;
		return NULL;
	}
	writer->at += size;
	writer->left -= size;
	return at;
}

/* Behind a record, where it is kept. */
static size_t passed_size(const struct passed *passed)
{
	return passed != NULL ? sizeof(*passed) : 0;
}

static void put_passed(void *at, const struct passed *passed)
{
	if (passed != NULL)
		memcpy(at, passed, sizeof(*passed));
}

/* A process's labels are told anew with it; of one that ended nothing is kept. */
static bool put_account(
	struct writer *writer, const struct account *account, uint32_t slot, const struct passed *passed)
{
	const struct kept_account head = { .base = account->base,
		.start_ns = account->start_ns,
		.described = account->described,
		.level = account->level,
		.is_of_rows = account->is_of_rows,
		.slot = slot,
		.key_size = (uint32_t)strlen(account->key),
		.labels_size = account->is_of_rows ? account->labels_size : 0,
		.older_size = account->is_of_rows ? account->older_labels_size : 0 };
	struct kept_account *saved = put(writer, sizeof(head) + texts_size(&head) + passed_size(passed));

	if (saved == NULL)
		return false;
	char *end = (char *)(saved + 1) + texts_size(&head);
	*saved = head;
	char *text = mempcpy(saved + 1, account->key, head.key_size);
	if (head.labels_size > 0)
		text = mempcpy(text, account->labels, head.labels_size);
	if (head.older_size > 0)
		text = mempcpy(text, account->older_labels, head.older_size);
	memset(text, 0, (size_t)(end - text));
	put_passed(end, passed);
	return true;
}

static uint32_t put_accounts(struct writer *writer, const struct accounts *accounts, const bool *is_named)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < accounts->count; i++) {
		const struct account *account = &accounts->all[i];
		const struct passed *passed = accounts->passed != NULL ? &accounts->passed[i].base : NULL;
		bool is_zero = energy_is_zero(&account->base) && (passed == NULL || passed_is_zero(passed));
		if (!account->is_used || (is_zero && !is_named[i]))
			continue;
		count += put_account(writer, account, i, passed);
	}
	return count;
}

static uint32_t put_rows(struct writer *writer, const struct book *book)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < book->row_count; i++) {
		const struct book_row *row = &book->rows[i];
		const struct passed *passed = book->passed != NULL ? &book->passed[i] : NULL;
		struct kept_row *saved =
			row->is_final ? put(writer, sizeof(*saved) + passed_size(passed)) : NULL;
		if (saved == NULL)
			continue;
		*saved = (struct kept_row) { .id = row->id, .energy = row->energy };
		memcpy(saved->slots, row->accounts, sizeof(saved->slots));
		put_passed(saved + 1, passed);
		count++;
	}
	return count;
}

/* Accounts of ended rows, though they may have no base yet. */
static const bool *find_named(const struct book *book)
{
	static bool is_named[ACCOUNTS_MAX];

	memset(is_named, 0, book->accounts.count * sizeof(*is_named));
	for (uint32_t i = 0; i < book->row_count; i++)
		for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
			if (book->rows[i].is_final && book->rows[i].accounts[slot] != NONE)
				is_named[book->rows[i].accounts[slot]] = true;
	return is_named;
}

static void save_bases(struct kept *kept, const struct book *book)
{
	char *spare = banks_spare(&kept->bases);
	struct writer writer = { .at = spare, .left = kept->bases.bank_bytes };
	struct bases_head *head = put(&writer, sizeof(*head));

	head->epoch = book->epoch;
	head->energy_epoch = book->energy_epoch;
	head->passed_epoch = book->passed_epoch;
	head->has_passed = book->passed != NULL;
	head->reserved = 0;
	head->account_count = put_accounts(&writer, &book->accounts, find_named(book));
	head->row_count = put_rows(&writer, book);
	banks_switch(&kept->bases, (size_t)(writer.at - spare));
	kept->left_out = writer.left_out;
	kept->saved = book->accounts.changes;
}

void kept_save(struct kept *kept, const struct book *book)
{
	const struct kept_others others = { book->energy_epoch, book->others_added };

	if (kept->map == NULL)
		return;
	if (kept->saved != book->accounts.changes)
		save_bases(kept, book);
	if (book->accounts.rest == NONE || memcmp(&others, &kept->others_saved, sizeof(others)) == 0)
		return;
	kept->others_saved = others;
	memcpy(banks_spare(&kept->others), &others, sizeof(others));
	banks_switch(&kept->others, sizeof(others));
}

/* the memory */

int kept_create_fd(int *ret_fd)
{
	const uint64_t magic = KEPT_MAGIC;
	CLEANUP(closep) int fd = memfd_create(KEPT_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)file_bytes()) < 0 ||
		pwrite(fd, &magic, sizeof(magic), 0) != sizeof(magic))
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int map_file(struct kept *kept)
{
	struct stat status;

	if (fstat(kept->fd, &status) < 0 || (size_t)status.st_size != file_bytes())
		return -EBADMSG;
	void *map = mmap(NULL, file_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, kept->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	kept->map = map;
	kept->others = (struct banks) { (char *)map + FILE_HEAD, sizeof(struct kept_others) };
	kept->bases = (struct banks) { (char *)kept->others.memory + banks_bytes(sizeof(struct kept_others)),
		KEPT_BYTES };
	return *(const uint64_t *)map == KEPT_MAGIC ? 0 : -EBADMSG;
}

int kept_open_fd(struct kept *kept, struct book *book, int fd)
{
	*kept = (struct kept) { .fd = fd };
	int r = map_file(kept);

	if (r == 0 && (r = resume(kept, book)) < 0)
		book_forget(book);
	if (r < 0)
		kept_done(kept);
	else
		kept->saved = book->accounts.changes;
	return r;
}

int kept_open(struct kept *kept, struct book *book, bool *ret_is_spoiled)
{
	int fd = ready_take_fd(KEPT_NAME);
	int r = fd >= 0 ? kept_open_fd(kept, book, fd) : -ENOENT;

	*ret_is_spoiled = fd >= 0 && r < 0;
	if (r == 0)
		return 0;
	if (fd >= 0)
		ready_drop_fd(KEPT_NAME);
	if ((r = kept_create_fd(&fd)) < 0 || (r = ready_store_fd(KEPT_NAME, fd)) < 0)
		return r;
	return kept_open_fd(kept, book, fd);
}

void kept_done(struct kept *kept)
{
	if (kept->map != NULL)
		munmap(kept->map, file_bytes());
	closep(&kept->fd);
	*kept = (struct kept) { .fd = -1 };
}
