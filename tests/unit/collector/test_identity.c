#include "collector/identity.h"

#include "tests/unit/unit.h"

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID_ "12345678-1234-5678-9abc-123456789abc"
#define USCO "12345678_1234_5678_9abc_123456789abc"

#define ID2  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define HASH "0123456789abcdef0123456789abcdef"
#define USER "/user.slice/user-1000.slice/user@1000.service"

/* Each group says where the form comes from. */
static const struct {
	const char *path;
	enum workload_kind kind;
	const char *runtime, *namespace, *workload, *pod_uid, *container_id;
} cases[] = {
	{ "/", WORKLOAD_SYSTEM, "", "system", "(root)", "", "" },

/* kubelet, systemd driver (pkg/kubelet/cm/cgroup_manager_linux.go): guaranteed, burstable, best effort */
#define KUBE(path, runtime, uid, id)                                                                         \
	{                                                                                                    \
		path, WORKLOAD_POD, runtime, "kubepods", uid, uid, id                                        \
	}
	KUBE("/kubepods.slice/kubepods-pod" USCO ".slice/cri-containerd-" ID ".scope", "containerd", UID_,
		ID),
	KUBE("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" USCO
	     ".slice/cri-containerd-" ID ".scope",
		"containerd", UID_, ID),
	KUBE("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" USCO ".slice/docker-" ID
	     ".scope",
		"docker", UID_, ID),
	/* cri-o (internal/config/cgmgr); its conmon and crun's sub-cgroup */
	KUBE("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" USCO ".slice/crio-" ID
	     ".scope",
		"cri-o", UID_, ID),
	KUBE("/kubepods.slice/kubepods-pod" USCO ".slice/crio-" ID ".scope/container", "cri-o", UID_, ID),
	KUBE("/kubepods.slice/kubepods-pod" USCO ".slice/crio-conmon-" ID ".scope", "", UID_, ""),
	KUBE("/kubepods/burstable/pod" UID_ "/crio-" ID, "cri-o", UID_, ID),
	/* kubelet, cgroupfs driver; K3s and Talos (containerd), minikube (docker) */
	KUBE("/kubepods/burstable/pod" UID_ "/" ID, "", UID_, ID),
	KUBE("/kubepods/pod" UID_ "/" ID, "", UID_, ID),
	KUBE("/kubepods/besteffort/pod" UID_ "/" ID "/sub/group", "", UID_, ID),
	/* containerd told to use the systemd driver while kubelet is not (containerd issue 4900) */
	KUBE("/system.slice/containerd.service/kubepods-burstable-pod" USCO ".slice:cri-containerd:" ID,
		"containerd", UID_, ID),
	/* the pod's own cgroup, a static pod, and something a container made below itself */
	KUBE("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" USCO ".slice", "", UID_, ""),
	KUBE("/kubepods/burstable/pod" HASH "/" ID, "", HASH, ID),
	KUBE("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH
	     ".slice/cri-containerd-" ID ".scope",
		"containerd", HASH, ID),
	KUBE("/kubepods/burstable/pod" UID_ "/" ID "/init.scope", "", UID_, ID),
	/* kind and minikube (docker driver): a node is a container with pods in it */
	KUBE("/docker/" ID2 "/kubelet/kubepods/burstable/pod" UID_ "/" ID, "", UID_, ID),
	KUBE("/docker/" ID2 "/kubepods/pod" UID_ "/" ID, "", UID_, ID),
	KUBE("/system.slice/docker-" ID2
	     ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	     "kubelet-kubepods-burstable-pod" USCO ".slice/cri-containerd-" ID ".scope",
		"containerd", UID_, ID),
	{ "/system.slice/docker-" ID2 ".scope/kubelet.slice/kubelet.service", WORKLOAD_CONTAINER, "docker",
		"docker", ID2, "", ID2 },
	/* kind in a CI pod: the energy is the outer pod's, whatever it calls what it nests */
	KUBE("/kubepods/burstable/pod" UID_ "/" ID "/docker/" ID2
	     "/kubelet/kubepods/pod99999999-1234-5678-9abc-123456789abc/" ID,
		"", UID_, ID),
	KUBE("/kubepods/burstable/pod" UID_ "/" ID "/docker/" ID2
	     "/kubelet/kubepods/pod99999999-1234-5678-9abc-123456789abc/" ID2,
		"", UID_, ID),
	/* Docker within a container of the pod: Kubernetes knows that container, and nobody the inner one */
	KUBE("/kubepods/burstable/pod" UID_ "/" ID "/docker/" ID2, "", UID_, ID),
	KUBE("/kubepods.slice/kubepods-pod" USCO ".slice/cri-containerd-" ID ".scope/docker/" ID2,
		"containerd", UID_, ID),
	KUBE("/kubepods.slice/kubepods-pod" USCO ".slice/crio-" ID ".scope/system.slice/docker-" ID2 ".scope",
		"cri-o", UID_, ID),
	KUBE("/system.slice/docker-" ID2 ".scope/kubepods.slice/kubepods-pod" USCO ".slice/cri-containerd-" ID
	     ".scope/lxc.payload.web/init.scope",
		"containerd", UID_, ID),
#undef KUBE

/* docker (moby daemon/oci_linux.go): cgroupfs, systemd, rootless; with systemd inside */
#define BOX(path, runtime, id)                                                                               \
	{                                                                                                    \
		path, WORKLOAD_CONTAINER, runtime, runtime, id, "", id                                       \
	}
	BOX("/docker/" ID, "docker", ID),
	BOX("/system.slice/docker-" ID ".scope", "docker", ID),
	BOX("/system.slice/docker-" ID ".scope/system.slice/nginx.service", "docker", ID),
	BOX("/docker/" ID "/docker/" ID2, "docker", ID2),
	/* BuildKit's worker, Amazon ECS tasks */
	BOX("/docker/buildkit/0123456789abcdefghijklmno", "buildkit", "0123456789abcdefghijklmno"),
	BOX("/ecs/" HASH "/" ID, "docker", ID),
	BOX("/ecstasks.slice/ecstasks-" HASH ".slice/docker-" ID ".scope", "docker", ID),
	/* containerd: ctr and nerdctl, both drivers, by namespace; CRI without a parent */
	BOX("/default/" ID, "containerd", ID),
	BOX("/k8s.io/" ID, "containerd", ID),
	BOX("/moby/" ID, "containerd", ID),
	BOX("/system.slice/nerdctl-" ID ".scope", "containerd", ID),
	BOX("/system.slice/docker.slice/docker-" ID ".scope", "docker", ID), /* --cgroup-parent of a slice */
	BOX("/kata_overhead/" ID, "kata", ID),
	/* podman (libpod/container_internal_linux.go): systemd, cgroupfs, crun's payload, a pod, rootless, quadlet */
	BOX("/machine.slice/libpod-" ID ".scope/container", "podman", ID),
	BOX("/libpod_parent/libpod-" ID, "podman", ID),
	BOX("/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", "podman", ID),
	BOX("/system.slice/web.service/libpod-payload-" ID, "podman", ID),
	/* LXC ≥ 4 and 3, LXD and Incus (project_name), Proxmox VE; docker within */
	BOX("/lxc.payload.web", "lxc", "web"),
	BOX("/lxc.payload.web/init.scope", "lxc", "web"),
	BOX("/lxc.payload/web/system.slice/ssh.service", "lxc", "web"),
	BOX("/lxc.payload.shop_db/init.scope", "lxc", "shop_db"),
	BOX("/lxc/101/ns/init.scope", "lxc", "101"),
	BOX("/lxc.payload.web/system.slice/docker-" ID ".scope", "docker", ID),
	/* libvirt's lxc driver, machined's nspawn: names are escaped */
	BOX("/machine.slice/machine-lxc\\x2d4711\\x2dmy\\x2dbox.scope", "lxc", "my-box"),
	BOX("/machine.slice/machine-my\\x2dbox.scope/payload", "nspawn", "my-box"),
	BOX("/machine.slice/systemd-nspawn@web.service/payload/init.scope", "nspawn", "web"),
#undef BOX

/* --cgroup-parent with the cgroupfs driver, containerd's other namespaces; the nearest one we know wins over deeper ones */
#define NAMELESS(path, id)                                                                                   \
	{                                                                                                    \
		path, WORKLOAD_CONTAINER, "", "container", id, "", id                                        \
	}
	NAMELESS("/foo/" ID, ID),
	NAMELESS("/" ID, ID),
	NAMELESS("/ci.slice/" ID, ID),
	NAMELESS("/buildkit-ns/" ID "/init.scope", ID),
	NAMELESS("/kube-system/" ID, ID), /* no way into a namespace of Kubernetes' */
	NAMELESS("/podcast/" ID, ID),
	{ "/docker/" ID2 "/foo/" ID, WORKLOAD_CONTAINER, "docker", "docker", ID2, "", ID2 },
#undef NAMELESS

/* virtual machines: libvirt with systemd, without, older; Proxmox VE */
#define VM(path, name)                                                                                       \
	{                                                                                                    \
		path, WORKLOAD_VM, "qemu", "machine.slice", name, "", ""                                     \
	}
	VM("/machine.slice/machine-qemu\\x2d1\\x2dvm1.scope/libvirt/emulator", "vm1"),
	VM("/machine.slice/machine-qemu\\x2d12\\x2dmy\\x2dvm.scope", "my-vm"),
	VM("/machine.slice/machine-qemu-3-db.scope", "db"),
	VM("/machine/qemu-3-db.libvirt-qemu/vcpu0", "db"),
	VM("/machine/db.libvirt-qemu", "db"),
	VM("/qemu.slice/101.scope", "101"),
	VM("/machine.slice/machine-qemu\\x2d1\\x2da\\x0ab\\x2.scope", "a\\x0ab\\x2"),
#undef VM

/* systemd: services, templates, sessions, and each user's own manager */
#define UNIT(path, slice, name)                                                                              \
	{                                                                                                    \
		path, WORKLOAD_UNIT, "systemd", slice, name, "", ""                                          \
	}
	UNIT("/system.slice/ssh.service", "system.slice", "ssh.service"),
	UNIT("/system.slice/system-getty.slice/getty@tty1.service", "system-getty.slice",
		"getty@tty1.service"),
	UNIT("/system.slice/var-lib-my\\x2ddata.mount", "system.slice", "var-lib-my\\x2ddata.mount"),
	UNIT("/system.slice/docker.service", "system.slice", "docker.service"),
	UNIT("/system.slice/crio-conmon-" ID ".scope", "system.slice", "crio-conmon-" ID ".scope"),
	UNIT("/machine.slice/libpod-conmon-" ID ".scope", "machine.slice", "libpod-conmon-" ID ".scope"),
	UNIT("/init.scope", "-.slice", "init.scope"),
	UNIT("/system.slice", "-.slice", "system.slice"),
	UNIT("/system.slice/ssh.service/sub", "system.slice", "ssh.service"),
	UNIT("/user.slice/user-1000.slice/session-3.scope", "user-1000.slice", "session-3.scope"),
	UNIT("/user.slice/user-1000.slice", "user.slice", "user-1000.slice"),
	UNIT(USER, "user-1000.slice", "user@1000.service"),
	UNIT(USER "/init.scope", "user-1000.slice", "init.scope"),
	UNIT(USER "/app.slice/x.service", "user-1000.slice", "x.service"),
	UNIT(USER "/app.slice/app-gnome-firefox-4711.scope", "user-1000.slice",
		"app-gnome-firefox-4711.scope"),

/* What a user has, rootless Docker, podman, K3s: his alone, for he may give a cgroup the name of another's container or pod. A
 * service that may make cgroups (Delegate=) names its own, too. */
#define OWN "user-1000.slice/"
	{ USER "/user.slice/docker-" ID ".scope", WORKLOAD_CONTAINER, "docker", "user-1000.slice", ID, "",
		OWN ID },
	{ USER "/user.slice/libpod-" ID ".scope/container", WORKLOAD_CONTAINER, "podman", "user-1000.slice",
		ID, "", OWN ID },
	{ USER "/user.slice/user-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", WORKLOAD_CONTAINER, "podman",
		"user-1000.slice", ID, "", OWN ID },
	{ USER "/x/" ID, WORKLOAD_CONTAINER, "", "user-1000.slice", ID, "", OWN ID },
	{ USER "/lxc/web", WORKLOAD_CONTAINER, "lxc", "user-1000.slice", "web", "", OWN "web" },
	{ USER "/k3s-rootless.service/kubepods/burstable/pod" UID_ "/" ID, WORKLOAD_POD, "",
		"user-1000.slice", UID_, OWN UID_, OWN ID },
	{ USER "/user-2000.slice/user@2000.service/kubepods/pod" UID_, WORKLOAD_POD, "", "user-1000.slice",
		UID_, OWN UID_, "" },
	{ USER "/machine-qemu\\x2d1\\x2dweb.scope", WORKLOAD_CONTAINER, "nspawn", "user-1000.slice",
		"qemu-1-web", "", OWN "qemu-1-web" },
	UNIT(USER "/system.slice/ssh.service", "user-1000.slice", "ssh.service"),
	UNIT("/system.slice/ci.service/system.slice/ssh.service", "ci.service", "ssh.service"),
	UNIT("/system.slice/ci.service/user-1000.slice/user@1000.service/x.service", "ci.service",
		"x.service"),
#undef OWN
#undef UNIT

/* nothing we know, and what only looks like something */
#define UNKNOWN(path, name)                                                                                  \
	{                                                                                                    \
		path, WORKLOAD_UNIT, "", "cgroup", name, "", ""                                              \
	}
	UNKNOWN("/mygroup", "/mygroup"),
	UNKNOWN("/podruntime/kubelet", "/podruntime/kubelet"),
	UNKNOWN("/lxc.monitor.web", "/lxc.monitor.web"),
	UNKNOWN("/docker/0123", "/docker/0123"),
	UNKNOWN("/foo/" ID "0", "/foo/" ID "0"),
	UNKNOWN("/foo/x" ID, "/foo/x" ID),
	UNKNOWN("/foo/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"/foo/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"),
	UNKNOWN("/foo/" ID "\n", "/foo/" ID "\n"),
	UNKNOWN("/foo:" ID, "/foo:" ID),
	UNKNOWN("/pod" UID_ "/x", "/pod" UID_ "/x"),
	UNKNOWN("/a\nb\xff", "/a\nb\xff"),
	UNKNOWN("", "(unnamed)"),
#undef UNKNOWN
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
	struct identity identity, other;
	char path[1025];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	identity_of_path(path, &identity);
	assert_int_equal(strlen(identity.workload), 249);
	path[1000] = 'b'; /* what is cut off still tells two workloads apart */
	identity_of_path(path, &other);
	assert_string_not_equal(identity.workload, other.workload);
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
