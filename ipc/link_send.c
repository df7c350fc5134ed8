#include <errno.h>
#include <math.h>
#include <poll.h>

#include "ipc/link_private.h"

#define STATS_GAPS 4 /* stats are a quarter of the connection's age apart, until that is LINK_STATS_NS */

static int send_part(struct link *link, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count)
{
	const void *bytes;
	size_t size;
	nng_msg *message;
	int r = frame_encode(link->codec, head, once, rows, row_count, &bytes, &size);

	if (r < 0)
		return r;
	if (nng_msg_alloc(&message, 0) != 0)
		return -ENOMEM;
	if ((r = nng_msg_append(message, bytes, size)) != 0 ||
		(r = nng_sendmsg(link->socket, message, NNG_FLAG_NONBLOCK)) != 0) {
		nng_msg_free(message);
		return link_error(r);
	}
	return 0;
}

static const void *row_at(const struct frame_head *head, const void *rows, size_t index)
{
	return rows == NULL ? NULL : (const char *)rows + index * frame_row_size(head->kind);
}

static size_t rows_in_part(const struct frame_head *head, const void *rows, size_t row_count, size_t done)
{
	return frame_rows_that_fit(head->kind, row_at(head, rows, done), row_count - done);
}

static uint32_t count_parts(const struct frame_head *head, const void *rows, size_t row_count)
{
	uint32_t parts = 0;

	for (size_t done = 0; done < row_count && parts <= FRAME_PARTS_MAX; parts++)
		done += rows_in_part(head, rows, row_count, done);
	return parts > 0 ? parts : 1;
}

static int send_parts(
	struct link *link, struct frame_head *part, const void *once, const void *rows, size_t row_count)
{
	size_t done = 0;
	int r = 0;

	for (part->part = 0; part->part < part->parts && r == 0; part->part++) {
		size_t some = rows_in_part(part, rows, row_count, done);
		r = send_part(link, part, once, row_at(part, rows, done), some);
		done += some;
	}
	return r;
}

int link_send(struct link *link, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count)
{
	struct frame_head part = *head;
	int r;

	part.parts = count_parts(head, rows, row_count);
	if (part.parts > FRAME_PARTS_MAX)
		r = -E2BIG;
	else if (!link_is_connected(link))
		r = -EAGAIN;
	else
		r = send_parts(link, &part, once, rows, row_count);
	link_count(r < 0 ? link->dropped : link->out);
	/* A frame that cannot be encoded would fail again: only what the link lost is owed. */
	if (r == -EAGAIN || r == -ENOMEM)
		link->owes_full = true;
	return r;
}

static bool has_room(const struct link *link)
{
	struct pollfd queue = { .fd = link->send_fd, .events = POLLIN };

	return poll(&queue, 1, 0) == 1;
}

bool link_owes_full(struct link *link)
{
	bool owes = link->owes_full && link_is_connected(link) && has_room(link);

	if (owes)
		link->owes_full = false;
	return owes;
}

bool link_is_connected(const struct link *link)
{
	return link->on_frame != NULL ? link_hears(link) : atomic_load(&link->pipe) != 0;
}

/* Often at first, when somebody watches what a start or restart does; a message costs its reader's threads four wake-ups. */
bool link_stats_are_due(const struct link *link)
{
	uint64_t now_ns = clock_mono_ns(), gap_ns = (now_ns - link->connected_ns) / STATS_GAPS;

	return now_ns - link->stats_sent_ns >= (gap_ns < LINK_STATS_NS ? gap_ns : LINK_STATS_NS);
}

int link_send_stats(struct link *link, enum stage stage, uint64_t run, const struct stats *stats)
{
	if (!link_stats_are_due(link))
		return 0;
	link->stats_sent_ns = clock_mono_ns();
	struct frame_head head = { .kind = FRAME_stats };
	struct stats_once once = { .stage = text_of(stage_name(stage)), .run = run };
	struct stats_row rows[STATS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < stats->count; i++) {
		const struct stat_entry *entry = &stats->entries[i];
		if (isfinite(entry->value)) /* one gauge without a value must not cost all the others */
			rows[count++] = (struct stats_row) { .name = text_of(entry->name),
				.labels = text_of(entry->labels),
				.type = (uint8_t)entry->type,
				.value = entry->value };
	}
	return link_send(link, &head, &once, rows, count);
}
