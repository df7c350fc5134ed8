#include "analyst/grid/tariff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/kst.h"

#define WEEKS_TRIED 12 /* to find one without a holiday */

static const char *const season_names[] = { "summer", "spring_autumn", "winter" };
static const char *const band_names[] = { "light", "mid", "peak" };

const char *tariff_season_name(enum tariff_season season)
{
	return season_names[season];
}

const char *tariff_band_name(enum tariff_band band)
{
	return band_names[band];
}

static enum tariff_season season_of(int month)
{
	if (month >= 6 && month <= 8)
		return SEASON_SUMMER;
	return month >= 11 || month <= 2 ? SEASON_WINTER : SEASON_SPRING_AUTUMN;
}

static bool is_holiday(const struct data *data, int date)
{
	for (size_t i = 0; i < data->holiday_count; i++)
		if (data->holidays[i] == date)
			return true;
	return false;
}

static bool has_holidays_of(const struct data *data, int year)
{
	for (size_t i = 0; i < data->holiday_count; i++)
		if (data->holidays[i] / 10000 == year)
			return true;
	return false;
}

bool tariff_knows_holidays(const struct data *data, int64_t from, int64_t to)
{
	for (int year = kst_of(from).year, last = kst_of(to).year; year <= last; year++)
		if (!has_holidays_of(data, year))
			return false;
	return true;
}

/* How far a date lies outside a row's period; 0 = inside. Only compared, never shown. */
static int distance(const struct tariff *tariff, int date)
{
	if (date < tariff->from)
		return tariff->from - date;
	return date > tariff->until ? date - tariff->until : 0;
}

static const struct tariff *row_of(const struct data *data, const char *code, int date)
{
	const struct tariff *nearest = NULL;

	for (size_t i = 0; i < data->tariff_count; i++) {
		const struct tariff *tariff = &data->tariffs[i];
		if (strcmp(tariff->code, code) == 0 &&
			(nearest == NULL || distance(tariff, date) < distance(nearest, date)))
			nearest = tariff;
	}
	return nearest;
}

bool tariff_covers(const struct data *data, const char *code, int64_t from, int64_t to)
{
	for (int64_t midnight = kst_midnight(from); midnight <= to; midnight += DAY_SECONDS) {
		struct kst kst = kst_of(midnight);
		const struct tariff *tariff = row_of(data, code, kst_date(&kst));
		if (tariff == NULL || distance(tariff, kst_date(&kst)) > 0)
			return false;
	}
	return true;
}

/* A date, with what holds on all of it. */
struct day {
	struct kst kst;
	int date;
	const struct tariff *tariff;
	bool is_free;
};

static bool day_of(const struct data *data, const char *code, int64_t seconds, struct day *ret_day)
{
	struct day *day = ret_day;

	day->kst = kst_of(seconds);
	day->date = kst_date(&day->kst);
	day->tariff = row_of(data, code, day->date);
	day->is_free = day->kst.weekday == SUNDAY || is_holiday(data, day->date);
	return day->tariff != NULL;
}

static struct tariff_rate rate_at(const struct day *day, int hour)
{
	const struct tariff *tariff = day->tariff;
	struct tariff_rate rate = { .season = season_of(day->kst.month) };

	rate.band = (enum tariff_band)tariff->bands[rate.season][hour];
	if (day->is_free)
		rate.band = BAND_LIGHT;
	else if (day->kst.weekday == SATURDAY && rate.band == BAND_PEAK)
		rate.band = BAND_MID;
	rate.krw_per_kwh = tariff->rates[rate.band][rate.season];
	rate.is_discounted = rate.season == SEASON_SPRING_AUTUMN &&
			     (day->is_free || day->kst.weekday == SATURDAY) &&
			     day->date <= tariff->discount_until && hour >= tariff->discount_from_hour &&
			     hour < tariff->discount_to_hour;
	if (rate.is_discounted)
		rate.krw_per_kwh *= tariff->discount_factor;
	return rate;
}

bool tariff_at(const struct data *data, const char *code, int64_t seconds, struct tariff_rate *ret_rate)
{
	struct day day;

	if (!day_of(data, code, seconds, &day))
		return false;
	*ret_rate = rate_at(&day, day.kst.hour);
	return true;
}

int tariff_signal(
	const struct data *data, const char *code, int64_t from, int64_t to, struct signal *ret_signal)
{
	struct signal signal = { 0 };
	int r = 0;

	for (int64_t start = from; start < to && r == 0;) {
		int64_t hour_end = kst_midnight(start);
		hour_end += ((start - hour_end) / HOUR_SECONDS + 1) * HOUR_SECONDS;
		struct tariff_rate rate;
		if (!tariff_at(data, code, start, &rate))
			r = -ENOENT;
		else
			r = signal_append(&signal, start, hour_end < to ? hour_end : to, rate.krw_per_kwh,
				SIGNAL_KNOWN);
		start = hour_end;
	}
	if (r < 0) {
		signal_done(&signal);
		return r;
	}
	signal_seal(&signal);
	*ret_signal = signal;
	return 0;
}

static int64_t monday_from(int64_t seconds)
{
	int64_t midnight = kst_midnight(seconds);

	while (kst_of(midnight).weekday != MONDAY)
		midnight += DAY_SECONDS;
	return midnight;
}

static bool is_plain_week(const struct data *data, int64_t monday)
{
	enum tariff_season season = season_of(kst_of(monday).month);

	for (int day = 0; day < 7; day++) {
		struct kst kst = kst_of(monday + day * DAY_SECONDS);
		if (is_holiday(data, kst_date(&kst)) || season_of(kst.month) != season)
			return false;
	}
	return true;
}

/* The season is that of `seconds` as long as a plain week of it is left, or was there before. */
static int64_t plain_week(const struct data *data, int64_t seconds)
{
	int64_t first = monday_from(seconds);
	enum tariff_season season = season_of(kst_of(seconds).month);

	for (int distance_weeks = 0; distance_weeks < WEEKS_TRIED; distance_weeks++)
		for (int sign = 1; sign >= -1; sign -= 2) {
			int64_t monday = first + sign * distance_weeks * 7 * DAY_SECONDS;
			if (season_of(kst_of(monday).month) == season && is_plain_week(data, monday))
				return monday;
		}
	return first;
}

bool tariff_week(const struct data *data, const char *code, int64_t seconds,
	double krw_per_kwh[static TARIFF_WEEK_HOURS])
{
	int64_t monday = plain_week(data, seconds);

	for (int i = 0; i < 7; i++) {
		struct day day;
		if (!day_of(data, code, monday + i * DAY_SECONDS, &day))
			return false;
		for (int hour = 0; hour < 24; hour++)
			krw_per_kwh[24 * i + hour] = rate_at(&day, hour).krw_per_kwh;
	}
	return true;
}

double tariff_week_mean(const struct data *data, const char *code, int64_t seconds)
{
	double week[TARIFF_WEEK_HOURS], sum = 0;

	if (!tariff_week(data, code, seconds, week))
		return -1;
	for (int hour = 0; hour < TARIFF_WEEK_HOURS; hour++)
		sum += week[hour];
	return sum / TARIFF_WEEK_HOURS;
}

double tariff_kept_mean(struct tariff_kept *kept, const struct data *data, const char *code, int64_t seconds)
{
	int64_t midnight = kst_midnight(seconds);

	if (kept->midnight != midnight || strcmp(kept->code, code) != 0) {
		*kept = (struct tariff_kept) { .midnight = midnight,
			.mean = tariff_week_mean(data, code, seconds) };
		snprintf(kept->code, sizeof(kept->code), "%s", code);
	}
	return kept->mean;
}

double tariff_week_window(
	const double krw_per_kwh[static TARIFF_WEEK_HOURS], int64_t after_midnight, int64_t length)
{
	double sum = 0;

	for (int day = 0; day < 7 && length > 0; day++)
		for (int64_t at = day * DAY_SECONDS + after_midnight, end = at + length; at < end;) {
			int64_t hour = at / HOUR_SECONDS, next = (hour + 1) * HOUR_SECONDS;
			next = next < end ? next : end;
			sum += krw_per_kwh[hour % TARIFF_WEEK_HOURS] * (double)(next - at);
			at = next;
		}
	return length > 0 ? sum / (7 * (double)length) : 0;
}

const char *tariff_status(const struct data *data, const char *code, int64_t seconds)
{
	struct kst kst = kst_of(seconds);
	const struct tariff *tariff = row_of(data, code, kst_date(&kst));

	return tariff != NULL ? tariff->status : NULL;
}
