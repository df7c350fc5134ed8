/* list_workloads_by_compliance */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyst/workloads/account.h"
#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/answers/recommend.h"
#include "analyst/workloads/shelf.h"
#include "base/fnv.h"

#define LIMIT_DEFAULT 100
#define CURSOR_MAX    64

/* Of everything that shapes the list: all arguments but those that pick a page. They are in the table's order. */
static uint64_t hash_arguments(const struct question *question)
{
	uint64_t hash = fnv_bytes(FNV_BEGIN, &question->is_korean, sizeof(question->is_korean));

	hash = fnv_text(hash, question->namespaces);
	json_object_object_foreach(question->arguments, key, value)
	{
		const char *text;
		if (strcmp(key, "cursor") == 0 || strcmp(key, "limit") == 0)
			continue;
		text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
		hash = fnv_bytes(hash, key, strlen(key) + 1);
		hash = fnv_bytes(hash, text, strlen(text) + 1);
	}
	return hash;
}

/* The generation, and the clock: another life of this process counts generations anew. */
static uint64_t snapshot_of(const struct knowledge *k)
{
	uint64_t hash = fnv_bytes(FNV_BEGIN, &k->book->generation, sizeof(k->book->generation));

	return fnv_bytes(hash, &k->now_real_ns, sizeof(k->now_real_ns));
}

static void format_cursor(const struct kept_list *list, size_t offset, char text[static CURSOR_MAX])
{
	snprintf(text, CURSOR_MAX, "%016llx.%016llx.%zu", (unsigned long long)list->asked,
		(unsigned long long)list->snapshot, offset);
}

static int refuse_cursor(const struct question *question, struct error_object *error, bool is_gone)
{
	question_refuse(question, error, ERROR_INVALID_ARGUMENT, "cursor",
		is_gone ? "The snapshot this cursor leads into is gone."
			: "The cursor does not belong to this question.",
		is_gone ? "이 cursor가 가리키는 스냅숏이 더 이상 없습니다."
			: "cursor가 이 질문의 것이 아닙니다.");
	snprintf(error->hint, sizeof(error->hint), "%s",
		question->is_korean
			? "cursor 없이 다시 요청하십시오. 다음 페이지를 요청할 때는 나머지 인수를 바꾸지 "
			  "마십시오."
			: "Ask again without a cursor; for further pages keep the other arguments as they "
			  "were.");
	return -EINVAL;
}

/* The list and the offset a cursor means. 0 or -EINVAL. */
static int follow_cursor(const struct question *question, const char *cursor, uint64_t asked,
	struct kept_list **ret_list, size_t *ret_offset, struct error_object *error)
{
	struct shelf *shelf = question->knowledge->shelf;
	unsigned long long cursor_asked, snapshot;
	struct kept_list named;
	char again[CURSOR_MAX];

	if (sscanf(cursor, "%16llx.%16llx.%zu", &cursor_asked, &snapshot, ret_offset) != 3)
		return refuse_cursor(question, error, false);
	named = (struct kept_list) { .asked = cursor_asked, .snapshot = snapshot };
	format_cursor(&named, *ret_offset, again);
	if (strcmp(again, cursor) != 0 || cursor_asked != asked)
		return refuse_cursor(question, error, false);
	*ret_list = shelf != NULL ? shelf_find(shelf, asked, snapshot) : NULL;
	if (*ret_list == NULL)
		return refuse_cursor(question, error, true);
	return *ret_offset < (*ret_list)->view.count ? 0 : refuse_cursor(question, error, false);
}

static void write_counts(struct json_writer *w, const struct question *question,
	const struct account *account, const struct inventory_totals *totals, size_t matched)
{
	const struct inventory *inventory = &account->inventory;

	write_scope(w, question);
	json_write_text(w, "standard", question->standard->code);
	json_write_text(w, "region", question->region->code);
	json_write_integer(w, "total_workloads", (int64_t)inventory->count);
	write_compliance_summary(w, totals);
	json_write_integer(w, "matched", (int64_t)matched);
	json_write_integer(w, "active_count", (int64_t)totals->active);
	json_write_integer(w, "idle_count", (int64_t)totals->idle);
	if (totals->usable > 0 || inventory->count == 0) {
		json_write_number(w, "total_energy_kWh_month", totals->kwh_month);
		json_write_number(w, "total_emissions_kg_month", totals->kg_month);
	}
	json_write_boolean(w, "totals_complete", account_is_complete(account, totals));
}

/* The first that fails, if any, is what to look at next. */
static void write_next_steps(struct json_writer *w, const struct inventory_row *first)
{
	json_open_array(w, "next_steps");
	if (first != NULL) {
		json_open_object(w, NULL);
		json_write_text(w, "tool", "assess_workload_compliance");
		json_open_object(w, "arguments");
		json_write_text(w, "workload_name", first->name);
		json_write_text(w, "namespace", first->namespace);
		json_close_object(w);
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_after(struct json_writer *w, const struct question *question, const struct account *account,
	const struct inventory_totals *totals, const struct inventory_row *first)
{
	struct list_summary summary = { .kwh_month = totals->kwh_month,
		.kg_month = totals->kg_month,
		.has_amounts = totals->usable > 0,
		.ended = totals->ended,
		.left_out = account->inventory.left_out,
		.is_complete = account_is_complete(account, totals) };
	char text[RECOMMENDATION_MAX];

	memcpy(summary.by_status, totals->by_status, sizeof(summary.by_status));
	if (account->is_whole && account->verdict.is_power_usable) {
		json_open_object(w, "idle");
		if (account->has_watts)
			json_write_number(w, "power_watts", account->idle_watts);
		json_write_number(w, "emissions_kg_month", account->idle_kg_month);
		json_close_object(w);
	}
	write_next_steps(w, first);
	recommend_list(question, &summary, text);
	json_write_text(w, "recommendation", text);
	write_timestamp(w, question);
	write_provenance(w, question, account->verdict.coverage, account->verdict.observed_ns);
}

static enum inventory_order order_of(const char *sort)
{
	static const char *const names[] = { [ORDER_STATUS] = "status",
		[ORDER_EMISSIONS] = "emissions",
		[ORDER_POWER] = "power",
		[ORDER_NAME] = "name" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], sort) == 0)
			return (enum inventory_order)i;
	return ORDER_STATUS;
}

/* What stands around the rows is written once, with the snapshot: all pages say the same. */
static int write_around(
	const struct question *question, const struct account *account, struct kept_list *list)
{
	struct json_writer before = { 0 }, after = { 0 };
	struct inventory_totals totals = inventory_total(&account->inventory);
	const struct inventory_row *first;
	int r;

	inventory_view_page(&list->view, 0, list->view.count < 1 ? 0 : 1);
	first = list->view.count > 0 ? list->view.items[0].row : NULL;
	json_open_object(&before, NULL);
	write_counts(&before, question, account, &totals, list->view.count);
	json_close_object(&before);
	json_open_object(&after, NULL);
	write_after(&after, question, account, &totals,
		first != NULL && first->status == STATUS_NON_COMPLIANT ? first : NULL);
	json_close_object(&after);
	r = json_take(&before, &list->before, &list->before_size);
	if (r == 0)
		r = json_take(&after, &list->after, &list->after_size);
	json_done(&before);
	json_done(&after);
	return r;
}

static int make_list(struct question *question, uint64_t asked, struct kept_list *list)
{
	const char *wanted = question_text(question, "status_filter", NULL);
	struct inventory_filter filter = { .status = wanted != NULL ? status_from_name(wanted) : -1 };
	bool is_by_owner = strcmp(question_text(question, "group_by", "owner"), "owner") == 0;
	struct account account;
	int r = account_gather(question, is_by_owner ? ROWS_BY_OWNER : ROWS_BY_POD, &account);

	if (r == 0)
		r = inventory_view_new(&account.inventory, &filter,
			order_of(question_text(question, "sort", "status")), &list->view);
	if (r == 0)
		r = write_around(question, &account, list);
	list->asked = asked;
	list->snapshot = snapshot_of(question->knowledge);
	list->inventory = account.inventory; /* the rows go with the list */
	account.inventory = (struct inventory) { 0 };
	account_done(&account);
	return r;
}

static void write_row(struct json_writer *w, const struct inventory_row *row)
{
	json_open_object(w, NULL);
	json_write_text(w, "workload", row->name);
	json_write_text(w, "namespace", row->namespace);
	json_write_text(w, "kind", row->kind);
	json_write_text(w, "status", status_name(row->status));
	json_write_text(w, "carbon_status", status_name(row->carbon_status));
	json_write_text(w, "pue_status", status_name(row->pue_status));
	json_write_text(w, "confidence", row->is_clear ? "clear" : "borderline");
	if (row->has_gap)
		json_write_number(w, "gap_percent", carbon_round_percent(row->gap_percent));
	if (row->is_usable && row->has_watts)
		json_write_number(w, "power_watts", row->watts);
	if (row->is_usable)
		json_write_number(w, "emissions_kg_month", row->kg_month);
	json_open_array(w, "reason_codes");
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		if ((row->reasons & UINT64_C(1) << i) != 0)
			json_write_text(w, NULL, reason_name((enum reason_code)i));
	json_close_array(w);
	json_close_object(w);
}

/* Returns where the next page begins. */
static size_t write_page(struct json_writer *w, struct kept_list *list, size_t offset, size_t limit)
{
	size_t left = list->view.count - offset, end = offset + (left < limit ? left : limit);

	json_write_members(w, list->before, list->before_size);
	inventory_view_page(&list->view, offset, end);
	json_open_array(w, "workloads");
	for (size_t i = offset; i < end; i++)
		write_row(w, list->view.items[i].row);
	json_close_array(w);
	return end;
}

int list_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct shelf *shelf = question->knowledge->shelf;
	const char *cursor = question_text(question, "cursor", NULL);
	size_t limit = (size_t)question_number(question, "limit", LIMIT_DEFAULT), offset = 0, end;
	uint64_t asked = hash_arguments(question);
	struct kept_list fresh = { 0 }, *list = &fresh;
	char text[CURSOR_MAX];
	int r;

	r = cursor != NULL ? follow_cursor(question, cursor, asked, &list, &offset, error)
			   : make_list(question, asked, &fresh);
	if (r == 0) {
		end = write_page(writer, list, offset, limit);
		if (end < list->view.count && shelf != NULL) {
			format_cursor(list, end, text);
			json_write_text(writer, "next_cursor", text);
		}
		json_write_members(writer, list->after, list->after_size);
		if (list == &fresh && end < list->view.count && shelf != NULL)
			shelf_put(shelf, &fresh);
	}
	kept_list_done(&fresh);
	return r;
}
