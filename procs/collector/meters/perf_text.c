#include "collector/meters/perf_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CPU_MAX        65536
#define MANTISSA_BITS  53
#define JOULES_IN_UJ   1e6
#define COUNT_JOULES   1.0   /* a count that stands for more is no RAPL counter */
#define COUNT_JOULES_0 1e-15 /* nor one that stands for less */

int perf_text_event(const char *text, uint64_t *ret_config)
{
	char *end;

	if (strncmp(text, "event=0x", 8) != 0)
		return -EBADMSG;
	errno = 0;
	unsigned long long value = strtoull(text + 8, &end, 16);
	if (errno != 0 || end == text + 8 || *end != '\0' ||
		value > UINT8_MAX) /* format/event is config:0-7 */
		return -EBADMSG;
	*ret_config = value;
	return 0;
}

int perf_text_scale(const char *text, struct tally_unit *ret_unit)
{
	char *end;
	double joules = strtod(text, &end);
	int exponent;

	if (end == text || *end != '\0' || !(joules >= COUNT_JOULES_0 && joules <= COUNT_JOULES))
		return -EBADMSG;
	/* A double is an integer times a power of two: with that all further arithmetic is exact. */
	double fraction = frexp(joules * JOULES_IN_UJ, &exponent);
	uint64_t mantissa = (uint64_t)ldexp(fraction, MANTISSA_BITS);
	int shift = MANTISSA_BITS - exponent;
	while (mantissa % 2 == 0 && shift > 0) {
		mantissa /= 2;
		shift--;
	}
	*ret_unit = (struct tally_unit) { mantissa, (uint32_t)shift };
	return 0;
}

static int take_number(const char **text, uint32_t *ret_value)
{
	uint32_t value = 0;
	const char *at = *text;

	while (*at >= '0' && *at <= '9' && value < CPU_MAX)
		value = value * 10 + (uint32_t)(*at++ - '0');
	if (at == *text || value >= CPU_MAX)
		return -EBADMSG;
	*text = at;
	*ret_value = value;
	return 0;
}

int perf_text_cpus(const char *text, uint32_t cpus[static PERF_CPUS_MAX], size_t *ret_count)
{
	uint32_t first, last;

	*ret_count = 0;
	for (;;) {
		if (take_number(&text, &first) < 0)
			return -EBADMSG;
		last = first;
		if (*text == '-') {
			text++;
			if (take_number(&text, &last) < 0 || last < first)
				return -EBADMSG;
		}
		for (uint32_t cpu = first; cpu <= last; cpu++) {
			if (*ret_count == PERF_CPUS_MAX)
				return -E2BIG;
			cpus[(*ret_count)++] = cpu;
		}
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return -EBADMSG;
	}
}
