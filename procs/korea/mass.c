#include "korea/mass.h"

#include <math.h>
#include <stdio.h>

#define KILOGRAMS_LEAST 0.01
#define GRAMS_LEAST     0.01

bool mass_is_in_grams(double kilograms)
{
	return fabs(kilograms) < KILOGRAMS_LEAST && fabs(kilograms) > 0;
}

const char *mass_text(double kilograms, char text[static MASS_TEXT_MAX])
{
	if (!mass_is_in_grams(kilograms))
		snprintf(text, MASS_TEXT_MAX, "%.2f kg", kilograms);
	else if (fabs(kilograms) * 1000 < GRAMS_LEAST)
		snprintf(text, MASS_TEXT_MAX, "< %g g", GRAMS_LEAST);
	else
		snprintf(text, MASS_TEXT_MAX, "%.2f g", kilograms * 1000);
	return text;
}
