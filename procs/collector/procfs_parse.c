#include "collector/procfs_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Counted from 1, proc(5). */
#define FIELD_UTIME 14
#define FIELD_STIME 15
#define FIELD_START 22
#define FIELD_RSS   24

static bool next_number(const char **at, uint64_t *ret_value)
{
	char *end;

	while (**at == ' ')
		(*at)++;
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret_value = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

/* "17 (any (thing)) S …" */
static void copy_comm(const char *text, char *comm, size_t size)
{
	const char *first = strchr(text, '('), *last = strrchr(text, ')');

	if (first == NULL || last < first)
		return;
	size_t length = (size_t)(last - first) - 1;
	memcpy(comm, first + 1, length < size ? length : size);
}

int procfs_parse_stat(const char *text, struct procfs_stat *ret_stat)
{
	const char *at = strrchr(text, ')'); /* comm ends at the last one */
	uint64_t wanted[FIELD_RSS + 1] = { 0 };

	if (at == NULL)
		return -EBADMSG;
	at++;
	for (int field = 3; field <= FIELD_RSS; field++) {
		bool is_wanted = field == FIELD_UTIME || field == FIELD_STIME || field == FIELD_START ||
				 field == FIELD_RSS;
		while (*at == ' ')
			at++;
		if (*at == '\0' || (is_wanted && !next_number(&at, &wanted[field])))
			return -EBADMSG;
		at += strcspn(at, " ");
	}
	*ret_stat = (struct procfs_stat) { .cpu_ticks = wanted[FIELD_UTIME] + wanted[FIELD_STIME],
		.start_ticks = wanted[FIELD_START],
		.resident = wanted[FIELD_RSS] };
	copy_comm(text, ret_stat->comm, sizeof(ret_stat->comm));
	return 0;
}

static bool has_controller(const char *list, size_t size, const char *controller)
{
	size_t wanted = strlen(controller);

	if (wanted == 0)
		return size == 0;
	for (size_t at = 0; at < size;) {
		const char *comma = memchr(list + at, ',', size - at);
		size_t item = comma != NULL ? (size_t)(comma - list) - at : size - at;
		if (item == wanted && memcmp(list + at, controller, wanted) == 0)
			return true;
		at += item + 1;
	}
	return false;
}

int procfs_parse_cgroup(const char *text, const char *controller, char *ret_path, size_t size)
{
	for (const char *line = text; *line != '\0';) {
		const char *end = line + strcspn(line, "\n");
		const char *first = memchr(line, ':', (size_t)(end - line));
		const char *second = first == NULL ? NULL : memchr(first + 1, ':', (size_t)(end - first - 1));
		if (second != NULL && has_controller(first + 1, (size_t)(second - first - 1), controller)) {
			size_t length = (size_t)(end - second - 1);
			if (length >= size)
				return -E2BIG;
			memcpy(ret_path, second + 1, length);
			ret_path[length] = '\0';
			return 0;
		}
		line = *end == '\n' ? end + 1 : end;
	}
	return -ENOENT;
}

int procfs_whole_cgroup(const char *base, const char *shown, char *ret_path, size_t size)
{
	int kept = (int)strlen(base);

	while (strncmp(shown, "/..", 3) == 0 && (shown[3] == '/' || shown[3] == '\0')) {
		shown += 3;
		while (kept > 0 && base[--kept] != '/')
			;
	}
	int length = snprintf(ret_path, size, "%.*s%s", kept, base, shown);
	return length < 0 || (size_t)length >= size ? -E2BIG : 0;
}

/* "softirq <total> hi timer net_tx net_rx block …" of all CPUs; a kernel without the line has counted none. */
static void parse_softirqs(const char *text, uint64_t softirqs[static SOFTIRQ_COUNT])
{
	uint64_t value[6] = { 0 };
	const char *at = strstr(text, "\nsoftirq ");

	if (at == NULL)
		return;
	at += strlen("\nsoftirq ");
	for (int i = 0; i < 6; i++)
		if (!next_number(&at, &value[i]))
			return;
	softirqs[SOFTIRQ_NET_TX] = value[3];
	softirqs[SOFTIRQ_NET_RX] = value[4];
	softirqs[SOFTIRQ_BLOCK] = value[5];
}

int procfs_parse_cpu(const char *text, struct procfs_cpu *ret_cpu)
{
	uint64_t value[8] = { 0 }; /* user nice system idle iowait irq softirq steal */
	const char *at = text;

	if (strncmp(at, "cpu ", 4) != 0)
		return -EBADMSG;
	at += 4;
	for (int i = 0; i < 8; i++)
		if (!next_number(&at, &value[i]))
			return -EBADMSG;
	*ret_cpu = (struct procfs_cpu) { .idle_ticks = value[3] + value[4], .steal_ticks = value[7] };
	parse_softirqs(at, ret_cpu->softirqs);
	for (at = strstr(at, "\ncpu"); at != NULL && isdigit((unsigned char)at[4]);
		at = strstr(at + 1, "\ncpu"))
		ret_cpu->cpus++;
	return ret_cpu->cpus > 0 ? 0 : -EBADMSG;
}

int procfs_parse_meminfo(const char *text, const char *key, uint64_t *ret_bytes)
{
	size_t size = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) != 0 || line[size] != ':')
			continue;
		const char *at = line + size + 1;
		uint64_t kib;
		if (!next_number(&at, &kib) || kib > UINT64_MAX / 1024)
			return -EBADMSG;
		*ret_bytes = kib * 1024;
		return 0;
	}
	return -ENOENT;
}
