#include "exporter/labels.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* Length of a valid UTF-8 sequence at `at`, 0 if there is none (overlong forms and surrogates included). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	static const struct {
		unsigned char mask, lead;
	} forms[] = { { 0xe0, 0xc0 }, { 0xf0, 0xe0 }, { 0xf8, 0xf0 } };

	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if ((at[0] & forms[i].mask) != forms[i].lead)
			continue;
		unsigned char low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
		unsigned char high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
		if (left < i + 2 || at[0] < 0xc2 || at[0] > 0xf4 || at[1] < low || at[1] > high)
			return 0;
		for (size_t k = 2; k < i + 2; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return i + 2;
	}
	return 0;
}

static char *escape(char *out, struct text value)
{
	const unsigned char *at = (const unsigned char *)value.data, *end = at + value.size;

	while (at < end) {
		size_t length = utf8_length(at, (size_t)(end - at));
		if (length == 0 || *at == '\0') {
			memcpy(out, "\xef\xbf\xbd", 3);
			out += 3;
			at++;
		} else if (*at == '\\' || *at == '"' || *at == '\n') {
			*out++ = '\\';
			*out++ = *at == '\n' ? 'n' : (char)*at;
			at++;
		} else {
			memcpy(out, at, length);
			out += length;
			at += length;
		}
	}
	return out;
}

void labels_add(struct labels *labels, const char *name, struct text value)
{
	if (labels->size + strlen(name) + 3 * (size_t)value.size + 5 > sizeof(labels->text)) {
		labels->is_cut = true;
		return;
	}
	char *out = labels->text + labels->size;
	if (labels->size > 0)
		*out++ = ',';
	out = stpcpy(out, name);
	*out++ = '=';
	*out++ = '"';
	out = escape(out, value);
	*out++ = '"';
	labels->size = (size_t)(out - labels->text);
}

/* Kepler's words for what goes by its own name here (its internal/resource/types.go). */
static struct text keplers_runtime(const struct workload_row *row)
{
	if (row->runtime.size == 0)
		return text_of(row->pod_uid.size > 0 ? "kubernetes" : "unknown");
	return text_equal(row->runtime, text_of("cri-o")) ? text_of("crio") : row->runtime;
}

static struct text keplers_hypervisor(struct text hypervisor)
{
	return text_equal(hypervisor, text_of("qemu")) ? text_of("kvm") : hypervisor;
}

/* The id is LXC's and nspawn's own name, and all there is where nobody has told another. */
static struct text container_name(const struct workload_row *row)
{
	return row->container.size > 0 ? row->container : row->container_id;
}

void labels_of_pod(struct labels *labels, const struct workload_row *row)
{
	labels_add(labels, "pod", row->pod);
	labels_add(labels, "namespace", row->namespace);
	labels_add(labels, "pod_id", row->pod_uid);
	labels_add(labels, "pod_name", row->pod);
	labels_add(labels, "pod_namespace", row->namespace);
}

void labels_of_container(struct labels *labels, const struct workload_row *row)
{
	labels_add(labels, "container", container_name(row));
	labels_add(labels, "container_id", row->container_id);
	labels_add(labels, "container_name", container_name(row));
	labels_add(labels, "runtime", keplers_runtime(row));
	labels_add(labels, "pod", row->pod);
	labels_add(labels, "namespace", row->namespace);
	labels_add(labels, "pod_id", row->pod_uid);
}

void labels_of_workload(struct labels *labels, const struct workload_row *row)
{
	enum workload_kind kind =
		row->kind < WORKLOAD_KIND_COUNT ? (enum workload_kind)row->kind : WORKLOAD_UNIT;

	labels_add(labels, "workload", row->workload);
	labels_add(labels, "namespace", row->namespace);
	labels_add(labels, "kind", text_of(workload_kind_name(kind)));
}

void labels_of_vm(struct labels *labels, struct text id, struct text name, struct text hypervisor)
{
	labels_add(labels, "vm_id", id);
	labels_add(labels, "vm_name", name);
	labels_add(labels, "hypervisor", keplers_hypervisor(hypervisor));
}

void labels_of_process(struct labels *labels, const struct process_row *row, struct text container_id)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", row->tgid);
	labels_add(labels, "pid", text_of(pid));
	labels_add(labels, "comm", row->tgid == 0 ? text_of("other") : row->comm);
	labels_add(labels, "exe", row->exe);
	labels_add(labels, "type",
		text_of(row->tgid == 0          ? "other"
			: row->vm_id.size > 0   ? "vm"
			: container_id.size > 0 ? "container"
						: "regular"));
	labels_add(labels, "container_id", container_id);
	labels_add(labels, "vm_id", row->vm_id);
}

void labels_of_older_container(struct labels *labels, const struct workload_row *row)
{
	labels_add(labels, "container_id", row->container_id);
	labels_add(labels, "pod_name", row->pod);
	labels_add(labels, "container_name", container_name(row));
	labels_add(labels, "container_namespace", row->namespace);
}
