#include "base/large.h"

#include "tests/unit/unit.h"

#include "base/idmap.h"

#define MIB ((size_t)1 << 20)

static void what_was_in_it_stays_however_large_it_grows(void **state)
{
	static const size_t sizes[] = { 1, 4096, MIB, 2 * MIB, 2 * MIB + 1, 9 * MIB };
	unsigned char *memory = NULL;
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memory = large_grow(memory, used, sizes[i]);
		assert_non_null(memory);
		for (size_t at = 0; at < used; at += 251)
			assert_int_equal(memory[at], at % 256);
		for (; used < sizes[i]; used++)
			memory[used] = (unsigned char)used;
	}
	assert_null(large_grow(memory, used, SIZE_MAX));
	assert_int_equal(memory[used - 1], (used - 1) % 256); /* as it was */
	free(memory);
}

static void a_map_finds_the_same_whether_room_was_reserved_or_not(void **state)
{
	struct idmap grown = { 0 }, reserved = { 0 };
	uint32_t value;

	(void)state;
	assert_int_equal(idmap_reserve(&reserved, 100000), 0);
	size_t slots = reserved.slots;
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(idmap_put(&grown, UINT64_C(77) * i, i), 0);
		assert_int_equal(idmap_put(&reserved, UINT64_C(77) * i, i), 0);
	}
	assert_int_equal(reserved.slots, slots);
	assert_int_equal(grown.slots, slots);
	for (uint32_t i = 0; i < 100000; i++) {
		assert_true(idmap_find(&grown, UINT64_C(77) * i, &value) && value == i);
		assert_true(idmap_find(&reserved, UINT64_C(77) * i, &value) && value == i);
		assert_false(idmap_find(&reserved, UINT64_C(77) * i + 1, &value));
	}
	idmap_done(&grown);
	idmap_done(&reserved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_in_it_stays_however_large_it_grows),
		cmocka_unit_test(a_map_finds_the_same_whether_room_was_reserved_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
