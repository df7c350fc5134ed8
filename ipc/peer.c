#include "ipc/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

struct peer_rule peer_rule_for(enum stage stage)
{
	struct peer_rule rule = { .own = geteuid(), .stage_user = geteuid() };
	char name[32], buffer[4096];
	struct passwd entry, *found = NULL;

	snprintf(name, sizeof(name), "tanso-%s", stage_name(stage));
	if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		rule.stage_user = found->pw_uid;
	return rule;
}

bool peer_is_allowed(const struct peer_rule *rule, uid_t uid)
{
	return uid == 0 || uid == rule->own || uid == rule->stage_user;
}
