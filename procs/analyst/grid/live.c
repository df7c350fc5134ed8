#include "analyst/grid/live.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void provider_done(struct live_provider *provider)
{
	grid_file_free(provider->file);
	free(provider->prices);
	*provider = (struct live_provider) { 0 };
}

void live_done(struct live *live)
{
	for (size_t i = 0; i < live->count; i++)
		provider_done(&live->providers[i]);
	live->count = 0;
}

static struct live_provider *provider_of(struct live *live, const char *name)
{
	for (size_t i = 0; i < live->count; i++)
		if (strcmp(live->providers[i].name, name) == 0)
			return &live->providers[i];
	return live->count == LIVE_PROVIDERS_MAX ? NULL : &live->providers[live->count++];
}

static int begin(struct live_provider *provider, const char *name, const struct intensity_once *once)
{
	char factor[17];
	int kind;

	provider_done(provider);
	text_copy(provider->name, sizeof(provider->name), text_of(name));
	text_copy(provider->licence, sizeof(provider->licence), once->licence);
	text_copy(provider->failure, sizeof(provider->failure), once->failure);
	text_copy(factor, sizeof(factor), once->factor);
	kind = grid_factor_from_name(factor);
	if (kind < 0 || once->retrieved_s > INT64_MAX / 2 || once->failing_since_s > INT64_MAX / 2 ||
		once->max_age_s > 86400 * 400)
		return -EBADMSG;
	provider->factor = (enum grid_factor)kind;
	provider->is_marginal = once->is_marginal != 0;
	provider->is_experimental = once->is_experimental != 0;
	provider->max_age_s = (int64_t)once->max_age_s;
	provider->retrieved_s = (int64_t)once->retrieved_s;
	provider->failing_since_s = (int64_t)once->failing_since_s;
	provider->demand_mw = once->demand_mw;
	provider->reserve_percent = once->reserve_percent;
	provider->file = calloc(1, sizeof(*provider->file));
	if (provider->file == NULL)
		return -ENOMEM;
	provider->file->hold = GRID_HOLD_SECONDS;
	text_copy(provider->file->name, sizeof(provider->file->name), text_of(name));
	return 0;
}

static int add(struct grid_point **points, size_t *count, const struct intensity_row *row)
{
	struct grid_point *grown;
	int64_t start = (int64_t)row->start_s;

	if (row->start_s > INT64_MAX / 2 || (*count > 0 && (*points)[*count - 1].start >= start) ||
		*count == GRID_POINTS_MAX)
		return -EBADMSG;
	if ((*count & (*count - 1)) == 0) { /* at powers of two */
		grown = reallocarray(*points, *count == 0 ? 1 : *count * 2, sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		*points = grown;
	}
	(*points)[(*count)++] =
		(struct grid_point) { .start = start, .value = row->value, .flags = row->flags };
	return 0;
}

static int take_row(struct live_provider *provider, const struct intensity_row *row)
{
	if (!isfinite(row->value))
		return -EBADMSG;
	if ((row->flags & GRID_PRICE) != 0)
		return add(&provider->prices, &provider->price_count, row);
	if (!(row->value > 0 && row->value < INTENSITY_MAX))
		return -EBADMSG;
	if ((row->flags & GRID_FORECAST) == 0) {
		provider->measured_until_s = (int64_t)row->start_s;
		provider->measured++;
		provider->estimated += (row->flags & GRID_ESTIMATED) != 0;
	}
	return add(&provider->file->points, &provider->file->count, row);
}

int live_take(struct live *live, const struct frame *frame)
{
	const struct intensity_once *once = frame->once;
	const struct intensity_row *rows = frame->rows;
	struct live_provider *provider;
	char name[33];
	int r = 0;

	text_copy(name, sizeof(name), once->provider);
	provider = provider_of(live, name);
	if (provider == NULL)
		return -EBADMSG;
	if (frame->head.part == 0)
		r = begin(provider, name, once);
	for (size_t i = 0; i < frame->row_count && r == 0; i++)
		r = provider->file == NULL ? -EBADMSG : take_row(provider, &rows[i]);
	if (r < 0) {
		provider_done(provider);
		return r;
	}
	if (frame->is_last && provider->file->count > 0)
		sha256_hex((const char *)provider->file->points,
			provider->file->count * sizeof(*provider->file->points), provider->file->sha256);
	return 0;
}

/* The first name of a list, of those behind it; NULL with the list's end. */
static const char *next_name(const char **names, size_t *ret_size)
{
	const char *name = *names + strspn(*names, ", ");

	*ret_size = strcspn(name, ", ");
	*names = name + *ret_size;
	return *ret_size > 0 ? name : NULL;
}

static const struct live_provider *find(const struct live *live, const char *name, size_t size)
{
	for (size_t i = 0; live != NULL && i < live->count; i++)
		if (strlen(live->providers[i].name) == size &&
			memcmp(live->providers[i].name, name, size) == 0)
			return &live->providers[i];
	return NULL;
}

static bool has_points(const struct live_provider *provider)
{
	return provider->file != NULL && provider->file->count > 0;
}

const struct live_provider *live_choose(const struct live *live, const char *names, int factor)
{
	const char *name;
	size_t size;

	while ((name = next_name(&names, &size)) != NULL) {
		const struct live_provider *p = find(live, name, size);
		if (p != NULL && !p->is_marginal && has_points(p) && (factor < 0 || factor == (int)p->factor))
			return p;
	}
	return NULL;
}

bool live_is_awaited(const struct live *live, const char *names)
{
	const char *name;
	size_t size;

	while ((name = next_name(&names, &size)) != NULL) {
		const struct live_provider *p = find(live, name, size);
		if (p == NULL || (!p->is_marginal && !has_points(p)))
			return true;
	}
	return false;
}

bool live_is_estimated(const struct live_provider *provider)
{
	return provider->estimated * 2 > provider->measured;
}

bool live_is_cached(const struct live_provider *provider, int64_t now_s)
{
	int64_t age_s = now_s - provider->retrieved_s;

	return age_s > provider->max_age_s ||
	       age_s < -provider->max_age_s; /* by a clock that was ahead then */
}
