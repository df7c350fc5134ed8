/* Where `tanso train` gets windows of a live host from. */
#pragma once

#include "cli/client/client.h"
#include "models/samples.h"

/* Watches this host for `minutes` (or until SIGINT): energy from the pipeline's /metrics, where it is measured, load from
 * /proc/stat. Progress goes to stderr. 0, or -EINVAL after saying why on stderr. */
int train_watch(struct client *client, double minutes, double window_s, struct samples *ret_samples);
