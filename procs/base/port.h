/* TCP ports to listen on: "127.0.0.1:30800", "[::1]:30443". */
#pragma once

#include <stddef.h>

#define PORT_BACKLOG 128

/* 0, or -EINVAL: no ADDRESS:PORT, an IP address and a port. Opens nothing. */
int port_check(const char *address);
/* Opens a listening socket, the caller's; IP addresses alone, no names. -EINVAL: no ADDRESS:PORT; -EADDRINUSE etc. */
int port_listen(const char *address, int *ret_fd);
/* Who listens there already: "nginx (pid 123)" into text, in_language(), best effort, for the error message. */
void port_owner(const char *address, char *text, size_t size);
