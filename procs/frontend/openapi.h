/*
 * What describes this server to programs and to language models: /openapi.json (OpenAPI 3.1.0,
 * https://spec.openapis.org/oas/v3.1.0), /llms.txt (https://llmstxt.org) and /reasons, all derived from tools.def,
 * views.def and reasons.def.
 */
#pragma once

#include <stddef.h>

/* lang "ko", else English. The text is made at the first call and kept for the process's life; NULL when there was no
 * memory. */
const char *openapi_document(const char *lang, size_t *ret_size);
const char *openapi_llms(const char *lang, size_t *ret_size);
/* {"reasons":{CODE: text}, "errors":{CODE: text}} */
const char *openapi_reasons(const char *lang, size_t *ret_size);
