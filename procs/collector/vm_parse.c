#include "collector/vm_parse.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define ARGUMENT_MAX 4096 /* of one argument, as far as it is looked at */

enum take {
	TAKE_ID,          /* a uuid */
	TAKE_NAME,        /* a name, or a uuid */
	TAKE_QEMU_NAME,   /* "guest=NAME,debug-threads=on" or "NAME,…"; a comma within is doubled */
	TAKE_QEMU_SMBIOS, /* "type=1,uuid=…" */
	TAKE_FILE,        /* the argument itself is "/…/NAME.vmx" */
};

static const struct program {
	const char *prefix, *hypervisor;
} programs[] = {
	{ "qemu-system-", "qemu" },
	{ "qemu-kvm", "qemu" },
	{ "VBoxHeadless", "virtualbox" },
	{ "VirtualBoxVM", "virtualbox" },
	{ "VBoxSDL", "virtualbox" },
	{ "vmware-vmx", "vmware" },
	{ "cloud-hyperviso", "cloud-hypervisor" }, /* as much as a command (comm) holds */
	{ "firecracker", "firecracker" },
};

/* Options take their value as the next argument; a second dash does not matter to any of them. Where two rows give the
 * same thing the first one wins. */
static const struct option {
	const char *hypervisor, *option; /* option "" = any argument */
	enum take take;
} options[] = {
	{ "qemu", "name", TAKE_QEMU_NAME }, /* qemu(1) */
	{ "qemu", "uuid", TAKE_ID },
	{ "qemu", "smbios", TAKE_QEMU_SMBIOS }, /* Proxmox VE tells the uuid here alone */
	{ "virtualbox", "comment", TAKE_NAME }, /* VBoxManage startvm starts VBoxHeadless so */
	{ "virtualbox", "startvm", TAKE_NAME }, { "virtualbox", "s", TAKE_NAME },
	{ "vmware", "", TAKE_FILE },        /* the configuration file stands last */
	{ "firecracker", "id", TAKE_NAME }, /* the jailer passes it on */
};

const char *vm_hypervisor(const char *exe, const char *comm)
{
	const char *name = exe[0] != '\0' ? exe : comm;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (strncmp(name, programs[i].prefix, strlen(programs[i].prefix)) == 0)
			return programs[i].hypervisor;
	return strcmp(comm, "kvm") == 0 && exe[0] == '\0' ? "qemu" : NULL; /* Proxmox VE's name of QEMU */
}

static bool is_uuid(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == '-' ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
			return false;
	return true;
}

static void set_once(char *to, size_t size, const char *value)
{
	if (to[0] == '\0')
		snprintf(to, size, "%.*s", (int)size - 1, value);
}

/* The next part of a list that commas divide, with ",," as one comma; false at its end. */
static bool next_part(const char **list, char part[ARGUMENT_MAX])
{
	size_t size = 0;
	const char *at = *list;

	if (*at == '\0')
		return false;
	for (; *at != '\0'; at++) {
		if (at[0] == ',' && at[1] != ',')
			break;
		at += at[0] == ',';
		if (size < ARGUMENT_MAX - 1)
			part[size++] = *at;
	}
	part[size] = '\0';
	*list = *at == ',' ? at + 1 : at;
	return true;
}

static void take_qemu_name(const char *list, struct vm_identity *identity)
{
	char part[ARGUMENT_MAX];

	for (bool is_first = true; next_part(&list, part); is_first = false) {
		if (strncmp(part, "guest=", strlen("guest=")) == 0)
			set_once(identity->name, sizeof(identity->name), part + strlen("guest="));
		else if (is_first && strchr(part, '=') == NULL)
			set_once(identity->name, sizeof(identity->name), part);
	}
}

static void take_smbios(const char *list, struct vm_identity *identity)
{
	char part[ARGUMENT_MAX];

	while (next_part(&list, part))
		if (strncmp(part, "uuid=", strlen("uuid=")) == 0 && is_uuid(part + strlen("uuid=")))
			set_once(identity->id, sizeof(identity->id), part + strlen("uuid="));
}

static void take_file(const char *path, struct vm_identity *identity)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	const char *end = strrchr(name, '.');

	if (end == NULL || end == name || strcmp(end, ".vmx") != 0)
		return;
	if (identity->name[0] == '\0')
		snprintf(identity->name, sizeof(identity->name), "%.*s", (int)(end - name), name);
}

static void take(enum take how, const char *value, struct vm_identity *identity)
{
	switch (how) {
	case TAKE_ID:
		if (is_uuid(value))
			set_once(identity->id, sizeof(identity->id), value);
		return;
	case TAKE_NAME:
		if (is_uuid(value))
			set_once(identity->id, sizeof(identity->id), value);
		else
			set_once(identity->name, sizeof(identity->name), value);
		return;
	case TAKE_QEMU_NAME: take_qemu_name(value, identity); return;
	case TAKE_QEMU_SMBIOS: take_smbios(value, identity); return;
	case TAKE_FILE: take_file(value, identity); return;
	}
}

/* "-name" and "--name"; its value does not begin with a dash ("-append -name …" holds no name) */
static bool is_option(const char *argument, const char *option)
{
	if (argument[0] != '-')
		return false;
	return strcmp(argument + 1 + (argument[1] == '-'), option) == 0;
}

static size_t copy_argument(const char *arguments, size_t size, char to[ARGUMENT_MAX])
{
	size_t length = strnlen(arguments, size);
	size_t kept = length < ARGUMENT_MAX ? length : ARGUMENT_MAX - 1;

	memcpy(to, arguments, kept);
	to[kept] = '\0';
	return length < size ? length + 1 : length;
}

static void take_option(
	const struct option *option, const char *arguments, size_t size, struct vm_identity *identity)
{
	char argument[ARGUMENT_MAX] = "";
	bool is_value = false;

	for (size_t at = 0; at < size;) {
		at += copy_argument(arguments + at, size - at, argument);
		if ((is_value && argument[0] != '-') || option->option[0] == '\0')
			take(option->take, argument, identity);
		is_value = option->option[0] != '\0' && is_option(argument, option->option);
	}
}

bool vm_parse(const char *hypervisor, const char *arguments, size_t size, struct vm_identity *ret_identity)
{
	struct vm_identity identity = { 0 };

	snprintf(identity.hypervisor, sizeof(identity.hypervisor), "%s", hypervisor);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].hypervisor, hypervisor) == 0)
			take_option(&options[i], arguments, size, &identity);
	set_once(identity.name, sizeof(identity.name), identity.id);
	if (identity.id[0] == '\0')
		snprintf(identity.id, sizeof(identity.id), "%.63s", identity.name);
	*ret_identity = identity;
	return identity.name[0] != '\0';
}
