#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

static int ends[2], saved;

/* What is written to standard error from here on … */
static void begin(void)
{
	saved = dup(STDERR_FILENO);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
}

/* … to here, at most size - 1 bytes. */
static void end(char *text, size_t size)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], text, size - 1);
	close(ends[0]);
	text[n > 0 ? n : 0] = '\0';
}

static void the_last_line_before_silence_says_so(void **state)
{
	char text[4096];

	(void)state;
	begin();
	for (int i = 0; i < 25; i++)
		log_error("refused %d", i);
	end(text, sizeof(text));
	assert_non_null(strstr(text, "refused 8\n"));
	assert_non_null(strstr(text, "refused 9 (more in 10 s is only counted)\n"));
	assert_null(strstr(text, "refused 10"));
}

static void a_text_of_others_stays_one_line(void **state)
{
	char text[4096];

	(void)state;
	begin();
	log_info("name %s", "a\n<3>tanso: forged \033[2J\177 \xea\xb0\x80");
	end(text, sizeof(text));
	assert_string_equal(text, "tanso: name a?<3>tanso: forged ?[2J? \xea\xb0\x80\n");
}

static void what_a_library_prints_is_limited_alike(void **state)
{
	FILE *own = stderr;
	char text[4096];

	(void)state;
	begin();
	log_take_stderr();
	for (int i = 0; i < 25; i++)
		fprintf(stderr, "strange %d\n", i);
	fclose(stderr);
	stderr = own;
	end(text, sizeof(text));
	assert_non_null(strstr(text, "tanso: strange 9 (more in 10 s is only counted)\n"));
	assert_null(strstr(text, "strange 10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_line_before_silence_says_so),
		cmocka_unit_test(a_text_of_others_stays_one_line),
		cmocka_unit_test(what_a_library_prints_is_limited_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
