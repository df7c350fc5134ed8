#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ON(stage) (1U << STAGE_##stage)
#define EVERY     ((1U << STAGE_COUNT) - 1)
#define SANITIZER (1U << STAGE_COUNT)
#define FETCHER   (1U << (STAGE_COUNT + 1))
#define OWN_PID   UINT64_MAX

#ifdef TANSO_SANITIZED
#define BUILD_GROUPS SANITIZER
#else
#define BUILD_GROUPS 0U
#endif

enum verdict { VERDICT_ALLOW, VERDICT_ALLOW_ARG, VERDICT_REFUSE };

struct rule {
	unsigned stages;
	enum verdict verdict;
	const char *call, *reason;
	unsigned argument;
	uint64_t mask, value; /* ALLOW_ARG; REFUSE keeps its errno in value */
};

static const struct rule rules[] = {
#define ALLOW(stages, call, reason) { stages, VERDICT_ALLOW, #call, reason, 0, 0, 0 },
#define ALLOW_ARG(stages, call, argument, mask, value, reason)                                               \
	{ stages, VERDICT_ALLOW_ARG, #call, reason, argument, mask, value },
#define REFUSE(stages, call, error, reason) { stages, VERDICT_REFUSE, #call, reason, 0, 0, error },
#include "base/sandbox.def"
};

struct kept_capability {
	unsigned stages;
	unsigned capability;
	const char *name, *reason;
};

static const struct kept_capability kept_capabilities[] = {
#define CAPABILITY(stages, capability, reason) { stages, capability, #capability, reason },
#include "base/sandbox.def"
};

static bool is_kept(unsigned groups, unsigned capability)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept_capabilities); i++)
		if (kept_capabilities[i].capability == capability &&
			(kept_capabilities[i].stages & groups) != 0 && (groups & FETCHER) == 0)
			return true;
	return false;
}

/* The kept ones stay in the permitted and effective sets where the process has them. Threads started before are bound
 * by what the supervisor gave the process (CapabilityBoundingSet=); this narrows the loop's own thread further. */
static int drop_capabilities(unsigned groups)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	for (unsigned capability = 0; capability < 32 * _LINUX_CAPABILITY_U32S_3; capability++) {
		struct __user_cap_data_struct *set = &sets[capability / 32];
		uint32_t bit = 1U << (capability % 32);
		if (is_kept(groups, capability))
			continue;
		set->permitted &= ~bit;
		set->effective &= ~bit;
		set->inheritable &= ~bit;
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			(void)prctl(
				PR_CAPBSET_DROP, capability, 0, 0, 0); /* needs CAP_SETPCAP: best effort */
	}
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

static int add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
	int call = seccomp_syscall_resolve_name(rule->call);

	if (call == __NR_SCMP_ERROR)
		return -ENOSYS; /* the row's name is no system call's */
	if (call < 0)
		return 0; /* not on this architecture: sandbox_describe() says so, its successor has its own row */
	if (rule->verdict == VERDICT_REFUSE)
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)rule->value), call, 0);
	if (rule->verdict == VERDICT_ALLOW || rule->mask == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	uint64_t value = rule->value == OWN_PID ? (uint64_t)getpid() : rule->value;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
		SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, value));
}

static uint32_t default_action(void)
{
#ifdef TANSO_SANITIZED
	const char *mode = getenv("TANSO_SANDBOX");
	if (mode != NULL && strcmp(mode, "log") == 0)
		return SCMP_ACT_LOG;
#endif
	return SCMP_ACT_KILL_PROCESS;
}

#ifdef TANSO_SANITIZED
/* LeakSanitizer stops all threads from a tracer process, which cannot live under a filter: it would hang at exit. */
static int is_inside;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return is_inside;
}
#endif

static int enter(unsigned groups)
{
	scmp_filter_ctx filter;
	int r = drop_capabilities(groups);

	if (r < 0)
		return r;
	tzset(); /* the first conversion of a time opens /etc/localtime: some day after the filter, if not here */
	filter = seccomp_init(default_action());
	if (filter == NULL)
		return -ENOMEM;
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < ARRAY_SIZE(rules) && r == 0; i++)
		if (rules[i].stages & (groups | BUILD_GROUPS))
			r = add_rule(filter, &rules[i]);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
#ifdef TANSO_SANITIZED
	is_inside = r == 0;
#endif
	return r;
}

int sandbox_enter(enum stage stage)
{
	return enter(1U << stage);
}

int sandbox_enter_fetching(enum stage stage)
{
	return enter(1U << stage | FETCHER);
}

static const char *verdict_text(const struct rule *rule)
{
	if (rule->verdict == VERDICT_REFUSE)
		return "refused";
	return rule->verdict == VERDICT_ALLOW_ARG && rule->mask != 0 ? "allowed for some arguments"
								     : "allowed";
}

/* libseccomp numbers a call below zero on an architecture without it. */
static const char *absence_text(const char *call)
{
	return seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, call) < 0 ? " (not on aarch64)" : "";
}

/* What every stage may do stands in a table of its own, and in no stage's. */
static bool is_told_of(unsigned stages, unsigned group)
{
	return (stages == EVERY) == (group == EVERY) && (stages & group) != 0;
}

static void describe(FILE *out, const char *title, unsigned group)
{
	fprintf(out, "\n### %s\n\n| system call | verdict | why |\n|---|---|---|\n", title);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (is_told_of(rules[i].stages, group))
			fprintf(out, "| %s%s | %s | %s |\n", rules[i].call, absence_text(rules[i].call),
				verdict_text(&rules[i]), rules[i].reason);
	for (size_t i = 0; i < ARRAY_SIZE(kept_capabilities); i++)
		if (is_told_of(kept_capabilities[i].stages, group))
			fprintf(out, "| %s | kept capability | %s |\n", kept_capabilities[i].name,
				kept_capabilities[i].reason);
}

void sandbox_describe(FILE *out)
{
	char title[64];

	describe(out, "every stage", EVERY);
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		snprintf(title, sizeof(title), "tanso-%s", stage_name((enum stage)stage));
		describe(out, title, 1U << stage);
	}
	describe(out,
		"what asks other machines (a resolver with kubelet_url, a fetcher that is told to), in "
		"addition, and without any capability",
		FETCHER);
}
