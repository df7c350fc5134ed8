#include "analyst/book/directory.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void directory_done(struct directory *directory)
{
	for (size_t i = 0; i < directory->count; i++)
		free(directory->entries[i].block);
	free(directory->entries);
	idmap_done(&directory->by_id);
	*directory = (struct directory) { 0 };
}

/* Frames limit each text to 1 KB, so that the offsets fit 16 bits. */
static int pack(const struct workload_row *row, struct entry *entry)
{
	const struct text texts[ENTRY_TEXT_COUNT] = { [ENTRY_WORKLOAD] = row->workload,
		[ENTRY_NAMESPACE] = row->namespace,
		[ENTRY_POD] = row->pod,
		[ENTRY_POD_UID] = row->pod_uid,
		[ENTRY_CONTAINER] = row->container,
		[ENTRY_CONTAINER_ID] = row->container_id,
		[ENTRY_OWNER_KIND] = row->owner_kind,
		[ENTRY_OWNER] = row->owner };
	size_t size = 0;

	for (size_t i = 0; i < ENTRY_TEXT_COUNT; i++)
		size += texts[i].size + 1;
	entry->block = malloc(size);
	if (entry->block == NULL)
		return -ENOMEM;
	size = 0;
	for (size_t i = 0; i < ENTRY_TEXT_COUNT; i++) {
		entry->at[i] = (uint16_t)size;
		text_copy(entry->block + size, texts[i].size + 1, texts[i]);
		size += texts[i].size + 1;
	}
	return 0;
}

static int add(struct directory *directory, uint64_t id, uint32_t *ret_index)
{
	if (directory->count == DIRECTORY_MAX) {
		directory->dropped++;
		return -E2BIG;
	}
	if (!array_grow(&directory->entries, directory->count, &directory->room, sizeof(*directory->entries)))
		return -ENOMEM;
	*ret_index = (uint32_t)directory->count;
	if (idmap_put(&directory->by_id, id, *ret_index) < 0)
		return -ENOMEM;
	directory->entries[directory->count++] = (struct entry) { .id = id };
	return 0;
}

int directory_put(struct directory *directory, const struct workload_row *row)
{
	struct entry packed = { .id = row->id,
		.kind = (enum workload_kind)row->kind,
		.mark = directory->mark,
		.request_millicores = row->cpu_request_millicores > 0 ? row->cpu_request_millicores
								      : row->cpu_limit_millicores,
		.memory_request_bytes = row->memory_request_bytes,
		.memory_limit_bytes = row->memory_limit_bytes };
	uint32_t index;
	int r;

	if (row->kind >= WORKLOAD_KIND_COUNT || row->workload.size == 0)
		return -EBADMSG;
	r = pack(row, &packed);
	if (r == 0 && !idmap_find(&directory->by_id, row->id, &index))
		r = add(directory, row->id, &index);
	if (r < 0) {
		free(packed.block);
		return r;
	}
	free(directory->entries[index].block);
	directory->entries[index] = packed;
	return 0;
}

void directory_remove(struct directory *directory, uint64_t id)
{
	uint32_t index, last = (uint32_t)directory->count - 1;

	if (!idmap_find(&directory->by_id, id, &index))
		return;
	free(directory->entries[index].block);
	idmap_remove(&directory->by_id, id);
	if (index != last) {
		directory->entries[index] = directory->entries[last];
		idmap_put(&directory->by_id, directory->entries[index].id,
			index); /* replaces: needs no memory */
	}
	directory->count--;
}

const struct entry *directory_find(const struct directory *directory, uint64_t id)
{
	uint32_t index;

	return idmap_find(&directory->by_id, id, &index) ? &directory->entries[index] : NULL;
}

const char *entry_text(const struct entry *entry, enum entry_text text)
{
	return entry->block + entry->at[text];
}

void directory_begin_full(struct directory *directory)
{
	directory->mark++;
}

void directory_end_full(struct directory *directory)
{
	for (size_t i = directory->count; i-- > 0;)
		if (directory->entries[i].mark != directory->mark)
			directory_remove(directory, directory->entries[i].id);
}
