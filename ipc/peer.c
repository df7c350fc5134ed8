#include "ipc/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static uid_t users[STAGE_COUNT];
static bool is_learnt;

static void learn(const struct passwd *entry)
{
	char name[32];

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		snprintf(name, sizeof(name), "tanso-%s", stage_name((enum stage)stage));
		if (strcmp(entry->pw_name, name) == 0)
			users[stage] = entry->pw_uid;
	}
}

/* The stages' users are this machine's own: its file is read once, where the C library would load what else may know users,
 * and ask each of them for every stage. */
void peer_learn(void)
{
	CLEANUP(fclosep) FILE *file = fopen("/etc/passwd", "re");
	char buffer[4096];
	struct passwd entry, *found = NULL;

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		users[stage] = geteuid();
	while (file != NULL && fgetpwent_r(file, &entry, buffer, sizeof(buffer), &found) == 0)
		learn(found);
	is_learnt = true;
}

struct peer_rule peer_rule_for(enum stage stage)
{
	if (!is_learnt)
		peer_learn();
	return (struct peer_rule) { .own = geteuid(), .stage_user = users[stage] };
}

bool peer_is_allowed(const struct peer_rule *rule, uid_t uid)
{
	return uid == 0 || uid == rule->own || uid == rule->stage_user;
}
