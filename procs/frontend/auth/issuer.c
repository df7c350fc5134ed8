#include "frontend/auth/issuer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/web/tls.h"

static int load(struct issuer *issuer)
{
	const char *path = issuer->config->http_jwks;
	CLEANUP(freep) char *text = malloc(JWKS_BYTES_MAX);
	int r = text != NULL ? file_read_text(AT_FDCWD, path, text, JWKS_BYTES_MAX) : -ENOMEM;

	if (r >= 0)
		r = jwks_read(&issuer->jwks, text, (size_t)r);
	if (r < 0)
		log_error("http_jwks = %s: %s", path,
			r == -EBADMSG  ? "not a JSON Web Key Set, or one of its keys is wrong"
			: r == -ENOKEY ? "no RSA or P-256 key with a kid for signatures"
			: r == -E2BIG  ? "too long"
				       : strerror(-r));
	return r;
}

int issuer_open(struct issuer *issuer, const struct config *config)
{
	issuer->config = config;
	if (config->http_jwks[0] == '\0')
		return 0;
	if (config->http_jwt_audience[0] == '\0') {
		log_error("http_jwks needs http_jwt_audience: a token for somebody else must not open this "
			  "door");
		return -EINVAL;
	}
	file_has_changed(config->http_jwks, &issuer->identity);
	return load(issuer);
}

bool issuer_watch(struct issuer *issuer, uint64_t now_ns)
{
	if (issuer->config->http_jwks[0] == '\0' || now_ns < issuer->next_watch_ns)
		return false;
	issuer->next_watch_ns = now_ns + TLS_WATCH_S * NS_PER_SECOND;
	if (!file_has_changed(issuer->config->http_jwks, &issuer->identity) || load(issuer) < 0)
		return false;
	log_info("%s: %zu keys", issuer->config->http_jwks, issuer->jwks.count);
	return true;
}

void issuer_done(struct issuer *issuer)
{
	jwks_done(&issuer->jwks);
}

/* At most once a second: whoever guesses must not fill the log. */
static void explain(struct issuer *issuer, const char *why)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns < issuer->next_word_ns)
		return;
	issuer->next_word_ns = now_ns + NS_PER_SECOND;
	log_info("a JSON Web Token was refused: %s", why);
}

int issuer_judge(void *context, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim)
{
	struct issuer *issuer = context;
	const struct jwt_rules rules = { issuer->config->http_jwt_audience, issuer->config->http_jwt_issuer,
		clock_now().real_ns / NS_PER_SECOND };
	const char *why;

	(void)req;
	if (bearer.base == NULL || !jwt_is_form(bearer.base, bearer.len))
		return -ENOENT;
	if (jwt_check(&issuer->jwks, &rules, bearer.base, bearer.len, &issuer->claims, &why) < 0) {
		explain(issuer, why);
		return -EACCES;
	}
	*ret_claim = (struct claim) { PRINCIPAL_JWT, issuer->claims.name, issuer->claims.namespaces,
		issuer->claims.until_s };
	return 0;
}
