#include "fetcher/credentials.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"

static int read_optional(const char *path, char *text, size_t size)
{
	int r;

	text[0] = '\0';
	r = path == NULL || path[0] == '\0' ? 0 : file_read_text(AT_FDCWD, path, text, size);
	return r < 0 ? r : 0;
}

static bool can_stand_in_header(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

int credentials_read(
	const struct credentials_files *files, struct credentials *ret_credentials, const char **ret_path)
{
	struct credentials *c = ret_credentials;
	const struct {
		const char *path;
		char *text;
		size_t size;
		bool is_header;
	} read[] = { { files->token, c->token, sizeof(c->token), true },
		{ files->user, c->user, sizeof(c->user), true },
		{ files->authorities, c->authorities, sizeof(c->authorities), false },
		{ files->certificate, c->certificate, sizeof(c->certificate), false },
		{ files->key, c->key, sizeof(c->key), false } };

	for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
		int r = read_optional(read[i].path, read[i].text, read[i].size);
		if (r == 0 && read[i].is_header && !can_stand_in_header(read[i].text))
			r = -EBADMSG;
		*ret_path = read[i].path;
		if (r < 0)
			return r;
	}
	return 0;
}

void credentials_use(
	const struct credentials *credentials, bool is_open_to_all, struct fetch_request *request)
{
	request->token = is_open_to_all ? "" : credentials->token;
	request->user = is_open_to_all ? "" : credentials->user;
	request->authorities = credentials->authorities;
	request->certificate = credentials->certificate;
	request->key = credentials->key;
}
