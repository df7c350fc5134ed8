#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/frame_codec.h"
#include "ipc/guard.h"

#define FRAME_DEPTH 5               /* frame, rows, row, zones, and one to spare */
#define FRAME_ITEMS FRAME_BYTES_MAX /* each item has at least one byte */
#define HEAD_ITEMS  9

static int read_uint(const msgpack_object *object, uint64_t most, uint64_t *ret_value)
{
	if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > most)
		return -EBADMSG;
	*ret_value = object->via.u64;
	return 0;
}

static int read_text(const msgpack_object *object, uint32_t limit, struct text *ret_text)
{
	if (object->type != MSGPACK_OBJECT_STR)
		return -EBADMSG;
	if (object->via.str.size > limit)
		return -E2BIG;
	*ret_text = (struct text) { object->via.str.ptr, object->via.str.size };
	return 0;
}

static int read_zones(const msgpack_object *object, frame_zones *ret_zones)
{
	if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size > ZONE_MAX)
		return -EBADMSG;
	memset(ret_zones, 0, sizeof(*ret_zones));
	for (uint32_t i = 0; i < object->via.array.size; i++)
		if (read_uint(&object->via.array.ptr[i], UINT64_MAX, &ret_zones->by[i]) < 0)
			return -EBADMSG;
	return 0;
}

static int read_real(const msgpack_object *object, double *ret_value)
{
	if (object->type != MSGPACK_OBJECT_FLOAT64 || !isfinite(object->via.f64))
		return -EBADMSG;
	*ret_value = object->via.f64;
	return 0;
}

static int read_field(const msgpack_object *object, const struct field *field, void *at)
{
	uint64_t value = 0;
	int r;

	switch (field->type) {
	case FIELD_u8:
		r = read_uint(object, UINT8_MAX, &value);
		*(uint8_t *)at = (uint8_t)value;
		return r;
	case FIELD_u16:
		r = read_uint(object, UINT16_MAX, &value);
		*(uint16_t *)at = (uint16_t)value;
		return r;
	case FIELD_u32:
		r = read_uint(object, UINT32_MAX, &value);
		*(uint32_t *)at = (uint32_t)value;
		return r;
	case FIELD_u64: return read_uint(object, UINT64_MAX, at);
	case FIELD_f64: return read_real(object, at);
	case FIELD_text: return read_text(object, field->limit, at);
	case FIELD_zones: return read_zones(object, at);
	}
	return -EBADMSG;
}

/* Longer than we know: a newer sender. Shorter: not ours. */
static int read_record(const msgpack_object *object, const struct record *record, void *values)
{
	if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < record->count)
		return -EBADMSG;
	memset(values, 0, record->size);
	*(uint32_t *)values = object->via.array.size;
	for (uint32_t i = 0; i < record->count; i++) {
		const struct field *field = &record->fields[i];
		int r = read_field(&object->via.array.ptr[i], field, (char *)values + field->offset);
		if (r < 0)
			return r;
	}
	return 0;
}

static int reserve(void **buffer, size_t *room, size_t need)
{
	if (need <= *room)
		return 0;
	size_t size = *room * 2 > need ? *room * 2 : need;
	void *bigger = realloc(*buffer, size);
	if (bigger == NULL)
		return -ENOMEM;
	*buffer = bigger;
	*room = size;
	return 0;
}

static int read_rows(struct frame_codec *codec, const msgpack_object *object, const struct record *record,
	size_t *ret_count)
{
	if (object->type != MSGPACK_OBJECT_ARRAY)
		return -EBADMSG;
	for (uint32_t i = 0; i < object->via.array.size; i++) {
		/* Room grows with rows that proved valid, not with what the array claims. */
		int r = reserve(&codec->rows, &codec->rows_room, (i + 1) * record->size);
		if (r == 0)
			r = read_record(
				&object->via.array.ptr[i], record, (char *)codec->rows + i * record->size);
		if (r < 0)
			return r;
	}
	*ret_count = object->via.array.size;
	return 0;
}

static int read_epoch(const msgpack_object *object, struct epoch *ret_epoch)
{
	const msgpack_object *items = object->via.array.ptr;

	if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != 2 ||
		items[0].type != MSGPACK_OBJECT_BIN || items[0].via.bin.size != sizeof(ret_epoch->boot_id))
		return -EBADMSG;
	memcpy(ret_epoch->boot_id, items[0].via.bin.ptr, sizeof(ret_epoch->boot_id));
	return read_uint(&items[1], UINT64_MAX, &ret_epoch->birth_ns);
}

static int read_head(
	const msgpack_object *items, struct frame_head *ret_head, const struct frame_type **ret_type)
{
	uint64_t kind, version, part, parts;

	if (read_uint(&items[0], UINT8_MAX, &kind) < 0 || read_uint(&items[1], UINT8_MAX, &version) < 0)
		return -EBADMSG;
	*ret_type = frame_type_of((uint8_t)kind);
	if (*ret_type == NULL)
		return -ENOMSG;
	if (version != (*ret_type)->version)
		return -EPROTONOSUPPORT;
	if (read_epoch(&items[2], &ret_head->epoch) < 0 ||
		read_uint(&items[3], UINT64_MAX, &ret_head->energy_epoch) < 0 ||
		read_uint(&items[4], UINT64_MAX, &ret_head->seq) < 0 ||
		read_uint(&items[5], FRAME_PARTS_MAX, &part) < 0 ||
		read_uint(&items[6], FRAME_PARTS_MAX, &parts) < 0 || part >= parts)
		return -EBADMSG;
	ret_head->kind = (uint8_t)kind;
	ret_head->version = (uint8_t)version;
	ret_head->part = (uint32_t)part;
	ret_head->parts = (uint32_t)parts;
	return 0;
}

static int read_frame(struct frame_codec *codec, const msgpack_object *object, struct frame *ret_frame)
{
	const struct frame_type *type;
	int r;

	if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < HEAD_ITEMS)
		return -EBADMSG;
	const msgpack_object *items = object->via.array.ptr;
	r = read_head(items, &ret_frame->head, &type);
	if (r < 0)
		return r;
	if ((r = reserve(&codec->once, &codec->once_room, type->once.size)) < 0 ||
		(r = read_record(&items[7], &type->once, codec->once)) < 0 ||
		(r = read_rows(codec, &items[8], &type->row, &ret_frame->row_count)) < 0)
		return r;
	ret_frame->once = codec->once;
	ret_frame->rows = codec->rows;
	ret_frame->is_last = ret_frame->head.part + 1 == ret_frame->head.parts;
	return 0;
}

int frame_decode(struct frame_codec *codec, const void *bytes, size_t size, struct frame *ret_frame)
{
	msgpack_object object;
	size_t offset = 0;

	*ret_frame = (struct frame) { 0 };
	if (size > FRAME_BYTES_MAX)
		return -E2BIG;
	if (guard_check(bytes, size, FRAME_DEPTH, FRAME_ITEMS) < 0)
		return -EBADMSG;
	msgpack_zone_clear(&codec->zone);
	if (msgpack_unpack(bytes, size, &offset, &codec->zone, &object) != MSGPACK_UNPACK_SUCCESS)
		return -EBADMSG;
	return read_frame(codec, &object, ret_frame);
}
