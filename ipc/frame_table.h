/* The field tables made from frames.def; private to frame_*.c. */
#pragma once

#include "ipc/frame.h"

enum field_type { FIELD_u8, FIELD_u16, FIELD_u32, FIELD_u64, FIELD_f64, FIELD_text, FIELD_zones };

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	uint32_t limit; /* most bytes of a text */
	const char *unit, *text;
};

struct record {
	const struct field *fields;
	uint32_t count;
	size_t size; /* of the struct, whose first member is `uint32_t fields` */
};

struct frame_type {
	const char *name;
	uint8_t kind, version;
	const char *text;
	struct record once, row;
};

extern const struct frame_type frame_types[];
extern const size_t frame_type_count;

/* NULL if there is none. */
const struct frame_type *frame_type_of(uint8_t kind);
const char *field_type_name(enum field_type type);
