/* The listeners: kept by the supervisor over a restart, so that no client meets a closed port. */
#pragma once

#include "base/config.h"
#include "base/web.h"

/* Serves http_listen and RUNTIME_DIR/frontend/http.sock, whose folder must be there. Logs why not. 0 or -errno. */
int listen_open(struct web *web, const struct config *config);
