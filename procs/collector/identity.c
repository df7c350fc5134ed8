#include "collector/identity.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define HEX64  "[0-9a-f]{64}"
#define UID    "[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}"
#define GROUPS 4

enum role { ROLE_POD, ROLE_VM, ROLE_CONTAINER, ROLE_UNIT };

/* Within a role the deepest match in the path counts; the roles are asked in the order of the enum. */
static const struct pattern {
	enum role role;
	const char *runtime; /* "" = not told by this pattern */
	int group;           /* the capturing group that holds the id or name */
	const char *regex;
} patterns[] = {
	/* .../kubepods-burstable-pod<uid_>.slice (systemd driver), .../kubepods/burstable/pod<uid> (cgroupfs driver);
	 * static pods carry the hash of their manifest instead of a uid */
	{ ROLE_POD, "", 2, "kubepods[^/]*(/[^/]+)*[-/]pod(" UID "|[0-9a-f]{32})(\\.slice)?(/|$)" },
	{ ROLE_CONTAINER, "docker", 1, "/docker[-/](" HEX64 ")(\\.scope)?(/|$)" },
	{ ROLE_CONTAINER, "containerd", 1, "[/:]cri-containerd[-:](" HEX64 ")(\\.scope)?(/|$)" },
	{ ROLE_CONTAINER, "containerd", 1, "/containerd[-/](" HEX64 ")(\\.scope)?(/|$)" },
	{ ROLE_CONTAINER, "containerd", 2, "/(default|k8s\\.io|moby)/(" HEX64 ")(/|$)" },
	{ ROLE_CONTAINER, "containerd", 1, "/nerdctl-(" HEX64 ")\\.scope(/|$)" },
	{ ROLE_CONTAINER, "cri-o", 1, "/crio-(" HEX64 ")(\\.scope)?(/|$)" },
	{ ROLE_CONTAINER, "podman", 1, "/libpod-(" HEX64 ")(\\.scope)?(/|$)" },
	{ ROLE_CONTAINER, "podman", 1, "/libpod-payload-([0-9a-f]{12,64})(/|$)" },
	{ ROLE_CONTAINER, "lxc", 1, "/lxc[./]payload[./]([^/]+)(/|$)" },
	{ ROLE_CONTAINER, "lxc", 1, "/lxc/([^/]+)(/|$)" },
	{ ROLE_CONTAINER, "", 2, "/pod(" UID "|[0-9a-f]{32})/(" HEX64 ")(/|$)" },
	{ ROLE_VM, "qemu", 1, "/machine-qemu[^/]*\\\\x2d[0-9]+\\\\x2d([^/]+)\\.scope(/|$)" },
	{ ROLE_VM, "qemu", 1, "/machine-qemu-[0-9]+-([^/]+)\\.scope(/|$)" },
	{ ROLE_CONTAINER, "nspawn", 1, "/machine-([^/]+)\\.scope(/|$)" },
	{ ROLE_UNIT, "systemd", 1, "/([^/]+\\.(service|scope|socket|mount|swap))(/|$)" },
	{ ROLE_UNIT, "systemd", 1, "/([^/]+\\.slice)(/|$)" },
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

static bool find_deepest(const char *path, enum role role, struct match *ret_match)
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
			if (path[match.end] == '\0')
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

static void set_pod_uid(struct identity *identity, const char *path, const struct match *match)
{
	copy_part(identity->pod_uid, sizeof(identity->pod_uid), path, match->name_start, match->name_end);
	for (char *c = identity->pod_uid; *c != '\0'; c++)
		if (*c == '_') /* the systemd driver cannot write '-' in a slice's name */
			*c = '-';
}

static void be_pod(struct identity *identity, const char *path, const struct match *pod)
{
	struct match container;

	identity->kind = WORKLOAD_POD;
	set_pod_uid(identity, path, pod);
	snprintf(identity->workload, sizeof(identity->workload), "%s", identity->pod_uid);
	snprintf(identity->namespace, sizeof(identity->namespace), "kubepods");
	if (find_deepest(path, ROLE_CONTAINER, &container) && container.end > pod->name_end) {
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
	if (kind == WORKLOAD_CONTAINER)
		memcpy(identity->container_id, identity->workload, strnlen(identity->workload, 128));
}

/* The slice a unit stands in: the component before it, "-.slice" at the top (systemd.slice(5)). */
static void set_slice(struct identity *identity, const char *path, size_t unit_start)
{
	size_t start = unit_start;

	while (start > 0 && path[start - 1] != '/')
		start--;
	if (start == unit_start)
		snprintf(identity->namespace, sizeof(identity->namespace), "-.slice");
	else
		copy_part(identity->namespace, sizeof(identity->namespace), path, start, unit_start);
}

static void be_unknown(struct identity *identity, const char *path)
{
	identity->kind = WORKLOAD_UNIT;
	snprintf(identity->namespace, sizeof(identity->namespace), "cgroup");
	snprintf(identity->workload, sizeof(identity->workload), "%.253s",
		path[0] != '\0' ? path : "(unnamed)");
}

void identity_of_path(const char *path, struct identity *ret_identity)
{
	struct identity identity = { 0 };
	struct match match;

	if (strcmp(path, "/") == 0) {
		identity.kind = WORKLOAD_SYSTEM;
		snprintf(identity.namespace, sizeof(identity.namespace), "system");
		snprintf(identity.workload, sizeof(identity.workload), "(root)");
	} else if (find_deepest(path, ROLE_POD, &match)) {
		be_pod(&identity, path, &match);
	} else if (find_deepest(path, ROLE_VM, &match)) {
		be_named(&identity, WORKLOAD_VM, path, &match);
		snprintf(identity.namespace, sizeof(identity.namespace), "machine.slice");
	} else if (find_deepest(path, ROLE_CONTAINER, &match)) {
		be_named(&identity, WORKLOAD_CONTAINER, path, &match);
		snprintf(identity.namespace, sizeof(identity.namespace), "%s", identity.runtime);
	} else if (find_deepest(path, ROLE_UNIT, &match)) {
		be_named(&identity, WORKLOAD_UNIT, path, &match);
		set_slice(&identity, path, match.name_start > 0 ? match.name_start - 1 : 0);
	} else {
		be_unknown(&identity, path);
	}
	*ret_identity = identity;
}
