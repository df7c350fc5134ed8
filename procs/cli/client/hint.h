/*
 * What a server says to programs, for people: where it names a tool, a person types the verb that asks the same, and for an
 * argument its option. The table of both is ipc/tools.def.
 */
#pragma once

#include <stdio.h>

#include "cli/client/question.h"

/* A refusal's words: any argument of the question's tool that has an underscore or stands in backquotes, and the `field`
 * that was refused where they begin with it. malloc'ed, or NULL: out of memory. */
char *hint_text(const struct question *question, const char *field, const char *text);
/* The same to a terminal. */
void hint_put(FILE *out, const struct question *question, const char *field, const char *text);
/* Replaces the prose of an answer: of it, what stands in backquotes alone, for names of workloads are anybody's. */
void hint_rewrite(const struct question *question, struct json_object *root);
