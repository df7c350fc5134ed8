/* The listeners: kept by the supervisor over a restart, so that no client meets a closed port. */
#pragma once

#include "base/config.h"
#include "base/web/web.h"

/* 0, or -EPERM after saying why: reachable from elsewhere, and not guarded. */
int listen_check(const struct config *config);
/* Serves every address of http_listen, with tls or plain (tls = NULL), and RUNTIME_DIR/frontend/http.sock, whose folder must
 * be there. Logs why not. 0 or -errno. */
int listen_open(struct web *web, const struct config *config, SSL_CTX *tls);
/* Opens RUNTIME_DIR/frontend/mcp.sock, or takes it back (mcp/stdio.h serves it). 0 or -errno. */
int listen_stdio(const struct config *config, int *ret_fd);
/* Is an address served beyond loopback that only allow_plaintext lets be? What it lacks, or NULL. */
const char *listen_lack(const struct config *config);
