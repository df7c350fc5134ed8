/* The money side that several answers show. */
#include <stdio.h>

#include "analyst/answers/answer.h"
#include "analyst/grid/tariff.h"

void write_cost_basis(
	struct json_writer *writer, struct question *question, const char *tariff, const struct price *usd)
{
	const char *status = tariff_status(question->knowledge->data, tariff, question_now(question));
	char basis[256];
	int used = snprintf(basis, sizeof(basis), "%s, energy charge only, mean of a week, rates %s", tariff,
		status != NULL ? status : "unknown");

	if (usd != NULL && used > 0)
		snprintf(basis + used, sizeof(basis) - (size_t)used, "; %g %s (%s)", usd->value, usd->unit,
			usd->status);
	json_write_text(writer, "cost_basis", basis);
	question->reasons.is_set[REASON_TARIFF_OUT_OF_PERIOD] |= !tariff_covers(
		question->knowledge->data, tariff, question_now(question), question_now(question));
	question->reasons.is_set[REASON_COST_IS_REFERENCE] |= question->knowledge->is_cloud_guest;
}

double cost_krw_per_kwh(const struct question *question, const char *tariff)
{
	const struct knowledge *k = question->knowledge;

	return question_is_in_korea(question)
		       ? tariff_kept_mean(k->tariff, k->data, tariff, question_now(question))
		       : -1;
}

void write_cost(struct json_writer *writer, struct question *question, double it_kwh_month)
{
	double price = cost_krw_per_kwh(question, TARIFF_DEFAULT);

	question->reasons.is_set[REASON_COST_UNKNOWN] |= price < 0;
	if (price < 0)
		return;
	json_write_number(writer, "estimated_cost_krw_month", it_kwh_month * question->pue.value * price);
	write_cost_basis(writer, question, TARIFF_DEFAULT, NULL);
}
