#include "exporter/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#define LIST_BYTES_MAX 65536

static const char *path_of(const struct secrets *secrets, enum secret_file file)
{
	switch (file) {
	case SECRET_KEY: return secrets->has_tls ? secrets->files.key : "";
	case SECRET_CERTIFICATE: return secrets->has_tls ? secrets->files.certificate : "";
	case SECRET_CLIENT_CA: return secrets->has_tls ? secrets->files.client_ca : "";
	case SECRET_USERS: return secrets->users;
	default: return secrets->tokens;
	}
}

static bool has_changed(struct secrets *secrets, enum secret_file file)
{
	const char *path = path_of(secrets, file);

	return path[0] != '\0' && file_has_changed(path, &secrets->identity[file]);
}

static const char *reason_of(int error)
{
	switch (error) {
	case -EBADMSG: return "not what was expected there";
	case -EKEYREJECTED: return "key and certificate are no pair";
	case -E2BIG: return "too long";
	default: return strerror(-error);
	}
}

/* users and tokens */

typedef int read_fn(struct credentials *credentials, char *text, unsigned *ret_line);

static int load_list(struct secrets *secrets, const char *path, read_fn *read_list)
{
	static char text[LIST_BYTES_MAX];
	unsigned line = 0;
	int r = file_read_text(AT_FDCWD, path, text, sizeof(text));

	if (r >= 0)
		r = read_list(&secrets->credentials, text, &line);
	memset(text, 0, sizeof(text));
	if (r < 0 && line > 0)
		log_error("%s, line %u: %s", path, line, reason_of(r));
	else if (r < 0)
		log_error("%s: %s", path, reason_of(r));
	return r;
}

static int load_tls(struct secrets *secrets)
{
	struct tls_facts facts;
	SSL_CTX *tls = NULL;
	int r = tls_load(&secrets->files, &tls, &facts);

	if (r < 0) {
		log_error("TLS with key %s, certificate %s%s%s: %s", secrets->files.key,
			secrets->files.certificate, secrets->files.client_ca[0] != '\0' ? ", client CA " : "",
			secrets->files.client_ca, reason_of(r));
		return r;
	}
	SSL_CTX **former = &secrets->former[secrets->former_count++ % SECRETS_FORMER];
	SSL_CTX_free(*former);
	*former = secrets->tls;
	secrets->tls = tls;
	secrets->facts = facts;
	return 0;
}

static int name_tls_files(struct secrets *secrets, const struct config *config)
{
	char folder[CONFIG_TEXT_MAX + 32];
	bool has_key = config->metrics_tls_key[0] != '\0',
	     has_certificate = config->metrics_tls_certificate[0] != '\0';

	snprintf(secrets->files.client_ca, sizeof(secrets->files.client_ca), "%s", config->metrics_client_ca);
	if (has_key != has_certificate) {
		log_error("metrics_tls_key and metrics_tls_certificate go together: set both, or none");
		return -EINVAL;
	}
	if (has_key) {
		snprintf(secrets->files.key, sizeof(secrets->files.key), "%s", config->metrics_tls_key);
		snprintf(secrets->files.certificate, sizeof(secrets->files.certificate), "%s",
			config->metrics_tls_certificate);
		return 0;
	}
	mkdir(config->state_dir, 0755);
	snprintf(folder, sizeof(folder), "%s/exporter", config->state_dir);
	mkdir(folder, 0750);
	snprintf(secrets->files.key, sizeof(secrets->files.key), "%s/tls.key", folder);
	snprintf(secrets->files.certificate, sizeof(secrets->files.certificate), "%s/tls.crt", folder);
	int r = tls_make_files(&secrets->files);
	if (r < 0)
		log_error("making a TLS key in %s: %s", folder, strerror(-r));
	return r;
}

int secrets_open(struct secrets *secrets, const struct config *config)
{
	int r = 0;

	secrets->has_tls = config->metrics_tls;
	credentials_init(&secrets->credentials);
	snprintf(secrets->users, sizeof(secrets->users), "%s", config->metrics_users);
	snprintf(secrets->tokens, sizeof(secrets->tokens), "%s", config->metrics_tokens);
	if (!secrets->has_tls && config->metrics_client_ca[0] != '\0') {
		log_error("metrics_client_ca needs metrics_tls = yes");
		return -EINVAL;
	}
	if (secrets->has_tls && (r = name_tls_files(secrets, config)) < 0)
		return r;
	for (int file = 0; file < SECRET_FILES; file++)
		has_changed(secrets, (enum secret_file)file);
	if (secrets->has_tls && (r = load_tls(secrets)) < 0)
		return r;
	if (secrets->users[0] != '\0' && (r = load_list(secrets, secrets->users, credentials_read_users)) < 0)
		return r;
	if (secrets->tokens[0] != '\0' &&
		(r = load_list(secrets, secrets->tokens, credentials_read_tokens)) < 0)
		return r;
	secrets->credentials.is_required = secrets->users[0] != '\0' || secrets->tokens[0] != '\0';
	return 0;
}

static size_t add_folder(struct landlock_place *place, char *path)
{
	*place = (struct landlock_place) { .use = LANDLOCK_READ };
	int size = snprintf(place->path, sizeof(place->path), "%s", dirname(path));
	return size > 0 && (size_t)size < sizeof(place->path);
}

size_t secrets_places(const struct secrets *secrets, struct landlock_place *places)
{
	size_t count = 0;

	for (int file = 0; file < SECRET_FILES; file++) {
		const char *path = path_of(secrets, (enum secret_file)file);
		CLEANUP(freep) char *name = strdup(path);
		CLEANUP(freep) char *target = realpath(path, NULL);
		if (path[0] == '\0')
			continue;
		if (name != NULL)
			count += add_folder(&places[count], name);
		if (target != NULL)
			count += add_folder(&places[count], target);
	}
	return count;
}

static void reload_tls(struct secrets *secrets, struct web *web)
{
	if (load_tls(secrets) < 0)
		return;
	web_set_tls(web, secrets->tls);
	log_info("new TLS key or certificate in use, pin sha256//%s", secrets->facts.pin);
}

void secrets_watch(struct secrets *secrets, struct web *web, uint64_t now_ns)
{
	if (now_ns < secrets->next_watch_ns)
		return;
	secrets->next_watch_ns = now_ns + SECRETS_WATCH_S * NS_PER_SECOND;
	bool key = has_changed(secrets, SECRET_KEY), certificate = has_changed(secrets, SECRET_CERTIFICATE);
	bool client_ca = has_changed(secrets, SECRET_CLIENT_CA);
	if (key || certificate || client_ca)
		reload_tls(secrets, web);
	if (has_changed(secrets, SECRET_USERS) &&
		load_list(secrets, secrets->users, credentials_read_users) == 0)
		log_info("%s: %zu users", secrets->users, secrets->credentials.user_count);
	if (has_changed(secrets, SECRET_TOKENS) &&
		load_list(secrets, secrets->tokens, credentials_read_tokens) == 0)
		log_info("%s: %zu tokens", secrets->tokens, secrets->credentials.token_count);
}

void secrets_done(struct secrets *secrets)
{
	SSL_CTX_free(secrets->tls);
	for (size_t i = 0; i < SECRETS_FORMER; i++)
		SSL_CTX_free(secrets->former[i]);
	OPENSSL_cleanse(&secrets->credentials, sizeof(secrets->credentials));
}
