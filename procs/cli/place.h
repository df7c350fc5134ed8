/* Where things of this installation are, as the command line finds them: programs, configuration, the frontend's sockets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PLACE_HTTP  "http.sock" /* the frontend's HTTP API */
#define PLACE_STDIO "mcp.sock"  /* its line-by-line MCP */

/* The folder of a program of ours: this binary's, else the installed libexec folder. 0 or -ENOENT. */
int place_folder_of(const char *program, char *ret_path, size_t size);
/* deploy/config/tanso.conf of the clone this binary was built in, or "". */
void place_clone_config(char *ret_path, size_t size);
/* The i-th folder that `tanso up` of a user who cannot write the configured one may take for its sockets, or for what lasts: it takes
 * the first that can be made and written, and who looks for it tries one after the other. False beyond the last. */
enum place_folder { PLACE_RUNTIME, PLACE_STATE };
bool place_user_folder(enum place_folder which, size_t i, char *ret_path, size_t size);
/* What a remedy that needs root begins with: "sudo ", or "" where the caller is root. */
const char *place_sudo(void);
/* A connection to RUNTIME_DIR/frontend/<socket>; non-blocking, the caller's. The descriptor or -errno. */
int place_connect(const char *runtime_dir, const char *socket);
