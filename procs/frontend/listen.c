#include "frontend/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/ready.h"

#define TCP_NAME  "http-listener"
#define UNIX_NAME "http-unix"

bool listen_is_loopback(const char *address)
{
	char host[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;
	struct in6_addr v6;
	bool has_brackets = address[0] == '[';
	size_t size = strcspn(address + has_brackets, has_brackets ? "]" : ":");

	if (address[0] == '/')
		return true;
	if (size >= sizeof(host))
		return false;
	memcpy(host, address + has_brackets, size);
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* True when fd listens where `address` says; the operator may have changed it since the fd was stored. */
static bool listens_on(int fd, const char *address)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t size = sizeof(bound);
	char host[NI_MAXHOST], port[NI_MAXSERV], text[NI_MAXHOST + NI_MAXSERV + 4];
	bool is_v6;

	if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0 ||
		getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	is_v6 = bound.ss_family == AF_INET6;
	snprintf(text, sizeof(text), "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return strcmp(text, address) == 0;
}

/* A socket file that somebody removed cannot be reached any more. */
static bool is_still_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

static void explain(const char *address, int error)
{
	char owner[128];

	if (error == -EADDRINUSE) {
		web_port_owner(address, owner, sizeof(owner));
		log_error("http_listen = %s is in use by %s; set another address in tanso.conf or with "
			  "--set http_listen=ADDRESS:PORT",
			address, owner);
	} else if (error == -EINVAL) {
		log_error("http_listen = %s is not ADDRESS:PORT; allowed: an IP address and a port, e.g. "
			  "127.0.0.1:30800 or [::1]:30800",
			address);
	} else {
		log_error("http_listen = %s: %s", address, strerror(-error));
	}
}

static int open_listener(struct web *web, const char *name, const char *address)
{
	bool is_unix = address[0] == '/';
	int fd = ready_take_fd(name), r = 0;

	if (fd >= 0 && !(is_unix ? is_still_there(address) : listens_on(fd, address))) {
		ready_drop_fd(name);
		closep(&fd);
		fd = -1;
	}
	if (fd < 0 && (r = web_listen(address, &fd)) == 0)
		r = ready_store_fd(name, fd);
	if (r < 0) {
		explain(address, r);
		return r;
	}
	return web_add_listener(web, fd, NULL);
}

int listen_open(struct web *web, const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 32];
	int r;

	if (!listen_is_loopback(config->http_listen) && !config->allow_plaintext) {
		log_error("http_listen = %s can be reached from other machines, without TLS and credential; "
			  "use 127.0.0.1:30800 behind a proxy, or write allow_plaintext = yes",
			config->http_listen);
		return -EPERM;
	}
	r = open_listener(web, TCP_NAME, config->http_listen);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/frontend/http.sock", config->runtime_dir);
	return open_listener(web, UNIX_NAME, path);
}
