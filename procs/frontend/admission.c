#include "frontend/admission.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/web/authorization.h"

int admission_open(struct admission *admission, double *refused)
{
	*admission = (struct admission) { .principals = principals_new(), .refused = refused };
	snprintf(admission->challenge, sizeof(admission->challenge), "Bearer realm=\"tanso\"");
	return admission->principals != NULL ? 0 : -ENOMEM;
}

void admission_close(struct admission *admission)
{
	principals_free(admission->principals);
	admission->principals = NULL;
}

void admission_add(struct admission *admission, admission_judge_fn *judge, void *context)
{
	admission->kinds[admission->kind_count].judge = judge;
	admission->kinds[admission->kind_count++].context = context;
}

void admission_tell(struct admission *admission, const char *parameter)
{
	size_t used = strlen(admission->challenge);

	if (parameter[0] != '\0')
		snprintf(admission->challenge + used, sizeof(admission->challenge) - used, ", %s", parameter);
}

static bool is_local(h2o_req_t *req)
{
	struct sockaddr_storage address = { 0 };

	return req->conn->callbacks->get_sockname(req->conn, (struct sockaddr *)&address) > 0 &&
	       address.ss_family == AF_UNIX;
}

static int judge(struct admission *admission, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim)
{
	int r = -ENOENT;

	for (size_t i = 0; i < admission->kind_count && r == -ENOENT; i++)
		r = admission->kinds[i].judge(admission->kinds[i].context, req, bearer, ret_claim);
	return r;
}

static void on_request_done(void *object)
{
	principal_release(*(struct principal **)object);
}

/* A header that is there must be one we can read: whoever sends Basic does not mean to be nobody. */
static int find(struct admission *admission, h2o_req_t *req, struct principal **ret_principal)
{
	h2o_iovec_t header = guard_header(req, "authorization"), bearer = h2o_iovec_init(NULL, 0);
	struct authorization given;
	struct claim claim;

	if (header.base != NULL &&
		(authorization_parse(header.base, header.len, &given) < 0 || given.is_basic))
		return -EACCES;
	if (header.base != NULL)
		bearer = h2o_iovec_init(given.secret, strlen(given.secret));
	int r = judge(admission, req, bearer, &claim);
	if (r == 0)
		r = principals_find(admission->principals, &claim, ret_principal);
	if (header.base != NULL)
		OPENSSL_cleanse(&given, sizeof(given));
	return r;
}

int admission_find(struct admission *admission, h2o_req_t *req, struct principal **ret_principal)
{
	*ret_principal = &principal_anyone;
	if (admission->kind_count == 0 || is_local(req))
		return GUARD_PASS;
	int r = find(admission, req, ret_principal);
	if (r == 0) {
		struct principal **tie =
			h2o_mem_alloc_shared(&req->pool, sizeof(struct principal *), on_request_done);
		*tie = *ret_principal;
		return GUARD_PASS;
	}
	++*admission->refused;
	return r == -EBUSY ? ERROR_BUSY : ERROR_UNAUTHORIZED;
}

void admission_challenge(const struct admission *admission, h2o_req_t *req)
{
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_WWW_AUTHENTICATE, NULL, admission->challenge,
		strlen(admission->challenge));
}
