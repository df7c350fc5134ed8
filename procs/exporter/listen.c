#include "exporter/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/log.h"
#include "base/port.h"

#define LISTENER_NAME "metrics-listener"

static void explain(const char *address, int error)
{
	char owner[128];

	if (error == -EADDRINUSE) {
		port_owner(address, owner, sizeof(owner));
		log_error(in_language("metrics_listen = %s is in use by %s; set another address in "
				      "tanso.conf or with "
				      "--set metrics_listen=ADDRESS:PORT",
				  "metrics_listen = %s: 이미 사용 중입니다: %s. tanso.conf나 --set "
				  "metrics_listen=ADDRESS:PORT로 "
				  "다른 주소를 지정하십시오"),
			address, owner);
	} else if (error == -EINVAL) {
		log_error(in_language(
				  "metrics_listen = %s is not ADDRESS:PORT; allowed: IP addresses and ports, "
				  "separated by commas, e.g. 127.0.0.1:30443,[::1]:30443",
				  "metrics_listen = %s: ADDRESS:PORT 형식이 아닙니다. IP 주소와 포트를 "
				  "쉼표로 구분해 "
				  "적으십시오. 예: 127.0.0.1:30443,[::1]:30443"),
			address);
	} else if (error == -EPERM) {
		log_error(
			in_language(
				"metrics_listen = %s can be reached from other machines, without TLS; use "
				"127.0.0.1 behind a proxy, metrics_tls = yes, or write allow_plaintext = yes",
				"metrics_listen = %s: TLS 없이 다른 컴퓨터에서 접속할 수 있습니다. 프록시 "
				"뒤의 "
				"127.0.0.1이나 metrics_tls = yes를 쓰거나 allow_plaintext = yes를 "
				"적으십시오"),
			address);
	} else {
		log_error("metrics_listen = %s: %s", address, strerror(-error));
	}
}

static int open_one(struct web *web, const char *address, int number, SSL_CTX *tls)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), LISTENER_NAME "-%d", number);
	int r = web_take_listener(name, address, &fd);
	return r < 0 ? r : web_add_listener(web, fd, tls);
}

int listen_check(const struct config *config)
{
	char list[CONFIG_TEXT_MAX], *rest = list, *address;

	snprintf(list, sizeof(list), "%s", config->metrics_listen);
	while (!config->metrics_tls && !config->allow_plaintext && (address = strsep(&rest, ", ")) != NULL)
		if (*address != '\0' && !web_is_loopback(address)) {
			explain(address, -EPERM);
			return -EPERM;
		}
	return 0;
}

int listen_open(struct web *web, const struct config *config, SSL_CTX *tls)
{
	char list[CONFIG_TEXT_MAX], *rest = list, *address;
	int count = 0;

	snprintf(list, sizeof(list), "%s", config->metrics_listen);
	while ((address = strsep(&rest, ", ")) != NULL) {
		if (*address == '\0')
			continue;
		int r = open_one(web, address, count++, tls);
		if (r < 0) {
			explain(address, r);
			return r;
		}
	}
	if (count == 0)
		explain(config->metrics_listen, -EINVAL);
	return count == 0 ? -EINVAL : 0;
}
