#include "analyst/workloads/account.h"

#include <ctype.h>
#include <errno.h>

#include "analyst/carbon/carbon.h"

/* Of the time a question has: the rest is for what follows. Nobody reads an answer that comes later. */
#define READ_PERCENT 60

struct gathering {
	const struct question *question;
	struct inventory *inventory;
	struct usages *usages;
	size_t next; /* of them, most likely */
	bool is_by_owner;
};

static void lower(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i] != '\0'; i++)
		to[i] = (char)tolower((unsigned char)from[i]);
	to[i] = '\0';
}

static int name_owner(
	struct inventory *inventory, struct inventory_row *row, const char *owner, const char *owner_kind)
{
	char kind[64];

	lower(kind, sizeof(kind), owner_kind);
	row->reasons |= (uint64_t)owner_is_inferred(owner_kind) << REASON_OWNER_INFERRED;
	row->owner = inventory_text(inventory, owner);
	row->owner_kind = inventory_text(inventory, kind);
	return row->owner == NULL || row->owner_kind == NULL ? -ENOMEM : 0;
}

static void read_watts(
	const struct book *book, const struct book_workload *workload, struct inventory_row *row)
{
	double watts[PART_COUNT];

	row->has_watts = book_watts(book, workload, watts);
	if (row->has_watts)
		row->watts = watts[PART_CPU] + watts[PART_MEMORY] + watts[PART_GPU] + watts[PART_IDLE];
}

/* Of all the ledger has names for, those that used energy in the window or are there now. */
static int add_named(void *context, const struct ledger_named *one)
{
	struct gathering *g = context;
	const struct book *book = g->question->knowledge->book;
	const struct book_workload *live = book_find(book, one->workload);
	struct usage *usage = usages_find(g->usages, one->workload, &g->next);
	struct inventory_row *row;
	int r;

	if (live != NULL && !book_is_present(book, live))
		live = NULL;
	if (usage == NULL && live == NULL) {
		g->inventory->left_out++;
		return 0;
	}
	r = inventory_add(g->inventory, one->namespace, workload_kind_name(one->kind), one->name, &row);
	if (r < 0)
		return r;
	row->workload = one->workload;
	row->usage = usage;
	row->is_present = live != NULL;
	if (live != NULL)
		read_watts(book, live, row);
	if (live != NULL && usage != NULL)
		usage->is_implausible_now = book_is_implausible(book, live);
	return g->is_by_owner ? name_owner(g->inventory, row, one->owner, one->owner_kind) : 0;
}

static int add_if_unsampled(struct gathering *g, const struct entry *entry)
{
	const char *namespace = entry_text(entry, ENTRY_NAMESPACE), *name = entry_text(entry, ENTRY_WORKLOAD),
		   *kind = workload_kind_name(entry->kind);
	struct inventory_row *row;
	uint32_t index;
	int r;

	if ((entry->kind != WORKLOAD_POD && entry->kind != WORKLOAD_CONTAINER) || name[0] == '\0' ||
		idmap_find(&g->question->knowledge->book->row_by_id, entry->id, &index) ||
		!reach_reaches(question_reach(g->question), namespace))
		return 0;
	r = inventory_has(g->inventory, namespace, kind, name);
	if (r != 0)
		return r < 0 ? r : 0;
	r = inventory_add(g->inventory, namespace, kind, name, &row);
	if (r < 0)
		return r;
	row->is_present = true;
	return g->is_by_owner ? name_owner(g->inventory, row, entry_text(entry, ENTRY_OWNER),
					entry_text(entry, ENTRY_OWNER_KIND))
			      : 0;
}

/* Pods and containers that were announced and have no sample yet. */
static int add_unsampled(struct gathering *g)
{
	const struct directory *directory = &g->question->knowledge->book->directory;
	int r = 0;

	for (size_t i = 0; i < directory->count && r == 0; i++)
		r = add_if_unsampled(g, &directory->entries[i]);
	return r;
}

static int add_minute(const struct question *question, struct inventory *inventory)
{
	const struct book *book = question->knowledge->book;
	int r = 0;

	for (size_t i = 0; i < book->workload_count && r == 0; i++) {
		const struct book_workload *workload = &book->workloads[i];
		const struct ledger_identity *identity = &workload->identity;
		struct inventory_row *row;
		double watts[PART_COUNT];
		if (!workload->is_used || !book_watts(book, workload, watts) ||
			!reach_reaches(question_reach(question), identity->namespace))
			continue;
		r = inventory_add(inventory, identity->namespace, workload_kind_name(identity->kind),
			identity->name, &row);
		if (r < 0)
			break;
		row->workload = workload->number;
		row->is_usable = !book_is_implausible(book, workload);
		read_watts(book, workload, row);
	}
	return r;
}

/* What the rows used is in the usages, which are needed until they have been judged. */
static int gather_rows(const struct question *question, bool is_by_owner, const struct usage_window *window,
	struct inventory *inventory, struct usages *ret_usages)
{
	struct ledger *ledger = question->knowledge->ledger;
	struct gathering g = {
		.question = question, .inventory = inventory, .usages = ret_usages, .is_by_owner = is_by_owner
	};
	int r = ledger_sum_all(ledger, window, ret_usages);

	if (r == 0)
		r = inventory_reserve(inventory, ret_usages->count);
	if (r == 0)
		r = ledger_identities(ledger, question_reach(question), add_named, &g);
	if (r == 0)
		r = add_unsampled(&g);
	if (r == -E2BIG && inventory->is_cut)
		r = 0; /* the answer says that its totals are not complete */
	if (r == 0 && is_by_owner)
		r = inventory_group_by_owner(inventory);
	return r;
}

static void judge(struct question *question, const struct usage *node, const struct usage *usage,
	struct inventory_row *row)
{
	struct verdict verdict;

	question->reasons = (struct reasons) { 0 };
	row->is_usable = false;
	if (usage == NULL || usage->states == 0) { /* it was never seen in the window: no status, no PUE */
		row->status = row->carbon_status = row->pue_status = STATUS_UNKNOWN;
		row->reasons |= UINT64_C(1) << REASON_NO_SAMPLES;
		return;
	}
	row->energy_uj = usage->energy_uj;
	row->weighted = usage->weighted;
	verdict_reach(question, usage, usage->present_ns, node, &verdict);
	row->status = verdict.compliance.status;
	row->carbon_status = verdict.compliance.carbon_status;
	row->pue_status = verdict.compliance.pue_status;
	row->is_clear = verdict.compliance.is_clear;
	row->is_usable = verdict.is_power_usable;
	row->has_gap = verdict.is_power_usable && !question->standard->is_pue;
	row->gap_percent = verdict.compliance.gap_percent;
	row->kwh_month = verdict.kwh_month;
	row->kg_month = verdict.kg_month;
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		row->reasons |= (uint64_t)question->reasons.is_set[i] << i;
}

/* What limits a row is the row's: the reasons of a copy. */
static void judge_rows(const struct question *question, struct account *account)
{
	struct question own = *question;

	for (size_t i = 0; i < account->inventory.count; i++) {
		struct inventory_row *row = &account->inventory.rows[i];
		judge(&own, &account->node, row->usage, row);
		row->usage = NULL;
	}
}

static void judge_node(struct question *question, struct account *account)
{
	const struct book *book = question->knowledge->book;
	double *parts = account->parts;
	double observed_ns = (double)account->node.present_ns;

	account->node.is_implausible_now = book_is_implausible(book, &book->node);
	verdict_reach(question, &account->node, account->node.present_ns, &account->node, &account->verdict);
	account->has_watts = snapshot_is_usable(question, &question->reasons) &&
			     !account->node.is_implausible_now && book_watts(book, &book->node, parts);
	if (account->has_watts) {
		account->node_watts = parts[PART_CPU] + parts[PART_MEMORY] + parts[PART_GPU];
		account->idle_watts = parts[PART_IDLE];
	}
	if (account->node.idle_uj > 0)
		account->idle_kg_month =
			carbon_grams(carbon_kwh_month(account->node.idle_uj, observed_ns),
				question->pue.value, account->node.idle_weighted / account->node.idle_uj) /
			1000;
}

static struct usage_window window_of(const struct question *question)
{
	return (struct usage_window) { .since = question->since,
		.allow_fake = question->allow_fake,
		.zone_mask = question->knowledge->book->last.zone_mask,
		.grid = &question->grid.grid,
		.reach = question_reach(question),
		.read_ms = question->knowledge->config->http_question_ms * READ_PERCENT / 100 };
}

int account_gather(struct question *question, enum account_rows rows, struct account *ret_account)
{
	struct account *account = ret_account;
	const struct usage_window window = window_of(question);
	struct usages usages = { 0 };
	int r;

	*account = (struct account) { .is_whole = question->namespaces[0] == '\0' };
	r = ledger_sum(question->knowledge->ledger, 0, &window, &account->node, NULL);
	if (r == 0)
		r = rows == ROWS_OF_MINUTE ? add_minute(question, &account->inventory)
					   : gather_rows(question, rows == ROWS_BY_OWNER, &window,
						     &account->inventory, &usages);
	if (r == 0)
		judge_node(question, account);
	if (r == 0 && rows != ROWS_OF_MINUTE)
		judge_rows(question, account);
	usages_done(&usages);
	return r;
}

int account_judge(const struct question *question, struct account *account, const struct inventory_row *row)
{
	const struct usage_window window = window_of(question);
	struct inventory_row *own = &account->inventory.rows[row - account->inventory.rows];
	struct question copy = *question;
	struct usage usage = { 0 };
	int r = ledger_sum(question->knowledge->ledger, row->workload, &window, &usage, NULL);

	usage.is_implausible_now = !row->is_usable;
	if (r == 0)
		judge(&copy, &account->node, &usage, own);
	return r;
}

void account_done(struct account *account)
{
	inventory_done(&account->inventory);
}
