/* Writes the documents derived from base tables: config_doc markdown|file|man|sandbox */
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/sandbox.h"

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "markdown") == 0)
		config_describe(stdout, CONFIG_FORMAT_MARKDOWN);
	else if (strcmp(what, "file") == 0)
		config_describe(stdout, CONFIG_FORMAT_FILE);
	else if (strcmp(what, "man") == 0)
		config_describe(stdout, CONFIG_FORMAT_MAN);
	else if (strcmp(what, "sandbox") == 0)
		sandbox_describe(stdout);
	else
		return 2;
	return 0;
}
