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
/* The value of --lang of a verb: "en" or "ko", else -EINVAL after saying so. */
int language_take(const char *verb, const char *value);
/* The environment's: "ko", "en", or NULL where it names no language (nothing, C, POSIX). */
const char *language_of_environment(void);

/* A code of an answer for people: "assumed" is 가정값; one that has no word stays as it is. */
const char *code_word(const char *code, bool in_korean);

/* "tanso VERB: TEXT; see tanso VERB --help" on stderr. Returns -EINVAL. */
int refuse_usage(const char *verb, const char *text);
/* The same of the option that getopt_long() refused; main() has silenced getopt's own words. */
int refuse_option(const char *verb, char **argv);
/* The same of what stands beside the options. */
int refuse_rest(const char *verb);
