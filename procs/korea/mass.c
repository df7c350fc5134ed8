#include "korea/mass.h"

#include <math.h>
#include <stdio.h>

#define KILOGRAMS_LEAST 0.01
#define GRAMS_LEAST     0.01

const char *mass_text(double kilograms, char text[static MASS_TEXT_MAX])
{
	double grams = fabs(kilograms) * 1000;

	if (fabs(kilograms) >= KILOGRAMS_LEAST || grams <= 0)
		snprintf(text, MASS_TEXT_MAX, "%.2f kg", kilograms);
	else if (grams < GRAMS_LEAST)
		snprintf(text, MASS_TEXT_MAX, "< %g g", GRAMS_LEAST);
	else
		snprintf(text, MASS_TEXT_MAX, "%.2f g", kilograms * 1000);
	return text;
}
