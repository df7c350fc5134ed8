/* What `tanso up` finds out about the host before it starts the stages. Prints; for the cli only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "cli/place.h"

/* True and a folder of the user's own when `configured` cannot be made or written. */
bool host_user_folder(const char *configured, enum place_folder which, char *ret_path, size_t size);
/* One `tanso up` per runtime_dir. The lock's descriptor, or -errno after saying why on stderr. */
int host_lock(const char *runtime_dir);
/* 0, or -EADDRINUSE after saying on stderr which address of the configuration somebody has already, and who. Of these
 * stages (1 << STAGE_…). */
int host_check_ports(const struct config *config, unsigned stages);
/* 0, or -EINVAL after saying on stderr what is no ADDRESS:PORT in the configuration. */
int host_check_addresses(const struct config *config);
/* 0, or -EINVAL after saying on stderr which codes there are beside the region or standard of the configuration. Data files that
 * cannot be read are the analyst's to tell. */
int host_check_codes(const struct config *config);
/* The exit status: 0, or 2 where one of these stages, asked with --check, has said on stderr what it would refuse at its start. */
int host_check_stages(unsigned stages, const char *binary_dir, char *const *arguments);
/* In the effective set of this process: CAP_BPF, … */
bool host_has_capability(unsigned capability);
/* Says what this machine lacks, what still works, and the remedy. */
void host_print_limits(const struct config *config);
/* Removes sockets that a crash left in RUNTIME_DIR/<stage>/; anything that is not a socket stays. */
void host_remove_sockets(const char *runtime_dir);
