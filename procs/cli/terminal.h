/* What goes to a person's terminal: colour, and foreign text made harmless. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* True on a terminal, unless NO_COLOR is set. */
bool terminal_has_colour(FILE *out);
/* Writes text without control characters: names of pods and processes are anybody's text, and escape sequences rewrite
 * a screen. Newlines become spaces. */
void terminal_put(FILE *out, const char *text);
/* How many columns of a terminal a text takes. */
int terminal_columns(const char *text);
/* The same, and then spaces up to `columns` of a terminal, where Hangul and other wide characters take two. */
void terminal_pad(FILE *out, const char *text, int columns);
/* The same, with the spaces before it. */
void terminal_pad_left(FILE *out, const char *text, int columns);
/* To so many decimals, half away from zero as the value is written: 390.15 is 390.2 in every text, whatever its last bit. */
double rounded(double value, int digits);
/* Writes text and a newline, broken at spaces so that no line is wider than TERMINAL_COLUMNS; further lines begin
 * `indent` columns in, and the first one, it is assumed, is there already. */
#define TERMINAL_COLUMNS 100
void terminal_wrap(FILE *out, const char *text, int indent);
/* A row of a --help: what is written on the left, and its meaning; the latter on the next line where the left is long. */
void terminal_option(FILE *out, const char *left, const char *text);
