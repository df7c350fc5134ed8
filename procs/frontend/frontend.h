/* The process: links, listeners, loop. */
#pragma once

#include "frontend/mcp/extension.h"

/* main() of tanso-frontend. extension NULL, but in the conformance tests' build. */
int frontend_main(int argc, char **argv, const struct mcp_extension *extension);
