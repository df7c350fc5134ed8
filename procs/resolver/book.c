#include "resolver/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int book_init(struct book *book, uint32_t capacity)
{
	*book = (struct book) { .capacity = capacity, .subjects = calloc(capacity, sizeof(*book->subjects)) };
	return book->subjects == NULL ? -ENOMEM : 0;
}

void book_done(struct book *book)
{
	for (uint32_t i = 0; i < book->count; i++)
		free(book->subjects[i].path);
	free(book->subjects);
	idmap_done(&book->by_id);
	*book = (struct book) { 0 };
}

static void forget(struct book *book, uint64_t id)
{
	uint32_t index;

	if (!idmap_find(&book->by_id, id, &index))
		return;
	idmap_remove(&book->by_id, id);
	free(book->subjects[index].path);
	book->subjects[index] = book->subjects[--book->count];
	if (index < book->count)
		idmap_put(&book->by_id, book->subjects[index].id, index);
}

static struct subject *find_or_add(struct book *book, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&book->by_id, id, &index))
		return &book->subjects[index];
	if (book->count == book->capacity || idmap_put(&book->by_id, id, book->count) < 0) {
		book->dropped++;
		return NULL;
	}
	struct subject *subject = &book->subjects[book->count++];
	*subject = (struct subject) { .id = id };
	return subject;
}

static bool is_same(const char *known, struct text text)
{
	return known != NULL && strlen(known) == text.size && memcmp(known, text.data, text.size) == 0;
}

/* Does the last folder of the path carry the id (or unit)? What a container makes below itself has its names, but what
 * it requests counts once. */
static bool is_whole(const char *path, struct text id)
{
	const char *folder = strrchr(path, '/');

	return folder != NULL && id.size > 0 &&
	       memmem(folder + 1, strlen(folder + 1), id.data, id.size) != NULL;
}

/* The pod's own cgroup: "pod<uid>", or a slice with '_' for the '-' in it. */
static bool is_whole_pod(const char *path, const char *uid)
{
	const char *folder = strrchr(path, '/'), *at = folder != NULL ? strstr(folder, "pod") : NULL;
	size_t size = strlen(uid), i = 0;

	for (; at != NULL; at = strstr(at, "pod")) {
		at += strlen("pod");
		for (i = 0; i < size && (at[i] == uid[i] || (at[i] == '_' && uid[i] == '-'));)
			i++;
		if (i == size)
			return size > 0;
	}
	return false;
}

/* "user-1000.slice/<id>" is that of a user's own. */
static const char *plain_id(const char *id)
{
	const char *own = strrchr(id, '/');

	return own != NULL ? own + 1 : id;
}

/* A row may come first without its path, or under another (a move): what was found then does not hold any more. */
static void apply(struct book *book, const struct topology_row *row)
{
	struct subject *subject = find_or_add(book, row->id);

	if (subject == NULL)
		return;
	subject->round = book->round;
	if (row->path.size == 0 || is_same(subject->path, row->path))
		return;
	char *path = strndup(row->path.data, row->path.size);
	if (path == NULL)
		return;
	free(subject->path);
	*subject = (struct subject) { .id = row->id, .path = path, .round = book->round };
	text_copy(subject->pod_uid, sizeof(subject->pod_uid), row->pod_uid);
	text_copy(subject->container_id, sizeof(subject->container_id), row->container_id);
	subject->is_whole = is_whole(
		path, row->container_id.size > 0 ? text_of(plain_id(subject->container_id)) : row->workload);
	subject->is_pod = row->workload_kind == WORKLOAD_POD && row->container_id.size == 0;
	if (subject->is_pod)
		subject->is_whole = is_whole_pod(path, plain_id(subject->pod_uid));
}

static void forget_untold(struct book *book)
{
	for (uint32_t i = 0; i < book->count;) {
		if (book->subjects[i].round == book->round)
			i++;
		else
			forget(book, book->subjects[i].id); /* the last one takes its place */
	}
}

void book_apply(struct book *book, const struct frame *frame)
{
	const struct topology_row *rows = frame->rows;
	const struct topology_once *once = frame->once;

	if (once->full != 0 && frame->head.part == 0)
		book->round++;
	for (size_t i = 0; i < frame->row_count; i++) {
		if (rows[i].kind != ROW_CGROUP)
			continue;
		if (rows[i].op == TOPOLOGY_FORGET)
			forget(book, rows[i].id);
		else
			apply(book, &rows[i]);
	}
	if (once->full != 0 && frame->is_last)
		forget_untold(book);
}

bool subject_wants_name(const struct subject *subject)
{
	return subject->pod_uid[0] != '\0' || subject->container_id[0] != '\0';
}

static uint64_t known(uint64_t told, uint64_t read)
{
	return told != 0 ? told : read;
}

static struct names_row row_of(const struct subject *subject)
{
	const struct names *names = &subject->names;
	struct names_row row = {
		.id = subject->id,
		.namespace = text_of(names->namespace),
		.pod = text_of(names->pod),
		.pod_uid = text_of(subject->pod_uid),
		.container = text_of(names->container),
		.owner_kind = text_of(names->owner_kind),
		.owner = text_of(names->owner),
	};

	if (subject->is_whole) {
		row.cpu_request_millicores = names->cpu_request_millicores;
		row.cpu_limit_millicores = known(names->cpu_limit_millicores, subject->cpu_limit_millicores);
		row.memory_request_bytes = names->memory_request_bytes;
		row.memory_limit_bytes = known(names->memory_limit_bytes, subject->memory_limit_bytes);
	}
	return row;
}

size_t book_rows(const struct book *book, struct names_row *rows)
{
	size_t count = 0;

	for (uint32_t i = 0; i < book->count; i++) {
		const struct subject *subject = &book->subjects[i];
		bool has_limit = subject->is_whole &&
				 (subject->cpu_limit_millicores != 0 || subject->memory_limit_bytes != 0);
		if (subject->is_named || has_limit)
			rows[count++] = row_of(subject);
	}
	return count;
}
