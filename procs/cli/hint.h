/* Hints of answers, for people: where they name a tool, as programs need it, a person types the verb that asks the same. */
#pragma once

#include <stdio.h>

void hint_put(FILE *out, const char *hint);
