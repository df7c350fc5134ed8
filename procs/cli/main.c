#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "up") == 0)
		return verb_up(argc - 1, argv + 1);
	fputs("usage: tanso up\n", stderr);
	return 2;
}
