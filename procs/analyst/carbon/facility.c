#include "analyst/carbon/facility.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"

#define OBSERVED_MAX_S (400 * INT64_C(86400))

int facility_take(struct facility *facility, const struct frame *frame)
{
	const struct facility_once *once = frame->once;

	if (!isfinite(once->facility_watts) || !isfinite(once->it_watts) || once->facility_watts < 0 ||
		once->it_watts < 0 || once->observed_s > OBSERVED_MAX_S || once->until_s > INT64_MAX / 2)
		return -EBADMSG;
	facility->is_told = true;
	facility->facility_watts = once->facility_watts;
	facility->it_watts = once->it_watts;
	facility->observed_s = (int64_t)once->observed_s;
	facility->until_s = (int64_t)once->until_s;
	text_copy(facility->failure, sizeof(facility->failure), once->failure);
	return 0;
}

enum facility_state facility_judge(const struct facility *facility, int64_t now_s, double *ret_pue)
{
	double pue;

	*ret_pue = 0;
	if (facility == NULL)
		return FACILITY_NONE;
	if (facility->observed_s == 0)
		return FACILITY_SILENT;
	if (now_s - facility->until_s > FACILITY_STALE_S ||
		facility->until_s - now_s > FACILITY_STALE_S) /* by a clock that was ahead then */
		return FACILITY_STALE;
	if (facility->observed_s < FACILITY_LEAST_S)
		return FACILITY_SHORT;
	if (facility->facility_watts < facility->it_watts)
		return FACILITY_BELOW_ONE;
	pue = facility->facility_watts / facility->it_watts;
	if (!(pue >= 1 && pue <= FACILITY_PUE_MAX)) /* 0 / 0 is none either */
		return FACILITY_IMPLAUSIBLE;
	*ret_pue = pue;
	return FACILITY_USABLE;
}

static void explain_silence(const struct facility *facility, bool is_korean, char *text, size_t size)
{
	if (facility->failure[0] != '\0')
		snprintf(text, size, "%s", facility->failure);
	else
		snprintf(text, size, "%s",
			is_korean
				? "두 계측기가 함께 기록한 5분 단계가 아직 없습니다. 60분이 필요합니다."
				: "Both meters have no five-minute step together yet; 60 minutes of them are "
				  "needed.");
}

void facility_explain(
	const struct facility *facility, enum facility_state state, bool is_korean, char *text, size_t size)
{
	char time[32];

	text[0] = '\0';
	switch (state) {
	case FACILITY_NONE:
	case FACILITY_USABLE: break;
	case FACILITY_SILENT: explain_silence(facility, is_korean, text, size); break;
	case FACILITY_SHORT:
		snprintf(text, size,
			is_korean ? "두 계측기가 함께 기록한 5분 단계가 %lld분이며, 60분이 필요합니다."
				  : "Both meters have %lld minutes of five-minute steps together; 60 are "
				    "needed.",
			(long long)facility->observed_s / 60);
		break;
	case FACILITY_STALE:
		clock_format_kst((uint64_t)facility->until_s * NS_PER_SECOND, time);
		snprintf(text, size,
			is_korean ? "두 계측기의 마지막 값은 %s의 것입니다.%s%s"
				  : "The newest values of both are of %s.%s%s",
			time, facility->failure[0] != '\0' ? " " : "", facility->failure);
		break;
	case FACILITY_BELOW_ONE:
	case FACILITY_IMPLAUSIBLE:
		snprintf(text, size,
			is_korean ? "시설 전체 %.4g W, IT %.4g W: 비율이 1에서 10 사이가 아닙니다."
				  : "The facility draws %.4g W and its IT %.4g W: no ratio between 1 and 10.",
			facility->facility_watts, facility->it_watts);
		break;
	}
}
