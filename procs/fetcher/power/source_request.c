#include "fetcher/power/source_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int source_request(const struct config *config, const struct address *address,
	struct credentials *credentials, struct fetch_request *ret_request, char *why, size_t size)
{
	const struct credentials_files files = { .token = config->source_token_file,
		.user = config->source_user_file,
		.authorities =
			address->is_plain || config->source_pin[0] != '\0' ? "" : config->source_ca_file,
		.certificate = config->source_client_cert,
		.key = config->source_client_key };
	const char *path;
	int r;

	if (address->port == 0) {
		snprintf(why, size, "its name could not be looked up");
		return -EHOSTUNREACH;
	}
	r = credentials_read(&files, credentials, &path);
	if (r < 0) {
		snprintf(why, size, "cannot read %s: %s", path, strerror(-r));
		return r;
	}
	*ret_request = (struct fetch_request) { .url = address->url,
		.address = address->resolve,
		.pin = config->source_pin,
		.is_insecure = config->source_pin[0] != '\0',
		.may_be_plain = true,
		.is_kept = true,
		.timeout_ms = (uint64_t)config->source_timeout_seconds * 1000,
		.size_max = SOURCE_ANSWER_MAX };
	credentials_use(credentials, address->is_plain && !address->is_loopback, ret_request);
	return 0;
}
