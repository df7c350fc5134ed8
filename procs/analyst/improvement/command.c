/* The commands that carry an improvement out, for a shell. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analyst/improvement/private.h"
#include "base/cleanup.h"
#include "ipc/json_write.h"

#define CRONJOB_NAME_MAX 52 /* a CronJob's Jobs add eleven characters to it (kubernetes.io/docs, CronJob) */

/* What the API server put into a Job for itself; with another Job's it refuses one (kubernetes.io/docs, Job, "Specifying your
 * own Pod selector"). */
#define UID_LABELS                                                                                           \
	"labels[\"controller-uid\",\"job-name\",\"batch.kubernetes.io/controller-uid\","                     \
	"\"batch.kubernetes.io/job-name\"]"

#define REGION_LABEL "topology.kubernetes.io/region"

/* What a shell takes as it stands. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@/-";

bool command_add(char *command, size_t size, const char *text)
{
	size_t used = strlen(command);

	snprintf(command + used, size - used, "%s", text);
	return true;
}

bool command_add_name(char *command, size_t size, const char *name)
{
	size_t used = strlen(command), length = strlen(name);
	bool is_odd = length == 0 || name[0] == '-' || 4 * length + 3 >= size - used;

	for (size_t i = 0; i < length; i++)
		is_odd = is_odd || iscntrl((unsigned char)name[i]);
	if (is_odd) {
		command[0] = '\0';
		return false;
	}
	if (strspn(name, plain) == length)
		return command_add(command, size, name);
	command[used++] = '\'';
	for (size_t i = 0; i < length; i++)
		if (name[i] == '\'')
			used += (size_t)snprintf(command + used, size - used, "'\\''");
		else
			command[used++] = name[i];
	command[used++] = '\'';
	command[used] = '\0';
	return true;
}

bool is_controller(const char *kind)
{
	static const char *const kinds[] = { "deployment", "statefulset", "daemonset", "replicaset",
		"replicationcontroller" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* What kubectl changes in place. */
static bool is_template(const char *kind)
{
	return is_controller(kind) || strcmp(kind, "cronjob") == 0;
}

/* A pod nobody is known to own. */
static bool is_bare_pod(const struct subject *subject, const char *kind)
{
	return strcmp(subject->kind, "pod") == 0 && kind[0] == '\0';
}

static bool is_of_engine(const struct subject *subject)
{
	return strcmp(subject->kind, "container") == 0 &&
	       (strcmp(subject->namespace, "docker") == 0 || strcmp(subject->namespace, "podman") == 0);
}

/* Not one that a user or a service named below itself: root's systemctl would change the system's of that name. */
static bool is_of_system(const struct subject *subject)
{
	static const char suffix[] = ".slice";
	size_t length = strlen(subject->namespace);

	return strcmp(subject->kind, "unit") == 0 &&
	       strncmp(subject->namespace, "user-", strlen("user-")) != 0 && length >= strlen(suffix) &&
	       strcmp(subject->namespace + length - strlen(suffix), suffix) == 0;
}

bool command_lacks_namespace(const struct subject *subject)
{
	return strcmp(subject->kind, "container") == 0 && strcmp(subject->namespace, "containerd") == 0;
}

bool command_needs_container(const struct subject *subject, const char *kind)
{
	return is_template(kind) || strcmp(kind, "job") == 0 || is_bare_pod(subject, kind);
}

bool command_starts_once(const struct subject *subject, const char *kind)
{
	return strcmp(kind, "job") == 0 || is_bare_pod(subject, kind);
}

/* "kubectl -n NAMESPACE VERB NAME" */
static bool add_kubectl(
	char *command, size_t size, const struct subject *subject, const char *verb, const char *name)
{
	return command_add(command, size, "kubectl -n ") &&
	       command_add_name(command, size, subject->namespace) && command_add(command, size, verb) &&
	       command_add_name(command, size, name);
}

/* A timer of systemd's: cron knows no time zones (Debian's has no CRON_TZ). The manager would expand a '$'. */
static void start_by_timer(char *command, size_t size, struct kst at, const char *program, const char *name)
{
	char text[400];

	if (strchr(name, '$') != NULL)
		return;
	snprintf(text, sizeof(text), "systemd-run --on-calendar='*-*-* %02d:%02d:00 Asia/Seoul' %s start ",
		at.hour, at.minute, program);
	command_add(command, size, text);
	command_add_name(command, size, name);
}

/* A CronJob of that date with all that the job or pod is: it starts that once, for nothing says that it is a daily one. */
static void start_once(char *command, size_t size, struct kst at, bool is_job)
{
	char text[900];

	snprintf(text, sizeof(text),
		" -o json | jq '{apiVersion:\"batch/v1\",kind:\"CronJob\",metadata:{name:.metadata.name,"
		"namespace:.metadata.namespace},spec:{schedule:\"%d %d %d %d *\",timeZone:\"Asia/Seoul\","
		"jobTemplate:{spec:%s}}}' | kubectl apply -f -",
		at.minute, at.hour, at.day, at.month,
		is_job ? "(.spec|del(.selector,.manualSelector,.template.metadata." UID_LABELS "))"
		       : "{template:{metadata:{labels:.metadata.labels},spec:(.spec|del(.nodeName)|"
			 ".restartPolicy=(if .restartPolicy==\"OnFailure\" then \"OnFailure\" else \"Never\" "
			 "end))}}");
	command_add(command, size, text);
}

void command_start(const struct subject *subject, const char *owner, const char *kind, struct kst at,
	char *command, size_t size)
{
	bool is_job = strcmp(kind, "job") == 0;
	const char *name = is_job ? owner : subject->name;
	char text[160];

	if (is_of_system(subject)) {
		start_by_timer(command, size, at, "systemctl", subject->name);
	} else if (is_of_engine(subject)) {
		start_by_timer(command, size, at, subject->namespace, subject->name);
	} else if (strcmp(kind, "cronjob") == 0) {
		snprintf(text, sizeof(text),
			" --type merge -p '{\"spec\":{\"schedule\":\"%d %d * * "
			"*\",\"timeZone\":\"Asia/Seoul\"}}'",
			at.minute, at.hour);
		if (add_kubectl(command, size, subject, " patch cronjob ", owner))
			command_add(command, size, text);
	} else if (command_starts_once(subject, kind) && strlen(name) <= CRONJOB_NAME_MAX &&
		   add_kubectl(command, size, subject, is_job ? " get job " : " get pod ", name)) {
		start_once(command, size, at, is_job);
	}
}

/* Of whose pods, and of which container of theirs; "" = of the only one: its name is not known here. */
struct target {
	const struct subject *subject;
	const char *kind, *name, *container;
};

/* Without it kubectl gives every container of the pod the whole. Whose name is not known is asked for: the names of several are
 * none of a container, and kubectl refuses. */
static bool add_container(char *command, size_t size, const struct target *target)
{
	const char *path = strcmp(target->kind, "cronjob") == 0 ? "spec.jobTemplate.spec.template.spec"
			   : strcmp(target->kind, "pod") == 0   ? "spec"
								: "spec.template.spec";
	char verb[96], text[120];

	if (target->container[0] != '\0')
		return command_add(command, size, " -c ") &&
		       command_add_name(command, size, target->container);
	snprintf(verb, sizeof(verb), " get %s ", target->kind);
	snprintf(text, sizeof(text), " -o 'jsonpath={.%s.containers[*].name}')\"", path);
	return command_add(command, size, " -c \"$(") &&
	       add_kubectl(command, size, target->subject, verb, target->name) &&
	       command_add(command, size, text);
}

/* A limit below the request would be refused. */
static bool add_request(char *command, size_t size, const struct target *target, const struct sizes *sizes)
{
	char number[32], text[160];

	json_format_number(sizes->cores, number);
	snprintf(text, sizeof(text), " --requests=cpu=%s", number);
	if (sizes->memory_request_mib > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",memory=%.0fMi",
			sizes->memory_request_mib);
	if (sizes->memory_limit_mib > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " --limits=memory=%.0fMi",
			sizes->memory_limit_mib);
	return add_container(command, size, target) && command_add(command, size, text);
}

/* A pod or job of its own does not change: it is made anew. */
static void replace_with(char *command, size_t size, const struct target *target, const struct sizes *sizes)
{
	command_add(command, size, " -o json | ");
	if (strcmp(target->kind, "job") == 0)
		command_add(command, size,
			"jq 'if .spec.manualSelector then . else del(.spec.selector,.metadata." UID_LABELS
			",.spec.template.metadata." UID_LABELS ") end' | ");
	command_add(command, size, "kubectl set resources -f - --local");
	if (add_request(command, size, target, sizes))
		command_add(command, size, " -o json | kubectl replace --force -f -");
}

static void resize_pods(const struct subject *subject, const char *owner, const char *kind,
	const char *container, const struct sizes *sizes, char *command, size_t size)
{
	bool is_pod = is_bare_pod(subject, kind);
	const struct target target = { subject, is_pod ? "pod" : kind, is_pod ? subject->name : owner,
		container };
	char verb[96];

	snprintf(verb, sizeof(verb), " %s %s ", is_template(kind) ? "set resources" : "get", target.kind);
	if (!add_kubectl(command, size, subject, verb, target.name))
		return;
	if (is_template(kind))
		add_request(command, size, &target, sizes);
	else
		replace_with(command, size, &target, sizes);
}

/* Cloud providers give each node that label. Of a DaemonSet pods are where their nodes are, a StatefulSet's volumes stay. */
void command_move(const struct subject *subject, const char *owner, const char *kind, const char *region,
	char *command, size_t size)
{
	bool is_cronjob = strcmp(kind, "cronjob") == 0;
	char text[400];

	if ((!is_cronjob && strcmp(kind, "deployment") != 0) || strspn(region, plain) != strlen(region))
		return;
	snprintf(text, sizeof(text), "kubectl get nodes -l " REGION_LABEL "=%s -o name | grep -q . && ",
		region);
	if (!command_add(command, size, text) ||
		!add_kubectl(
			command, size, subject, is_cronjob ? " patch cronjob " : " patch deployment ", owner))
		return;
	snprintf(text, sizeof(text),
		" -p '{\"spec\":%s{\"template\":{\"spec\":{\"nodeSelector\":{\"" REGION_LABEL
		"\":\"%s\"}}}}%s}'",
		is_cronjob ? "{\"jobTemplate\":{\"spec\":" : "", region, is_cronjob ? "}}" : "");
	command_add(command, size, text);
}

void command_resize(const struct subject *subject, const char *owner, const char *kind, const char *container,
	const struct sizes *sizes, char *command, size_t size)
{
	char text[400], number[32];

	json_format_number(sizes->cores, number);
	if (is_of_system(subject)) {
		snprintf(text, sizeof(text), " CPUQuota=%g%%", sizes->cores * 100);
		if (sizes->memory_limit_mib > 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " MemoryMax=%.0fM",
				sizes->memory_limit_mib);
		if (command_add(command, size, "systemctl set-property ") &&
			command_add_name(command, size, subject->name))
			command_add(command, size, text);
	} else if (strcmp(subject->kind, "vm") == 0) {
		snprintf(text, sizeof(text), " %s --config", number);
		if (command_add(command, size, "virsh setvcpus ") &&
			command_add_name(command, size, subject->name))
			command_add(command, size, text);
	} else if (is_of_engine(subject)) {
		snprintf(text, sizeof(text), "%s update --cpus %s ", subject->namespace, number);
		if (sizes->memory_limit_mib > 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "--memory %.0fm ",
				sizes->memory_limit_mib);
		command_add(command, size, text);
		command_add_name(command, size, subject->name);
	} else if (command_needs_container(subject, kind)) {
		resize_pods(subject, owner, kind, container, sizes, command, size);
	}
}
