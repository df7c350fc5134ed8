/* Kilograms in a sentence. */
#pragma once

#define MASS_TEXT_MAX 32

/* "29.97 kg"; under 0.01 kg, where that would read as nothing, in grams: "3.51 g". Returns `text`. */
const char *mass_text(double kilograms, char text[static MASS_TEXT_MAX]);
