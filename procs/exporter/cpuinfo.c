#include "exporter/cpuinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "exporter/labels.h"

static const struct {
	const char *key, *label;
} fields[] = {
	{ "processor", "processor" },
	{ "vendor_id", "vendor_id" },
	{ "model name", "model_name" },
	{ "physical id", "physical_id" },
	{ "core id", "core_id" },
};

static void put_processor(struct cpuinfo *info, const char *const values[static ARRAY_SIZE(fields)])
{
	struct labels labels;

	labels_begin(&labels);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		labels_add(&labels, fields[i].label, text_of(values[i] != NULL ? values[i] : ""));
	sheet_put(&info->labels, labels.text, labels.size);
	sheet_put(&info->labels, "\n", 1);
}

/* "model name\t: AMD EPYC" */
static void read_line(char *line, const char *values[static ARRAY_SIZE(fields)])
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t size = strlen(fields[i].key);
		if (strncmp(line, fields[i].key, size) == 0 &&
			strspn(line + size, "\t ") == (size_t)(colon - line) - size)
			values[i] = colon + 1 + strspn(colon + 1, " ");
	}
}

void cpuinfo_parse(struct cpuinfo *info, char *text)
{
	const char *values[ARRAY_SIZE(fields)] = { NULL };
	bool has_any = false;

	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		if (strncmp(line, "processor", strlen("processor")) == 0) {
			if (has_any)
				put_processor(info, values);
			memset(values, 0, sizeof(values));
			has_any = true;
		}
		read_line(line, values);
	}
	if (has_any)
		put_processor(info, values);
}

int cpuinfo_read(struct cpuinfo *info, const char *procfs_root)
{
	CLEANUP(freep) char *text = malloc(CPUINFO_BYTES_MAX);
	char path[600];

	if (text == NULL)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/cpuinfo", procfs_root);
	int r = file_read_text(AT_FDCWD, path, text, CPUINFO_BYTES_MAX);
	if (r < 0)
		return r;
	cpuinfo_parse(info, text);
	return 0;
}
