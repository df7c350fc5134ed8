#include "base/stage.h"
#include "ipc/frame_table.h"

static void describe_record(FILE *out, const char *title, const struct record *record)
{
	fprintf(out, "\n%s:\n\n| # | field | type | unit | meaning |\n|---|---|---|---|---|\n", title);
	for (uint32_t i = 0; i < record->count; i++) {
		const struct field *field = &record->fields[i];
		fprintf(out, "| %u | %s | %s", i, field->name, field_type_name(field->type));
		if (field->type == FIELD_text)
			fprintf(out, " ≤ %u B", field->limit);
		fprintf(out, " | %s | %s |\n", field->unit, field->text);
	}
}

static void describe_routes(FILE *out)
{
	fputs("\n## Who says what to whom\n\n| frame | producer | consumer |\n|---|---|---|\n", out);
#define ROUTE(frame, producer, consumer)                                                                     \
	fprintf(out, "| %s | %s | %s |\n", #frame, stage_name(STAGE_##producer),                             \
		stage_name(STAGE_##consumer));
#include "ipc/routes.def"
}

void frame_describe(FILE *out)
{
	fprintf(out,
		"# Frames\n\nGenerated from ipc/frames.def and ipc/routes.def. One frame is one msgpack "
		"array:\n\n"
		"    [kind, version, [boot_id bin16, birth_ns], energy_epoch, seq, part, parts, [once…], "
		"[[row…], …]]\n\n"
		"At most %u bytes a part and %u parts a frame; a frame is applied only when all its parts "
		"are there.\n"
		"Records are positional and append-only: a receiver takes longer records than it knows and "
		"refuses\n"
		"shorter ones. Quantities are cumulative. zones = at most %d unsigned integers in the order "
		"package, dram,\n"
		"psys, gpu, core, uncore, other; trailing zeros are left out.\n",
		FRAME_BYTES_MAX, (unsigned)FRAME_PARTS_MAX, ZONE_MAX);
	for (size_t i = 0; i < frame_type_count; i++) {
		const struct frame_type *type = &frame_types[i];
		fprintf(out, "\n## %s (kind %u, version %u)\n\n%s.\n", type->name, type->kind, type->version,
			type->text);
		describe_record(out, "Once a frame", &type->once);
		describe_record(out, "Each row", &type->row);
	}
	describe_routes(out);
}
