/* The options of `tanso mcp`. */
#pragma once

#include <getopt.h>

#include "cli/client/client.h"

struct mcp_arguments {
	struct client_place place;
	bool wants_help;
};

/* 0; -EINVAL: argv[optind - 1] is no option, or lacks its value; -E2BIG: there are further arguments. */
int mcp_arguments_read(struct mcp_arguments *ret_arguments, int argc, char **argv);
