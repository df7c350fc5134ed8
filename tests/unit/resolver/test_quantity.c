#include "resolver/quantity.h"

#include <errno.h>

#include "tests/unit/unit.h"

static const struct {
	const char *text;
	int decimals;
	uint64_t value;
} good[] = {
	/* CPUs, in thousandths */
	{ "250m", 3, 250 },
	{ "1", 3, 1000 },
	{ "1.5", 3, 1500 },
	{ "0.1", 3, 100 },
	{ ".5", 3, 500 },
	{ "2.", 3, 2000 },
	{ "100u", 3, 1 },
	{ "1n", 3, 1 },
	{ "1001u", 3, 2 }, /* rounded up */
	{ "0", 3, 0 },
	{ "0m", 3, 0 },
	{ "+3", 3, 3000 },
	{ "2k", 3, 2000000 },
	{ "1e3", 3, 1000000 },
	{ "0.25", 3, 250 },
	{ "0.500000000000000000000000", 3, 500 },
	{ "1Ki", 3, 1024000 },
	/* bytes */
	{ "128Mi", 0, UINT64_C(134217728) },
	{ "1G", 0, UINT64_C(1000000000) },
	{ "1e3", 0, 1000 },
	{ "1E3", 0, 1000 },
	{ "1E", 0, UINT64_C(1000000000000000000) },
	{ "2Ei", 0, UINT64_C(2305843009213693952) },
	{ "1.5Gi", 0, UINT64_C(1610612736) },
	{ "123456789", 0, 123456789 },
	{ "64000m", 0, 64 },
	{ "1m", 0, 1 },
	{ "0.1Ki", 0, 103 },
	{ "12e-1", 0, 2 },
	{ "9223372036854775807", 0, UINT64_C(9223372036854775807) },
	{ "15.99Ei", 0, UINT64_C(18435214858663483147) },
};

static const struct {
	const char *text;
	int error;
} bad[] = {
	{ "", -EINVAL },
	{ "m", -EINVAL },
	{ ".", -EINVAL },
	{ "-1", -EINVAL },
	{ "1mm", -EINVAL },
	{ "1 ", -EINVAL },
	{ " 1", -EINVAL },
	{ "1,5", -EINVAL },
	{ "1.2.3", -EINVAL },
	{ "1ki", -EINVAL },
	{ "1K", -EINVAL },
	{ "1e", -EINVAL },
	{ "1e+", -EINVAL },
	{ "1e3m", -EINVAL },
	{ "0x10", -EINVAL },
	{ "1e999", -ERANGE },
	{ "99Ei", -ERANGE },
	{ "1e40", -ERANGE },
	{ "12345678901234567890", -ERANGE },
	{ "16Ei", -ERANGE },
	{ "0.0000000000000000000000000000000000000001", -ERANGE },
};

static void quantities_are_read_exactly(void **state)
{
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int r = quantity_parse(good[i].text, good[i].decimals, &value);
		if (r != 0 || value != good[i].value)
			fail_msg("%s is %llu (%d), not %llu", good[i].text, (unsigned long long)value, r,
				(unsigned long long)good[i].value);
	}
}

static void what_is_no_quantity_is_refused(void **state)
{
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (quantity_parse(bad[i].text, 0, &value) != bad[i].error)
			fail_msg("%s is not refused with %d", bad[i].text, bad[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities_are_read_exactly),
		cmocka_unit_test(what_is_no_quantity_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
