#include "tests/unit/unit.h"

#include "base/cleanup.h"
#include "base/web/private.h"

static void at_most_one_line_says_how_long_a_body_is(void **state)
{
	static const struct {
		const char *head;
		bool is_once;
	} cases[] = {
		{ "", true },
		{ "GET / HTTP/1.1", true },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true },
		{ "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\ncontent-length: 3\r\n", true },
		{ "POST / HTTP/1.1\r\nX-Content-Length: 2\r\nContent-Length: 2\r\n\r\n", true },
		{ "POST / HTTP/1.1\r\nX: a\r\n content-length: 3\r\nContent-Length: 2\r\n\r\n", true },
		{ "POST / HTTP/1.1\r\nContent-Length: 2\r\nHost: a\r\ncontent-length: 2\r\n\r\n", false },
		{ "POST / HTTP/1.1\nTRANSFER-ENCODING: chunked\nContent-Length: 2\n\n", false },
		{ "\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n",
			false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(web_is_framed_once(cases[i].head, strlen(cases[i].head)), cases[i].is_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_most_one_line_says_how_long_a_body_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
