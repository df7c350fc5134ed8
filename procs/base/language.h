/*
 * The language a process speaks to the person before it, English or Korean: one for the whole process, English until
 * said. The command line chooses it (cli/language.h) and hands it to the stages that `tanso up` starts; stages of systemd
 * write English journals.
 */
#pragma once

#include <stdbool.h>

#define LANGUAGE_VARIABLE "TANSO_LANG" /* how `tanso up` tells its stages */

/* "ko…" is Korean, everything else English. */
void language_set(const char *name);
bool language_is_korean(void);
/* "ko" or "en" */
const char *language_name(void);
/* The one of two texts, or of two formats with the same arguments. */
const char *in_language(const char *english, const char *korean)
	__attribute__((format_arg(1), format_arg(2)));
