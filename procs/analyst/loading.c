#include "analyst/loading.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

#define STEP_MS  20
#define PAUSE_NS (5 * NS_PER_MILLISECOND)

static int on_step(struct timer *timer)
{
	struct loading *loading = container_of(timer, struct loading, timer);
	int r = ledger_load_step(loading->ledger, loading->book->last.zone_mask, STEP_MS);

	if (r < 0)
		log_warning("ledger: cannot read it into memory (%s: %s); lists read the file", strerror(-r),
			ledger_message(loading->ledger));
	if (r > 0)
		loading_wake(loading);
	return 0;
}

int loading_open(struct loading *loading, struct loop *loop, struct ledger *ledger, const struct book *book)
{
	int r = timer_open(&loading->timer, on_step);

	loading->ledger = ledger;
	loading->book = book;
	return r < 0 ? r : loop_add(loop, &loading->timer.source);
}

void loading_wake(struct loading *loading)
{
	timer_set(&loading->timer, PAUSE_NS, 0);
}

void loading_close(struct loading *loading)
{
	timer_close(&loading->timer);
}
