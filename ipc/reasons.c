#include "ipc/reasons.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prose_name.h"
#include "ipc/json_write.h"

static const struct {
	const char *name;
	int status;
	const char *en, *ko;
} errors[] = {
#define ERROR(code, status, en, ko) { #code, status, en, ko },
#include "ipc/reasons.def"
};

static const struct {
	const char *name, *label_en, *label_ko, *en, *ko;
} reasons[] = {
#define REASON(code, label_en, label_ko, en, ko) { #code, label_en, label_ko, en, ko },
#include "ipc/reasons.def"
};

static bool is_korean(const char *lang)
{
	return lang != NULL && strncmp(lang, "ko", 2) == 0;
}

const char *error_name(enum error_code code)
{
	return (unsigned)code < ARRAY_SIZE(errors) ? errors[code].name : "INTERNAL";
}

int error_status(enum error_code code)
{
	return (unsigned)code < ARRAY_SIZE(errors) ? errors[code].status : 500;
}

const char *error_text(enum error_code code, const char *lang)
{
	if ((unsigned)code >= ARRAY_SIZE(errors))
		code = ERROR_INTERNAL;
	return is_korean(lang) ? errors[code].ko : errors[code].en;
}

const char *reason_name(enum reason_code code)
{
	return (unsigned)code < ARRAY_SIZE(reasons) ? reasons[code].name : "?";
}

const char *reason_text(enum reason_code code, const char *lang)
{
	if ((unsigned)code >= ARRAY_SIZE(reasons))
		return "?";
	return is_korean(lang) ? reasons[code].ko : reasons[code].en;
}

const char *reason_label(enum reason_code code, const char *lang)
{
	if ((unsigned)code >= ARRAY_SIZE(reasons))
		return "?";
	return is_korean(lang) ? reasons[code].label_ko : reasons[code].label_en;
}

static void write_message(struct json_writer *writer, const struct error_object *error, const char *lang)
{
	const char *text = error->message[0] != '\0' ? error->message : error_text(error->code, lang);
	char name[PROSE_NAME_MAX], whole[PROSE_NAME_MAX + sizeof(error->message)];

	snprintf(whole, sizeof(whole), "%s: %s", prose_name(error->value, name), text);
	json_write_text(writer, "message", error->value[0] != '\0' ? whole : text);
}

char *error_json(const struct error_object *error, const char *lang, size_t *ret_size)
{
	struct json_writer writer = { 0 };
	char *text = NULL;

	json_open_object(&writer, NULL);
	json_open_object(&writer, "error");
	json_write_text(&writer, "code", error_name(error->code));
	write_message(&writer, error, lang);
	json_write_text(&writer, "hint", error->hint);
	if (error->field[0] != '\0')
		json_write_text(&writer, "field", error->field);
	if (error->candidate_count > 0) {
		json_open_array(&writer, "candidates");
		for (size_t i = 0; i < error->candidate_count && i < ERROR_CANDIDATES_MAX; i++)
			json_write_text(&writer, NULL, error->candidates[i]);
		json_close_array(&writer);
	}
	if (error->retry_after_s > 0)
		json_write_integer(&writer, "retry_after_s", error->retry_after_s);
	json_close_object(&writer);
	json_close_object(&writer);
	return json_take(&writer, &text, ret_size) < 0 ? NULL : text;
}
