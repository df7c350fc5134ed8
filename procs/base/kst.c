#include "base/kst.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Days since 1970-01-01 and back, proleptic Gregorian: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int64_t days, struct kst *kst)
{
	int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	kst->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	kst->month = (int)(month < 10 ? month + 3 : month - 9);
	kst->year = (int)(year + era * 400 + (kst->month <= 2));
}

static int64_t floor_day(int64_t seconds)
{
	return seconds >= 0 ? seconds / DAY_SECONDS : -((-seconds + DAY_SECONDS - 1) / DAY_SECONDS);
}

struct kst kst_of(int64_t seconds)
{
	int64_t days = floor_day(seconds + KST_OFFSET_SECONDS);
	int64_t of_day = seconds + KST_OFFSET_SECONDS - days * DAY_SECONDS;
	struct kst kst = { .hour = (int)(of_day / 3600),
		.minute = (int)(of_day / 60 % 60),
		.second = (int)(of_day % 60),
		.weekday = (enum weekday)(((days + THURSDAY) % 7 + 7) % 7) };

	civil_from_days(days, &kst);
	return kst;
}

int64_t kst_midnight(int64_t seconds)
{
	return floor_day(seconds + KST_OFFSET_SECONDS) * DAY_SECONDS - KST_OFFSET_SECONDS;
}

int64_t kst_seconds(int year, int month, int day)
{
	return days_from_civil(year, month, day) * DAY_SECONDS - KST_OFFSET_SECONDS;
}

int kst_date(const struct kst *kst)
{
	return kst->year * 10000 + kst->month * 100 + kst->day;
}

bool kst_parse_date(const char *text, int *ret_date)
{
	int part[3] = { 0 };
	static const int widths[] = { 4, 2, 2 };
	struct kst back;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	for (int i = 0; i < 3; text += widths[i++] + 1)
		for (int digit = 0; digit < widths[i]; digit++) {
			if (text[digit] < '0' || text[digit] > '9')
				return false;
			part[i] = part[i] * 10 + (text[digit] - '0');
		}
	if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31)
		return false;
	back = kst_of(kst_seconds(part[0], part[1], part[2]));
	*ret_date = kst_date(&back);
	return back.month == part[1] && back.day == part[2];
}

static bool two_digits(const char *text, int max, int *ret_value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret_value = (text[0] - '0') * 10 + (text[1] - '0');
	return *ret_value <= max;
}

bool kst_parse_clock(const char *text, size_t size, int64_t *ret_seconds)
{
	int hour, minute;

	if (size != 5 || text[2] != ':' || !two_digits(text, 23, &hour) || !two_digits(text + 3, 59, &minute))
		return false;
	*ret_seconds = hour * 3600 + minute * 60;
	return true;
}

bool kst_parse_time(const char *text, int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	const char *rest;
	char day[11]; /* timegm would make a 30th of February the 1st of March */
	int date, hour, minute;

	snprintf(day, sizeof(day), "%.10s", text);
	if (!kst_parse_date(day, &date) || strlen(text) < 20 ||
		(rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return false;
	*ret_seconds = (int64_t)timegm(&tm);
	if (strcmp(rest, "Z") == 0)
		return true;
	if (strlen(rest) != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' ||
		!two_digits(rest + 1, 23, &hour) || !two_digits(rest + 4, 59, &minute))
		return false;
	*ret_seconds -=
		(rest[0] == '+' ? INT64_C(1) : INT64_C(-1)) * (hour * INT64_C(3600) + minute * INT64_C(60));
	return true;
}
