/* Frames of any kind with random content, driven from the table. */
#pragma once

#include "ipc/frame_table.h"
#include "tests/unit/ipc/random.h"

/* Small numbers as often as large ones: msgpack packs them differently. */
static inline uint64_t random_number(struct random *random)
{
	return random_next(random) >> random_below(random, 64);
}

static inline void random_field(
	struct random *random, const struct field *field, void *at, const char *letters)
{
	frame_zones *zones = at;
	uint64_t number = random_number(random);

	switch (field->type) {
	case FIELD_u8: *(uint8_t *)at = (uint8_t)number; break;
	case FIELD_u16: *(uint16_t *)at = (uint16_t)number; break;
	case FIELD_u32: *(uint32_t *)at = (uint32_t)number; break;
	case FIELD_u64: *(uint64_t *)at = number; break;
	case FIELD_f64: *(double *)at = (double)number / 7; break;
	case FIELD_text:
		*(struct text *)at =
			(struct text) { letters, (uint32_t)random_below(random, field->limit + UINT64_C(1)) };
		break;
	case FIELD_zones:
		for (uint32_t i = 0; i < ZONE_MAX; i++)
			zones->by[i] = random_below(random, 2) ? random_number(random) : 0;
		break;
	}
}

static inline void random_record(
	struct random *random, const struct record *record, void *values, const char *letters)
{
	memset(values, 0, record->size);
	for (uint32_t i = 0; i < record->count; i++)
		random_field(random, &record->fields[i], (char *)values + record->fields[i].offset, letters);
}

static inline struct frame_head random_head(struct random *random, const struct frame_type *type)
{
	struct frame_head head = { .kind = type->kind, .energy_epoch = random_number(random) };

	for (size_t i = 0; i < sizeof(head.epoch.boot_id); i++)
		head.epoch.boot_id[i] = (uint8_t)random_next(random);
	head.epoch.birth_ns = random_number(random);
	head.seq = random_number(random);
	head.parts = 1 + (uint32_t)random_below(random, FRAME_PARTS_MAX);
	head.part = (uint32_t)random_below(random, head.parts);
	return head;
}

#define LETTERS_MAX 262144 /* the longest text of frames.def */

/* Bytes for texts, not valid UTF-8 on purpose; free() them. */
static inline char *random_letters(struct random *random)
{
	char *letters = malloc(LETTERS_MAX);

	assert_non_null(letters);
	for (size_t i = 0; i < LETTERS_MAX; i++)
		letters[i] = (char)random_next(random);
	return letters;
}
