/* Who asks, as far as it is known, and what they may see. */
#pragma once

#include <stdbool.h>

#define PRINCIPAL_NAME_MAX       64
#define PRINCIPAL_NAMESPACES_MAX 1024

struct principal {
	char name[PRINCIPAL_NAME_MAX + 1];             /* "" = whoever reaches a server without credentials */
	char namespaces[PRINCIPAL_NAMESPACES_MAX + 1]; /* comma-separated; "" = all */
};

extern const struct principal principal_anyone;

/* May they see what is in this namespace? */
bool principal_may_see(const struct principal *principal, const char *namespace);
/* The one namespace they may see, or NULL: all, or several. */
const char *principal_only_namespace(const struct principal *principal);
