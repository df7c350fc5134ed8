#include "fetcher/power/source_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define PIN_PREFIX "sha256//"
#define PIN_SIZE   44 /* SHA-256 in base64 */
#define BASE64     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static bool is_pin(const char *text, size_t size)
{
	return size == strlen(PIN_PREFIX) + PIN_SIZE && strncmp(text, PIN_PREFIX, strlen(PIN_PREFIX)) == 0 &&
	       strspn(text + strlen(PIN_PREFIX), BASE64) == PIN_SIZE - 1 && text[size - 1] == '=';
}

int source_check_pins(const struct config *config)
{
	for (const char *pin = config->source_pin; *pin != '\0';) {
		size_t size = strcspn(pin, ";");
		if (!is_pin(pin, size)) {
			log_error("source_pin = %s: wanted is " PIN_PREFIX
				  " and 44 characters of base64, several with ; between them",
				config->source_pin);
			return -EINVAL;
		}
		pin += size + (pin[size] == ';');
	}
	return 0;
}

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
