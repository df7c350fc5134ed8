#include "exporter/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"

#define LIST_BYTES_MAX 65536

static bool has_changed(const char *path, struct file_identity *identity)
{
	return path[0] != '\0' && file_has_changed(path, identity);
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

static int load_tls(struct tls *tls)
{
	const struct tls_files *files = &tls->files;
	int r = tls_load(tls);

	if (r < 0)
		log_error("TLS with key %s, certificate %s%s%s: %s", files->key, files->certificate,
			files->client_ca[0] != '\0' ? ", client CA " : "", files->client_ca, reason_of(r));
	return r;
}

static int name_tls_files(struct secrets *secrets, const struct config *config)
{
	char folder[CONFIG_TEXT_MAX + 32];
	bool has_key = config->metrics_tls_key[0] != '\0',
	     has_certificate = config->metrics_tls_certificate[0] != '\0';

	snprintf(secrets->tls.files.client_ca, sizeof(secrets->tls.files.client_ca), "%s",
		config->metrics_client_ca);
	if (has_key != has_certificate) {
		log_error("metrics_tls_key and metrics_tls_certificate go together: set both, or none");
		return -EINVAL;
	}
	if (has_key) {
		snprintf(secrets->tls.files.key, sizeof(secrets->tls.files.key), "%s",
			config->metrics_tls_key);
		snprintf(secrets->tls.files.certificate, sizeof(secrets->tls.files.certificate), "%s",
			config->metrics_tls_certificate);
		return 0;
	}
	if (config->is_check) { /* the start makes them */
		secrets->has_tls = false;
		return 0;
	}
	mkdir(config->state_dir, 0755);
	snprintf(folder, sizeof(folder), "%s/exporter", config->state_dir);
	mkdir(folder, 0750);
	snprintf(secrets->tls.files.key, sizeof(secrets->tls.files.key), "%s/tls.key", folder);
	snprintf(
		secrets->tls.files.certificate, sizeof(secrets->tls.files.certificate), "%s/tls.crt", folder);
	int r = tls_make_files(&secrets->tls.files);
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
	has_changed(secrets->users, &secrets->users_identity);
	has_changed(secrets->tokens, &secrets->tokens_identity);
	if (secrets->has_tls)
		tls_has_changed(&secrets->tls);
	if (secrets->has_tls && (r = load_tls(&secrets->tls)) < 0)
		return r;
	if (secrets->users[0] != '\0' && (r = load_list(secrets, secrets->users, credentials_read_users)) < 0)
		return r;
	if (secrets->tokens[0] != '\0' &&
		(r = load_list(secrets, secrets->tokens, credentials_read_tokens)) < 0)
		return r;
	secrets->credentials.is_required = secrets->users[0] != '\0' || secrets->tokens[0] != '\0';
	return 0;
}

size_t secrets_places(const struct secrets *secrets, struct landlock_place *places)
{
	size_t count = secrets->has_tls ? tls_places(&secrets->tls, places) : 0;

	count += landlock_file_places(secrets->users, places + count);
	return count + landlock_file_places(secrets->tokens, places + count);
}

static void reload_tls(struct secrets *secrets, struct web *web)
{
	if (load_tls(&secrets->tls) < 0)
		return;
	web_set_tls(web, secrets->tls.context);
	log_info("new TLS key or certificate in use, pin sha256//%s", secrets->tls.facts.pin);
}

void secrets_watch(struct secrets *secrets, struct web *web, uint64_t now_ns)
{
	if (now_ns < secrets->next_watch_ns)
		return;
	secrets->next_watch_ns = now_ns + TLS_WATCH_S * NS_PER_SECOND;
	if (secrets->has_tls && tls_has_changed(&secrets->tls))
		reload_tls(secrets, web);
	if (has_changed(secrets->users, &secrets->users_identity) &&
		load_list(secrets, secrets->users, credentials_read_users) == 0)
		log_info("%s: %zu users", secrets->users, secrets->credentials.user_count);
	if (has_changed(secrets->tokens, &secrets->tokens_identity) &&
		load_list(secrets, secrets->tokens, credentials_read_tokens) == 0)
		log_info("%s: %zu tokens", secrets->tokens, secrets->credentials.token_count);
}

void secrets_done(struct secrets *secrets)
{
	tls_done(&secrets->tls);
	OPENSSL_cleanse(&secrets->credentials, sizeof(secrets->credentials));
}
