#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define KST_OFFSET_S 32400 /* UTC+9, no daylight saving since 1988 */

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

struct instant clock_now(void)
{
	return (struct instant) {
		.mono_ns = read_clock(CLOCK_MONOTONIC),
		.boot_ns = read_clock(CLOCK_BOOTTIME),
		.real_ns = read_clock(CLOCK_REALTIME),
	};
}

uint64_t clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_real_s(void)
{
	return (int64_t)(read_clock(CLOCK_REALTIME) / NS_PER_SECOND);
}

void clock_format_kst(uint64_t real_ns, char text[static 32])
{
	time_t seconds = (time_t)(real_ns / NS_PER_SECOND) + KST_OFFSET_S;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%S+09:00", &tm);
}

int clock_boot_id(uint8_t ret_boot_id[static 16])
{
	CLEANUP(closep) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[64];
	size_t nibbles = 0;

	if (fd < 0)
		return -errno;
	ssize_t size = read(fd, text, sizeof(text));
	if (size < 0)
		return -errno;
	for (ssize_t i = 0; i < size && nibbles < 32; i++) {
		char c = text[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0)
			continue;
		uint8_t *byte = &ret_boot_id[nibbles / 2];
		*byte = (uint8_t)(nibbles % 2 == 0 ? digit << 4 : *byte | digit);
		nibbles++;
	}
	return nibbles == 32 ? 0 : -EBADMSG;
}
