#include "cli/up/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/port.h"
#include "base/stage.h"
#include "base/language.h"
#include "cli/meters_host.h"
#include "cli/place.h"
#include "korea/data.h"

static int make_folders(const char *path)
{
	char part[CONFIG_TEXT_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		mkdir(part, 0755);
	}
	return mkdir(part, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static bool can_write(const char *path)
{
	return make_folders(path) == 0 && access(path, W_OK) == 0;
}

bool host_user_folder(const char *configured, enum place_folder which, char *ret_path, size_t size)
{
	if (can_write(configured))
		return false;
	for (size_t i = 0; place_user_folder(which, i, ret_path, size); i++) {
		if (!can_write(ret_path))
			continue;
		printf(in_language("  %s is not writable for you; using %s\n",
			       "  %s에 쓸 권한이 없어 다음 폴더를 사용합니다: %s\n"),
			configured, ret_path);
		return true;
	}
	return false; /* the first who writes there says why it cannot */
}

int host_lock(const char *runtime_dir)
{
	char path[CONFIG_TEXT_MAX + 16], holder[32] = "";

	snprintf(path, sizeof(path), "%s/up.lock", runtime_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		int error = errno;
		fprintf(stderr,
			in_language(
				"tanso up: cannot open %s: %s\n", "tanso up: 파일 %s: 열 수 없습니다: %s\n"),
			path, strerror(error));
		return -error;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ssize_t size = read(fd, holder, sizeof(holder) - 1);
		holder[size > 0 ? strcspn(holder, "\n") : 0] = '\0';
		fprintf(stderr,
			in_language("tanso up: already running in %s (pid %s): tanso top and tanso doctor "
				    "show it\n"
				    "  to restart it: Ctrl-C in its terminal (or kill %s), then start it "
				    "again; a "
				    "second one: "
				    "--set runtime_dir=… state_dir=… http_listen=… metrics_listen=…\n",
				"tanso up: %s에서 이미 실행 중입니다(pid %s). tanso top이나 tanso doctor로 "
				"볼 수 "
				"있습니다\n"
				"  다시 시작하려면: 그 터미널에서 Ctrl-C(또는 kill %s) 후 다시 시작. 하나 더 "
				"시작하려면: "
				"--set runtime_dir=… state_dir=… http_listen=… metrics_listen=…\n"),
			runtime_dir, holder, holder);
		close(fd);
		return -EBUSY;
	}
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

static int check_form(const char *key, const char *addresses)
{
	char list[CONFIG_TEXT_MAX], *rest = list, *address;

	snprintf(list, sizeof(list), "%s", addresses);
	while ((address = strsep(&rest, ", ")) != NULL) {
		if (address[0] == '\0' || port_check(address) == 0)
			continue;
		fprintf(stderr,
			in_language("tanso up: %s = %s is not ADDRESS:PORT, an IP address and a port, e.g. "
				    "127.0.0.1:30800 or [::1]:30800\n",
				"tanso up: %s = %s: ADDRESS:PORT 형식이 아닙니다. IP 주소와 포트를 "
				"적으십시오. 예: "
				"127.0.0.1:30800, [::1]:30800\n"),
			key, address);
		return -EINVAL;
	}
	return 0;
}

int host_check_addresses(const struct config *config)
{
	int web = check_form("http_listen", config->http_listen);
	int metrics = check_form("metrics_listen", config->metrics_listen);

	return web < 0 ? web : metrics;
}

/* Whether somebody has one of the list already. */
static int check_addresses(const char *key, const char *addresses)
{
	char list[CONFIG_TEXT_MAX], owner[128], *rest = list, *address;
	int result = 0;

	snprintf(list, sizeof(list), "%s", addresses);
	while ((address = strsep(&rest, ", ")) != NULL) {
		CLEANUP(closep) int fd = -1;
		if (port_listen(address, &fd) != -EADDRINUSE)
			continue;
		port_owner(address, owner, sizeof(owner));
		fprintf(stderr,
			in_language("tanso up: %s = %s is in use by %s; stop that, or set another address in "
				    "tanso.conf or with --set %s=ADDRESS:PORT\n",
				"tanso up: %s = %s: 이미 사용 중입니다: %s. 그것을 중지하거나 tanso.conf나 "
				"--set %s=ADDRESS:PORT로 다른 주소를 지정하십시오\n"),
			key, address, owner, key);
		result = -EADDRINUSE;
	}
	return result;
}

int host_check_ports(const struct config *config, unsigned stages)
{
	int web = (stages & (1U << STAGE_FRONTEND)) == 0
			  ? 0
			  : check_addresses("http_listen", config->http_listen);
	int metrics = (stages & (1U << STAGE_EXPORTER)) == 0
			      ? 0
			      : check_addresses("metrics_listen", config->metrics_listen);

	return web < 0 ? web : metrics;
}

static int refuse_code(const char *key, const char *code, const char *const *codes, size_t count)
{
	char hint[1024];

	nearest_hint(code, codes, count, language_is_korean(), hint, sizeof(hint));
	fprintf(stderr,
		in_language("tanso up: %s = %s: there is no such code in the data files. %s\n",
			"tanso up: %s = %s: 데이터 파일에 그런 코드가 없습니다. %s\n"),
		key, code, hint);
	return -EINVAL;
}

int host_check_codes(const struct config *config)
{
	const char *codes[DATA_CODES_MAX];
	char folder[CONFIG_TEXT_MAX];
	struct data_error error;
	struct data *data = NULL;
	int result = 0;

	config_data_dir(config, folder);
	if (data_load_configured(config, folder, &data, &error) < 0)
		return 0;
	if (data_region(data, config->region) == NULL)
		result = refuse_code("region", config->region, codes, data_region_codes(data, codes));
	if (data_standard(data, config->standard) == NULL)
		result = refuse_code("standard", config->standard, codes, data_standard_codes(data, codes));
	data_free(data);
	return result;
}

bool host_has_capability(unsigned capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, sets) == 0 &&
	       (sets[capability / 32].effective & (1U << (capability % 32))) != 0;
}

void host_print_limits(const struct config *config)
{
	bool has_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	bool may_bpf = host_has_capability(CAP_BPF) && host_has_capability(CAP_PERFMON);
	char path[CONFIG_TEXT_MAX + 128];

	if (!has_btf)
		puts(in_language(
			"  missing: kernel type information (/sys/kernel/btf/vmlinux); remedy: a kernel with "
			"CONFIG_DEBUG_INFO_BTF, as Debian's is",
			"  없음: 커널 타입 정보(/sys/kernel/btf/vmlinux). 해결: 데비안 커널처럼 "
			"CONFIG_DEBUG_INFO_BTF가 켜진 커널"));
	if (!may_bpf)
		printf(in_language("  missing: CAP_BPF and CAP_PERFMON; remedy: %s\n",
			       "  없음: CAP_BPF와 CAP_PERFMON. 해결: %s\n"),
			geteuid() == 0
				? in_language("give this container both", "컨테이너에 두 권한을 주십시오")
				: in_language("run as root (sudo deploy/up)", "root로 실행(sudo deploy/up)"));
	if (!has_btf || !may_bpf)
		puts(in_language(
			"  so CPU time is read from /proc: processes that live shorter than a reading are "
			"missed, and every number says procfs",
			"  따라서 CPU 시간을 /proc에서 읽습니다. 읽는 간격보다 짧게 실행된 프로세스는 빠지며 "
			"모든 값에 "
			"procfs라고 표시합니다"));
	enum host_meter meter = host_find_meter(config, path, sizeof(path));
	if (meter == HOST_METER_NONE)
		puts(in_language(
			"  no power meter (RAPL) here, as in most cloud guests: watts come from a model and "
			"carry its error",
			"  전력 계측기(RAPL)가 없습니다(대부분의 클라우드 인스턴스와 같음). 전력은 모델로 "
			"추정하고 오차를 "
			"함께 표시합니다"));
	else if (meter == HOST_METER_REFUSED)
		printf(in_language("  the power meter %s is not readable for you; remedy: run as root\n",
			       "  전력 계측기 파일 %s: 읽을 권한이 없습니다. 해결: root로 실행\n"),
			path);
	fflush(stdout);
}

static void remove_sockets_in(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		struct stat status;
		if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISSOCK(status.st_mode))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

void host_remove_sockets(const char *runtime_dir)
{
	char folder[CONFIG_TEXT_MAX + 32];

	for (int i = 0; i < STAGE_COUNT; i++) {
		snprintf(folder, sizeof(folder), "%s/%s", runtime_dir, stage_name((enum stage)i));
		remove_sockets_in(folder);
	}
}
