/* The names in a file of bearer tokens: what `tanso token` writes and tanso-frontend reads. */
#pragma once

#include <stdbool.h>

#define TOKEN_NAME_MAX 64

/* 1 to TOKEN_NAME_MAX letters, digits and . _ @ - */
bool token_is_name(const char *text);
