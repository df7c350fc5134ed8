/* Writes docs/metrics.md to stdout. */
#include "exporter/exposition.h"

int main(void)
{
	exposition_describe(stdout);
	return 0;
}
