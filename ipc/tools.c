#include "ipc/tools.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define IS_required true
#define IS_optional false
#define IS_always   true
#define IS_known    false

#define TOOL(tool, ...) static const struct tool_argument tool##_arguments[] = {
#define ARG(tool, name, type, need, value, min, max, choices, en, ko)                                        \
	{ #name, #type, IS_##need, value, min, max, choices, en, ko },
#define ENDTOOL(tool)                                                                                        \
	}                                                                                                    \
	;
#include "ipc/tools.def"

#define TOOL(tool, ...)                    static const struct tool_result tool##_results[] = {
#define RESULT(tool, name, type, when, en) { #name, #type, IS_##when, en },
#define ENDTOOL(tool)                                                                                        \
	}                                                                                                    \
	;
#include "ipc/tools.def"

const struct tool tools[] = {
#define TOOL(tool, title_en, title_ko, text_en, text_ko)                                                     \
	{ #tool, title_en, title_ko, text_en, text_ko, tool##_arguments, ARRAY_SIZE(tool##_arguments),       \
		tool##_results, ARRAY_SIZE(tool##_results) },
#include "ipc/tools.def"
};
const size_t tool_count = ARRAY_SIZE(tools);

const struct tool *tool_find(const char *name, size_t size)
{
	for (size_t i = 0; i < tool_count; i++)
		if (strlen(tools[i].name) == size && memcmp(tools[i].name, name, size) == 0)
			return &tools[i];
	return NULL;
}
