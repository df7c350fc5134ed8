#include "frontend/permit.h"

#include <errno.h>
#include <string.h>

static bool has_namespace(const struct tool *tool)
{
	for (size_t i = 0; i < tool->argument_count; i++)
		if (strcmp(tool->arguments[i].name, "namespace") == 0)
			return true;
	return false;
}

static int refuse(const struct principal *principal, const char *lang, struct error_object *error)
{
	bool is_korean = strcmp(lang, "ko") == 0;

	*error = (struct error_object) { .code = ERROR_NAMESPACE_FORBIDDEN };
	snprintf(error->field, sizeof(error->field), "namespace");
	snprintf(error->hint, sizeof(error->hint),
		is_korean ? "다음 중 하나를 namespace로 지정하십시오: %.400s"
			  : "Name one of these as namespace: %.400s",
		principal->namespaces);
	return -EACCES;
}

int permit_arguments(const struct principal *principal, const struct tool *tool,
	struct json_object *arguments, const char *lang, struct error_object *error)
{
	struct json_object *given = NULL;
	const char *only = principal_only_namespace(principal);

	if (principal->namespaces[0] == '\0' || !has_namespace(tool))
		return 0;
	json_object_object_get_ex(arguments, "namespace", &given);
	if (given == NULL && only != NULL) {
		json_object_object_add(arguments, "namespace", json_object_new_string(only));
		return 0;
	}
	return given != NULL && principal_may_see(principal, json_object_get_string(given))
		       ? 0
		       : refuse(principal, lang, error);
}
