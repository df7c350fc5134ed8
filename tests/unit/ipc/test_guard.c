#include "ipc/guard.h"

#include <errno.h>
#include <msgpack.h>

#include "base/cleanup.h"
#include "tests/unit/ipc/random.h"

#define DEPTH 5
#define ITEMS 1000

#define ACCEPTS(...)                                                                                         \
	assert_int_equal(check((const uint8_t[]) { __VA_ARGS__ }, sizeof((uint8_t[]) { __VA_ARGS__ })), 0)
#define REFUSES(...)                                                                                         \
	assert_int_equal(                                                                                    \
		check((const uint8_t[]) { __VA_ARGS__ }, sizeof((uint8_t[]) { __VA_ARGS__ })), -EBADMSG)

/* A copy on the heap of exactly this size, so that ASan sees every read beyond it. */
static int check(const uint8_t *bytes, size_t size)
{
	CLEANUP(freep) uint8_t *copy = malloc(size);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return guard_check(copy, size, DEPTH, ITEMS);
}

static void whole_objects_are_accepted(void **state)
{
	(void)state;
	ACCEPTS(0x00);
	ACCEPTS(0xc0);
	ACCEPTS(0xff);
	ACCEPTS(0x90);
	ACCEPTS(0x92, 0x90, 0x01);
	ACCEPTS(0x91, 0x92, 0x91, 0x01, 0xa1, 'a');
	ACCEPTS(0x81, 0xa1, 'k', 0x93, 1, 2, 3);
	ACCEPTS(0xcf, 1, 2, 3, 4, 5, 6, 7, 8);
	ACCEPTS(0xc4, 2, 0, 0);
	ACCEPTS(0xc7, 1, 5, 0);
	ACCEPTS(0xd8, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/* Each of these makes msgpack_unpack allocate up to 16 GiB, or wait for more. */
static void claims_beyond_the_bytes_are_refused(void **state)
{
	(void)state;
	REFUSES(0xdd, 0x0f, 0xff, 0xff, 0xff);
	REFUSES(0xdf, 0x0f, 0xff, 0xff, 0xff);
	REFUSES(0xdd, 0xff, 0xff, 0xff, 0xff);
	REFUSES(0xdf, 0xff, 0xff, 0xff, 0xff);
	REFUSES(0xdc, 0xff, 0xff, 0xdc, 0xff, 0xff, 0xdc, 0xff, 0xff);
	REFUSES(0xdb, 0xff, 0xff, 0xff, 0xff, 'a');
	REFUSES(0xc6, 0xff, 0xff, 0xff, 0xff, 0);
	REFUSES(0xc9, 0xff, 0xff, 0xff, 0xff, 0);
	REFUSES(0x92, 0x01);
	REFUSES(0xdc, 0x00);
	REFUSES(0xcf, 1, 2, 3);
	REFUSES(0x81, 0x01);
}

static void anything_but_one_object_is_refused(void **state)
{
	(void)state;
	assert_int_equal(guard_check(NULL, 0, DEPTH, ITEMS), -EBADMSG);
	REFUSES(0x01, 0x02);
	REFUSES(0x90, 0x90);
	REFUSES(0xc1);
}

static void nesting_deeper_than_asked_is_refused(void **state)
{
	uint8_t nested[64];

	(void)state;
	for (uint32_t depth = 1; depth < sizeof(nested); depth++) {
		memset(nested, 0x91, depth);
		nested[depth] = 0x01;
		assert_int_equal(check(nested, depth + 1), depth <= DEPTH ? 0 : -EBADMSG);
	}
	/* even when the caller would allow what msgpack's own stack cannot hold */
	memset(nested, 0x91, 40);
	nested[40] = 0x01;
	assert_int_equal(guard_check(nested, 41, UINT32_MAX, ITEMS), -EBADMSG);
}

static void more_items_than_asked_are_refused(void **state)
{
	uint8_t flat[3 + ITEMS] = { 0xdc, (ITEMS - 1) >> 8, (ITEMS - 1) & 0xff };

	(void)state;
	assert_int_equal(check(flat, 3 + ITEMS - 1), 0);
	flat[1] = ITEMS >> 8;
	flat[2] = ITEMS & 0xff;
	assert_int_equal(check(flat, 3 + ITEMS), -EBADMSG);
}

static size_t random_bytes(struct random *random, uint8_t *bytes, size_t room)
{
	size_t size = 1 + random_below(random, room);

	for (size_t i = 0; i < size; i++) {
		/* Heads of small containers more often than chance has it: else nothing nests. */
		uint64_t pick = random_below(random, 4);
		bytes[i] = (uint8_t)(pick == 0   ? 0x80 + random_below(random, 0x24)
				     : pick == 1 ? 0xc0 + random_below(random, 0x20)
						 : random_next(random));
	}
	return size;
}

/* What the guard lets pass must be what msgpack_unpack takes whole, and with room for any depth also the reverse. */
static void guard_and_msgpack_agree_on_random_bytes(void **state)
{
	struct random random = random_new("guard");
	msgpack_zone zone;
	uint8_t bytes[48];
	int accepted = 0;

	(void)state;
	assert_true(msgpack_zone_init(&zone, 65536));
	for (int i = 0; i < 200000; i++) {
		size_t size = random_bytes(&random, bytes, i % 2 ? 6 : sizeof(bytes)), offset = 0;
		bool is_guarded = guard_check(bytes, size, 16, 48) == 0;
		msgpack_object object;

		if (!is_guarded && i % 16 != 0)
			continue; /* a hostile claim costs msgpack real memory: asked only now and then below */
		if (!is_guarded && (bytes[0] == 0xdd || bytes[0] == 0xdf || memchr(bytes, 0xdd, size) ||
					   memchr(bytes, 0xdf, size)))
			continue;
		msgpack_zone_clear(&zone);
		bool is_taken = msgpack_unpack((const char *)bytes, size, &offset, &zone, &object) ==
				MSGPACK_UNPACK_SUCCESS;
		if (is_taken != is_guarded)
			fail_msg("disagreement at input %d: guard %d, msgpack %d", i, is_guarded, is_taken);
		accepted += is_guarded;
	}
	msgpack_zone_destroy(&zone);
	assert_true(accepted > 1000); /* else this test compares refusals only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_objects_are_accepted),
		cmocka_unit_test(claims_beyond_the_bytes_are_refused),
		cmocka_unit_test(anything_but_one_object_is_refused),
		cmocka_unit_test(nesting_deeper_than_asked_is_refused),
		cmocka_unit_test(more_items_than_asked_are_refused),
		cmocka_unit_test(guard_and_msgpack_agree_on_random_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
