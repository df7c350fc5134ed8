#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

/* What the calls write to standard error, at most size - 1 bytes. */
static void logged(int times, char *text, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	for (int i = 0; i < times; i++)
		log_error("refused %d", i);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], text, size - 1);
	close(ends[0]);
	text[n > 0 ? n : 0] = '\0';
}

static void the_last_line_before_silence_says_so(void **state)
{
	char text[4096];

	(void)state;
	logged(25, text, sizeof(text));
	assert_non_null(strstr(text, "refused 8\n"));
	assert_non_null(strstr(text, "refused 9 (more in 10 s is only counted)\n"));
	assert_null(strstr(text, "refused 10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_last_line_before_silence_says_so) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
