/*
 * Who is let in: every request is given its principal here, once, before anything reads it. The kinds of credentials are
 * asked in the order in which they were added; where none was added, nobody is asked who they are. What comes by the unix
 * socket was let in by the file's permissions.
 */
#pragma once

#include <h2o.h>

#include "frontend/guards.h"
#include "frontend/auth/principal.h"

#define ADMISSION_KINDS_MAX     4
#define ADMISSION_CHALLENGE_MAX 1024

/* Judges what a request shows. `bearer` is the token of its Authorization header, base NULL = none. 0 with *ret_claim, whose
 * texts live until the next call; -ENOENT: nothing of this kind is shown, or somebody else may know it; -EACCES: it is of
 * this kind and must not be let in. */
typedef int admission_judge_fn(void *context, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim);

struct admission {
	struct principals *principals;
	struct {
		admission_judge_fn *judge;
		void *context;
	} kinds[ADMISSION_KINDS_MAX];
	size_t kind_count;
	char challenge[ADMISSION_CHALLENGE_MAX]; /* of WWW-Authenticate */
	double *refused;
};

int admission_open(struct admission *admission, double *refused);
void admission_close(struct admission *admission);
/* At most ADMISSION_KINDS_MAX; context outlives the admission. */
void admission_add(struct admission *admission, admission_judge_fn *judge, void *context);
/* Adds a parameter (`name="value"`, "" = none) to the challenge. */
void admission_tell(struct admission *admission, const char *parameter);
/* GUARD_PASS with *ret_principal, which lives as long as the request (principal_hold() it for longer); or the code to
 * answer with: ERROR_UNAUTHORIZED, ERROR_BUSY. */
int admission_find(struct admission *admission, h2o_req_t *req, struct principal **ret_principal);
/* Adds the WWW-Authenticate header of a 401. */
void admission_challenge(const struct admission *admission, h2o_req_t *req);
