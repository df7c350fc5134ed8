#include "analyst/upkeep.h"

#include <errno.h>
#include <string.h>

#include "analyst/carbon/facility.h"
#include "analyst/ledger/terms.h"
#include "base/clock.h"
#include "base/log.h"

#define SWEEP_SECONDS      60
#define KEEP_UP_SECONDS    600
#define SEAL_WAITS_SECONDS 60

static int64_t now_of(const struct knowledge *knowledge)
{
	return (int64_t)(knowledge->now_real_ns / NS_PER_SECOND);
}

static void tell_terms(void *context, int64_t hour, struct terms *ret_terms)
{
	terms_of_hour(context, hour, ret_terms);
}

/* An hour keeps the PUE it is sealed with: at the start the fetcher may have one to tell. */
static bool may_seal(const struct upkeep *upkeep, const struct knowledge *knowledge)
{
	const struct facility *facility = knowledge->facility;

	return facility == NULL || facility->is_told || upkeep->seconds >= SEAL_WAITS_SECONDS;
}

/* Closed hours enter the hash chain. */
static void seal(const struct upkeep *upkeep, const struct book *book, struct knowledge *knowledge)
{
	const struct ledger_state *state = &book->committed;
	int r;

	if (!may_seal(upkeep, knowledge))
		return;
	r = ledger_seal(knowledge->ledger, state->closed_until,
		(int64_t)(state->last_real_ns / NS_PER_SECOND), tell_terms, knowledge);
	if (r < 0 && r != -EBUSY && upkeep->seconds % SWEEP_SECONDS == 0)
		log_error("ledger: cannot seal a closed hour (%s: %s), trying again", strerror(-r),
			ledger_message(knowledge->ledger));
}

/* True: there is more to do. */
static bool keep_up(struct book *book, struct knowledge *knowledge)
{
	int r = book_close_silent(book, now_of(knowledge));

	if (r == 0 || r == -EAGAIN)
		r = ledger_keep_up(knowledge->ledger, book_time(book, now_of(knowledge)),
			knowledge->config->ledger_days);
	if (r < 0 && r != -EBUSY)
		log_warning("ledger: cannot roll up (%s: %s), trying again later", strerror(-r),
			ledger_message(knowledge->ledger));
	return r > 0 || r == -EBUSY;
}

/* An hour of an old day at a time. */
static void roll(const struct book *book, const struct knowledge *knowledge)
{
	int r = ledger_roll_step(knowledge->ledger, book_time(book, now_of(knowledge)));

	if (r < 0 && r != -EBUSY)
		log_warning("ledger: cannot make a day of its hours (%s: %s), trying again", strerror(-r),
			ledger_message(knowledge->ledger));
}

/* What is used goes to the first hour that is not sealed: for as long as the clock is behind it, all of it. */
static void tell_clock(const struct book *book, int64_t now)
{
	char text[32];

	if (book->committed.closed_until <= now + LEDGER_HOUR_SECONDS)
		return;
	clock_format_kst((uint64_t)book->committed.closed_until * NS_PER_SECOND, text);
	log_warning(
		"ledger: the clock was set back: hours are sealed until %s, and what is used before then is "
		"booked there; energy stays exact, its hours do not; remedy: check the clock",
		text);
}

/* Not at once: what the clock is worth the first frames tell, by the one that was committed last. */
static bool may_roll(uint64_t second)
{
	return second >= SWEEP_SECONDS;
}

static bool keeps_up(const struct upkeep *upkeep, uint64_t second)
{
	return second % KEEP_UP_SECONDS == SWEEP_SECONDS || upkeep->is_behind;
}

bool upkeep_has_work(const struct upkeep *upkeep, const struct book *book, const struct knowledge *knowledge)
{
	uint64_t second = upkeep->seconds + 1;

	if (may_seal(upkeep, knowledge) &&
		(book_closes_hour(book) || ledger_has_unsealed(book->ledger, book->committed.closed_until)))
		return true;
	return may_roll(second) && (keeps_up(upkeep, second) || ledger_has_old_day(book->ledger,
									book_time(book, now_of(knowledge))));
}

void upkeep_second(struct upkeep *upkeep, struct book *book, struct knowledge *knowledge)
{
	seal(upkeep, book, knowledge);
	upkeep->seconds++;
	if (may_roll(upkeep->seconds) && keeps_up(upkeep, upkeep->seconds))
		upkeep->is_behind = keep_up(book, knowledge);
	else if (may_roll(upkeep->seconds))
		roll(book, knowledge);
	if (upkeep->seconds % SWEEP_SECONDS != 0)
		return;
	book_sweep(book); /* the last: it opens a transaction */
	tell_clock(book, now_of(knowledge));
}
