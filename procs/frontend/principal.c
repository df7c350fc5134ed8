#include "frontend/principal.h"

#include <string.h>

const struct principal principal_anyone;

bool principal_may_see(const struct principal *principal, const char *namespace)
{
	size_t size = strlen(namespace);

	if (principal->namespaces[0] == '\0')
		return true;
	for (const char *at = principal->namespaces; *at != '\0';) {
		size_t item = strcspn(at, ",");
		if (item == size && memcmp(at, namespace, size) == 0)
			return true;
		at += item;
		at += *at == ',';
	}
	return false;
}

const char *principal_only_namespace(const struct principal *principal)
{
	return principal->namespaces[0] != '\0' && strchr(principal->namespaces, ',') == NULL
		       ? principal->namespaces
		       : NULL;
}
