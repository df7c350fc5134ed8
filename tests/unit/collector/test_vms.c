/* Command lines as the managers write them, and as nobody should. */
#include "collector/vms.h"

#include <sys/stat.h>

#include "tests/unit/unit.h"

#define UUID      "c7a5fdbd-edaf-9455-926a-d65c16db1809"
#define LINE(...) __VA_ARGS__, sizeof(__VA_ARGS__) - 1

static const struct {
	const char *exe, *comm, *line;
	size_t size;
	const char *hypervisor, *name, *id;
} cases[] = {
	/* libvirt (src/qemu/qemu_command.c) */
	{ "qemu-system-x86_64", "qemu-system-x86",
		LINE("/usr/bin/qemu-system-x86_64\0-name\0guest=web,debug-threads=on\0-S\0"
		     "-machine\0pc\0-uuid\0" UUID
		     "\0-smbios\0type=1,uuid=00000000-edaf-9455-926a-d65c16db1809\0"),
		"qemu", "web", UUID },
	{ "", "qemu-system-aar", LINE("qemu\0-name\0guest=a,,b=c,x=y\0"), "qemu", "a,b=c", "a,b=c" },
	/* KubeVirt; RHEL's name of QEMU */
	{ "qemu-kvm", "qemu-kvm",
		LINE("/usr/libexec/qemu-kvm\0-name\0guest=shop_db,debug-threads=on\0-uuid\0" UUID "\0"),
		"qemu", "shop_db", UUID },
	/* Proxmox VE (qemu-server's config_to_command) */
	{ "qemu-system-x86_64", "kvm",
		LINE("/usr/bin/kvm\0-id\0"
		     "101\0-name\0mail,debug-threads=on\0-smbios\0type=1,uuid=" UUID "\0"),
		"qemu", "mail", UUID },
	/* by hand */
	{ "qemu-system-riscv64", "x", LINE("qemu-system-riscv64\0--name\0try\0"), "qemu", "try", "try" },
	{ "qemu-system-i386", "x", LINE("qemu-system-i386\0-uuid\0" UUID "\0"), "qemu", UUID, UUID },
	{ "qemu-system-i386", "x", LINE("qemu-system-i386\0-append\0-name\0-name\0last"), "qemu", "last",
		"last" },
	/* VBoxManage startvm --type headless, the GUI */
	{ "VBoxHeadless", "VBoxHeadless",
		LINE("/usr/lib/virtualbox/VBoxHeadless\0--comment\0my vm\0--startvm\0" UUID
		     "\0--vrde\0config\0"),
		"virtualbox", "my vm", UUID },
	{ "VBoxHeadless", "VBoxHeadless", LINE("VBoxHeadless\0-startvm\0my vm\0"), "virtualbox", "my vm",
		"my vm" },
	{ "VirtualBoxVM", "VirtualBoxVM",
		LINE("VirtualBoxVM\0--comment\0gui\0--startvm\0" UUID "\0--no-startvm-errormsgbox\0"),
		"virtualbox", "gui", UUID },
	/* VMware Workstation */
	{ "vmware-vmx", "vmware-vmx",
		LINE("/usr/lib/vmware/bin/"
		     "vmware-vmx\0-s\0vmx.stdio.keep=TRUE\0-#\0product=1\0-@\0duplex=3;x\0"
		     "/home/a/vm ware/db.1.vmx\0"),
		"vmware", "db.1", "db.1" },
	/* the jailer starts it so */
	{ "firecracker", "firecracker",
		LINE("firecracker\0--id\0fn-1\0--start-time-us\0"
		     "1\0"),
		"firecracker", "fn-1", "fn-1" },
};

static void each_command_line_tells_its_machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vm_identity identity;
		const char *hypervisor = vm_hypervisor(cases[i].exe, cases[i].comm);
		assert_non_null(hypervisor);
		assert_string_equal(hypervisor, cases[i].hypervisor);
		assert_true(vm_parse(hypervisor, cases[i].line, cases[i].size, &identity));
		assert_string_equal(identity.name, cases[i].name);
		assert_string_equal(identity.id, cases[i].id);
	}
}

static void other_processes_run_no_machine(void **state)
{
	static const char *const names[] = { "", "qemu-img", "qemu-ga", "kvm-irqfd", "VBoxSVC", "bash",
		"vmware-usbarbit" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_null(vm_hypervisor(names[i], names[i]));
		assert_null(vm_hypervisor("", names[i]));
	}
	assert_null(vm_hypervisor("bash", "kvm")); /* the executable knows better than the command */
}

static void hostile_command_lines_are_cut_and_harmless(void **state)
{
	struct vm_identity identity;
	static char line[VM_COMMAND_LINE_MAX];

	(void)state;
	assert_false(vm_parse("qemu", NULL, 0, &identity));
	assert_false(vm_parse("qemu", LINE("-name"), &identity));
	assert_false(vm_parse("qemu", LINE("-name\0"), &identity));
	assert_false(vm_parse("qemu", LINE("\0\0\0"), &identity));
	assert_false(vm_parse("qemu", LINE("-name\0guest="), &identity));
	assert_false(vm_parse("qemu", LINE("-uuid\0not-a-uuid"), &identity));
	assert_false(vm_parse("qemu", LINE("-smbios\0uuid=x"), &identity));
	assert_false(vm_parse("vmware", LINE("/a/.vmx\0b.vmxf\0"), &identity));
	assert_true(vm_parse("qemu", LINE("-name\0a\nb\xff"), &identity));
	assert_string_equal(identity.name, "a\nb\xff");
	memset(line, 'x', sizeof(line));
	memcpy(line, "-name\0", 6);
	assert_true(vm_parse("qemu", line, sizeof(line), &identity));
	assert_int_equal(strlen(identity.name), sizeof(identity.name) - 1);
	assert_int_equal(strlen(identity.id), sizeof(identity.id) - 1);
}

static char root[] = "/tmp/tanso-vms-XXXXXX";

static void put(uint32_t tgid, const char *line, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%u", root, tgid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%u/cmdline", root, tgid);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fwrite(line, 1, size, file);
	fclose(file);
}

static void tell(
	struct processes *processes, uint32_t tgid, uint64_t start_ns, uint64_t cgroup, const char *exe)
{
	struct usage_record record = { .tid = tgid, .tgid = tgid, .start_ns = start_ns, .cgroup = cgroup };

	snprintf(record.exe, sizeof(record.exe), "%s", exe);
	assert_true(processes_add(processes, &record));
}

static void machines_come_and_go_with_their_processes(void **state)
{
	struct processes processes;
	struct vms vms;

	(void)state;
	assert_non_null(mkdtemp(root));
	put(1, LINE("bash\0"));
	put(2, LINE("qemu\0-name\0web\0"));
	assert_int_equal(vms_init(&vms), 0);
	assert_int_equal(processes_init(&processes, 8), 0);
	tell(&processes, 1, 5, 9, "bash");
	tell(&processes, 2, 5, 9, "bash");
	tell(&processes, 3, 5, 9, "qemu-system-x86_64");
	tell(&processes, 2, 5, 9, "qemu-system-x86_64"); /* it has become one by then */
	processes_end(&processes);
	vms_update(&vms, root, &processes);
	assert_int_equal(vms.count, 2);
	assert_true(vms.all[0].is_new);
	assert_string_equal(vms.all[0].identity.name, "web");
	assert_string_equal(
		vms.all[1].identity.name, "qemu-3"); /* it tells no name: it went in between, or hides */
	vms_told(&vms);
	processes_begin(&processes);
	tell(&processes, 1, 5, 9, "bash");
	tell(&processes, 2, 6, 9, "qemu-system-x86_64");  /* the pid is used again */
	tell(&processes, 3, 5, 10, "qemu-system-x86_64"); /* moved */
	processes_end(&processes);
	put(2, LINE("qemu\0-name\0db\0"));
	vms_update(&vms, root, &processes);
	assert_int_equal(vms.count, 3);
	assert_true(vms.all[0].has_ended && !vms.all[0].is_new);
	assert_true(vms.all[1].is_new && vms.all[1].cgroup == 10);
	assert_string_equal(vms.all[2].identity.name, "db");
	vms_told(&vms);
	assert_int_equal(vms.count, 2);
	processes_begin(&processes);
	tell(&processes, 2, 6, 9, "bash"); /* no longer one */
	processes_end(&processes);
	vms_update(&vms, root, &processes);
	vms_told(&vms);
	assert_int_equal(vms.count, 0);
	vms_done(&vms);
	processes_done(&processes);
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

static void too_many_machines_are_counted(void **state)
{
	struct processes processes;
	struct vms vms;

	(void)state;
	assert_int_equal(processes_init(&processes, VMS_MAX + 3), 0);
	for (uint32_t i = 0; i < VMS_MAX + 3; i++)
		tell(&processes, i + 1, 1, 9, "firecracker");
	assert_int_equal(vms_init(&vms), 0);
	vms_update(&vms, "/nonexistent", &processes);
	assert_int_equal(vms.count, VMS_MAX);
	assert_int_equal((int)vms.dropped, 3);
	vms_done(&vms);
	processes_done(&processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_line_tells_its_machine),
		cmocka_unit_test(other_processes_run_no_machine),
		cmocka_unit_test(hostile_command_lines_are_cut_and_harmless),
		cmocka_unit_test(machines_come_and_go_with_their_processes),
		cmocka_unit_test(too_many_machines_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
