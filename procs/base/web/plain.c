/* Plain HTTP at a door that speaks TLS: who wrote http:// instead of https:// is told so. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/web/private.h"

/* Of the request: closing over unread bytes would reset what was answered. */
#define REFUSED_BYTES_MAX (1 << 20)

static const char answer[] =
	"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
	"This port speaks HTTPS: ask https:// instead of http://\n";

void web_plain_expect(int listener_fd)
{
	int wait_s = 1;

	/* The kernel hands out a connection together with its first bytes, so that nobody has to wait for them here (tcp(7)); a
	 * silent one comes after about a second, and is TLS's. Not on a unix socket: there it fails, and nobody asks. */
	setsockopt(listener_fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_s, sizeof(wait_s));
}

bool web_plain_refuse(int fd)
{
	char first;

	/* A method's name begins with a capital; a TLS record of a handshake with 22. */
	if (recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1 || first < 'A' || first > 'Z')
		return false;
	if (send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return true; /* it went away */
	recv(fd, NULL, REFUSED_BYTES_MAX, MSG_TRUNC | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	return true;
}
