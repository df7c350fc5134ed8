/*
 * The live threads, as the kernel's reading programs tell them: those that ran since the last reading, in full, through
 * memory that is mapped here. What the others were last told as still holds; of them the programs only note that they
 * are there. One owner, no threads.
 */
#pragma once

#include "collector/known.h"
#include "collector/usage/kernel.h"
#include "collector/usage/reader.h"

struct live_threads {
	const struct usage_kernel *kernel;
	struct usage_reading *reading;
	const struct usage_told *told;
	const struct usage_record *records;
	struct known_threads known;
};

/* Maps what the programs write. The kernel is the caller's and outlives this. 0 or -errno. */
int live_open(struct live_threads *live, const struct usage_kernel *kernel);
/* A zeroed struct is closed. */
void live_close(struct live_threads *live);
/*
 * One reading: visitor->thread for whoever is new, has changed or is gone; with *from_nothing the visitor begins anew
 * and is told of everyone. Sets *from_nothing when the next reading has to be such a one. 0 or -errno.
 */
int live_read(struct live_threads *live, const struct usage_visitor *visitor, bool *from_nothing);
