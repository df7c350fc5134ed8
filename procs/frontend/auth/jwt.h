/*
 * JSON Web Tokens (RFC 7519, 8725), as a resource server takes them: signed with RS256 or ES256 by a key of the set, never
 * unsigned, never by a secret; the key, not the token, says by which algorithm. Claims: sub is the name; aud, exp must be
 * there, nbf and iss where they are; `namespaces`, an array of names, says what may be seen, ["*"] = all. A token that does
 * not say it is let in nowhere: an issuer that forgot the claim must not open everything.
 */
#pragma once

#include "frontend/auth/jwks.h"
#include "frontend/auth/principal.h"

#define JWT_BYTES_MAX 4096
#define JWT_LEEWAY_S  60 /* clocks differ */

struct jwt_rules {
	const char *audience, *issuer; /* issuer "" = any */
	uint64_t now_s;
};

struct jwt_claims {
	char name[PRINCIPAL_NAME_MAX + 1];
	char namespaces[PRINCIPAL_NAMESPACES_MAX + 1]; /* as in struct principal */
	uint64_t until_s;                              /* exp and the leeway */
};

/* Has a bearer token the form of a JWT, three parts? */
bool jwt_is_form(const char *token, size_t size);
/* 0; -EBADMSG: no such token can be right; -EACCES: not here, not now, or not signed by one of the keys. *ret_why is a static
 * text for the log. */
int jwt_check(const struct jwks *jwks, const struct jwt_rules *rules, const char *token, size_t size,
	struct jwt_claims *ret_claims, const char **ret_why);
