/* What lists rest on is read into memory in steps of some milliseconds, between which others are answered. */
#pragma once

#include "analyst/book/book.h"
#include "base/loop.h"

struct loading {
	struct timer timer;
	struct ledger *ledger;
	const struct book *book;
};

/* 0 or -errno. */
int loading_open(struct loading *loading, struct loop *loop, struct ledger *ledger, const struct book *book);
/* Looks whether there is something to read, soon. */
void loading_wake(struct loading *loading);
void loading_close(struct loading *loading);
