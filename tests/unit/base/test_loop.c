#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

struct counted {
	struct source source;
	struct loop *loop;
	struct source *victim;
	unsigned calls, stop_after;
	int result;
};

static int count_bytes(struct source *source)
{
	struct counted *counted = container_of(source, struct counted, source);
	char byte;

	if (read(source->fd, &byte, 1) != 1)
		return -EIO;
	if (counted->victim != NULL)
		loop_remove(counted->loop, counted->victim);
	if (++counted->calls == counted->stop_after)
		loop_stop(counted->loop);
	return counted->result;
}

static void make_counted(struct counted *counted, struct loop *loop, const char *bytes)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	*counted = (struct counted) { .source = { ends[0], count_bytes }, .loop = loop };
	assert_int_equal(loop_add(loop, &counted->source), 0);
}

static void a_ready_source_is_called_until_it_stops_the_loop(void **state)
{
	struct loop *loop;
	struct counted counted;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	make_counted(&counted, loop, "abc");
	counted.stop_after = 3;
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(counted.calls, 3);
	assert_true(loop_turns(loop) >= 3);
	loop_free(loop);
}

static void a_source_removed_in_the_same_turn_is_not_called(void **state)
{
	struct loop *loop;
	struct counted first, second;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	make_counted(&first, loop, "a");
	make_counted(&second, loop, "b");
	first.victim = &second.source;
	second.victim = &first.source;
	first.stop_after = second.stop_after = 1;
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(first.calls + second.calls, 1);
	loop_free(loop);
}

static void a_failing_source_ends_the_loop_with_its_error(void **state)
{
	struct loop *loop;
	struct counted counted;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	make_counted(&counted, loop, "a");
	counted.result = -EPROTO;
	assert_int_equal(loop_run(loop), -EPROTO);
	loop_free(loop);
}

static void sigterm_ends_the_loop_cleanly(void **state)
{
	struct loop *loop;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	raise(SIGTERM);
	assert_int_equal(loop_run(loop), 0);
	loop_free(loop);
}

static struct loop *timer_loop;
static unsigned expiries;

static int on_expiry(struct timer *timer)
{
	(void)timer;
	if (++expiries == 2)
		loop_stop(timer_loop);
	return 0;
}

static void a_timer_repeats(void **state)
{
	struct timer timer;

	(void)state;
	assert_int_equal(loop_new(&timer_loop), 0);
	assert_int_equal(timer_open(&timer, on_expiry), 0);
	assert_int_equal(loop_add(timer_loop, &timer.source), 0);
	assert_int_equal(timer_set(&timer, 0, NS_PER_MILLISECOND), 0);
	assert_int_equal(loop_run(timer_loop), 0);
	assert_int_equal(expiries, 2);
	timer_close(&timer);
	loop_free(timer_loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ready_source_is_called_until_it_stops_the_loop),
		cmocka_unit_test(a_source_removed_in_the_same_turn_is_not_called),
		cmocka_unit_test(a_failing_source_ends_the_loop_with_its_error),
		cmocka_unit_test(sigterm_ends_the_loop_cleanly),
		cmocka_unit_test(a_timer_repeats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
