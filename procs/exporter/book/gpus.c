/* GPU frames: what each GPU drew. They are told before the power frame of their seq and count with it. */
#include <string.h>

#include "exporter/book/rows.h"

static struct book_gpu *find(struct book_gpu *gpus, uint32_t count, const char *uuid)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(gpus[i].uuid, uuid) == 0)
			return &gpus[i];
	return NULL;
}

/* One that is told goes on, in whatever order they are told; one that is not is gone. */
void book_gpus(struct book *book, const struct frame *frame)
{
	static struct book_gpu before[NODE_GPUS_MAX];
	const struct gpus_row *rows = frame->rows;
	uint32_t known;

	book_begin_epoch(book, frame->head.energy_epoch);
	memcpy(before, book->gpus, sizeof(before));
	known = book->gpu_count;
	book->gpu_count = frame->row_count < NODE_GPUS_MAX ? (uint32_t)frame->row_count : NODE_GPUS_MAX;
	book->gpus_seq = frame->head.seq;
	for (uint32_t i = 0; i < book->gpu_count; i++) {
		struct book_gpu told = { .index = rows[i].index }, *old;
		text_copy(told.uuid, sizeof(told.uuid), rows[i].uuid);
		old = find(before, known, told.uuid);
		book->gpus[i] = old != NULL ? *old : told;
		book->gpus[i].index = rows[i].index;
		book->gpus[i].told_active_uj = rows[i].active_uj;
		book->gpus[i].told_idle_uj = rows[i].idle_uj;
		text_copy(book->gpus[i].name, sizeof(told.name), rows[i].name);
		text_copy(book->gpus[i].vendor, sizeof(told.vendor), rows[i].vendor);
	}
}

void book_settle_gpus(struct book *book, uint64_t seq, uint64_t mono_ns)
{
	for (uint32_t i = 0; i < book->gpu_count && book->gpus_seq == seq; i++) {
		struct book_gpu *gpu = &book->gpus[i];
		gpu->active_uj = gpu->told_active_uj;
		gpu->idle_uj = gpu->told_idle_uj;
		if (book->state == POWER_INITIALIZING)
			continue;
		window_push(&gpu->total, mono_ns, gpu->active_uj + gpu->idle_uj);
		window_push(&gpu->idle, mono_ns, gpu->idle_uj);
	}
}
