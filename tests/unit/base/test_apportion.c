#include "base/apportion.h"

#include "tests/unit/unit.h"

#define ROWS 10000

static struct share shares[ROWS];
static uint32_t scratch[ROWS];
static uint64_t seed = 0x7461736f;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void left_over_goes_to_the_largest_fractions_then_to_the_smaller_id(void **state)
{
	struct share three[] = { { .id = 9, .weight = 1 }, { .id = 3, .weight = 1 },
		{ .id = 5, .weight = 1 } };
	uint32_t room[3];

	(void)state;
	assert_int_equal(apportion(10, three, 3, room), 10);
	assert_int_equal(three[0].uj, 3);
	assert_int_equal(three[1].uj, 4);
	assert_int_equal(three[2].uj, 3);
	struct share two[] = { { .id = 1, .weight = 1 }, { .id = 2, .weight = 5 } };
	assert_int_equal(apportion(10, two, 2, room), 10); /* 1.67 and 8.33 */
	assert_int_equal(two[0].uj, 2);
	assert_int_equal(two[1].uj, 8);
}

static void nobody_gets_anything_where_nobody_worked(void **state)
{
	struct share two[] = { { .id = 1 }, { .id = 2 } };
	uint32_t room[2];

	(void)state;
	assert_int_equal(apportion(10, two, 2, room), 0);
	assert_int_equal(two[0].uj + two[1].uj, 0);
}

/* Random rows and energies, zero and enormous weights among them: not one µJ is lost or made. */
static void every_microjoule_is_given_out(void **state)
{
	(void)state;
	print_message("seed %llx\n", (unsigned long long)seed);
	for (int round = 0; round < 60; round++) {
		size_t count = 1 + random_u64() % (round % 10 == 0 ? ROWS : 50);
		uint64_t energy = random_u64() >> (random_u64() % 64), sum = 0, weights = 0;
		for (size_t i = 0; i < count; i++) {
			shares[i] = (struct share) { .id = random_u64(),
				.weight = random_u64() >> (random_u64() % 64) };
			if (random_u64() % 4 == 0)
				shares[i].weight = 0;
			weights |= shares[i].weight;
		}
		uint64_t given = apportion(energy, shares, count, scratch);
		for (size_t i = 0; i < count; i++) {
			sum += shares[i].uj;
			if (shares[i].weight == 0)
				assert_int_equal(shares[i].uj, 0);
		}
		assert_int_equal(sum, given);
		if (weights >> 40 != 0) /* scaling down enormous sums must not silence the large ones */
			assert_int_equal(given, energy);
	}
}

static void the_order_of_rows_does_not_matter(void **state)
{
	struct share a[50], b[50];
	uint32_t room[50];

	(void)state;
	for (size_t i = 0; i < 50; i++)
		a[i] = b[49 - i] = (struct share) { .id = i + 1, .weight = random_u64() % 1000 };
	apportion(123456789, a, 50, room);
	apportion(123456789, b, 50, room);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(a[i].uj, b[49 - i].uj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_over_goes_to_the_largest_fractions_then_to_the_smaller_id),
		cmocka_unit_test(nobody_gets_anything_where_nobody_worked),
		cmocka_unit_test(every_microjoule_is_given_out),
		cmocka_unit_test(the_order_of_rows_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
