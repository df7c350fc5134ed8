/* One finder per type of improvement. Private to this folder. */
#pragma once

#include "analyst/improvement/improvement.h"
#include "base/kst.h"

#define CONFIDENCE_HIGH   1.0
#define CONFIDENCE_MEDIUM 0.5
#define CONFIDENCE_LOW    0.25

/* `improvement` comes with type, after = before, and not applied for NO_BENEFIT; each fills in the rest. 0 or -errno. */
typedef int improvement_fn(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, struct improvement *improvement);
improvement_fn improve_temporal, improve_rightsizing, improve_region, improve_pue;

/* Does a smaller request lower what the workload is charged? Not where idle power goes by none, or to all alike. */
bool improvement_is_idle_shared(const struct question *question);
/* Not applied, for that reason. Always 0. */
int improvement_refuse(struct improvement *improvement, enum reason_code reason);

/* Appends to a command, the name quoted for a shell. False, and the command is emptied, where the name is no plain word
 * of printable characters: what a person pastes must not surprise. */
bool command_add(char *command, size_t size, const char *text);
bool command_add_name(char *command, size_t size, const char *name);
/* Starts a unit or a container daily, a cron job so, a job or a pod of its own once, at that Korean time; "" where no
 * command does. */
void command_start(const struct subject *subject, const char *owner, const char *kind, struct kst at,
	char *command, size_t size);
/* A container that no command starts, for its runtime keeps it in a namespace that no cgroup path tells. */
bool command_lacks_namespace(const struct subject *subject);
bool command_starts_once(const struct subject *subject, const char *kind);
/* Gives it that many cores: in Kubernetes to the one container, whose name is needed; "" where no command does. */
void command_resize(const struct subject *subject, const char *owner, const char *kind, const char *container,
	double cores, char *command, size_t size);
/* What keeps pods running: a Deployment, a DaemonSet, … */
bool is_controller(const char *kind);
bool command_needs_container(const struct subject *subject, const char *kind);
/* The container that requests most of a living part's CPU, and how much; false where no part lives, where the requests of
 * its containers are not `total_cores` together, or where the greatest has no name. */
bool container_greatest(const struct question *question, const struct subject *subject, double total_cores,
	char container[static 254], double *ret_cores);
/* The kind of what owns the workload, or is it: "deployment", "job", "" for a pod nobody is known to own. */
void improvement_owner(const struct question *question, const struct subject *subject, char owner[static 254],
	char kind[static 64]);
