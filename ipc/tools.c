#include "ipc/tools.h"

#include <string.h>

#include "base/cleanup.h"

#define IS_required true
#define IS_optional false
#define IS_always   true
#define IS_known    false

#define X_ARGUMENTS(tool, ...) static const struct tool_argument tool##_arguments[] = {
#define X_ARGUMENT(tool, name, type, need, value, min, max, choices, en, ko)                                 \
	{ #name, #type, IS_##need, value, min, max, choices, en, ko },
#define X_RESULTS(tool, ...)                 static const struct tool_result tool##_results[] = {
#define X_RESULT(tool, name, type, when, en) { #name, #type, IS_##when, en },
#define X_END(tool)                                                                                          \
	}                                                                                                    \
	;
#define X_TOOL(tool, title_en, title_ko, text_en, text_ko)                                                   \
	{ #tool, title_en, title_ko, text_en, text_ko, tool##_arguments, ARRAY_SIZE(tool##_arguments),       \
		tool##_results, ARRAY_SIZE(tool##_results) },

#define TOOL    X_ARGUMENTS
#define ARG     X_ARGUMENT
#define ENDTOOL X_END
#include "ipc/tools.def"
#define TOOL    X_RESULTS
#define RESULT  X_RESULT
#define ENDTOOL X_END
#include "ipc/tools.def"
#define TOOL    X_ARGUMENTS
#define ARG     X_ARGUMENT
#define ENDTOOL X_END
#include "ipc/views.def"
#define TOOL    X_RESULTS
#define RESULT  X_RESULT
#define ENDTOOL X_END
#include "ipc/views.def"

const struct tool tools[] = {
#define TOOL X_TOOL
#include "ipc/tools.def"
};
const size_t tool_count = ARRAY_SIZE(tools);

const struct tool views[] = {
#define TOOL X_TOOL
#include "ipc/views.def"
};
const size_t view_count = ARRAY_SIZE(views);

static const struct tool *find(const struct tool *list, size_t count, const char *name, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i].name) == size && memcmp(list[i].name, name, size) == 0)
			return &list[i];
	return NULL;
}

const struct tool *tool_find(const char *name, size_t size)
{
	return find(tools, tool_count, name, size);
}

const struct tool *view_find(const char *name, size_t size)
{
	return find(views, view_count, name, size);
}
