/* list_top_power_consumers */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answer.h"
#include "base/idmap.h"

struct consumer {
	int64_t number;
	const struct book_workload *workload; /* NULL: ended */
	bool has_watts;
	double watts; /* of the last 60 s */
	struct usage usage;
	bool has_usage;
	struct ledger_identity identity;
};

struct list {
	struct consumer *consumers;
	size_t count, room;
	struct idmap by_number;
	bool is_usable;
	struct usage node;
	struct usage_window window;
	double idle_watts, node_watts;
};

static struct consumer *add(struct list *list, int64_t number)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 256 : list->room * 2;
		struct consumer *consumers = reallocarray(list->consumers, room, sizeof(*consumers));
		if (consumers == NULL)
			return NULL;
		list->consumers = consumers;
		list->room = room;
	}
	if (idmap_put(&list->by_number, (uint64_t)number, (uint32_t)list->count) < 0)
		return NULL;
	list->consumers[list->count] = (struct consumer) { .number = number };
	return &list->consumers[list->count++];
}

static bool is_asked_for(const struct question *question, const struct ledger_identity *identity)
{
	return question->namespace[0] == '\0' || strcmp(question->namespace, identity->namespace) == 0;
}

static int add_live(const struct question *question, struct list *list)
{
	const struct book *book = question->knowledge->book;

	for (size_t i = 0; i < book->workload_count; i++) {
		const struct book_workload *workload = &book->workloads[i];
		double watts[PART_COUNT];
		struct consumer *consumer;
		if (!workload->is_used || !book_watts(book, workload, watts) ||
			!is_asked_for(question, &workload->identity))
			continue;
		consumer = add(list, workload->number);
		if (consumer == NULL)
			return -ENOMEM;
		consumer->workload = workload;
		consumer->has_watts = true;
		consumer->watts = watts[PART_CPU] + watts[PART_MEMORY] + watts[PART_GPU] + watts[PART_IDLE];
		consumer->identity = workload->identity;
	}
	return 0;
}

static void merge_usage(struct usage *to, const struct usage *from)
{
	to->present_ns += from->present_ns;
	to->energy_uj += from->energy_uj;
	to->weighted += from->weighted;
	to->covered_uj += from->covered_uj;
	to->time_weighted += from->time_weighted;
	to->covered_ns += from->covered_ns;
	to->states |= from->states;
}

static int add_usage(void *context, const struct usage *usage)
{
	struct list *list = context;
	struct consumer *consumer;
	uint32_t index;

	consumer = idmap_find(&list->by_number, (uint64_t)usage->workload, &index)
			   ? &list->consumers[index]
			   : add(list, usage->workload);
	if (consumer == NULL)
		return -ENOMEM;
	merge_usage(&consumer->usage, usage);
	consumer->has_usage = true;
	return 0;
}

/* Workloads that ended in the window have emissions too; those of other namespaces fall out again. */
static int add_all_usage(const struct question *question, struct list *list)
{
	size_t kept = 0;
	int r = ledger_sum_all(question->knowledge->ledger, &list->window, add_usage, list);

	for (size_t i = 0; i < list->count && r == 0; i++) {
		struct consumer *consumer = &list->consumers[i];
		if (consumer->workload == NULL && (ledger_identity(question->knowledge->ledger,
							   consumer->number, &consumer->identity) < 0 ||
							  !is_asked_for(question, &consumer->identity)))
			continue;
		list->consumers[kept++] = *consumer;
	}
	list->count = r == 0 ? kept : list->count;
	return r;
}

static int compare_names(const struct consumer *a, const struct consumer *b)
{
	int r = strcmp(a->identity.name, b->identity.name);

	return r != 0 ? r : strcmp(a->identity.namespace, b->identity.namespace);
}

static int by_watts(const void *left, const void *right)
{
	const struct consumer *a = left, *b = right;

	if (a->watts < b->watts || a->watts > b->watts)
		return a->watts < b->watts ? 1 : -1;
	return compare_names(a, b);
}

static int by_emissions(const void *left, const void *right)
{
	const struct consumer *a = left, *b = right;

	if (a->usage.weighted < b->usage.weighted || a->usage.weighted > b->usage.weighted)
		return a->usage.weighted < b->usage.weighted ? 1 : -1;
	return compare_names(a, b);
}

static void read_node(const struct question *question, struct list *list)
{
	const struct book *book = question->knowledge->book;
	double watts[PART_COUNT];

	if (!list->is_usable || !book_watts(book, &book->node, watts)) {
		list->is_usable = false;
		return;
	}
	list->node_watts = watts[PART_CPU] + watts[PART_MEMORY] + watts[PART_GPU];
	list->idle_watts = watts[PART_IDLE];
}

static int write_consumer(struct json_writer *w, const struct question *question, struct list *list,
	struct consumer *consumer, size_t rank)
{
	struct question own = *question; /* its reasons are not those of the list */
	struct verdict verdict;
	int r = consumer->has_usage ? 0
				    : ledger_sum(question->knowledge->ledger, consumer->number, &list->window,
					      &consumer->usage, NULL);

	if (r < 0)
		return r;
	verdict_reach(&own, &consumer->usage, consumer->usage.present_ns, &list->node, &verdict);
	json_open_object(w, NULL);
	json_write_integer(w, "rank", (int64_t)rank);
	json_write_text(w, "workload", consumer->identity.name);
	json_write_text(w, "namespace", consumer->identity.namespace);
	json_write_text(w, "kind", workload_kind_name(consumer->identity.kind));
	if (list->is_usable && consumer->has_watts) {
		json_write_number(w, "power_watts", consumer->watts);
		if (list->node_watts > 0)
			json_write_number(
				w, "share_of_node_percent", 100 * consumer->watts / list->node_watts);
	}
	json_write_text(w, "status", status_name(verdict.compliance.status));
	if (verdict.is_power_usable)
		json_write_number(w, "emissions_kg_month", verdict.kg_month);
	json_close_object(w);
	return 0;
}

/* The node is what its parts add up to: workloads younger than a minute can together show more than the node's mean of
 * the minute, and then nothing is left for the rest. */
static double rest_of_node(struct list *list, double listed_watts)
{
	double rest = list->node_watts - list->idle_watts - listed_watts;

	if (rest > list->node_watts * 1e-9) /* less is the last bit of a difference, not power */
		return rest;
	if (rest < 0)
		list->node_watts = list->idle_watts + listed_watts;
	return 0;
}

static int write_list(struct json_writer *w, const struct question *question, struct list *list)
{
	size_t limit = list->count < (size_t)question->limit ? list->count : (size_t)question->limit;
	double listed_watts = 0, other_watts;
	int r = 0;

	for (size_t i = 0; i < limit; i++)
		listed_watts += list->consumers[i].watts;
	other_watts = rest_of_node(list, listed_watts);
	json_write_text(w, "namespace", question->namespace[0] != '\0' ? question->namespace : "*");
	json_write_text(w, "sort_by", question->by_emissions ? "emissions" : "power");
	json_open_array(w, "consumers");
	for (size_t i = 0; i < limit && r == 0; i++)
		r = write_consumer(w, question, list, &list->consumers[i], i + 1);
	json_close_array(w);
	if (list->is_usable) {
		json_write_number(w, "other_power_watts", other_watts);
		json_write_number(w, "idle_power_watts", list->idle_watts);
		json_write_number(w, "node_power_watts", list->node_watts);
	}
	return r;
}

static int gather(struct question *question, struct list *list)
{
	const struct knowledge *k = question->knowledge;
	int r;

	list->window = (struct usage_window) { .since = question->since,
		.allow_fake = question->allow_fake,
		.zone_mask = k->book->last.zone_mask,
		.grid = &question->grid.grid };
	list->is_usable = snapshot_is_usable(question, &question->reasons);
	read_node(question, list);
	r = ledger_sum(k->ledger, 0, &list->window, &list->node, NULL);
	if (r == 0)
		r = add_live(question, list);
	if (r == 0 && question->by_emissions)
		r = add_all_usage(question, list);
	if (r == 0 && list->count > 0)
		qsort(list->consumers, list->count, sizeof(*list->consumers),
			question->by_emissions ? by_emissions : by_watts);
	return r;
}

int top_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct list list = { 0 };
	struct verdict node;
	int r = gather(question, &list);

	(void)error;
	if (r == 0)
		r = write_list(writer, question, &list);
	if (r == 0) {
		/* the node's own verdict tells what limits all rows */
		verdict_reach(question, &list.node, list.node.present_ns, &list.node, &node);
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, node.coverage, node.observed_ns);
	}
	free(list.consumers);
	idmap_done(&list.by_number);
	return r;
}
