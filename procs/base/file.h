/* Small text files of procfs, sysfs and cgroupfs: read whole, into a buffer with a limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads at most size - 1 bytes of `path` (relative to dir_fd, AT_FDCWD for the working folder), NUL-terminates, strips
 * one trailing newline. The length, or -errno (-E2BIG when it did not fit). */
int file_read_text(int dir_fd, const char *path, char *text, size_t size);

/* The next line of a list that people write, without blanks before it and its line end; empty ones and comments (#) are
 * passed over. *text (NUL-terminated) is changed and moves on, *line counts. NULL at the end. */
char *file_next_line(char **text, unsigned *line);

/* Which file stands under a path, and as of when: replaced or rewritten, it differs. All zero = none. */
struct file_identity {
	uint64_t device, inode, size;
	int64_t changed_s, changed_ns;
};
/* True when the file under `path` is another one than last time; *identity is brought up to date. */
bool file_has_changed(const char *path, struct file_identity *identity);

/* A file that is one unsigned decimal number. 0 or -errno (-EBADMSG: not a number). */
int file_read_u64(int dir_fd, const char *path, uint64_t *ret_value);
/* The same of a file that stays open, from its beginning. */
int file_read_held_u64(int fd, uint64_t *ret_value);
