/* The counters' descriptors in the supervisor's fd store: taken back, kept, dropped. */
#pragma once

#include <bpf/libbpf.h>

#include "collector/usage/kernel.h"

/* Takes back all maps and core links, or none: half of a set of counters is worth nothing. Fills link, map and layout. */
bool usage_adopt(struct usage_kernel *kernel, const struct hierarchy *hierarchy, bool may_adopt);
int usage_store_maps(const struct usage_kernel *kernel);
/* Two generations stand side by side in the store during an upgrade. */
int usage_store_links(const int link[static USAGE_PROGRAM_COUNT], uint32_t generation);
void usage_drop_links(int link[static USAGE_PROGRAM_COUNT], uint32_t generation);
void usage_close_links(int link[static USAGE_PROGRAM_COUNT]);
const char *usage_map_name(enum usage_map map);
/* Before it is loaded: the object uses the maps that are there, instead of making its own. 0 or -errno. */
int usage_reuse_maps(const struct usage_kernel *kernel, const struct bpf_object *object);
