/* What a server is asked with: who we are, and whom we believe. Files are read anew for each request, for they rotate. */
#pragma once

#include "base/fetch.h"

#define CREDENTIALS_TOKEN_MAX (16U << 10)
#define CREDENTIALS_PEM_MAX   (1U << 20) /* Debian's bundle of authorities has 220 KB */

/* Paths, NULL or "" = none. */
struct credentials_files {
	const char *token, *user, *authorities, *certificate, *key;
};

struct credentials {
	char token[CREDENTIALS_TOKEN_MAX], user[CREDENTIALS_TOKEN_MAX];
	char authorities[CREDENTIALS_PEM_MAX], certificate[CREDENTIALS_PEM_MAX], key[CREDENTIALS_PEM_MAX];
};

/* 0; or -errno (-EBADMSG: no text that can stand in a header) with the path in *ret_path. */
int credentials_read(
	const struct credentials_files *files, struct credentials *ret_credentials, const char **ret_path);
/* Puts them into a request, which then points into them. Over plain HTTP beyond loopback no secret is shown. */
void credentials_use(
	const struct credentials *credentials, bool is_open_to_all, struct fetch_request *request);
