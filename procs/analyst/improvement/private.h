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
/* What it gets; 0 MiB: as it is. */
struct sizes {
	double cores, memory_request_mib, memory_limit_mib;
};
/* Gives it that: in Kubernetes to that container, of a name not known ("") to the only one; "" where no command does. */
void command_resize(const struct subject *subject, const char *owner, const char *kind, const char *container,
	const struct sizes *sizes, char *command, size_t size);
/* Runs what a Deployment or a CronJob makes on the nodes of that region, where the cluster has some; "" where no command does. */
void command_move(const struct subject *subject, const char *owner, const char *kind, const char *region,
	char *command, size_t size);
/* What keeps pods running: a Deployment, a DaemonSet, … */
bool is_controller(const char *kind);
bool command_needs_container(const struct subject *subject, const char *kind);
/* What memory it should request, or be limited to, by the peaks it was seen to hold. */
struct memory_advice {
	bool is_known;  /* it was seen for an hour, and requests or is limited to some */
	bool is_change; /* `to` is another */
	bool is_limit;  /* it requests none: what is told is its limit */
	bool is_short;  /* it has less than it needs: what raises it is no saving */
	double from_mib, to_mib;
	double limit_mib; /* beside the request, 0 = none */
	double p90_mib, highest_mib, hours;
	uint64_t kills; /* for want of memory, since it has what it has */
};
/* 0 or -errno. */
int memory_advise(
	const struct question *question, const struct subject *subject, struct memory_advice *ret_advice);
/* The members of the improvement that say so; `is_divided`: among several containers. */
void memory_tell(const struct question *question, const struct memory_advice *advice, bool is_divided,
	struct improvement *improvement);
/* The container that requests most of a living part's CPU, and how much; false where no part lives, where the requests of
 * its containers are not `total_cores` together, or where the greatest has no name. */
bool container_greatest(const struct question *question, const struct subject *subject, double total_cores,
	char container[static 254], double *ret_cores);
/* The kind of what owns the workload, or is it: "deployment", "job", "" for a pod nobody is known to own. */
void improvement_owner(const struct question *question, const struct subject *subject, char owner[static 254],
	char kind[static 64]);
