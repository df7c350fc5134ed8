/*
 * Log lines on stderr: "<N>stage: text key=value", N as in syslog(3), which journald and `tanso up` read; the prefix
 * is left out on a terminal. Only processes log; libraries (base, ipc) return -errno instead.
 * Each call site is limited to 10 lines in 10 s; what was swallowed is counted on its next line. Whatever stands in a text,
 * it is one line, and moves no terminal's cursor.
 */
#pragma once

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 };

struct log_site {
	uint64_t window_start_ns;
	unsigned lines;
	unsigned swallowed;
};

/* Names the process in every line. `stage` must outlive the process's logging. */
void log_open(const char *stage);
void log_set_level(enum log_level level);
void log_line(struct log_site *site, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What libraries print on stderr (h2o does for each strange frame it is sent) becomes lines like ours, and no more of them. */
void log_take_stderr(void);
/* Why the process cannot start (-errno), unless an error line has said it already, and better. */
void log_start_failure(int error);

#define LOG_AT(level, ...)                                                                                   \
	do {                                                                                                 \
		static struct log_site site_;                                                                \
		log_line(&site_, level, __VA_ARGS__);                                                        \
	} while (0)

#define log_error(...)   LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) LOG_AT(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
