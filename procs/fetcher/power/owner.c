#include "fetcher/power/owner.h"

#include <stdlib.h>
#include <string.h>

#define GENERATED_MAX                                                                                        \
	63 /* as long as this it may have been cut, and what looks like a hash be the midst of a name */
#define RANDOM_SIZE 5
/* One hash in 43 is shorter: eight hexadecimal digits, as people end names with, would be taken for one each fiftieth time. */
#define HASH_MIN           9
#define HASH_MAX           10
#define MINUTES_SIZE       8 /* from 1989 to 2160 */
#define JOB_AGE_MAX_MIN    (7 * 1440)
#define CLOCK_SKEW_MIN     5
#define SECONDS_PER_MINUTE 60

static const char random_letters[] = "bcdfghjklmnpqrstvwxz2456789";
static const char encoded_digits[] = "456789bcdf"; /* 0 to 9: '0' is 48, and random_letters[48 % 27] is '4' */

/* Digits alone could be somebody's number, and are no hash here. */
static bool is_hash(const char *text, size_t size)
{
	uint64_t value = 0;
	bool has_letter = false;

	if (size < HASH_MIN || size > HASH_MAX || text[0] == encoded_digits[0])
		return false;
	for (size_t i = 0; i < size; i++) {
		const char *digit = memchr(encoded_digits, text[i], sizeof(encoded_digits) - 1);
		if (digit == NULL)
			return false;
		value = value * 10 + (uint64_t)(digit - encoded_digits);
		has_letter |= text[i] >= 'b';
	}
	return has_letter && value <= UINT32_MAX;
}

/* A hand-made Job may end in a date, which is no minute of these days. */
static bool is_minute(const char *text, size_t size, int64_t now_s)
{
	int64_t age_min;

	if (size != MINUTES_SIZE || strspn(text, "0123456789") != MINUTES_SIZE)
		return false;
	age_min = now_s / SECONDS_PER_MINUTE - strtoll(text, NULL, 10);
	return age_min >= -CLOCK_SKEW_MIN && age_min <= JOB_AGE_MAX_MIN;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 1123, as Kubernetes has it: labels between dots, none of which begins or ends with a dash. */
static bool is_name(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool is_edge = i == 0 || i + 1 == size || text[i - 1] == '.' || text[i + 1] == '.';
		if (!is_letter_or_digit(text[i]) && (is_edge || (text[i] != '-' && text[i] != '.')))
			return false;
	}
	return size > 0;
}

bool owner_infer(const char *namespace, const char *pod, int64_t now_s, struct owner *ret_owner)
{
	size_t size = strlen(pod);
	const char *end = memrchr(pod, '-', size), *middle;

	if (namespace[0] == '\0' || size >= GENERATED_MAX || end == NULL || strlen(end + 1) != RANDOM_SIZE ||
		strspn(end + 1, random_letters) != RANDOM_SIZE)
		return false;
	middle = memrchr(pod, '-', (size_t)(end - pod));
	if (middle == NULL || !is_name(pod, (size_t)(middle - pod)))
		return false;
	size = (size_t)(end - middle - 1);
	if (is_hash(middle + 1, size))
		ret_owner->kind = "deployment";
	else if (is_minute(middle + 1, size, now_s))
		ret_owner->kind = "cronjob";
	else
		return false;
	ret_owner->size = (size_t)(middle - pod);
	return true;
}
