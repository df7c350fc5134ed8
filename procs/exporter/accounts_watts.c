/* What accounts draw: growth in the window they all share. */
#include <string.h>

#include "base/wide.h"
#include "exporter/accounts.h"

uint64_t window_mean_uw(const struct window *window)
{
	uint64_t growth_uj, span_ns;

	if (!window_growth(window, &growth_uj, &span_ns))
		return WATTS_NONE;
	return mul_div_u64(growth_uj, 1000000000, span_ns); /* 1 µJ / ns = 1e9 µW */
}

void account_grow(struct account *account, const uint64_t uj[static SHARE_COUNT])
{
	for (int share = 0; share < SHARE_COUNT; share++)
		account->grown_uj[share] += uj[share];
}

struct pulse pulse_at(const struct window *beat, uint64_t mono_ns)
{
	struct window idle;

	window_begin(&idle, beat, 0);
	window_push(&idle, mono_ns, 0);
	return (struct pulse) { .beat = beat, .mono_ns = mono_ns, .idle_uw = window_mean_uw(&idle) };
}

void account_push(struct account *account, const struct pulse *pulse)
{
	for (int share = 0; share < SHARE_COUNT; share++) {
		struct window *window = &account->past->window[share];
		uint64_t grown_uj = account->grown_uj[share];
		if (window->count == 0 && grown_uj == 0 && !account->is_heir) {
			account->watts_uw[share] = pulse->idle_uw;
			continue;
		}
		if (!window_keeps_step(window, pulse->beat))
			window_begin(window, pulse->beat, window->count == 0 ? 0 : grown_uj);
		window_push(window, pulse->mono_ns, grown_uj);
		account->watts_uw[share] = window_mean_uw(window);
	}
}

void account_pass_on(struct account *from, struct account *to)
{
	account_grow(to, from->grown_uj);
	for (int share = 0; share < SHARE_COUNT; share++)
		if (to->past->window[share].count == 0)
			to->past->window[share] = from->past->window[share];
		else
			window_add(&to->past->window[share], &from->past->window[share]);
	*from->past = (struct account_past) { 0 };
	memset(from->grown_uj, 0, sizeof(from->grown_uj));
}
