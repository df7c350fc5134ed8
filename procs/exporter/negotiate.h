/* What a scraper wants, from its request headers (RFC 9110, 12.5). Foreign bytes: nothing in them is an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "exporter/metrics.h"

/* OpenMetrics where the scraper names it (version 1.0.0, or none) and weighs it at least as much as plain text; text
 * for all others, those that accept neither included. */
enum format negotiate_format(const char *accept, size_t size);
bool negotiate_gzip(const char *accept_encoding, size_t size);
/* Value of the Content-Type header. */
const char *format_content_type(enum format format);
