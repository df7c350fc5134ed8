"""Runs a container of a rendered pod in runc, as containerd does for kubelet: its command, environment, mounts, user, capabilities and
filter; in the network, UTS, IPC, mount and cgroup namespaces a pod has. What stands in for a node's own folders is a folder."""
import ctypes, json, os, pathlib, shutil, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from pipeline import hierarchies  # noqa: E402

POD_IP = "10.244.1.7"
NODE_FOLDERS = ("/var/", "/run/")  # of hostPath: these are the test's; /sys is the machine's
MASKED = ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
          "/proc/sched_debug", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/devices/system/cpu/cpu0/thermal_throttle", "/proc/scsi"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
# What RuntimeDefault lets nobody call without a capability for it; of bpf and perf_event_open, that is one of their own since containerd 1.7.
REFUSED = """acct add_key bpf clock_adjtime clock_settime delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick get_mempolicy init_module
    io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind mount mount_setattr move_mount
    move_pages open_by_handle_at open_tree perf_event_open pivot_root process_vm_readv process_vm_writev quotactl reboot request_key set_mempolicy setns
    settimeofday swapoff swapon sysfs umount2 unshare userfaultfd ustat uselib vhangup""".split()
FOR_CAPABILITY = {"CAP_BPF": "bpf", "CAP_PERFMON": "perf_event_open"}


def enter_new_network(address):
    """This process and what it starts, in a network of its own with a loopback and the pod's address: what is asked of it there comes from
    outside of the pod, and what is asked of 127.0.0.1 as through kubectl port-forward."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    for command in ("link set lo up", f"addr add {address}/32 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)


def seccomp(capabilities, is_old):
    allowed = set() if is_old else {FOR_CAPABILITY[c] for c in capabilities if c in FOR_CAPABILITY}
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [n for n in REFUSED if n not in allowed], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}


class Container:
    def __init__(self, name, spec, root, node, data, runtime_is_old=False):
        """spec: the pod's; node: the folder of the node's; data: {name of ConfigMap or Secret: {file: text}}."""
        self.name, self.spec, self.node, self.data = f"tanso-test-{name}-{os.getpid()}", spec, node, data
        self.bundle = pathlib.Path(tempfile.mkdtemp(prefix="tanso-runc-"))
        self.log_path = self.bundle / "log"
        self.cgroup = f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podtanso{os.getpid()}.slice/cri-containerd-{name:0>64}.scope"
        shutil.copytree(root, self.bundle / "rootfs", symlinks=True)  # the runtime makes the mounts' folders in it
        (self.bundle / "config.json").write_text(json.dumps(self.config(spec["containers"][0], runtime_is_old)))

    def config(self, container, runtime_is_old):
        subprocess.run(["runc", "spec"], cwd=self.bundle, check=True)
        spec, security = json.loads((self.bundle / "config.json").read_text()), {**self.spec.get("securityContext", {}), **container["securityContext"]}
        assert security["capabilities"]["drop"] == ["ALL"] and security["seccompProfile"]["type"] == "RuntimeDefault"
        capabilities = [f"CAP_{c}" for c in security["capabilities"].get("add", [])]
        user = security["runAsUser"]
        spec["root"] = {"path": "rootfs", "readonly": security["readOnlyRootFilesystem"]}
        spec["hostname"] = "tanso-x7k2p"
        spec["process"].pop("rlimits")  # CAP_SYS_RESOURCE may be missing here
        spec["process"].update(
            terminal=False, args=container["command"] + container["args"], user={"uid": user, "gid": security["runAsGroup"], "additionalGids": [security.get("fsGroup", 0)]},
            noNewPrivileges=not security["allowPrivilegeEscalation"], env=["PATH=/usr/bin", "HOSTNAME=tanso-x7k2p", "KUBERNETES_SERVICE_HOST=10.96.0.1"] + self.environment(container),
            capabilities={kind: capabilities for kind in ("bounding", *(() if user else ("effective", "permitted")))})
        kinds = ["ipc", "uts", "mount", "cgroup"] + ([] if self.spec.get("hostPID") else ["pid"])
        spec["linux"].update(cgroupsPath="/" + self.cgroup, namespaces=[{"type": kind} for kind in kinds], maskedPaths=MASKED, readonlyPaths=READ_ONLY,
                             seccomp=seccomp(capabilities, runtime_is_old))
        volumes = {v["name"]: v for v in self.spec["volumes"]}
        spec["mounts"] += [self.mount(m, volumes[m["name"]], user) for m in container["volumeMounts"]]
        if self.spec["automountServiceAccountToken"]:
            spec["mounts"].append({"destination": "/var/run/secrets/kubernetes.io/serviceaccount", "type": "bind", "options": ["rbind", "ro"],
                                   "source": str(self.projected("serviceaccount"))})
        return spec

    @staticmethod
    def environment(container):
        fields = {"spec.nodeName": "node-a", "status.hostIP": "127.0.0.1"}
        return [f"{e['name']}={fields[e['valueFrom']['fieldRef']['fieldPath']]}" for e in container.get("env", [])]

    def mount(self, mount, volume, user):
        options = ["rbind", "ro" if mount.get("readOnly") else "rw", "rslave" if mount.get("mountPropagation") == "HostToContainer" else "rprivate"]
        if "emptyDir" in volume:
            path = self.bundle / volume["name"]
            path.mkdir()
            path.chmod(0o777)
        elif "hostPath" in volume:
            path = pathlib.Path(volume["hostPath"]["path"])
            if str(path).startswith(NODE_FOLDERS):
                path = self.node / str(path)[1:]
                if volume["hostPath"].get("type") == "DirectoryOrCreate":
                    path.mkdir(parents=True, exist_ok=True)
        elif "persistentVolumeClaim" in volume:
            path = self.node / "claim"
            path.mkdir(exist_ok=True)
            os.chown(path, user, user)
        else:
            name = volume["configMap"]["name"] if "configMap" in volume else volume["secret"]["secretName"]
            path = self.projected(name)
        return {"destination": mount["mountPath"], "type": "bind", "source": str(path), "options": options}

    def projected(self, name):
        """As kubelet lays them out: each file a link to ..data/FILE, and ..data a link to a folder with a date."""
        folder = self.bundle / name
        (folder / "..2026").mkdir(parents=True)
        (folder / "..data").symlink_to("..2026")
        for file, text in self.data[name].items():
            (folder / "..2026" / file).write_text(text)
            (folder / "..2026" / file).chmod(0o644)
            (folder / file).symlink_to(f"..data/{file}")
        return folder

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["runc", "run", "--bundle", self.bundle, self.name], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")

    def execute(self, *command):
        return subprocess.run(["runc", "exec", self.name, *command], capture_output=True, text=True, timeout=30)

    def pids(self):
        """{stage: pid on the node}"""
        pids = next(h for h in hierarchies() if (h / self.cgroup / "cgroup.procs").exists())
        found = {}
        for pid in (pids / self.cgroup / "cgroup.procs").read_text().split():
            try:
                found[os.readlink(f"/proc/{pid}/exe").rsplit("tanso-", 1)[-1]] = int(pid)
            except OSError:
                pass
        return found

    def stop(self, seconds):
        """SIGTERM, as kubelet; the exit status."""
        subprocess.run(["runc", "kill", self.name, "TERM"], check=True)
        return self.process.wait(seconds)

    def remove(self):
        subprocess.run(["runc", "delete", "--force", self.name], capture_output=True)
        if self.process.poll() is None:
            self.process.wait(10)
        for h in pathlib.Path("/sys/fs/cgroup").iterdir():
            for folder in pathlib.Path(self.cgroup).parents:
                try:
                    (h / folder).rmdir()
                except OSError:
                    pass
        shutil.rmtree(self.bundle, ignore_errors=True)
