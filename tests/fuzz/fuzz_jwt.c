#include "frontend/auth/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key of each kind: that of RFC 7517 A.1 (P-256) and that of RFC 7515 A.2 (RSA). */
static const char keys[] =
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":"
	"\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"},{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":"
	"\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"
	"yR"
	"T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
	"KXBdQ"
	"OS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
	"h9iaGNj8"
	"q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}]}";

/* The bytes as a token and as a key set. Nobody here has the private keys. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwks jwks;
	struct jwks read = { 0 };
	const struct jwt_rules rules = { "https://tanso.example/mcp", "", 1800000000 };
	struct jwt_claims claims;
	const char *why;

	if (jwks.count == 0 && (jwks_read(&jwks, keys, sizeof(keys) - 1) < 0 || jwks.count != 2))
		abort();
	if (jwt_check(&jwks, &rules, (const char *)data, size, &claims, &why) == 0)
		abort();
	if (jwks_read(&read, (const char *)data, size) == 0 && read.count == 0)
		abort();
	jwks_done(&read);
	return 0;
}
