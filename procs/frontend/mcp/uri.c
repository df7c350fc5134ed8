#include "frontend/mcp/uri.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/json_write.h"

const struct uri_kind uri_kinds[] = {
	{ "compliance-standards://korea/", "compliance-standards://korea/{standard_code}",
		"compliance-standard", { "Compliance standard", "기준" },
		{ "A standard: metric, target, what kind of rule it is and what it is not.",
			"기준 하나의 지표, 목표값, 규정의 성격과 한계." },
		"compliance_standard", { "standard", NULL }, "target", "standard", 3600000, true },
	{ "carbon-intensity://", "carbon-intensity://{region}", "carbon-intensity",
		{ "Carbon intensity of a region's grid", "리전 전력망의 탄소집약도" },
		{ "Grid intensity now, its annual values and, where known, the next 24 hours.",
			"현재 전력망 탄소집약도와 연도별 값, 알려진 경우 앞으로 24시간의 값." },
		"carbon_intensity", { "region", NULL }, "current_intensity_gCO2eq_kWh", "region", 60000,
		true },
	{ "workload-metrics://", "workload-metrics://{namespace}/{pod_name}", "workload-metrics",
		{ "Power of a workload", "워크로드의 전력" },
		{ "Watts and joules of one workload and its status; subscribers hear when the status "
		  "changes.",
			"워크로드 하나의 전력과 에너지, 판정. 판정이 바뀌면 구독자에게 알립니다." },
		"workload_metrics", { "namespace", "workload_name" }, "status", "workload", 2000, false },
};
const size_t uri_kind_count = ARRAY_SIZE(uri_kinds);

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* One part up to `size` bytes, decoded. 0 or -EINVAL: empty, too long, or badly encoded. */
static int decode(const char *text, size_t size, char ret_value[static URI_VALUE_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c == '%') {
			int high = size - i > 2 ? hex(text[i + 1]) : -1;
			int low = size - i > 2 ? hex(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return -EINVAL;
			c = (char)(16 * high + low);
			i += 2;
		}
		if (c == '\0' || used + 1 >= URI_VALUE_SIZE)
			return -EINVAL;
		ret_value[used++] = c;
	}
	ret_value[used] = '\0';
	return used > 0 ? 0 : -EINVAL;
}

static int parse_as(const struct uri_kind *kind, const char *text, struct uri *ret_uri)
{
	size_t prefix = strlen(kind->scheme);

	if (strncmp(text, kind->scheme, prefix) != 0)
		return -EINVAL;
	text += prefix;
	*ret_uri = (struct uri) { .kind = kind };
	for (size_t i = 0; i < URI_PARTS_MAX && kind->arguments[i] != NULL; i++) {
		bool is_last = i + 1 == URI_PARTS_MAX || kind->arguments[i + 1] == NULL;
		size_t size = strcspn(text, "/");
		if (is_last != (text[size] == '\0') || decode(text, size, ret_uri->values[i]) < 0)
			return -EINVAL;
		text += size + !is_last;
	}
	return 0;
}

int uri_parse(const char *text, struct uri *ret_uri)
{
	for (size_t i = 0; i < uri_kind_count; i++)
		if (parse_as(&uri_kinds[i], text, ret_uri) == 0)
			return 0;
	return -EINVAL;
}

char *uri_arguments(const struct uri *uri)
{
	struct json_writer writer = { 0 };
	char *text = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	for (size_t i = 0; i < URI_PARTS_MAX && uri->kind->arguments[i] != NULL; i++)
		json_write_text(&writer, uri->kind->arguments[i], uri->values[i]);
	json_close_object(&writer);
	return json_take(&writer, &text, &size) == 0 ? text : NULL;
}

void uri_encode(const char *name, char ret_text[static 3 * URI_VALUE_SIZE])
{
	size_t used = 0;

	for (; *name != '\0' && used + 3 < 3 * URI_VALUE_SIZE; name++) {
		unsigned char c = (unsigned char)*name;
		if (isalnum(c) || strchr("-._~:@", c) != NULL)
			ret_text[used++] = (char)c;
		else
			used += (size_t)snprintf(ret_text + used, 4, "%%%02X", c);
	}
	ret_text[used] = '\0';
}
