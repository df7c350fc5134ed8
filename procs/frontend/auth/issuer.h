/*
 * JSON Web Tokens as credentials of the HTTP door (jwt.h): the keys of http_jwks, read at the start and again within
 * TLS_WATCH_S when the file changes; what cannot be used is said once, and what was in use stays in use.
 */
#pragma once

#include "base/config.h"
#include "base/file.h"
#include "frontend/admission.h"
#include "frontend/auth/jwt.h"

struct issuer {
	const struct config *config; /* set by issuer_open(); http_jwks "" = no JWTs */
	struct jwks jwks;
	struct file_identity identity;
	struct jwt_claims claims; /* of the last token */
	uint64_t next_watch_ns, next_word_ns;
};

/* Logs what is missing or wrong. 0 or -errno. */
int issuer_open(struct issuer *issuer, const struct config *config);
/* Call it in every turn. True: other keys are in use now. */
bool issuer_watch(struct issuer *issuer, uint64_t now_ns);
void issuer_done(struct issuer *issuer);

/* context = struct issuer * */
admission_judge_fn issuer_judge;
