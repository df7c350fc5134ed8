/* Names as people and answers write them. */
#pragma once

#include "analyst/workloads/find.h"

/* A name as answers show it, taken apart. */
struct asked {
	char namespace[254], name[254], kind[64];
};

/* The name as it is first; then, while nothing is found, with each of its slashes as the end of a namespace or a kind: a
 * namespace that is called as a kind is no reason to overlook either. */
int find_named(const struct question *question, struct asked *asked, struct found_list *list);
