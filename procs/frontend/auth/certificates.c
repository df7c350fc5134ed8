#include "frontend/auth/certificates.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/clock.h"
#include "base/web/web.h"

/* The end of its validity, Unix time; 0 where that cannot be told. */
static uint64_t end_of(const X509 *certificate)
{
	struct tm end;
	time_t end_s = ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 ? timegm(&end) : 0;

	return end_s > 0 ? (uint64_t)end_s : 0;
}

/* The common name, once and whole. One with a NUL or a control character inside, or cut off, is nobody's. */
static bool read_name(const X509 *certificate, char ret_name[static PRINCIPAL_NAME_MAX + 1])
{
	int size = X509_NAME_get_text_by_NID(
		X509_get_subject_name(certificate), NID_commonName, ret_name, PRINCIPAL_NAME_MAX + 1);

	for (int i = 0; i < size; i++)
		if (iscntrl((unsigned char)ret_name[i]))
			return false;
	return size > 0 && size < PRINCIPAL_NAME_MAX;
}

int certificates_judge(void *context, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim)
{
	static char name[PRINCIPAL_NAME_MAX + 1];
	const SSL *tls = web_tls_of(req);
	X509 *certificate = tls != NULL ? SSL_get0_peer_certificate(tls) : NULL;

	(void)context;
	if (bearer.base != NULL || certificate == NULL)
		return -ENOENT;
	uint64_t end_s = end_of(certificate); /* a connection may outlive it */
	if (!read_name(certificate, name) || clock_now().real_ns / NS_PER_SECOND >= end_s)
		return -EACCES;
	*ret_claim = (struct claim) { PRINCIPAL_CERTIFICATE, name, "", end_s };
	return 0;
}
