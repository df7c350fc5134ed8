/* What ails an answer whoever gave it, and the key of the configuration that mends it. */
#pragma once

#include "base/fetch.h"

/* `key` named the server. False: nothing that shows before the answer is read; `text` is left alone. */
bool source_ails(const char *key, const struct fetch_answer *answer, char *text, size_t size);
