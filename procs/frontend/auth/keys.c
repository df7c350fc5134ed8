#include "frontend/auth/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static int load_tls(struct tls *tls)
{
	const struct tls_files *files = &tls->files;
	int r = tls_load(tls);

	if (r < 0)
		log_error("TLS with http_tls_key = %s, http_tls_certificate = %s, http_client_ca = %s: %s",
			files->key, files->certificate, files->client_ca,
			r == -EBADMSG        ? "not what was expected there"
			: r == -EKEYREJECTED ? "key and certificate are no pair"
					     : strerror(-r));
	return r;
}

/* Says which key lacks which. */
static int check_names(const struct config *config)
{
	bool has_key = config->http_tls_key[0] != '\0';

	if (has_key != (config->http_tls_certificate[0] != '\0')) {
		log_error("http_tls_key and http_tls_certificate go together: set both, or none");
		return -EINVAL;
	}
	if (!has_key && config->http_client_ca[0] != '\0') {
		log_error("http_client_ca needs http_tls_key and http_tls_certificate");
		return -EINVAL;
	}
	return 0;
}

int keys_open(struct keys *keys, const struct config *config)
{
	struct tls_files *files = &keys->tls.files;
	int r = check_names(config);

	keys->has_tls = config->http_tls_key[0] != '\0';
	if (r < 0 || !keys->has_tls)
		return r;
	snprintf(files->key, sizeof(files->key), "%s", config->http_tls_key);
	snprintf(files->certificate, sizeof(files->certificate), "%s", config->http_tls_certificate);
	snprintf(files->client_ca, sizeof(files->client_ca), "%s", config->http_client_ca);
	tls_has_changed(&keys->tls);
	return load_tls(&keys->tls);
}

size_t keys_places(const struct keys *keys, struct landlock_place *places)
{
	return keys->has_tls ? tls_places(&keys->tls, places) : 0;
}

void keys_watch(struct keys *keys, struct web *web, uint64_t now_ns)
{
	if (now_ns < keys->next_watch_ns)
		return;
	keys->next_watch_ns = now_ns + TLS_WATCH_S * NS_PER_SECOND;
	if (!keys->has_tls || !tls_has_changed(&keys->tls) || load_tls(&keys->tls) < 0)
		return;
	web_set_tls(web, keys->tls.context);
	log_info("new TLS key or certificate in use, pin sha256//%s", keys->tls.facts.pin);
}

void keys_done(struct keys *keys)
{
	tls_done(&keys->tls);
}
