/* What the kernel and the machine offer. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/doctor.h"
#include "cli/meters_host.h"
#include "cli/up_host.h"

static void check_kernel(struct findings *findings)
{
	struct utsname name;
	char *rest;

	if (uname(&name) < 0)
		return;
	unsigned long major = strtoul(name.release, &rest, 10),
		      minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
	bool is_new_enough = major > 5 || (major == 5 && minor >= 15);
	findings_add(findings, "kernel", is_new_enough ? FINDING_MEASURED : FINDING_MODELLED,
		is_new_enough ? "" : "install a kernel of 5.15 or newer, as Debian 12 has", "Linux %s%s",
		name.release,
		is_new_enough ? "" : ": too old for the eBPF programs, CPU time comes from /proc");
}

static void check_btf(struct findings *findings, const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 32];

	snprintf(path, sizeof(path), "%s/kernel/btf/vmlinux", config->sysfs_root);
	bool is_there = access(path, R_OK) == 0;
	findings_add(findings, "kernel-btf", is_there ? FINDING_MEASURED : FINDING_MODELLED,
		is_there ? "" : "boot a kernel with CONFIG_DEBUG_INFO_BTF, as Debian's is",
		is_there ? "kernel type information is there (%s)"
			 : "no kernel type information (%s): CPU time comes from /proc",
		path);
}

static void check_capabilities(struct findings *findings)
{
	bool may = host_has_capability(CAP_BPF) && host_has_capability(CAP_PERFMON);

	findings_add(findings, "capabilities", may ? FINDING_MEASURED : FINDING_MODELLED,
		may ? "" : "sudo tanso up (or the systemd units, which grant just these two)",
		may ? "you may load eBPF programs (CAP_BPF, CAP_PERFMON)"
		    : "you lack CAP_BPF or CAP_PERFMON: a pipeline that you start reads CPU time from /proc");
}

static void check_pmu(struct findings *findings)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_HARDWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1 };
	CLEANUP(closep) int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);

	if (fd >= 0)
		findings_add(findings, "pmu", FINDING_MEASURED, "",
			"hardware counters are there: energy can be shared by cycles");
	else if (errno == EACCES || errno == EPERM)
		findings_add(findings, "pmu", FINDING_MODELLED, "sudo tanso doctor",
			"hardware counters: you may not look (perf_event_paranoid)");
	else
		findings_add(findings, "pmu", FINDING_MODELLED, "",
			"no hardware counters (usual in a guest): energy is shared by CPU time");
}

static void check_meter(struct findings *findings, const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 128];

	switch (host_find_meter(config, path, sizeof(path))) {
	case HOST_METER_READABLE:
		findings_add(findings, "power-meter", FINDING_MEASURED, "", "power meter: %s", path);
		break;
	case HOST_METER_REFUSED:
		findings_add(findings, "power-meter", FINDING_MODELLED,
			"sudo tanso up, or make the file readable for group tanso (deploy/systemd's rules "
			"do)",
			"the power meter %s is not readable for you", path);
		break;
	case HOST_METER_SENSORS:
		findings_add(findings, "power-meter", FINDING_MODELLED, "",
			"power sensors are here (%s); the collector says at its start whether one of them is "
			"the "
			"CPU's or the host's",
			path);
		break;
	case HOST_METER_NONE:
		findings_add(findings, "power-meter", FINDING_MODELLED,
			"if you know this host's watts: host_idle_watts and host_full_watts in tanso.conf",
			"no power meter (RAPL) here, usual in a guest: watts come from a model and carry its "
			"error");
	}
}

static void check_gpu(struct findings *findings, const struct config *config)
{
	bool is_wanted = strstr(config->meters, "nvml") != NULL;

	if (host_has_nvidia(config)) /* a host without GPU has nothing to find */
		findings_add(findings, "gpu-meter", is_wanted ? FINDING_MEASURED : FINDING_MODELLED,
			is_wanted ? "" : "name nvml in `meters` in tanso.conf",
			is_wanted ? "NVIDIA's driver is loaded: GPU watts come from %s"
				  : "NVIDIA's driver is loaded, and nothing asks it (%s): GPU watts are not "
				    "counted",
			config->nvml_library);
}

static void check_cgroups(struct findings *findings, const struct config *config)
{
	static const struct {
		const char *file, *text;
	} layouts[] = { { "cgroup.controllers", "cgroup v2" },
		{ "unified/cgroup.controllers", "cgroup v1 and v2 side by side (hybrid)" },
		{ "cpuacct/cgroup.procs", "cgroup v1" } };
	char path[CONFIG_TEXT_MAX + 64];

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		snprintf(path, sizeof(path), "%s/%s", config->cgroup_root, layouts[i].file);
		if (access(path, F_OK) < 0)
			continue;
		findings_add(findings, "cgroups", FINDING_MEASURED, "", "%s under %s", layouts[i].text,
			config->cgroup_root);
		return;
	}
	findings_add(findings, "cgroups", FINDING_MISSING, "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
		"no cgroup hierarchy under %s: workloads cannot be told apart", config->cgroup_root);
}

void doctor_check_host(struct findings *findings, const struct config *config)
{
	check_kernel(findings);
	check_btf(findings, config);
	check_capabilities(findings);
	check_pmu(findings);
	check_meter(findings, config);
	check_gpu(findings, config);
	check_cgroups(findings, config);
}
