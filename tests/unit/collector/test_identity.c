#include "collector/identity.h"

#include "tests/unit/unit.h"

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID_ "12345678-1234-5678-9abc-123456789abc"
#define USCO "12345678_1234_5678_9abc_123456789abc"

static const struct {
	const char *path;
	enum workload_kind kind;
	const char *runtime, *namespace, *workload, *pod_uid, *container_id;
} cases[] = {
	{ "/", WORKLOAD_SYSTEM, "", "system", "(root)", "", "" },
	/* kubelet, systemd driver: guaranteed, burstable, best effort */
	{ "/kubepods.slice/kubepods-pod" USCO ".slice/cri-containerd-" ID ".scope", WORKLOAD_POD,
		"containerd", "kubepods", UID_, UID_, ID },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" USCO ".slice/cri-containerd-" ID
	  ".scope",
		WORKLOAD_POD, "containerd", "kubepods", UID_, UID_, ID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" USCO ".slice/crio-" ID ".scope",
		WORKLOAD_POD, "cri-o", "kubepods", UID_, UID_, ID },
	/* kubelet, cgroupfs driver, K3s */
	{ "/kubepods/burstable/pod" UID_ "/" ID, WORKLOAD_POD, "", "kubepods", UID_, UID_, ID },
	{ "/kubepods/pod" UID_ "/" ID, WORKLOAD_POD, "", "kubepods", UID_, UID_, ID },
	/* the pod's own cgroup, a static pod, and something a container made below itself */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" USCO ".slice", WORKLOAD_POD, "",
		"kubepods", UID_, UID_, "" },
	{ "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID, WORKLOAD_POD, "", "kubepods",
		"0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", ID },
	{ "/kubepods/burstable/pod" UID_ "/" ID "/init.scope", WORKLOAD_POD, "", "kubepods", UID_, UID_, ID },
	/* kind: a node is a docker container with pods in it */
	{ "/docker/" ID "/kubelet/kubepods/burstable/pod" UID_ "/" ID, WORKLOAD_POD, "", "kubepods", UID_,
		UID_, ID },
	/* containers */
	{ "/docker/" ID, WORKLOAD_CONTAINER, "docker", "docker", ID, "", ID },
	{ "/system.slice/docker-" ID ".scope", WORKLOAD_CONTAINER, "docker", "docker", ID, "", ID },
	{ "/system.slice/docker-" ID ".scope/system.slice/nginx.service", WORKLOAD_CONTAINER, "docker",
		"docker", ID, "", ID },
	{ "/default/" ID, WORKLOAD_CONTAINER, "containerd", "containerd", ID, "", ID },
	{ "/machine.slice/libpod-" ID ".scope/container", WORKLOAD_CONTAINER, "podman", "podman", ID, "",
		ID },
	{ "/libpod_parent/libpod-" ID, WORKLOAD_CONTAINER, "podman", "podman", ID, "", ID },
	{ "/lxc.payload.web/init.scope", WORKLOAD_CONTAINER, "lxc", "lxc", "web", "", "web" },
	{ "/lxc/web", WORKLOAD_CONTAINER, "lxc", "lxc", "web", "", "web" },
	/* virtual machines */
	{ "/machine.slice/machine-qemu\\x2d1\\x2dvm1.scope/libvirt/emulator", WORKLOAD_VM, "qemu",
		"machine.slice", "vm1", "", "" },
	{ "/machine.slice/machine-qemu-3-db.scope", WORKLOAD_VM, "qemu", "machine.slice", "db", "", "" },
	/* systemd */
	{ "/system.slice/ssh.service", WORKLOAD_UNIT, "systemd", "system.slice", "ssh.service", "", "" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", WORKLOAD_UNIT, "systemd",
		"system-getty.slice", "getty@tty1.service", "", "" },
	{ "/init.scope", WORKLOAD_UNIT, "systemd", "-.slice", "init.scope", "", "" },
	{ "/user.slice/user-1000.slice/session-3.scope", WORKLOAD_UNIT, "systemd", "user-1000.slice",
		"session-3.scope", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", WORKLOAD_UNIT, "systemd",
		"app.slice", "x.service", "", "" },
	{ "/system.slice", WORKLOAD_UNIT, "systemd", "-.slice", "system.slice", "", "" },
	{ "/system.slice/ssh.service/sub", WORKLOAD_UNIT, "systemd", "system.slice", "ssh.service", "", "" },
	/* nothing we know, and what only looks like something */
	{ "/mygroup", WORKLOAD_UNIT, "", "cgroup", "/mygroup", "", "" },
	{ "/docker/0123", WORKLOAD_UNIT, "", "cgroup", "/docker/0123", "", "" },
	{ "/podcast/" ID, WORKLOAD_UNIT, "", "cgroup", "/podcast/" ID, "", "" },
	{ "", WORKLOAD_UNIT, "", "cgroup", "(unnamed)", "", "" },
};

static void each_path_tells_its_workload(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct identity identity;
		identity_of_path(cases[i].path, &identity);
		if (identity.kind != cases[i].kind)
			fail_msg("%s is a %s", cases[i].path, workload_kind_name(identity.kind));
		assert_string_equal(identity.runtime, cases[i].runtime);
		assert_string_equal(identity.namespace, cases[i].namespace);
		assert_string_equal(identity.workload, cases[i].workload);
		assert_string_equal(identity.pod_uid, cases[i].pod_uid);
		assert_string_equal(identity.container_id, cases[i].container_id);
	}
}

static void hostile_paths_are_cut_and_harmless(void **state)
{
	struct identity identity;
	char path[1025];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	identity_of_path(path, &identity);
	assert_int_equal(strlen(identity.workload), 253);
	memcpy(path, "/lxc/", 5);
	identity_of_path(path, &identity);
	assert_int_equal(identity.kind, WORKLOAD_CONTAINER);
	assert_int_equal(strlen(identity.container_id), 128);
	for (size_t i = 1; i < sizeof(path) - 1; i += 2)
		path[i] = '/';
	identity_of_path(path, &identity);
	assert_int_equal(identity.kind, WORKLOAD_UNIT);
}

static int begin(void **state)
{
	(void)state;
	return identity_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_tells_its_workload),
		cmocka_unit_test(hostile_paths_are_cut_and_harmless),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}
