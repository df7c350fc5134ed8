#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/language.h"

#define SITE_LINES     10
#define SITE_WINDOW_NS (10 * NS_PER_SECOND)
#define LINE_MAX_BYTES 2048

static const char *stage_text = "tanso";
static enum log_level highest = LOG_LEVEL_INFO;
static bool has_prefix, has_told_error;

void log_open(const char *stage)
{
	stage_text = stage;
	/* journald sets JOURNAL_STREAM, `tanso up` sets NOTIFY_SOCKET: both read the "<N>" prefix. */
	has_prefix = getenv("JOURNAL_STREAM") != NULL || getenv("NOTIFY_SOCKET") != NULL;
}

void log_set_level(enum log_level level)
{
	highest = level;
}

/* *ret_is_last: the next lines of this site are only counted. */
static bool may_log(struct log_site *site, unsigned *ret_swallowed, bool *ret_is_last)
{
	uint64_t now_ns = clock_mono_ns();

	if (site->window_start_ns == 0 || now_ns - site->window_start_ns > SITE_WINDOW_NS) {
		*ret_swallowed = site->swallowed;
		*site = (struct log_site) { .window_start_ns = now_ns };
	}
	if (site->lines == SITE_LINES) {
		site->swallowed++;
		return false;
	}
	*ret_is_last = ++site->lines == SITE_LINES;
	return true;
}

void log_line(struct log_site *site, enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	unsigned swallowed = 0;
	bool is_last = false;
	size_t used = 0;
	va_list arguments;

	has_told_error |= level == LOG_LEVEL_ERROR;
	if (level > highest || !may_log(site, &swallowed, &is_last))
		return;
	if (has_prefix)
		used += (size_t)snprintf(line, sizeof(line), "<%d>", level);
	used += (size_t)snprintf(line + used, sizeof(line) - used, "%s: ", stage_text);
	va_start(arguments, format);
	int written = vsnprintf(line + used, sizeof(line) - used - 64, format, arguments);
	va_end(arguments);
	if (written < 0)
		return;
	size_t begin = used;
	used += (size_t)written < sizeof(line) - used - 64 ? (size_t)written : sizeof(line) - used - 65;
	for (char *c = line + begin; c < line + used; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	if (swallowed > 0)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " swallowed=%u", swallowed);
	if (is_last)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " (more in 10 s is only counted)");
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0)
		return; /* nobody is listening: nothing to tell them */
}

static ssize_t take_foreign(void *cookie, const char *bytes, size_t size)
{
	static struct log_site site;
	size_t length = size > 0 && bytes[size - 1] == '\n' ? size - 1 : size;

	(void)cookie;
	log_line(&site, LOG_LEVEL_INFO, "%.*s", (int)length, bytes);
	return (ssize_t)size;
}

void log_take_stderr(void)
{
	FILE *foreign = fopencookie(NULL, "w", (cookie_io_functions_t) { .write = take_foreign });

	if (foreign == NULL)
		return;
	setvbuf(foreign, NULL, _IOLBF, 0);
	stderr = foreign;
}

void log_start_failure(int error)
{
	static struct log_site site;

	if (!has_told_error)
		log_line(&site, LOG_LEVEL_ERROR, in_language("cannot start: %s", "시작할 수 없습니다: %s"),
			strerror(-error));
}
