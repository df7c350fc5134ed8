/* Which container of a pod a smaller CPU request is for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/improvement/private.h"

#define CONTAINERS_MAX 64 /* of a pod; of one that has more, none is proposed */
#define MILLICORES     1000.0

struct request {
	const char *container;
	uint64_t millicores;
};

/* A living part of the subject; all parts of an owner are made by one template. */
static const struct book_workload *living_part(const struct book *book, const struct subject *subject)
{
	for (size_t i = 0; i < subject->count; i++) {
		const struct book_workload *part = book_find(book, subject->workloads[i]);
		if (part != NULL && part->is_used && part->rows > 0)
			return part;
	}
	return NULL;
}

/* A container that was started again is there twice for a while, under one name. */
static bool note(struct request requests[static CONTAINERS_MAX], size_t *count, const struct entry *entry)
{
	const char *container = entry_text(entry, ENTRY_CONTAINER);

	for (size_t i = 0; i < *count; i++)
		if (strcmp(requests[i].container, container) == 0)
			return requests[i].millicores == entry->request_millicores;
	if (*count == CONTAINERS_MAX)
		return false;
	requests[(*count)++] = (struct request) { container, entry->request_millicores };
	return true;
}

bool container_greatest(const struct question *question, const struct subject *subject, double total_cores,
	char container[static 254], double *ret_cores)
{
	const struct book *book = question->knowledge->book;
	const struct book_workload *part = living_part(book, subject);
	struct request requests[CONTAINERS_MAX], greatest = { "", 0 };
	uint64_t total = 0;
	size_t count = 0;

	for (size_t i = 0; i < book->row_count && part != NULL; i++) {
		const struct book_row *row = &book->rows[i];
		const struct entry *entry = directory_find(&book->directory, row->id);
		if (&book->workloads[row->workload] != part || row->gone_boot_ns != 0 || entry == NULL ||
			entry->request_millicores == 0)
			continue;
		if (!note(requests, &count, entry))
			return false;
	}
	for (size_t i = 0; i < count; i++) {
		total += requests[i].millicores;
		if (requests[i].millicores > greatest.millicores)
			greatest = requests[i];
	}
	if (greatest.container[0] == '\0' || total != (uint64_t)llround(total_cores * MILLICORES))
		return false;
	snprintf(container, 254, "%s", greatest.container);
	*ret_cores = (double)greatest.millicores / MILLICORES;
	return true;
}
