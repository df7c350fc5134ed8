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
#include "base/hybrid.h"
#include "cli/doctor/doctor.h"
#include "base/language.h"
#include "cli/meters_host.h"
#include "cli/up/host.h"

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
		is_new_enough ? ""
			      : in_language("install a kernel of 5.15 or newer, as Debian 12 has",
					"5.15 이상의 커널을 설치하십시오(데비안 12의 커널이 그렇습니다)"),
		"Linux %s%s", name.release,
		is_new_enough ? ""
			      : in_language(": too old for the eBPF programs, CPU time comes from /proc",
					": eBPF 프로그램을 쓰기에 오래되어 CPU 시간을 /proc에서 읽습니다"));
}

static void check_btf(struct findings *findings)
{
	static const char path[] = "/sys/kernel/btf/vmlinux"; /* libbpf's, whatever sysfs_root is */
	bool is_there = access(path, R_OK) == 0;
	findings_add(findings, "kernel-btf", is_there ? FINDING_MEASURED : FINDING_MODELLED,
		is_there ? ""
			 : in_language("boot a kernel with CONFIG_DEBUG_INFO_BTF, as Debian's is",
				   "데비안 커널처럼 CONFIG_DEBUG_INFO_BTF가 켜진 커널로 부팅하십시오"),
		is_there ? in_language(
				   "kernel type information is there (%s)", "커널 타입 정보가 있습니다(%s)")
			 : in_language("no kernel type information (%s): CPU time comes from /proc",
				   "커널 타입 정보가 없습니다(%s). CPU 시간을 /proc에서 읽습니다"),
		path);
}

static void check_capabilities(struct findings *findings)
{
	bool may = host_has_capability(CAP_BPF) && host_has_capability(CAP_PERFMON);

	findings_add(findings, "capabilities", may ? FINDING_MEASURED : FINDING_MODELLED,
		may ? ""
		: geteuid() == 0
			? in_language("give this container both", "컨테이너에 두 권한을 주십시오")
			: in_language("sudo tanso up (or the systemd units, which grant just these two)",
				  "sudo tanso up(또는 이 두 권한만 주는 systemd 유닛)"),
		"%s",
		may ? in_language("you may load eBPF programs (CAP_BPF, CAP_PERFMON)",
			      "eBPF 프로그램을 올릴 수 있습니다(CAP_BPF, CAP_PERFMON)")
		    : in_language("you lack CAP_BPF or CAP_PERFMON: a pipeline that you start reads CPU time "
				  "from /proc",
			      "CAP_BPF 또는 CAP_PERFMON이 없습니다. 지금 권한으로 시작한 파이프라인은 CPU "
			      "시간을 /proc에서 읽습니다"));
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
		findings_add(findings, "pmu", FINDING_MEASURED, "", "%s",
			in_language("hardware counters are there: energy can be shared by cycles",
				"하드웨어 카운터가 있습니다. 에너지를 사이클에 따라 나눌 수 있습니다"));
	else if (errno == EACCES || errno == EPERM)
		findings_add(findings, "pmu", FINDING_MODELLED,
			geteuid() == 0 ? in_language("give this container CAP_PERFMON",
						 "컨테이너에 CAP_PERFMON을 주십시오")
				       : "sudo tanso doctor",
			"%s",
			in_language("hardware counters: you may not look (perf_event_paranoid)",
				"하드웨어 카운터를 볼 권한이 없습니다(perf_event_paranoid)"));
	else
		findings_add(findings, "pmu", FINDING_MODELLED, "", "%s",
			in_language("no hardware counters (usual in a guest): energy is shared by CPU time",
				"하드웨어 카운터가 없습니다(가상 머신에서는 보통). 에너지를 CPU 시간에 따라 "
				"나눕니다"));
}

static void check_meter(struct findings *findings, const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 128];

	switch (host_find_meter(config, path, sizeof(path))) {
	case HOST_METER_READABLE:
		findings_add(findings, "power-meter", FINDING_MEASURED, "",
			in_language("power meter: %s", "전력 계측기: %s"), path);
		break;
	case HOST_METER_REFUSED:
		findings_add(findings, "power-meter", FINDING_MODELLED,
			in_language("sudo tanso up, or make the file readable for group tanso "
				    "(deploy/systemd's rules "
				    "do)",
				"sudo tanso up, 또는 파일을 tanso 그룹이 읽을 수 있게 "
				"하십시오(deploy/systemd의 규칙이 그렇게 합니다)"),
			in_language("the power meter %s is not readable for you",
				"전력 계측기 파일 %s: 읽을 권한이 없습니다"),
			path);
		break;
	case HOST_METER_SENSORS:
		findings_add(findings, "power-meter", FINDING_MODELLED, "",
			in_language("power sensors are here (%s); the collector says at its start whether "
				    "one of them is "
				    "the CPU's or the host's",
				"전력 센서가 있습니다(%s). CPU나 호스트의 센서인지는 수집 단계(collector)가 "
				"시작할 때 "
				"알려 줍니다"),
			path);
		break;
	case HOST_METER_NONE:
		findings_add(findings, "power-meter", FINDING_MODELLED,
			in_language("if you know this host's watts: host_idle_watts and host_full_watts in "
				    "tanso.conf",
				"이 호스트의 전력을 알면 tanso.conf에 host_idle_watts와 host_full_watts를 "
				"적으십시오"),
			"%s",
			in_language("no power meter (RAPL) here, usual in a guest: watts come from a model "
				    "and carry its "
				    "error",
				"전력 계측기(RAPL)가 없습니다(가상 머신에서는 보통). 전력은 모델로 추정하고 "
				"오차를 함께 표시합니다"));
	}
}

static void check_gpu(struct findings *findings, const struct config *config)
{
	bool is_wanted = strstr(config->meters, "nvml") != NULL;

	if (host_has_nvidia(config)) /* a host without GPU has nothing to find */
		findings_add(findings, "gpu-meter", is_wanted ? FINDING_MEASURED : FINDING_MODELLED,
			is_wanted ? ""
				  : in_language("name nvml in `meters` in tanso.conf",
					    "tanso.conf의 `meters`에 nvml을 추가하십시오"),
			is_wanted ? in_language("NVIDIA's driver is loaded: GPU watts come from %s",
					    "NVIDIA 드라이버가 있습니다. GPU 전력은 %s에서 읽습니다")
				  : in_language("NVIDIA's driver is loaded, and nothing asks it (%s): GPU "
						"watts are not counted",
					    "NVIDIA 드라이버가 있지만 사용하지 않습니다(%s). GPU 전력은 "
					    "포함되지 않습니다"),
			config->nvml_library);
}

static void check_cgroups(struct findings *findings, const struct config *config)
{
	static const struct {
		const char *file, *text, *text_ko;
	} layouts[] = { { "cgroup.controllers", "cgroup v2", "cgroup v2" },
		{ "unified/cgroup.controllers", "CPU time by cgroup v2 (hybrid: v1 stands beside it)",
			"CPU 시간은 cgroup v2 기준(하이브리드: v1도 있음)" },
		{ "cpuacct/cgroup.procs", "cgroup v1", "cgroup v1" } };
	char path[CONFIG_TEXT_MAX + 64], v2[CONFIG_TEXT_MAX + 64];
	bool is_auto = strcmp(config->cgroup_hierarchy, "auto") == 0;

	snprintf(path, sizeof(path), "%s/cpuacct", config->cgroup_root);
	snprintf(v2, sizeof(v2), "%s/unified", config->cgroup_root);
	/* as the collector decides (hierarchy.c) */
	bool is_v1 = strcmp(config->cgroup_hierarchy, "cpuacct") == 0 ||
		     (is_auto && hybrid_v1_alone(path, v2) != NULL);
	for (size_t i = is_v1 ? 2 : 0; i < ARRAY_SIZE(layouts); i++) {
		snprintf(path, sizeof(path), "%s/%s", config->cgroup_root, layouts[i].file);
		if (access(path, F_OK) < 0)
			continue;
		findings_add(findings, "cgroups", FINDING_MEASURED, "", "%s: %s",
			in_language(layouts[i].text, layouts[i].text_ko), config->cgroup_root);
		return;
	}
	findings_add(findings, "cgroups", FINDING_MISSING, "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
		in_language("no cgroup hierarchy under %s: workloads cannot be told apart",
			"%s에 cgroup 계층이 없어 워크로드를 구분할 수 없습니다"),
		config->cgroup_root);
}

void doctor_check_host(struct findings *findings, const struct config *config)
{
	check_kernel(findings);
	check_btf(findings);
	check_capabilities(findings);
	check_pmu(findings);
	check_meter(findings, config);
	check_gpu(findings, config);
	check_cgroups(findings, config);
}
