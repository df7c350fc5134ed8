#include "ipc/frame.h"

#include <errno.h>
#include <math.h>
#include <msgpack.h>

#include "base/cleanup.h"
#include "tests/unit/ipc/random_frame.h"

#define ROWS_MAX 12

/* One random frame and its bytes, in a heap block of exactly their size so that ASan sees every read beyond. */
struct sample {
	const struct frame_type *type;
	struct frame_head head;
	uint32_t row_count;
	void *once, *rows;
	char *letters;
	uint8_t *bytes;
	size_t size;
};

static struct frame_codec *codec;

static int open_codec(void **state)
{
	(void)state;
	return frame_codec_new(&codec);
}

static int close_codec(void **state)
{
	(void)state;
	frame_codec_free(codec);
	return 0;
}

static void sample_encode(struct sample *sample)
{
	const void *bytes;

	assert_int_equal(frame_encode(codec, &sample->head, sample->once, sample->rows, sample->row_count,
				 &bytes, &sample->size),
		0);
	free(sample->bytes);
	sample->bytes = malloc(sample->size);
	assert_non_null(sample->bytes);
	memcpy(sample->bytes, bytes, sample->size);
}

static struct sample sample_new(struct random *random, const struct frame_type *type)
{
	struct sample sample = { .type = type,
		.head = random_head(random, type),
		.row_count = (uint32_t)random_below(random, ROWS_MAX + 1),
		.once = malloc(type->once.size),
		.rows = malloc(ROWS_MAX * type->row.size),
		.letters = random_letters(random) };

	assert_non_null(sample.once);
	assert_non_null(sample.rows);
	random_record(random, &type->once, sample.once, sample.letters);
	for (uint32_t i = 0; i < sample.row_count; i++)
		random_record(random, &type->row, (char *)sample.rows + i * type->row.size, sample.letters);
	sample.row_count = (uint32_t)frame_rows_that_fit(type->kind, sample.rows, sample.row_count);
	sample_encode(&sample);
	return sample;
}

static void sample_done(struct sample *sample)
{
	free(sample->once);
	free(sample->rows);
	free(sample->letters);
	free(sample->bytes);
}

static void expect_same_record(const struct record *record, const void *sent, const void *received)
{
	assert_int_equal(*(const uint32_t *)received, record->count);
	for (uint32_t i = 0; i < record->count; i++) {
		static const size_t sizes[] = { 1, 2, 4, 8, 8, 0, sizeof(frame_zones) };
		const struct field *field = &record->fields[i];
		const void *a = (const char *)sent + field->offset,
			   *b = (const char *)received + field->offset;
		if (field->type == FIELD_text)
			assert_true(text_equal(*(const struct text *)a, *(const struct text *)b));
		else
			assert_memory_equal(a, b, sizes[field->type]);
	}
}

static void expect_same(const struct sample *sample, const struct frame *frame)
{
	assert_int_equal(frame->head.kind, sample->type->kind);
	assert_int_equal(frame->head.version, sample->type->version);
	assert_true(epoch_equal(&frame->head.epoch, &sample->head.epoch));
	assert_true(frame->head.energy_epoch == sample->head.energy_epoch);
	assert_true(frame->head.seq == sample->head.seq);
	assert_int_equal(frame->head.part, sample->head.part);
	assert_int_equal(frame->head.parts, sample->head.parts);
	assert_int_equal(frame->is_last, sample->head.part + 1 == sample->head.parts);
	assert_int_equal(frame->row_count, sample->row_count);
	expect_same_record(&sample->type->once, sample->once, frame->once);
	for (uint32_t i = 0; i < sample->row_count; i++)
		expect_same_record(&sample->type->row,
			(const char *)sample->rows + i * sample->type->row.size,
			(const char *)frame->rows + i * sample->type->row.size);
}

static void frames_of_every_kind_survive_the_trip(void **state)
{
	struct random random = random_new("round trip");

	(void)state;
	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < frame_type_count; i++) {
			struct sample sample = sample_new(&random, &frame_types[i]);
			struct frame frame;
			assert_int_equal(frame_decode(codec, sample.bytes, sample.size, &frame), 0);
			expect_same(&sample, &frame);
			sample_done(&sample);
		}
}

/* A frame small enough to try every cut of it. */
static struct sample small_sample(struct random *random, const struct frame_type *type)
{
	struct sample sample = sample_new(random, type);

	while (sample.size > 3000) {
		if (sample.row_count > 1) {
			sample.row_count--;
			sample_encode(&sample);
			continue;
		}
		sample_done(&sample);
		sample = sample_new(random, type);
		sample.row_count = sample.row_count > 0;
		for (uint32_t i = 0; i < type->row.count; i++) /* texts of up to 256 KiB fit no small frame */
			if (type->row.fields[i].type == FIELD_text)
				((struct text *)(void *)((char *)sample.rows + type->row.fields[i].offset))
					->size %= 100;
		sample_encode(&sample);
	}
	return sample;
}

static void a_frame_cut_anywhere_is_malformed(void **state)
{
	struct random random = random_new("truncation");
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < frame_type_count; i++) {
		struct sample sample = small_sample(&random, &frame_types[i]);
		for (size_t size = 0; size < sample.size; size++) {
			CLEANUP(freep) uint8_t *cut = malloc(size + (size == 0));
			assert_non_null(cut);
			memcpy(cut, sample.bytes, size);
			assert_int_equal(frame_decode(codec, cut, size, &frame), -EBADMSG);
		}
		sample_done(&sample);
	}
}

/* Reads everything that was decoded: ASan tells what points outside. */
static uint64_t touch(const struct frame *frame)
{
	const struct frame_type *type = frame_type_of(frame->head.kind);
	uint64_t sum = 0;

	for (size_t row = 0; row < frame->row_count; row++)
		for (uint32_t i = 0; i < type->row.count; i++) {
			const char *at =
				(const char *)frame->rows + row * type->row.size + type->row.fields[i].offset;
			const struct text *text = (const void *)at;
			if (type->row.fields[i].type != FIELD_text) {
				sum += (uint8_t)*at;
				continue;
			}
			assert_true(text->size <= type->row.fields[i].limit);
			for (uint32_t c = 0; c < text->size; c++)
				sum += (uint8_t)text->data[c];
		}
	return sum;
}

static void twenty_thousand_mutated_frames_do_no_harm(void **state)
{
	struct random random = random_new("mutation");
	uint64_t sum = 0;
	int accepted = 0, refused = 0;

	(void)state;
	for (size_t i = 0; i < 20000;) {
		struct sample sample = small_sample(&random, &frame_types[i / 2000 % frame_type_count]);
		for (size_t end = i + 200; i < end; i++) {
			CLEANUP(freep) uint8_t *bytes = malloc(sample.size);
			struct frame frame;
			assert_non_null(bytes);
			memcpy(bytes, sample.bytes, sample.size);
			for (uint64_t n = 1 + random_below(&random, 4); n > 0; n--)
				bytes[random_below(&random, sample.size)] = (uint8_t)random_next(&random);
			int r = frame_decode(codec, bytes, sample.size, &frame);
			assert_true(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT || r == -ENOMSG ||
				    r == -E2BIG);
			sum += r == 0 ? touch(&frame) : 0;
			accepted += r == 0;
			refused += r < 0;
		}
		sample_done(&sample);
	}
	assert_true(sum > 0 && accepted > 100 && refused > 100);
}

/* A frame packed by hand, with `once_fields` numbers and no rows. */
static int decode_tick(uint8_t kind, uint8_t version, uint32_t part, uint32_t parts, size_t once_fields,
	struct frame *ret_frame)
{
	static msgpack_sbuffer out; /* the decoded frame points into it */
	msgpack_packer packer;

	msgpack_sbuffer_clear(&out);
	msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
	msgpack_pack_array(&packer, 9);
	msgpack_pack_uint8(&packer, kind);
	msgpack_pack_uint8(&packer, version);
	msgpack_pack_array(&packer, 2);
	msgpack_pack_bin_with_body(&packer, "0123456789abcdef", 16);
	msgpack_pack_uint64(&packer, 1);
	msgpack_pack_uint64(&packer, 0);
	msgpack_pack_uint64(&packer, 7);
	msgpack_pack_uint32(&packer, part);
	msgpack_pack_uint32(&packer, parts);
	msgpack_pack_array(&packer, once_fields);
	for (size_t i = 0; i < once_fields; i++)
		msgpack_pack_uint64(&packer, 42);
	msgpack_pack_array(&packer, 0);
	return frame_decode(codec, out.data, out.size, ret_frame);
}

static void records_of_a_newer_sender_are_taken_and_shorter_ones_refused(void **state)
{
	struct frame frame;

	(void)state;
	assert_int_equal(decode_tick(FRAME_tick, 1, 0, 1, 1, &frame), 0);
	assert_int_equal(((const struct tick_once *)frame.once)->fields, 1);
	assert_int_equal(decode_tick(FRAME_tick, 1, 0, 1, 3, &frame), 0);
	assert_int_equal(((const struct tick_once *)frame.once)->fields, 3);
	assert_true(((const struct tick_once *)frame.once)->mono_ns == 42);
	assert_int_equal(decode_tick(FRAME_tick, 1, 0, 1, 0, &frame), -EBADMSG);
}

static void unknown_kinds_and_versions_have_errors_of_their_own(void **state)
{
	struct frame frame;

	(void)state;
	assert_int_equal(decode_tick(FRAME_tick, 2, 0, 1, 1, &frame), -EPROTONOSUPPORT);
	assert_int_equal(decode_tick(0, 1, 0, 1, 1, &frame), -ENOMSG);
	assert_int_equal(decode_tick(FRAME_KIND_COUNT, 1, 0, 1, 1, &frame), -ENOMSG);
	assert_int_equal(decode_tick(255, 1, 0, 1, 1, &frame), -ENOMSG);
}

static void impossible_part_numbers_are_malformed(void **state)
{
	struct frame frame;

	(void)state;
	assert_int_equal(decode_tick(FRAME_tick, 1, 0, 0, 1, &frame), -EBADMSG);
	assert_int_equal(decode_tick(FRAME_tick, 1, 1, 1, 1, &frame), -EBADMSG);
	assert_int_equal(decode_tick(FRAME_tick, 1, 0, FRAME_PARTS_MAX + 1, 1, &frame), -EBADMSG);
	assert_int_equal(decode_tick(FRAME_tick, 1, FRAME_PARTS_MAX - 1, FRAME_PARTS_MAX, 1, &frame), 0);
	assert_true(frame.is_last);
}

static void values_over_a_limit_are_refused_on_both_sides(void **state)
{
	const struct frame_head head = { .kind = FRAME_stats, .parts = 1 };
	const struct stats_once once = { .stage = text_of("collector") };
	char long_name[98];
	struct stats_row row = { .name = { long_name, 97 }, .labels = text_of("x") };
	const void *bytes;
	struct frame frame;
	size_t size;

	(void)state;
	memset(long_name, 'a', sizeof(long_name));
	assert_int_equal(frame_encode(codec, &head, &once, &row, 1, &bytes, &size), -E2BIG);
	row.name.size = 96;
	assert_int_equal(frame_encode(codec, &head, &once, &row, 1, &bytes, &size), 0);
	CLEANUP(freep) uint8_t *copy = malloc(size);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	assert_int_equal(frame_decode(codec, copy, size, &frame), 0);
	/* the name claims one byte more, the head of the labels behind it; their "x" stays as a number */
	uint8_t *name = memchr(copy, 0xd9, size);
	assert_non_null(name);
	assert_int_equal(name[1], 96);
	assert_int_equal(name[98], 0xa1);
	name[1] = 97;
	assert_int_equal(frame_decode(codec, copy, size, &frame), -E2BIG);
	row.name.size = 1;
	row.value = NAN;
	assert_int_equal(frame_encode(codec, &head, &once, &row, 1, &bytes, &size), -EDOM);
	row.value = HUGE_VAL;
	assert_int_equal(frame_encode(codec, &head, &once, &row, 1, &bytes, &size), -EDOM);
}

static void parts_are_filled_up_to_their_limit_and_not_beyond(void **state)
{
	const struct frame_head head = { .kind = FRAME_topology, .parts = 1 };
	const struct topology_once once = { .full = 1 };
	static struct topology_row rows[2000];
	static char path[1024];
	const void *bytes;
	size_t size, room = sizeof(rows) / sizeof(rows[0]);

	(void)state;
	memset(path, 'p', sizeof(path));
	for (size_t i = 0; i < room; i++)
		rows[i] = (struct topology_row) { .id = UINT64_MAX,
			.parent = UINT64_MAX,
			.start_ns = UINT64_MAX,
			.path = { path, sizeof(path) } };
	size_t fit = frame_rows_that_fit(FRAME_topology, rows, room);
	assert_true(fit > 900 && fit < room);
	assert_int_equal(frame_encode(codec, &head, &once, rows, fit, &bytes, &size), 0);
	assert_true(size <= FRAME_BYTES_MAX && size > FRAME_BYTES_MAX - FRAME_BYTES_MAX / 16);
	assert_int_equal(frame_encode(codec, &head, &once, rows, room, &bytes, &size), -E2BIG);
	assert_int_equal(frame_rows_that_fit(FRAME_topology, NULL, 0), 0);
}

static void largest_field(const struct field *field, void *at, const char *letters)
{
	switch (field->type) {
	case FIELD_u8: *(uint8_t *)at = UINT8_MAX; break;
	case FIELD_u16: *(uint16_t *)at = UINT16_MAX; break;
	case FIELD_u32: *(uint32_t *)at = UINT32_MAX; break;
	case FIELD_u64: *(uint64_t *)at = UINT64_MAX; break;
	case FIELD_f64: *(double *)at = 1e300; break;
	case FIELD_text: *(struct text *)at = (struct text) { letters, field->limit }; break;
	case FIELD_zones: memset(at, 0xff, sizeof(frame_zones)); break;
	}
}

static void largest_record(const struct record *record, void *values, const char *letters)
{
	for (uint32_t i = 0; i < record->count; i++)
		largest_field(&record->fields[i], (char *)values + record->fields[i].offset, letters);
}

static void as_many_of_the_largest_rows_as_told_fit_a_part_of_every_kind(void **state)
{
	CLEANUP(freep) char *letters = calloc(1, LETTERS_MAX);
	const size_t count = 60000; /* of the smallest rows more than a part holds */
	const void *bytes;
	size_t size;

	(void)state;
	for (size_t i = 0; i < frame_type_count; i++) {
		const struct frame_type *type = &frame_types[i];
		const struct frame_head head = { .kind = type->kind, .parts = 1 };
		CLEANUP(freep) char *once = calloc(1, type->once.size);
		CLEANUP(freep)
		char *rows = calloc(count, type->row.size); /* pages that are not used cost nothing */
		assert_true(letters != NULL && once != NULL && rows != NULL);
		largest_record(&type->once, once, letters);
		for (size_t row = 0; row < count; row++)
			largest_record(&type->row, rows + row * type->row.size, letters);
		size_t fit = frame_rows_that_fit(type->kind, rows, count);
		assert_true(fit > 0);
		assert_int_equal(
			fit<count, type->row.count> 1); /* but for those that send no rows, a part is full */
		assert_int_equal(frame_encode(codec, &head, once, rows, fit, &bytes, &size), 0);
	}
}

static void more_bytes_than_a_part_may_have_are_refused_unread(void **state)
{
	CLEANUP(freep) uint8_t *bytes = calloc(1, FRAME_BYTES_MAX + 1);
	struct frame frame;

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(frame_decode(codec, bytes, FRAME_BYTES_MAX + 1, &frame), -E2BIG);
}

static void texts_are_cut_to_their_buffer(void **state)
{
	char small[4];

	(void)state;
	text_copy(small, sizeof(small), text_of("abcdef"));
	assert_string_equal(small, "abc");
	text_copy(small, sizeof(small), (struct text) { NULL, 0 });
	assert_string_equal(small, "");
	assert_true(text_equal(text_of(""), (struct text) { NULL, 0 }));
	assert_false(text_equal(text_of("a"), text_of("b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_kind_survive_the_trip),
		cmocka_unit_test(a_frame_cut_anywhere_is_malformed),
		cmocka_unit_test(twenty_thousand_mutated_frames_do_no_harm),
		cmocka_unit_test(records_of_a_newer_sender_are_taken_and_shorter_ones_refused),
		cmocka_unit_test(unknown_kinds_and_versions_have_errors_of_their_own),
		cmocka_unit_test(impossible_part_numbers_are_malformed),
		cmocka_unit_test(values_over_a_limit_are_refused_on_both_sides),
		cmocka_unit_test(parts_are_filled_up_to_their_limit_and_not_beyond),
		cmocka_unit_test(as_many_of_the_largest_rows_as_told_fit_a_part_of_every_kind),
		cmocka_unit_test(more_bytes_than_a_part_may_have_are_refused_unread),
		cmocka_unit_test(texts_are_cut_to_their_buffer),
	};
	return cmocka_run_group_tests(tests, open_codec, close_codec);
}
