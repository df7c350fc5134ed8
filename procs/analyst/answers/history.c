/* power_history */
#include <errno.h>
#include <stdlib.h>

#include "analyst/workloads/account.h"
#include "analyst/answers/answer.h"
#include "analyst/workloads/find.h"
#include "base/cleanup.h"
#include "base/kst.h"

#define STEPS_MAX  300 /* of one answer: a step is as long as it takes */
#define SERIES_MAX 32

/* µJ by step, and the time that was observed. */
struct steps {
	double energy_uj[STEPS_MAX], idle_uj[STEPS_MAX];
	uint64_t present_ns[STEPS_MAX];
};

struct history {
	struct question *question;
	struct usage_window window;
	int64_t start, step; /* s */
	size_t count;
	struct steps node, one;
	double rest_uj[STEPS_MAX]; /* of the node, without idle and what was written */
};

struct walk {
	const struct history *history;
	struct steps *steps;
};

/* Slots for a day, hours for LEDGER_HOUR_DAYS, days beyond: the ledger keeps no more. */
static void choose_steps(struct history *history)
{
	int64_t now = question_now(history->question), since = history->question->since, length = now - since,
		least = length <= DAY_SECONDS + LEDGER_SLOT_SECONDS                      ? LEDGER_SLOT_SECONDS
			: length <= LEDGER_HOUR_DAYS * DAY_SECONDS + LEDGER_SLOT_SECONDS ? LEDGER_HOUR_SECONDS
											 : DAY_SECONDS;

	history->step = (length / (STEPS_MAX - 2) / least + 1) * least;
	history->start = (since + KST_OFFSET_SECONDS) / history->step * history->step - KST_OFFSET_SECONDS;
	history->count = (size_t)((now - history->start) / history->step) + 1;
	if (history->count > STEPS_MAX)
		history->count = STEPS_MAX;
	history->window = (struct usage_window) { .since = history->start,
		.allow_fake = history->question->allow_fake,
		.zone_mask = history->question->knowledge->book->last.zone_mask };
}

static int add_piece(void *context, const struct ledger_piece *piece)
{
	struct walk *walk = context;
	int64_t index = (piece->start - walk->history->start) / walk->history->step;

	if (index < 0 || (size_t)index >= walk->history->count)
		return 0;
	walk->steps->energy_uj[index] += ledger_piece_uj(piece);
	walk->steps->idle_uj[index] += (double)piece->idle_uj;
	walk->steps->present_ns[index] += piece->present_ns;
	return 0;
}

static int read_steps(struct history *history, const int64_t *workloads, size_t count, struct steps *steps)
{
	struct walk walk = { history, steps };
	int r = 0;

	*steps = (struct steps) { 0 };
	for (size_t i = 0; i < count && r == 0; i++)
		r = ledger_walk(history->question->knowledge->ledger, workloads[i], &history->window,
			add_piece, &walk);
	return r;
}

/* All over the node's observed time, so that they add up. */
static void write_watts(
	struct json_writer *w, const char *key, const struct history *history, const double *energy_uj)
{
	json_open_array(w, key);
	for (size_t i = 0; i < history->count; i++) {
		double seconds = (double)history->node.present_ns[i] / 1e9;
		if (seconds > 0)
			json_write_number(w, NULL, energy_uj[i] / 1e6 / seconds);
		else
			json_write_unknown(w); /* nothing was observed: that is not 0 W */
	}
	json_close_array(w);
}

static int write_series(struct json_writer *w, struct history *history, const char *name,
	const char *namespace, const char *kind, const int64_t *workloads, size_t count)
{
	int r = read_steps(history, workloads, count, &history->one);

	if (r < 0)
		return r;
	for (size_t i = 0; i < history->count; i++)
		history->rest_uj[i] -= history->one.energy_uj[i];
	json_open_object(w, NULL);
	json_write_text(w, "workload", name);
	json_write_text(w, "namespace", namespace);
	json_write_text(w, "kind", kind);
	write_watts(w, "watts", history, history->one.energy_uj);
	json_close_object(w);
	return 0;
}

static int write_subject(struct json_writer *w, struct history *history, struct error_object *error)
{
	struct subject subject;
	int r = subject_find(history->question, &subject, error);

	if (r == 0)
		r = write_series(w, history, subject.name, subject.namespace, subject.kind, subject.workloads,
			subject.count);
	subject_done(&subject);
	return r;
}

static int by_energy(const void *left, const void *right)
{
	const struct inventory_row *const *a = left, *const *b = right;

	return ((*a)->energy_uj < (*b)->energy_uj) - ((*a)->energy_uj > (*b)->energy_uj);
}

static int write_greatest(struct json_writer *w, struct history *history, const struct inventory *inventory)
{
	CLEANUP(freep) const struct inventory_row **rows = calloc(inventory->count + 1, sizeof(*rows));
	size_t count = 0, limit = (size_t)history->question->limit;
	int r = 0;

	if (rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->rows[i].workload != 0 && inventory->rows[i].energy_uj > 0)
			rows[count++] = &inventory->rows[i];
	qsort(rows, count, sizeof(*rows), by_energy);
	for (size_t i = 0; i < count && i < limit && i < SERIES_MAX && r == 0; i++)
		r = write_series(
			w, history, rows[i]->name, rows[i]->namespace, rows[i]->kind, &rows[i]->workload, 1);
	return r;
}

static void write_head(struct json_writer *w, const struct history *history)
{
	write_scope(w, history->question);
	write_time(w, "start", history->start);
	json_write_integer(w, "step_seconds", history->step);
	json_open_array(w, "observed_seconds");
	for (size_t i = 0; i < history->count; i++)
		json_write_number(w, NULL, (double)history->node.present_ns[i] / 1e9);
	json_close_array(w);
}

/* Only for those who may see the node. A slot that a gap was spread over can give its workloads more than the node: the node is what its parts add up to. */
static void write_node(struct json_writer *w, struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->rest_uj[i] < 0) {
			history->node.energy_uj[i] -= history->rest_uj[i];
			history->rest_uj[i] = 0;
		}
	write_watts(w, "node_watts", history, history->node.energy_uj);
	write_watts(w, "idle_watts", history, history->node.idle_uj);
	write_watts(w, "other_watts", history, history->rest_uj);
}

static int write_history(struct json_writer *w, struct history *history, const struct inventory *inventory,
	struct error_object *error)
{
	static const int64_t node = 0;
	int r = read_steps(history, &node, 1, &history->node);

	if (r < 0)
		return r;
	for (size_t i = 0; i < history->count; i++)
		history->rest_uj[i] = history->node.energy_uj[i] - history->node.idle_uj[i];
	write_head(w, history);
	json_open_array(w, "series");
	r = history->question->workload_name[0] != '\0' ? write_subject(w, history, error)
							: write_greatest(w, history, inventory);
	json_close_array(w);
	if (history->question->namespaces[0] == '\0')
		write_node(w, history);
	return r;
}

int history_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	CLEANUP(freep) struct history *history = calloc(1, sizeof(*history));
	bool is_one = question->workload_name[0] != '\0';
	struct account account;
	int r;

	if (history == NULL)
		return -ENOMEM;
	history->question = question;
	choose_steps(history);
	r = account_gather(question, is_one ? ROWS_OF_MINUTE : ROWS_BY_POD, &account);
	if (r == 0)
		r = write_history(writer, history, &account.inventory, error);
	if (r == 0) {
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, account.verdict.coverage, account.verdict.observed_ns);
	}
	account_done(&account);
	return r;
}
