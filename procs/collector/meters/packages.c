#include "collector/meters/packages.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"

#define VENDOR_LINES 8 /* of the first CPU: its vendor is on the second */

bool packages_are_amd(const char *procfs_root)
{
	char path[CONFIG_TEXT_MAX + 16], line[256];

	snprintf(path, sizeof(path), "%s/cpuinfo", procfs_root);
	CLEANUP(fclosep) FILE *in = fopen(path, "re");
	for (int i = 0; in != NULL && i < VENDOR_LINES && fgets(line, sizeof(line), in) != NULL; i++)
		if (strstr(line, "AuthenticAMD") != NULL || strstr(line, "HygonGenuine") != NULL)
			return true;
	return false;
}
