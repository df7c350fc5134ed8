#include "collector/identity.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define HEX64  "[0-9a-f]{64}"
#define UID    "[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}"
#define POD    "(" UID "|[0-9a-f]{32})" /* a static pod carries the hash of its manifest instead of a uid */
#define END    "(/|$)"
#define GROUPS 5

/* The roles are asked in the order of the enum; of several matches within a role the deepest in the path counts, but
 * for pods the outermost, and within a pod the first container: what they nest in themselves (kind or Docker in a CI job,
 * vcluster) is still theirs, and has no name that Kubernetes knows. */
enum role { ROLE_POD, ROLE_VM, ROLE_CONTAINER, ROLE_NAMELESS, ROLE_UNIT };

/* Scopes and folders of a container's monitor (crio-conmon-…, libpod-conmon-…, lxc.monitor.…) are no containers. */
static const struct pattern {
	enum role role;
	const char *runtime; /* "" = not told by this pattern */
	int group;           /* the capturing group that holds the id or name */
	const char *regex;
} patterns[] = {
	/* .../kubepods-burstable-pod<uid_>.slice (systemd driver), .../kubepods/burstable/pod<uid> (cgroupfs driver) */
	{ ROLE_POD, "", 2, "kubepods[^/:]*(/[^/:]+)?[-/]pod" POD "(\\.slice)?([/:]|$)" },
	{ ROLE_CONTAINER, "docker", 1, "/docker[-/](" HEX64 ")(\\.scope)?" END },
	{ ROLE_CONTAINER, "docker", 2, "/ecs/([^/]+/)?(" HEX64 ")" END },
	{ ROLE_CONTAINER, "buildkit", 1, "/buildkit/([0-9a-z]{25})" END },
	{ ROLE_CONTAINER, "containerd", 1, "[/:]cri-containerd[-:](" HEX64 ")(\\.scope)?" END },
	{ ROLE_CONTAINER, "containerd", 1, "/containerd[-/](" HEX64 ")(\\.scope)?" END },
	{ ROLE_CONTAINER, "containerd", 2, "/(default|k8s\\.io|moby)/(" HEX64 ")" END },
	{ ROLE_CONTAINER, "containerd", 1, "/nerdctl-(" HEX64 ")\\.scope" END },
	{ ROLE_CONTAINER, "cri-o", 1, "/crio-(" HEX64 ")(\\.scope)?" END },
	{ ROLE_CONTAINER, "podman", 1, "/libpod-(" HEX64 ")(\\.scope)?" END },
	{ ROLE_CONTAINER, "podman", 1, "/libpod-payload-([0-9a-f]{12,64})" END },
	{ ROLE_CONTAINER, "lxc", 1, "/lxc[./]payload[./]([^/]+)" END },
	{ ROLE_CONTAINER, "lxc", 1, "/lxc/([^/]+)" END },
	{ ROLE_CONTAINER, "lxc", 1, "/machine-lxc\\\\x2d[0-9]+\\\\x2d([^/]+)\\.scope" END },
	{ ROLE_CONTAINER, "kata", 1, "/kata_overhead/(" HEX64 ")" END },
	{ ROLE_CONTAINER, "", 2, "/pod" POD "/(" HEX64 ")" END },
	{ ROLE_CONTAINER, "nspawn", 1, "/machine-([^/]+)\\.scope" END },
	{ ROLE_CONTAINER, "nspawn", 1, "/systemd-nspawn@([^/]+)\\.service" END },
	/* libvirt with and without systemd, Proxmox VE */
	{ ROLE_VM, "qemu", 1, "/machine-qemu\\\\x2d[0-9]+\\\\x2d([^/]+)\\.scope" END },
	{ ROLE_VM, "qemu", 1, "/machine-qemu-[0-9]+-([^/]+)\\.scope" END },
	{ ROLE_VM, "qemu", 2, "/machine/(qemu-[0-9]+-)?([^/]+)\\.libvirt-qemu" END },
	{ ROLE_VM, "qemu", 1, "/qemu\\.slice/([0-9]+)\\.scope" END },
	/* docker, podman, ctr under a parent or in a namespace of somebody's choice: nothing else has such a name */
	{ ROLE_NAMELESS, "", 1, "/(" HEX64 ")" END },
	{ ROLE_UNIT, "systemd", 1, "/([^/]+\\.(service|scope|socket|mount|swap))" END },
	{ ROLE_UNIT, "systemd", 1, "/([^/]+\\.slice)" END },
};
static regex_t compiled[ARRAY_SIZE(patterns)];

int identity_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (regcomp(&compiled[i], patterns[i].regex, REG_EXTENDED) != 0)
			return -ENOMEM;
	return 0;
}

struct match {
	const struct pattern *pattern;
	size_t end; /* of the whole match */
	size_t name_start, name_end;
};

static bool find(const char *path, enum role role, struct match *ret_match)
{
	bool is_found = false;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		regmatch_t groups[GROUPS];
		size_t offset = 0;
		if (patterns[i].role != role)
			continue;
		while (regexec(&compiled[i], path + offset, GROUPS, groups, offset > 0 ? REG_NOTBOL : 0) ==
			0) {
			const regmatch_t *name = &groups[patterns[i].group];
			struct match match = { .pattern = &patterns[i],
				.end = offset + (size_t)groups[0].rm_eo,
				.name_start = offset + (size_t)name->rm_so,
				.name_end = offset + (size_t)name->rm_eo };
			if (!is_found || match.end > ret_match->end)
				*ret_match = match;
			is_found = true;
			if (path[match.end] == '\0' || role == ROLE_POD)
				break;
			offset = match.end - 1; /* the closing slash opens the next match */
		}
	}
	return is_found;
}

static void copy_part(char *to, size_t size, const char *from, size_t start, size_t end)
{
	size_t count = end - start < size ? end - start : size - 1;

	memcpy(to, from + start, count);
	to[count] = '\0';
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	return c != '\0' && at != NULL ? (int)(at - digits) : -1;
}

/* libvirt and machined write a machine's name into the name of a unit: "\x2d" stands for '-' (systemd.unit(5)). What
 * would become a control character stays as it is. Names of units proper are left alone: "a-b.mount" and
 * "a\x2db.mount" are two mounts. */
static void unescape(char *name)
{
	char *to = name;

	for (const char *from = name; *from != '\0'; from++) {
		int high = strncmp(from, "\\x", 2) == 0 ? hex_digit(from[2]) : -1;
		int low = high >= 0 ? hex_digit(from[3]) : -1;
		int byte = high * 16 + low;
		bool is_escape = low >= 0 && byte >= 0x20 && byte != 0x7f;
		*to++ = is_escape ? (char)byte : *from;
		from += is_escape ? 3 : 0;
	}
	*to = '\0';
}

static void set_pod_uid(struct identity *identity, const char *path, const struct match *match)
{
	copy_part(identity->pod_uid, sizeof(identity->pod_uid), path, match->name_start, match->name_end);
	for (char *c = identity->pod_uid; *c != '\0'; c++)
		if (*c == '_') /* the systemd driver cannot write '-' in a slice's name */
			*c = '-';
}

/* The one that begins first behind the pod's part of the path. */
static bool find_container_of_pod(const char *path, const struct match *pod, struct match *ret_match)
{
	bool is_found = false;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		regmatch_t groups[GROUPS];
		size_t offset = pod->name_start - strlen("/pod"); /* one pattern begins with it */
		if (patterns[i].role != ROLE_CONTAINER ||
			regexec(&compiled[i], path + offset, GROUPS, groups, REG_NOTBOL) != 0)
			continue;
		const regmatch_t *name = &groups[patterns[i].group];
		struct match match = { .pattern = &patterns[i],
			.name_start = offset + (size_t)name->rm_so,
			.name_end = offset + (size_t)name->rm_eo };
		if (!is_found || match.name_start < ret_match->name_start)
			*ret_match = match;
		is_found = true;
	}
	return is_found;
}

static void be_pod(struct identity *identity, const char *path, const struct match *pod)
{
	struct match container;

	identity->kind = WORKLOAD_POD;
	set_pod_uid(identity, path, pod);
	snprintf(identity->workload, sizeof(identity->workload), "%s", identity->pod_uid);
	snprintf(identity->namespace, sizeof(identity->namespace), "kubepods");
	if (find_container_of_pod(path, pod, &container)) {
		copy_part(identity->container_id, sizeof(identity->container_id), path, container.name_start,
			container.name_end);
		snprintf(identity->runtime, sizeof(identity->runtime), "%s", container.pattern->runtime);
	}
}

static void be_named(
	struct identity *identity, enum workload_kind kind, const char *path, const struct match *match)
{
	identity->kind = kind;
	snprintf(identity->runtime, sizeof(identity->runtime), "%s", match->pattern->runtime);
	copy_part(identity->workload, sizeof(identity->workload), path, match->name_start, match->name_end);
	if (kind != WORKLOAD_UNIT)
		unescape(identity->workload);
	if (kind == WORKLOAD_CONTAINER)
		memcpy(identity->container_id, identity->workload, strnlen(identity->workload, 128));
}

/* "/user.slice/user-1000.slice/user@1000.service/": what stands below is named by the user, who may give it any name. */
static bool take_user_slice(const char *path, size_t end, char *to, size_t size)
{
	static const char users[] = "/user.slice/";
	const char *manager = strstr(path, ".slice/user@");

	if (manager == NULL || (size_t)(manager - path) >= end || strncmp(path, users, strlen(users)) != 0)
		return false;
	copy_part(to, size, path, strlen(users), (size_t)(manager - path) + strlen(".slice"));
	return strchr(to, '/') == NULL;
}

/* "user-1000.slice/<id>" is no other's id, whatever the user calls his cgroups: neither are the energies added up, nor does he
 * get the other's name. */
static void own_id(char *id, size_t size, const char *slice)
{
	size_t prefix = strlen(slice) + 1, length = strlen(id);

	if (length == 0)
		return;
	length = length < size - prefix ? length : size - prefix - 1;
	memmove(id + prefix, id, length);
	id[prefix + length] = '\0';
	memcpy(id, slice, prefix - 1);
	id[prefix - 1] = '/';
}

static void be_of_user(struct identity *identity, const char *slice)
{
	snprintf(identity->namespace, sizeof(identity->namespace), "%s", slice);
	own_id(identity->pod_uid, sizeof(identity->pod_uid), slice);
	own_id(identity->container_id, sizeof(identity->container_id), slice);
}

static bool ends_in(const char *text, size_t size, const char *suffix)
{
	size_t length = strlen(suffix);

	return size > length && memcmp(text + size - length, suffix, length) == 0;
}

/* The first service or scope of the path: what stands below it is named by it (Delegate=), be it ssh.service. */
static bool take_delegate(const char *path, size_t unit_start, char *to, size_t size)
{
	for (size_t start = 1, end; start < unit_start; start = end + 1) {
		end = start + strcspn(path + start, "/");
		if (ends_in(path + start, end - start, ".service") ||
			ends_in(path + start, end - start, ".scope")) {
			copy_part(to, size, path, start, end);
			return true;
		}
	}
	return false;
}

/* The slice a unit stands in: the component before it, "-.slice" at the top (systemd.slice(5)). */
static void set_slice(struct identity *identity, const char *path, size_t unit_start)
{
	size_t start = unit_start;

	if (take_user_slice(path, unit_start, identity->namespace, sizeof(identity->namespace)) ||
		take_delegate(path, unit_start, identity->namespace, sizeof(identity->namespace)))
		return;
	while (start > 0 && path[start - 1] != '/')
		start--;
	if (start == unit_start)
		snprintf(identity->namespace, sizeof(identity->namespace), "-.slice");
	else
		copy_part(identity->namespace, sizeof(identity->namespace), path, start, unit_start);
}

/* Equal names would be one workload: what is cut keeps a hash of the whole (FNV-1a). */
static void be_unknown(struct identity *identity, const char *path)
{
	uint32_t hash = UINT32_C(2166136261);

	identity->kind = WORKLOAD_UNIT;
	snprintf(identity->namespace, sizeof(identity->namespace), "cgroup");
	if (strlen(path) < sizeof(identity->workload)) {
		snprintf(identity->workload, sizeof(identity->workload), "%s",
			path[0] != '\0' ? path : "(unnamed)");
		return;
	}
	for (const char *c = path; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT32_C(16777619);
	snprintf(identity->workload, sizeof(identity->workload), "%.240s~%08x", path, hash);
}

void identity_of_path(const char *path, struct identity *ret_identity)
{
	struct identity identity = { 0 };
	struct match match;
	char slice[24]; /* of a uid's ten digits */
	bool is_users = take_user_slice(path, SIZE_MAX, slice, sizeof(slice));

	if (strcmp(path, "/") == 0) {
		identity.kind = WORKLOAD_SYSTEM;
		snprintf(identity.namespace, sizeof(identity.namespace), "system");
		snprintf(identity.workload, sizeof(identity.workload), "(root)");
	} else if (find(path, ROLE_POD, &match)) {
		be_pod(&identity, path, &match);
	} else if (!is_users && find(path, ROLE_VM, &match)) {
		be_named(&identity, WORKLOAD_VM, path, &match);
		snprintf(identity.namespace, sizeof(identity.namespace), "machine.slice");
	} else if (find(path, ROLE_CONTAINER, &match)) {
		be_named(&identity, WORKLOAD_CONTAINER, path, &match);
		snprintf(identity.namespace, sizeof(identity.namespace), "%s", identity.runtime);
	} else if (find(path, ROLE_NAMELESS,
			   &match)) { /* the folder above is anybody's: it is no namespace */
		be_named(&identity, WORKLOAD_CONTAINER, path, &match);
		snprintf(identity.namespace, sizeof(identity.namespace), "container");
	} else if (find(path, ROLE_UNIT, &match)) {
		be_named(&identity, WORKLOAD_UNIT, path, &match);
		set_slice(&identity, path, match.name_start > 0 ? match.name_start - 1 : 0);
	} else {
		be_unknown(&identity, path);
	}
	if (is_users && identity.kind != WORKLOAD_UNIT)
		be_of_user(&identity, slice);
	*ret_identity = identity;
}
