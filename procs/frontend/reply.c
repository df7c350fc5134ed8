#include "frontend/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/guards.h"

bool request_is_for(const h2o_req_t *req, const char *path)
{
	return req->path_normalized.len == strlen(path) &&
	       memcmp(req->path_normalized.base, path, strlen(path)) == 0;
}

bool request_is_get(const h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
	       h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
}

const char *reply_language(struct http *http, h2o_req_t *req)
{
	const char *lang = guard_language(req);

	return lang[0] != '\0' ? lang : http->config->lang;
}

void reply_in_language(h2o_req_t *req, int status, const char *type, const char *text, size_t size)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("vary"), 0, NULL, H2O_STRLIT("Accept-Language"));
	web_reply(req, status, type, text, size);
}

void reply_error(struct http *http, h2o_req_t *req, const struct error_object *error)
{
	size_t size;
	CLEANUP(freep) char *body = error_json(error, reply_language(http, req), &size);

	++*http->errors;
	if (error->retry_after_s > 0)
		h2o_add_header_by_str(
			&req->pool, &req->res.headers, H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	reply_in_language(req, error_status(error->code), REPLY_JSON, body != NULL ? body : "{}",
		body != NULL ? size : 2);
}

void reply_wrong_method(struct http *http, h2o_req_t *req, const char *allowed)
{
	struct error_object error = { .code = ERROR_METHOD_NOT_ALLOWED };

	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("allow"), 0, NULL, allowed, strlen(allowed));
	snprintf(error.hint, sizeof(error.hint), "Allow: %s", allowed);
	reply_error(http, req, &error);
}

void reply_code(struct http *http, h2o_req_t *req, enum error_code code)
{
	const struct error_object error = { .code = code };

	reply_error(http, req, &error);
}

void reply_refused(struct http *http, h2o_req_t *req, enum error_code code)
{
	struct error_object error = { .code = code };
	bool is_korean = strcmp(reply_language(http, req), "ko") == 0;

	if (code == ERROR_UNKNOWN_HOST)
		snprintf(error.hint, sizeof(error.hint), "%s",
			is_korean ? "IP 주소나 localhost를 쓰거나 tanso.conf의 allowed_hosts에 이름을 "
				    "추가하십시오."
				  : "Use an IP address or localhost, or add the name to allowed_hosts in "
				    "tanso.conf.");
	else
		snprintf(error.hint, sizeof(error.hint), "%s",
			is_korean
				? "프로그램에서 요청하거나 그 페이지의 호스트를 allowed_hosts에 추가하십시오."
				: "Ask from a program, or add the page's host to allowed_hosts in "
				  "tanso.conf.");
	reply_error(http, req, &error);
}

/* What to show instead. */
static const char *credential_hint(const struct config *config, bool is_korean)
{
	if (config->http_tokens[0] != '\0')
		return is_korean ? "Authorization: Bearer TOKEN 헤더를 보내십시오. 운영자는 `tanso token "
				   "NAME`으로 토큰을 만들 수 있습니다."
				 : "Send Authorization: Bearer TOKEN; the operator makes one with `tanso "
				   "token NAME`.";
	if (config->http_jwks[0] != '\0')
		return is_korean ? "Authorization: Bearer TOKEN 헤더에 유효한 JSON 웹 토큰을 보내십시오. "
				   "거절한 "
				   "이유는 서버의 로그에 있습니다."
				 : "Send Authorization: Bearer TOKEN with a JSON Web Token that is valid "
				   "here; the server's log says why one was refused.";
	return is_korean ? "이름(CN)이 있고 만료되지 않은 클라이언트 인증서로만 연결하십시오."
			 : "Connect with a client certificate that has a common name and has not ended, "
			   "and send no Authorization header.";
}

void reply_unauthorized(struct http *http, h2o_req_t *req)
{
	struct error_object error = { .code = ERROR_UNAUTHORIZED };

	admission_challenge(&http->admission, req);
	snprintf(error.hint, sizeof(error.hint), "%s",
		credential_hint(http->config, strcmp(reply_language(http, req), "ko") == 0));
	reply_error(http, req, &error);
}

void reply_too_fast(struct http *http, h2o_req_t *req)
{
	reply_error(http, req, &(struct error_object) { .code = ERROR_RATE_LIMITED, .retry_after_s = 1 });
}
