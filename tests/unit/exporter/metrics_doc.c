/* Writes docs/metrics.md to stdout. */
#include "exporter/metrics.h"

int main(void)
{
	metrics_describe(stdout);
	return 0;
}
