#include "exporter/negotiate.h"

#include <string.h>

#include "tests/unit/unit.h"

static enum format format_for(const char *accept)
{
	return negotiate_format(accept, strlen(accept));
}

static bool gzip_for(const char *encoding)
{
	return negotiate_gzip(encoding, strlen(encoding));
}

static void prometheus_gets_openmetrics(void **state)
{
	(void)state;
	assert_int_equal(
		format_for("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version="
			   "0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
		FORMAT_OPENMETRICS);
	assert_int_equal(
		format_for("application/openmetrics-text; version=1.0.0; charset=utf-8"), FORMAT_OPENMETRICS);
	assert_int_equal(format_for("APPLICATION/OpenMetrics-Text"), FORMAT_OPENMETRICS);
}

static void browsers_and_curl_get_text(void **state)
{
	(void)state;
	assert_int_equal(format_for(""), FORMAT_TEXT);
	assert_int_equal(format_for("*/*"), FORMAT_TEXT);
	assert_int_equal(format_for("text/html,application/xhtml+xml,*/*;q=0.8"), FORMAT_TEXT);
	assert_int_equal(format_for("image/png"), FORMAT_TEXT); /* no 406: a scraper can still read it */
}

static void weights_decide(void **state)
{
	(void)state;
	assert_int_equal(format_for("application/openmetrics-text;q=0.4,text/plain;q=0.5"), FORMAT_TEXT);
	assert_int_equal(
		format_for("text/plain;q=0.5,application/openmetrics-text;q=0.500"), FORMAT_OPENMETRICS);
	assert_int_equal(format_for("application/openmetrics-text;q=0,*/*"), FORMAT_TEXT);
	assert_int_equal(format_for("application/openmetrics-text;q=0"), FORMAT_TEXT);
	assert_int_equal(
		format_for("application/openmetrics-text; q=1.0 , text/* ;q=1.000"), FORMAT_OPENMETRICS);
}

static void versions_we_do_not_speak_do_not_count(void **state)
{
	(void)state;
	assert_int_equal(format_for("application/openmetrics-text;version=0.0.1"), FORMAT_TEXT);
	assert_int_equal(
		format_for("application/openmetrics-text;version=2.0.0,text/plain;q=0.1"), FORMAT_TEXT);
	assert_int_equal(
		format_for("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=1.0.0"),
		FORMAT_OPENMETRICS);
}

static void nonsense_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(format_for(",,;;q=,;q==,q=2;;,"), FORMAT_TEXT);
	assert_int_equal(format_for("application/openmetrics-text;q=nan,text/plain;q=0.1"), FORMAT_TEXT);
	assert_int_equal(format_for("application/openmetrics-text;q=1.5"), FORMAT_TEXT);
	assert_int_equal(format_for("application/openmetrics-text;q=0.12345"), FORMAT_TEXT);
	assert_int_equal(negotiate_format(NULL, 0), FORMAT_TEXT);
}

static void gzip_is_given_to_who_names_it(void **state)
{
	(void)state;
	assert_true(gzip_for("gzip"));
	assert_true(gzip_for("deflate, GZIP;q=0.5, br"));
	assert_true(gzip_for("*"));
	assert_false(gzip_for(""));
	assert_false(gzip_for("br, deflate"));
	assert_false(gzip_for("gzip;q=0, *"));
	assert_false(gzip_for("gzip;q=0.5, identity"));
	assert_true(gzip_for("gzip, identity;q=0.5"));
	assert_false(negotiate_gzip(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_gets_openmetrics),
		cmocka_unit_test(browsers_and_curl_get_text),
		cmocka_unit_test(weights_decide),
		cmocka_unit_test(versions_we_do_not_speak_do_not_count),
		cmocka_unit_test(nonsense_is_no_error),
		cmocka_unit_test(gzip_is_given_to_who_names_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
