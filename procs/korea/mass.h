/* Kilograms in a sentence. */
#pragma once

#include <stdbool.h>

#define MASS_TEXT_MAX 32

/* Under 0.01 kg, which would read as nothing. */
bool mass_is_in_grams(double kilograms);

/* "29.97 kg", or "3.51 g". Returns `text`. */
const char *mass_text(double kilograms, char text[static MASS_TEXT_MAX]);
