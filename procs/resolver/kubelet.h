/*
 * Asks this node's kubelet for its pods: every kubelet_interval_seconds, and soon (with a rate limit) when somebody
 * met a pod nobody knows. Failures back off. Token, authorities and client certificate are read anew for each request,
 * since they rotate; a 401 under an old token is tried again at once.
 */
#pragma once

#include "base/config.h"
#include "base/loop.h"
#include "base/stats.h"
#include "resolver/pods.h"

struct kubelet;

/* A list arrived; the callee owns it. */
typedef void kubelet_pods_fn(void *context, struct pods *pods);

/* The URL to ask: kubelet_url, for "auto" that of the node we are a pod on; "" = none. */
void kubelet_url_of(const struct config *config, char ret_url[static CONFIG_TEXT_MAX]);

/* Looks up the host's name, if it is one; so call it before the sandbox. 0 or -errno (logged). */
int kubelet_new(const struct config *config, struct loop *loop, struct stats *stats, kubelet_pods_fn *on_pods,
	void *context, struct kubelet **ret_kubelet);
void kubelet_free(struct kubelet *kubelet);
/* The peer's TCP port. */
uint16_t kubelet_port(const struct kubelet *kubelet);
/* Begins to ask. 0 or -errno. */
int kubelet_begin(struct kubelet *kubelet);
/* A pod is unknown. */
void kubelet_hurry(struct kubelet *kubelet);
