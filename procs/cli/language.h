/*
 * The language the command line speaks: one for the whole process, so that help and refusals are in it before any
 * argument is understood. --lang says it, else LC_ALL, LC_MESSAGES or LANG, else `lang` of tanso.conf (of the
 * clone's, in a clone).
 */
#pragma once

#include <stdbool.h>

#include "base/language.h"

/* Looks for --lang and --config among the arguments, wherever they stand; call it first. */
void language_choose(int argc, char **argv);
/* The environment's: "ko", "en", or NULL where it names no language (nothing, C, POSIX). */
const char *language_of_environment(void);

/* A code of an answer for people: "assumed" is 가정값; one that has no word stays as it is. */
const char *code_word(const char *code, bool in_korean);
