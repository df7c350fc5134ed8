#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "ipc/frame_codec.h"

#define ZONE_CHUNK 65536
#define HEAD_BYTES                                                                                           \
	128 /* more than head and the heads of the arrays take: 1 + 2 * 2 + 28 + 2 * 9 + 2 * 5 + 5 */

int frame_codec_new(struct frame_codec **ret_codec)
{
	struct frame_codec *codec = calloc(1, sizeof(*codec));

	if (codec == NULL)
		return -ENOMEM;
	msgpack_sbuffer_init(&codec->out);
	if (!msgpack_zone_init(&codec->zone, ZONE_CHUNK)) {
		free(codec);
		return -ENOMEM;
	}
	*ret_codec = codec;
	return 0;
}

void frame_codec_free(struct frame_codec *codec)
{
	if (codec == NULL)
		return;
	msgpack_sbuffer_destroy(&codec->out);
	msgpack_zone_destroy(&codec->zone);
	free(codec->once);
	free(codec->rows);
	free(codec);
}

/* Most bytes the record can take on the wire: with these texts, or (values = NULL) with any texts in their limits. */
static size_t record_bytes(const struct record *record, const void *values)
{
	static const size_t most[] = { [FIELD_u8] = 2,
		[FIELD_u16] = 3,
		[FIELD_u32] = 5,
		[FIELD_u64] = 9,
		[FIELD_f64] = 9,
		[FIELD_text] = 5,
		[FIELD_zones] = 1 + 9 * ZONE_MAX };
	size_t bytes = 5;

	for (uint32_t i = 0; i < record->count; i++) {
		const struct field *field = &record->fields[i];
		bytes += most[field->type];
		if (field->type == FIELD_text && values == NULL)
			bytes += field->limit;
		else if (field->type == FIELD_text)
			bytes += ((const struct text *)(const void *)((const char *)values + field->offset))
					 ->size;
	}
	return bytes;
}

size_t frame_rows_that_fit(enum frame_kind kind, const void *rows, size_t row_count)
{
	const struct frame_type *type = frame_type_of((uint8_t)kind);
	size_t bytes = HEAD_BYTES, count = 0;

	if (type == NULL)
		return 0;
	bytes += record_bytes(&type->once, NULL);
	while (count < row_count) {
		bytes += record_bytes(&type->row, (const char *)rows + count * type->row.size);
		if (bytes > FRAME_BYTES_MAX && count > 0)
			break;
		count++;
	}
	return count;
}

/* A failure sticks, so that the calls in between need no checks of their own. */
static int write_bounded(void *data, const char *bytes, size_t size)
{
	struct frame_codec *codec = data;

	if (codec->out_failure == 0 && size > FRAME_BYTES_MAX - codec->out.size)
		codec->out_failure = -E2BIG;
	else if (codec->out_failure == 0 && msgpack_sbuffer_write(&codec->out, bytes, size) < 0)
		codec->out_failure = -ENOMEM;
	return codec->out_failure;
}

static void pack_zones(msgpack_packer *packer, const frame_zones *zones)
{
	size_t count = ZONE_MAX;

	while (count > 0 && zones->by[count - 1] == 0)
		count--;
	msgpack_pack_array(packer, count);
	for (size_t i = 0; i < count; i++)
		msgpack_pack_uint64(packer, zones->by[i]);
}

static int pack_text(msgpack_packer *packer, const struct text *text, uint32_t limit)
{
	if (text->size > limit)
		return -E2BIG;
	return msgpack_pack_str_with_body(packer, text->data, text->size);
}

/* Receivers refuse the whole frame for one number that is none. */
static int pack_real(msgpack_packer *packer, double value)
{
	return isfinite(value) ? msgpack_pack_double(packer, value) : -EDOM;
}

static int pack_field(msgpack_packer *packer, const struct field *field, const void *at)
{
	switch (field->type) {
	case FIELD_u8: return msgpack_pack_uint8(packer, *(const uint8_t *)at);
	case FIELD_u16: return msgpack_pack_uint16(packer, *(const uint16_t *)at);
	case FIELD_u32: return msgpack_pack_uint32(packer, *(const uint32_t *)at);
	case FIELD_u64: return msgpack_pack_uint64(packer, *(const uint64_t *)at);
	case FIELD_f64: return pack_real(packer, *(const double *)at);
	case FIELD_text: return pack_text(packer, at, field->limit);
	case FIELD_zones: pack_zones(packer, at); return 0;
	}
	return -EINVAL;
}

static int pack_record(msgpack_packer *packer, const struct record *record, const void *values)
{
	msgpack_pack_array(packer, record->count);
	for (uint32_t i = 0; i < record->count; i++) {
		int r = pack_field(
			packer, &record->fields[i], (const char *)values + record->fields[i].offset);
		if (r < 0)
			return r;
	}
	return 0;
}

static void pack_head(msgpack_packer *packer, const struct frame_type *type, const struct frame_head *head)
{
	msgpack_pack_array(packer, 9);
	msgpack_pack_uint8(packer, type->kind);
	msgpack_pack_uint8(packer, type->version);
	msgpack_pack_array(packer, 2);
	msgpack_pack_bin_with_body(packer, head->epoch.boot_id, sizeof(head->epoch.boot_id));
	msgpack_pack_uint64(packer, head->epoch.birth_ns);
	msgpack_pack_uint64(packer, head->energy_epoch);
	msgpack_pack_uint64(packer, head->seq);
	msgpack_pack_uint32(packer, head->part);
	msgpack_pack_uint32(packer, head->parts);
}

int frame_encode(struct frame_codec *codec, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count, const void **ret_bytes, size_t *ret_size)
{
	const struct frame_type *type = frame_type_of(head->kind);
	msgpack_packer packer;
	int r;

	if (type == NULL)
		return -ENOMSG;
	msgpack_sbuffer_clear(&codec->out);
	codec->out_failure = 0;
	msgpack_packer_init(&packer, codec, write_bounded);
	pack_head(&packer, type, head);
	r = pack_record(&packer, &type->once, once);
	if (r == 0)
		r = msgpack_pack_array(&packer, row_count);
	for (size_t i = 0; i < row_count && r == 0; i++)
		r = pack_record(&packer, &type->row, (const char *)rows + i * type->row.size);
	if (r < 0 || codec->out_failure < 0)
		return r < 0 ? r : codec->out_failure;
	*ret_bytes = codec->out.data;
	*ret_size = codec->out.size;
	return 0;
}
