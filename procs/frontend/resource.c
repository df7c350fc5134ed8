#include "frontend/resource.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/oauth-protected-resource"

/* Where the path of an http or https URL begins; NULL: it is none, or could not stand between quotes. */
static const char *path_of(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
			   : strncmp(url, "http://", 7) == 0 ? url + 7
							     : "";

	return *host == '\0' || strpbrk(url, "\"\\?# ") != NULL ? NULL : host + strcspn(host, "/");
}

static struct json_object *servers(const char *list)
{
	struct json_object *all = json_object_new_array();

	for (list += strspn(list, ", "); *list != '\0'; list += strspn(list, ", ")) {
		size_t size = strcspn(list, ", ");
		json_object_array_add(all, json_object_new_string_len(list, (int)size));
		list += size;
	}
	return all;
}

static int write_document(struct resource *resource, const char *audience, const char *list)
{
	struct json_object *document = json_object_new_object(), *methods = json_object_new_array();

	json_object_array_add(methods, json_object_new_string("header"));
	json_object_object_add(document, "resource", json_object_new_string(audience));
	json_object_object_add(document, "resource_name", json_object_new_string("tanso"));
	json_object_object_add(document, "authorization_servers", servers(list));
	json_object_object_add(document, "bearer_methods_supported", methods);
	int size = snprintf(resource->document, sizeof(resource->document), "%s",
		json_object_to_json_string_ext(
			document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
	return size < 0 || (size_t)size >= sizeof(resource->document) ? -E2BIG : 0;
}

int resource_make(struct resource *resource, const struct config *config)
{
	const char *audience = config->http_jwt_audience, *path = path_of(audience);
	const char *list = config->http_authorization_servers[0] != '\0' ? config->http_authorization_servers
									 : config->http_jwt_issuer;

	*resource = (struct resource) { 0 };
	if (config->http_jwks[0] == '\0' || path == NULL || list[0] == '\0')
		return 0;
	snprintf(resource->path, sizeof(resource->path), "%s", strcmp(path, "/") == 0 ? "" : path);
	int size = snprintf(resource->challenge, sizeof(resource->challenge),
		"resource_metadata=\"%.*s" WELL_KNOWN "%s\"", (int)(path - audience), audience,
		resource->path);
	if (size < 0 || (size_t)size >= sizeof(resource->challenge))
		return -E2BIG;
	return write_document(resource, audience, list);
}

bool resource_is_at(const struct resource *resource, const char *path, size_t size)
{
	size_t prefix = sizeof(WELL_KNOWN) - 1;

	if (resource->document[0] == '\0' || size < prefix || memcmp(path, WELL_KNOWN, prefix) != 0)
		return false;
	return size == prefix || (size - prefix == strlen(resource->path) &&
					 memcmp(path + prefix, resource->path, size - prefix) == 0);
}
