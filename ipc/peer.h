/* Who may be at the other end of a local socket. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/stage.h"

struct peer_rule {
	uid_t own;
	uid_t stage_user; /* of user tanso-<stage>; own when there is no such user */
};

/* Looks up the users of all stages, once: before Landlock, which may take /etc/passwd out of reach. */
void peer_learn(void);
/* The stage's rule, by what was learnt, else by looking it up; call before the sandbox. */
struct peer_rule peer_rule_for(enum stage stage);
/* Our own uid, root, or the stage's user. */
bool peer_is_allowed(const struct peer_rule *rule, uid_t uid);
