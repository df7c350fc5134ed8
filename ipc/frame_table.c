#include "ipc/frame_table.h"

#include <string.h>

#include "base/cleanup.h"

#define FRAME(frame, ...) static const struct field frame##_once_fields[] = {
#define ONCE(frame, t, field, limit, unit, text)                                                             \
	{ #field, FIELD_##t, offsetof(struct frame##_once, field), limit, unit, text },
#define ROWS(frame)                                                                                          \
	}                                                                                                    \
	;                                                                                                    \
	static const struct field frame##_row_fields[] = {
#define ROW(frame, t, field, limit, unit, text)                                                              \
	{ #field, FIELD_##t, offsetof(struct frame##_row, field), limit, unit, text },
#define END(frame)                                                                                           \
	}                                                                                                    \
	;
#include "ipc/frames.def"

const struct frame_type frame_types[] = {
#define FRAME(frame, number, version_, text_)                                                                \
	{ .name = #frame,                                                                                    \
		.kind = number,                                                                              \
		.version = version_,                                                                         \
		.text = text_,                                                                               \
		.once = { frame##_once_fields, ARRAY_SIZE(frame##_once_fields),                              \
			sizeof(struct frame##_once) },                                                       \
		.row = { frame##_row_fields, ARRAY_SIZE(frame##_row_fields), sizeof(struct frame##_row) } },
#include "ipc/frames.def"
};
const size_t frame_type_count = ARRAY_SIZE(frame_types);

const struct frame_type *frame_type_of(uint8_t kind)
{
	for (size_t i = 0; i < frame_type_count; i++)
		if (frame_types[i].kind == kind)
			return &frame_types[i];
	return NULL;
}

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = { "u8", "u16", "u32", "u64", "f64", "text", "zones" };

	return names[type];
}

size_t frame_row_size(enum frame_kind kind)
{
	const struct frame_type *type = frame_type_of((uint8_t)kind);

	return type != NULL ? type->row.size : 0;
}

bool epoch_equal(const struct epoch *a, const struct epoch *b)
{
	return a->birth_ns == b->birth_ns && memcmp(a->boot_id, b->boot_id, sizeof(a->boot_id)) == 0;
}

void text_copy(char *to, size_t size, struct text from)
{
	size_t count = from.size < size ? from.size : size - 1;

	if (count > 0)
		memcpy(to, from.data, count);
	to[count] = '\0';
}

bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
