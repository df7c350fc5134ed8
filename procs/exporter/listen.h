/* The endpoint's listeners, kept by the supervisor over a restart. */
#pragma once

#include "base/config.h"
#include "base/web/web.h"

/* 0, or -EPERM after saying why: reachable from elsewhere without TLS. */
int listen_check(const struct config *config);
/* Serves every address of metrics_listen, with tls or plain (tls = NULL). Logs why not. 0 or -errno. */
int listen_open(struct web *web, const struct config *config, SSL_CTX *tls);
