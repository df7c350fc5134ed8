#include "ipc/link_join.h"

#include "tests/unit/unit.h"

static struct frame_head part_of(uint64_t seq, uint32_t part, uint32_t parts)
{
	return (struct frame_head) {
		.kind = FRAME_power, .version = 1, .seq = seq, .part = part, .parts = parts
	};
}

static nng_msg *message(void)
{
	nng_msg *made;

	assert_int_equal(nng_msg_alloc(&made, 8), 0);
	return made;
}

static bool add(struct joiner *joiner, struct frame_head head)
{
	assert_true(joiner_fits(joiner, &head));
	return joiner_add(joiner, &head, message());
}

static void parts_in_order_make_a_frame(void **state)
{
	struct joiner joiner = { 0 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_false(add(&joiner, part_of(7, 0, 3)));
		assert_false(add(&joiner, part_of(7, 1, 3)));
		assert_true(add(&joiner, part_of(7, 2, 3)));
		joiner_clear(&joiner);
	}
}

static void parts_of_another_frame_do_not_fit(void **state)
{
	struct joiner joiner = { 0 };
	struct frame_head other;

	(void)state;
	other = part_of(7, 1, 3);
	assert_false(joiner_fits(&joiner, &other)); /* nothing begun */
	add(&joiner, part_of(7, 0, 3));
	assert_true(joiner_fits(&joiner, &other));
	other = part_of(8, 1, 3);
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 1, 4);
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 2, 3); /* part 1 is missing */
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 0, 3); /* sent again from the beginning */
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 1, 3);
	other.epoch.birth_ns = 1;
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 1, 3);
	other.energy_epoch = 1;
	assert_false(joiner_fits(&joiner, &other));
	other = part_of(7, 1, 3);
	other.kind = FRAME_workload;
	assert_false(joiner_fits(&joiner, &other));
	joiner_clear(&joiner);
}

static void the_most_parts_fit(void **state)
{
	struct joiner joiner = { 0 };

	(void)state;
	for (uint32_t i = 0; i + 1 < FRAME_PARTS_MAX; i++)
		assert_false(add(&joiner, part_of(1, i, FRAME_PARTS_MAX)));
	assert_true(add(&joiner, part_of(1, FRAME_PARTS_MAX - 1, FRAME_PARTS_MAX)));
	joiner_clear(&joiner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_in_order_make_a_frame),
		cmocka_unit_test(parts_of_another_frame_do_not_fit),
		cmocka_unit_test(the_most_parts_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
