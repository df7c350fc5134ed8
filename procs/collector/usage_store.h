/* The counters' descriptors in the supervisor's fd store: taken back, kept, dropped. */
#pragma once

#include "collector/usage_kernel.h"

/* Takes back all maps and core links, or none: half of a set of counters is worth nothing. Fills link, map and layout. */
bool usage_adopt(struct usage_kernel *kernel, const struct hierarchy *hierarchy, bool may_adopt);
int usage_store_maps(const struct usage_kernel *kernel);
/* Two generations stand side by side in the store during an upgrade. */
int usage_store_links(const int link[static USAGE_PROGRAM_COUNT], uint32_t generation);
void usage_drop_links(int link[static USAGE_PROGRAM_COUNT], uint32_t generation);
void usage_close_links(int link[static USAGE_PROGRAM_COUNT]);
const char *usage_map_name(enum usage_map map);
