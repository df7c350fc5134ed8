/* The commands of improvements, read by a shell: its programs are stood in for by functions that tell what they were given. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/improvement/private.h"

#define STUBS                                                                                                \
	"say() { local line=$1; shift; for a; do line+=\" <$a>\"; done; echo \"$line\" >&2; }\n"             \
	"kubectl() { say kubectl \"$@\"; case \"$*\" in *jsonpath*) printf app;; *' get '*|'get '*) printf " \
	"'%s' \"$OBJECT\";;\n"                                                                               \
	"*'-f -'*) jq -cS .;; *' patch '*) printf '%s' \"${!#}\";; esac; }\n"                                \
	"systemd-run() { say systemd-run \"$@\"; command -v systemd-analyze >/dev/null || return 0\n"        \
	"systemd-analyze calendar \"${1#--on-calendar=}\" >/dev/null || echo BAD CALENDAR; }\n"              \
	"systemctl() { say systemctl \"$@\"; }\nvirsh() { say virsh \"$@\"; }\n"                             \
	"docker() { say docker \"$@\"; }\npodman() { say podman \"$@\"; }\nid() { echo INJECTED; }\n"

#define JOB                                                                                                  \
	"{\"metadata\":{\"name\":\"train\",\"namespace\":\"ai\",\"labels\":{\"controller-uid\":\"u1\"}},"    \
	"\"spec\":{\"backoffLimit\":3,\"parallelism\":2,\"completions\":4,\"selector\":{\"matchLabels\":{"   \
	"\"batch.kubernetes.io/controller-uid\":\"u1\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":"   \
	"\"x\",\"controller-uid\":\"u1\",\"job-name\":\"train\",\"batch.kubernetes.io/controller-uid\":"     \
	"\"u1\",\"batch.kubernetes.io/job-name\":\"train\"}},\"spec\":{\"restartPolicy\":\"OnFailure\"}}}}"
#define OWN_SELECTOR                                                                                         \
	"{\"metadata\":{\"name\":\"train\"},\"spec\":{\"manualSelector\":true,\"selector\":{\"matchLabels\"" \
	":{\"app\":\"x\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}}}}}"
#define POD                                                                                                  \
	"{\"metadata\":{\"name\":\"lone\",\"namespace\":\"ai\",\"labels\":{\"app\":\"x\"}},\"spec\":{"       \
	"\"nodeName\":\"n1\",\"restartPolicy\":\"Always\"}}"

/* All that the command printed, its programs' arguments in it. */
static void run(const char *command, const char *object, char *text, size_t size)
{
	FILE *shell;
	size_t used;

	setenv("STUBS", STUBS, 1);
	setenv("COMMAND", command, 1);
	setenv("OBJECT", object, 1);
	shell = popen("bash -c 'eval \"$STUBS\"; eval \"$COMMAND\"' 2>&1", "r");
	assert_non_null(shell);
	used = fread(text, 1, size - 1, shell);
	text[used] = '\0';
	assert_int_equal(pclose(shell), 0);
}

static bool has_jq(void)
{
	return system("command -v jq >/dev/null") == 0;
}

struct shape {
	const char *kind, *namespace, *name; /* of the workload */
	const char *owner, *owner_kind;      /* of what owns it, or is it */
	const char *container;               /* of a resize */
	const char *object;                  /* what kubectl get gives */
	const char *told[5]; /* what the command printed has in it; none: there is no command */
};

static void expect_shape(const struct shape *shape, const char *command)
{
	char text[8192];

	if (shape->object != NULL && !has_jq())
		return;
	if (shape->told[0] == NULL) {
		assert_string_equal(command, "");
		return;
	}
	run(command, shape->object != NULL ? shape->object : "{}", text, sizeof(text));
	assert_null(strstr(text, "INJECTED"));
	assert_null(strstr(text, "BAD CALENDAR"));
	for (size_t i = 0; i < 5 && shape->told[i] != NULL; i++)
		if (strstr(text, shape->told[i]) == NULL)
			fail_msg("no %s in\n%s\nof\n%s", shape->told[i], text, command);
}

static struct subject subject_of(const struct shape *shape)
{
	struct subject subject = { 0 };

	snprintf(subject.kind, sizeof(subject.kind), "%s", shape->kind);
	snprintf(subject.namespace, sizeof(subject.namespace), "%s", shape->namespace);
	snprintf(subject.name, sizeof(subject.name), "%s", shape->name);
	return subject;
}

static void starts_are_at_korean_time_and_a_job_starts_once(void **state)
{
	static const struct shape shapes[] = {
		{ "unit", "system.slice", "backup.service", "backup.service", "unit", "", NULL,
			{ "systemd-run <--on-calendar=*-*-* 02:05:00 Asia/Seoul> <systemctl> <start> "
			  "<backup.service>" } },
		{ "container", "docker", "c;id", "c;id", "container", "", NULL,
			{ "systemd-run <--on-calendar=*-*-* 02:05:00 Asia/Seoul> <docker> <start> <c;id>" } },
		{ "unit", "user-1000.slice", "ssh.service", "ssh.service", "unit", "", NULL, { NULL } },
		{ "unit", "ci.service", "ssh.service", "ssh.service", "unit", "", NULL, { NULL } },
		{ "container", "podman", "it's", "it's", "container", "", NULL,
			{ "Asia/Seoul> <podman> <start> <it's>" } },
		{ "container", "docker", "$HOME", "$HOME", "container", "", NULL, { NULL } },
		{ "container", "containerd", "c", "c", "container", "", NULL, { NULL } },
		{ "pod", "ai", "nightly-1", "nightly", "cronjob", "", NULL,
			{ "kubectl <-n> <ai> <patch> <cronjob> <nightly>",
				"{\"spec\":{\"schedule\":\"5 2 * * *\",\"timeZone\":\"Asia/Seoul\"}}" } },
		{ "job", "ai", "train", "train", "job", "", JOB,
			{ "kubectl <-n> <ai> <get> <job> <train>", "kubectl <apply> <-f> <->",
				"{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":"
				"\"train\",\"namespace\":\"ai\"},\"spec\":{\"jobTemplate\":{\"spec\":{"
				"\"backoffLimit\":3,\"completions\":4,\"parallelism\":2,\"template\":{"
				"\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"restartPolicy\":"
				"\"OnFailure\"}}}},\"schedule\":\"5 2 28 11 "
				"*\",\"timeZone\":\"Asia/Seoul\"}}" } },
		{ "pod", "ai", "lone", "", "", "", POD,
			{ "kubectl <-n> <ai> <get> <pod> <lone>",
				"\"jobTemplate\":{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"app\":"
				"\"x\"}},\"spec\":{\"restartPolicy\":\"Never\"}}}}",
				"\"schedule\":\"5 2 28 11 *\"" } },
		{ "pod", "ai", "odd-1", "odd", "workflow", "", NULL, { NULL } },
		{ "job", "ai", "j", "a-name-of-fifty-three-characters-is-one-too-many-12345", "job", "", NULL,
			{ NULL } },
		{ "process", "host", "make", "make", "process", "", NULL, { NULL } },
	};
	const struct kst at = { .year = 2026, .month = 11, .day = 28, .hour = 2, .minute = 5 };

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct subject subject = subject_of(&shapes[i]);
		char command[2048] = "";
		command_start(&subject, shapes[i].owner, shapes[i].owner_kind, at, command, sizeof(command));
		expect_shape(&shapes[i], command);
	}
}

static void a_request_goes_to_one_container_and_a_job_is_made_anew_without_its_uid(void **state)
{
	static const struct shape shapes[] = {
		{ "unit", "system.slice", "a b.service", "", "", "", NULL,
			{ "systemctl <set-property> <a b.service> <CPUQuota=57.5%>" } },
		{ "unit", "user-1000.slice", "ssh.service", "", "", "", NULL, { NULL } },
		{ "unit", "ci.service", "ssh.service", "", "", "", NULL, { NULL } },
		{ "vm", "libvirt", "vm1", "vm1", "vm", "", NULL,
			{ "virsh <setvcpus> <vm1> <0.575> <--config>" } },
		{ "container", "docker", "c;id", "", "", "", NULL,
			{ "docker <update> <--cpus> <0.575> <c;id>" } },
		{ "deployment", "ai", "web", "web", "deployment", "app;id", NULL,
			{ "kubectl <-n> <ai> <set> <resources> <deployment> <web> <-c> <app;id> "
			  "<--requests=cpu=0.575>" } },
		{ "pod", "ai", "web-1", "web", "replicationcontroller", "app", NULL,
			{ "<set> <resources> <replicationcontroller> <web> <-c> <app>" } },
		{ "deployment", "ai", "web", "web", "deployment", "", NULL,
			{ "kubectl <-n> <ai> <get> <deployment> <web> <-o> "
			  "<jsonpath={.spec.template.spec.containers[*].name}>",
				"<set> <resources> <deployment> <web> <-c> <app> <--requests=cpu=0.575>" } },
		{ "pod", "ai", "c-1", "c", "cronjob", "", NULL,
			{ "<jsonpath={.spec.jobTemplate.spec.template.spec.containers[*].name}>" } },
		{ "pod", "ai", "lone", "", "", "", POD,
			{ "<get> <pod> <lone> <-o> <jsonpath={.spec.containers[*].name}>",
				"<--local> <-c> <app> <--requests=cpu=0.575>",
				"kubectl <replace> <--force> <-f> <->" } },
		{ "job", "ai", "train", "train", "job", "app", JOB,
			{ "kubectl <-n> <ai> <get> <job> <train>",
				"kubectl <set> <resources> <-f> <-> <--local> <-c> <app> "
				"<--requests=cpu=0.575>",
				"kubectl <replace> <--force> <-f> <->",
				"{\"metadata\":{\"labels\":{},\"name\":\"train\",\"namespace\":\"ai\"},"
				"\"spec\":"
				"{\"backoffLimit\":3,\"completions\":4,\"parallelism\":2,\"template\":{"
				"\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"restartPolicy\":"
				"\"OnFailure\"}}}}" } },
		{ "job", "ai", "train", "train", "job", "app", OWN_SELECTOR,
			{ "\"manualSelector\":true,\"selector\":{\"matchLabels\":{\"app\":\"x\"}}" } },
		{ "pod", "ai", "lone", "", "", "app", POD,
			{ "kubectl <-n> <ai> <get> <pod> <lone>", "<-c> <app> <--requests=cpu=0.575>",
				"kubectl <replace> <--force> <-f> <->" } },
		{ "pod", "ai", "odd-1", "odd", "workflow", "app", NULL, { NULL } },
		{ "process", "host", "make", "make", "process", "", NULL, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct subject subject = subject_of(&shapes[i]);
		char command[2048] = "";
		command_resize(&subject, shapes[i].owner, shapes[i].owner_kind, shapes[i].container,
			&(struct sizes) { .cores = 0.575 }, command, sizeof(command));
		expect_shape(&shapes[i], command);
	}
}

static void a_move_is_commanded_where_the_cluster_may_have_nodes_there(void **state)
{
	static const struct shape shapes[] = {
		{ "deployment", "ai", "web", "web", "deployment", "", "node/n1",
			{ "kubectl <get> <nodes> <-l> <topology.kubernetes.io/region=eu-north-1>",
				"kubectl <-n> <ai> <patch> <deployment> <web>",
				"{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{"
				"\"topology.kubernetes.io/region\":\"eu-north-1\"}}}}}" } },
		{ "pod", "ai", "c-1", "c", "cronjob", "", "node/n1",
			{ "<patch> <cronjob> <c>",
				"{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{"
				"\"nodeSelector\":{\"topology.kubernetes.io/"
				"region\":\"eu-north-1\"}}}}}}}" } },
		{ "pod", "ai", "db-0", "db", "statefulset", "", NULL, { NULL } },
		{ "pod", "ai", "lone", "", "", "", NULL, { NULL } },
		{ "unit", "system.slice", "a.service", "a.service", "unit", "", NULL, { NULL } },
	};
	struct subject web = subject_of(&shapes[0]);
	char command[2048], text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct subject subject = subject_of(&shapes[i]);
		command[0] = '\0';
		command_move(&subject, shapes[i].owner, shapes[i].owner_kind, "eu-north-1", command,
			sizeof(command));
		expect_shape(&shapes[i], command);
	}
	command[0] = '\0';
	command_move(&web, "web", "deployment", "a'b", command, sizeof(command));
	assert_string_equal(command, "");
	command_move(&web, "web", "deployment", "eu-north-1", command, sizeof(command));
	strcat(command, " || true");
	run(command, "", text, sizeof(text)); /* no such node */
	assert_null(strstr(text, "patch"));
}

static void memory_goes_along_with_the_cores(void **state)
{
	static const struct shape shapes[] = {
		{ "unit", "system.slice", "a b.service", "", "", "", NULL,
			{ "systemctl <set-property> <a b.service> <CPUQuota=57.5%> <MemoryMax=1725M>" } },
		{ "container", "podman", "c;id", "", "", "", NULL,
			{ "podman <update> <--cpus> <0.575> <--memory> <1725m> <c;id>" } },
		{ "deployment", "ai", "web", "web", "deployment", "app;id", NULL,
			{ "<-c> <app;id> <--requests=cpu=0.575,memory=1150Mi> <--limits=memory=1725Mi>" } },
		{ "job", "ai", "train", "train", "job", "app", JOB,
			{ "<-c> <app> <--requests=cpu=0.575,memory=1150Mi> <--limits=memory=1725Mi>",
				"kubectl <replace> <--force> <-f> <->" } },
		{ "vm", "libvirt", "vm1", "vm1", "vm", "", NULL,
			{ "virsh <setvcpus> <vm1> <0.575> <--config>" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct subject subject = subject_of(&shapes[i]);
		char command[2048] = "";
		command_resize(&subject, shapes[i].owner, shapes[i].owner_kind, shapes[i].container,
			&(struct sizes) {
				.cores = 0.575, .memory_request_mib = 1150, .memory_limit_mib = 1725 },
			command, sizeof(command));
		expect_shape(&shapes[i], command);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_are_at_korean_time_and_a_job_starts_once),
		cmocka_unit_test(a_request_goes_to_one_container_and_a_job_is_made_anew_without_its_uid),
		cmocka_unit_test(a_move_is_commanded_where_the_cluster_may_have_nodes_there),
		cmocka_unit_test(memory_goes_along_with_the_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
