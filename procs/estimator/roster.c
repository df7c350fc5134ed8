#include "estimator/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Words of a member, each its own allocation ("" = NULL). */
enum word {
	WORD_PATH,
	WORD_RUNTIME,
	WORD_WORKLOAD,
	WORD_NAMESPACE,
	WORD_POD_UID,
	WORD_CONTAINER_ID,
	/* from the resolver */
	WORD_NAMED_NAMESPACE,
	WORD_NAMED_POD,
	WORD_NAMED_CONTAINER,
	WORD_OWNER_KIND,
	WORD_OWNER,
	WORD_COUNT
};

struct member {
	uint64_t id, parent;
	uint8_t kind, op;
	uint64_t cpu_request, cpu_limit, memory_request, memory_limit;
	char *words[WORD_COUNT];
};

int roster_init(struct roster *roster, uint32_t capacity)
{
	*roster = (struct roster) { .capacity = capacity };
	roster->members = calloc(capacity, sizeof(*roster->members));
	return roster->members == NULL ? -ENOMEM : 0;
}

static void free_member(struct member *member)
{
	for (int i = 0; i < WORD_COUNT; i++)
		free(member->words[i]);
	free(member);
}

void roster_done(struct roster *roster)
{
	for (uint32_t i = 0; i < roster->count; i++)
		free_member(roster->members[i]);
	free(roster->members);
	idmap_done(&roster->by_id);
	*roster = (struct roster) { 0 };
}

static struct member *find(const struct roster *roster, uint64_t id)
{
	uint32_t index;

	return idmap_find(&roster->by_id, id, &index) ? roster->members[index] : NULL;
}

static struct member *find_or_add(struct roster *roster, uint64_t id)
{
	struct member *member = find(roster, id);

	if (member != NULL)
		return member;
	member = roster->count == roster->capacity ? NULL : calloc(1, sizeof(*member));
	if (member == NULL || idmap_put(&roster->by_id, id, roster->count) < 0) {
		free(member);
		roster->dropped++;
		return NULL;
	}
	member->id = id;
	roster->members[roster->count++] = member;
	return member;
}

static void set_word(struct roster *roster, struct member *member, enum word word, struct text text)
{
	char *old = member->words[word];

	if (text.size == (old != NULL ? strlen(old) : 0) &&
		(old == NULL || memcmp(old, text.data, text.size) == 0))
		return;
	char *copy = text.size > 0 ? strndup(text.data, text.size) : NULL;
	if (text.size > 0 && copy == NULL)
		return; /* out of memory: the old word stays, the next full frame brings the new one */
	free(old);
	member->words[word] = copy;
	roster->has_changed = true;
}

static void apply_topology(struct roster *roster, const struct topology_row *row)
{
	struct member *member = row->kind == ROW_CGROUP ? find_or_add(roster, row->id) : NULL;

	if (member == NULL)
		return;
	roster->has_changed |= member->op != row->op;
	member->op = row->op;
	if (row->path.size == 0 && member->words[WORD_PATH] != NULL)
		return; /* it ended while the collector was away: we still know who it was */
	member->parent = row->parent;
	member->kind = row->workload_kind < WORKLOAD_KIND_COUNT ? row->workload_kind : WORKLOAD_UNIT;
	set_word(roster, member, WORD_PATH, row->path);
	set_word(roster, member, WORD_RUNTIME, row->runtime);
	set_word(roster, member, WORD_WORKLOAD, row->workload);
	set_word(roster, member, WORD_NAMESPACE, row->namespace);
	set_word(roster, member, WORD_POD_UID, row->pod_uid);
	set_word(roster, member, WORD_CONTAINER_ID, row->container_id);
}

void roster_topology(struct roster *roster, const struct frame *frame)
{
	const struct topology_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++)
		if (rows[i].op != TOPOLOGY_FORGET)
			apply_topology(roster, &rows[i]);
}

static void set_amount(struct roster *roster, uint64_t *amount, uint64_t value)
{
	roster->has_changed |= *amount != value;
	*amount = value;
}

void roster_names(struct roster *roster, const struct frame *frame)
{
	const struct names_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++) {
		struct member *member = find(roster, rows[i].id);
		if (member == NULL)
			continue; /* names come again when the topology has told the id */
		set_word(roster, member, WORD_NAMED_NAMESPACE, rows[i].namespace);
		set_word(roster, member, WORD_NAMED_POD, rows[i].pod);
		set_word(roster, member, WORD_NAMED_CONTAINER, rows[i].container);
		set_word(roster, member, WORD_OWNER_KIND, rows[i].owner_kind);
		set_word(roster, member, WORD_OWNER, rows[i].owner);
		set_amount(roster, &member->cpu_request, rows[i].cpu_request_millicores);
		set_amount(roster, &member->cpu_limit, rows[i].cpu_limit_millicores);
		set_amount(roster, &member->memory_request, rows[i].memory_request_bytes);
		set_amount(roster, &member->memory_limit, rows[i].memory_limit_bytes);
	}
}

void roster_forget(struct roster *roster, uint64_t id)
{
	uint32_t index;

	if (!idmap_find(&roster->by_id, id, &index))
		return;
	free_member(roster->members[index]);
	idmap_remove(&roster->by_id, id);
	roster->members[index] = roster->members[--roster->count];
	if (index < roster->count)
		idmap_put(&roster->by_id, roster->members[index]->id, index);
	roster->has_changed = true;
}

uint64_t roster_cpu_request(const struct roster *roster, uint64_t id)
{
	const struct member *member = find(roster, id);

	return member != NULL ? member->cpu_request : 0;
}

static struct text word(const struct member *member, enum word which)
{
	return text_of(member->words[which] != NULL ? member->words[which] : "");
}

static struct text first_of(const struct member *member, enum word first, enum word second)
{
	return word(member, member->words[first] != NULL ? first : second);
}

static void fill_row(const struct member *member, struct workload_row *row)
{
	bool is_pod = member->kind == WORKLOAD_POD;

	*row = (struct workload_row) {
		.op = member->op,
		.id = member->id,
		.parent = member->parent,
		.kind = member->kind,
		.workload = is_pod ? first_of(member, WORD_NAMED_POD, WORD_WORKLOAD)
				   : first_of(member, WORD_NAMED_CONTAINER, WORD_WORKLOAD),
		.namespace = first_of(member, WORD_NAMED_NAMESPACE, WORD_NAMESPACE),
		.pod = is_pod ? first_of(member, WORD_NAMED_POD, WORD_POD_UID) : text_of(""),
		.pod_uid = word(member, WORD_POD_UID),
		.container = word(member, WORD_NAMED_CONTAINER),
		.container_id = word(member, WORD_CONTAINER_ID),
		.runtime = word(member, WORD_RUNTIME),
		.owner_kind = word(member, WORD_OWNER_KIND),
		.owner = word(member, WORD_OWNER),
		.path = word(member, WORD_PATH),
		.cpu_request_millicores = member->cpu_request,
		.cpu_limit_millicores = member->cpu_limit,
		.memory_request_bytes = member->memory_request,
		.memory_limit_bytes = member->memory_limit,
	};
}

void roster_rows(struct roster *roster, struct workload_row *rows)
{
	for (uint32_t i = 0; i < roster->count; i++)
		fill_row(roster->members[i], &rows[i]);
	roster->has_changed = false;
}
