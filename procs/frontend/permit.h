/* What a principal may ask: their namespaces become part of the question, so that the analyst searches, sums and suggests
 * within them alone. */
#pragma once

#include "frontend/principal.h"
#include "ipc/tools.h"

/* Fills in the one namespace of a principal who named none; refuses another's (NAMESPACE_FORBIDDEN). `arguments` were
 * checked against the tool. 0, or -EACCES with `error` filled. */
int permit_arguments(const struct principal *principal, const struct tool *tool,
	struct json_object *arguments, const char *lang, struct error_object *error);
