/*
 * Arguments as a web form sends them (application/x-www-form-urlencoded, https://url.spec.whatwg.org/#application/x-www-form-urlencoded):
 * what the docs page's fields become. Pure.
 */
#pragma once

#include <stdbool.h>

#include "ipc/tools.h"

#define FORM_FIELDS_MAX 64

/* True for a body that is to be read as a form. `curl -d` calls a JSON body one: what begins as JSON is JSON. */
bool form_is_meant(const char *content_type, size_t content_type_size, const char *body, size_t size);
/* A new object, owned by the caller: empty fields are left out, booleans and lists (repeated, or by commas) are what
 * the table says, the rest is text. NULL: no form, more than FORM_FIELDS_MAX fields, or out of memory. */
struct json_object *form_parse(const struct tool *tool, const char *body, size_t size);
