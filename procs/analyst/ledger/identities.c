/* Every workload by name, with its owner: from memory, or in two passes, each in the order of its table. A join reads a row of alias somewhere
 * else for every workload, which at a million is most of what a list takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger/query.h"
#include "analyst/ledger/sql.h"
#include "base/idmap.h"

struct owners {
	struct idmap by_workload; /* where in texts its owner begins */
	char *texts;              /* owner, NUL, kind, NUL; neighbours that have the same share it */
	size_t last, used, room;
};

static void owners_done(struct owners *owners)
{
	idmap_done(&owners->by_workload);
	free(owners->texts);
}

/* Makes it the last of the texts, where it is not. */
static int add_text(struct owners *owners, const char *owner, const char *kind)
{
	size_t owner_size = strlen(owner) + 1, kind_size = strlen(kind) + 1;
	const char *last = owners->texts + owners->last;

	if (owners->used > 0 && strcmp(last, owner) == 0 && strcmp(last + owner_size, kind) == 0)
		return 0;
	if (owners->used + owner_size + kind_size > owners->room) {
		size_t room = 2 * owners->room + owner_size + kind_size + 4096;
		char *texts = room < IDMAP_EMPTY ? realloc(owners->texts, room) : NULL;
		if (texts == NULL)
			return -ENOMEM;
		owners->texts = texts;
		owners->room = room;
	}
	owners->last = owners->used;
	memcpy(owners->texts + owners->used, owner, owner_size);
	memcpy(owners->texts + owners->used + owner_size, kind, kind_size);
	owners->used += owner_size + kind_size;
	return 0;
}

/* One owner each: a pod that moved from one to another counts for the one that is first by name, as they come. */
static int gather_owners(struct ledger *ledger, struct owners *owners)
{
	sqlite3_stmt *statement = ledger->statements[SQL_OWNERS];
	int code = SQLITE_DONE, r = 0;

	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		uint64_t workload = (uint64_t)sqlite3_column_int64(statement, 0);
		char owner[254], kind[64];
		uint32_t known;
		if (idmap_find(&owners->by_workload, workload, &known))
			continue;
		ledger_read_text(statement, 1, owner, sizeof(owner));
		ledger_read_text(statement, 2, kind, sizeof(kind));
		r = add_text(owners, owner, kind);
		if (r == 0)
			r = idmap_put(&owners->by_workload, workload, (uint32_t)owners->last);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(statement);
	return r;
}

void ledger_read_identity(sqlite3_stmt *statement, int column, struct ledger_identity *ret_identity)
{
	int kind = sqlite3_column_int(statement, column);

	ret_identity->kind =
		kind >= 0 && kind < WORKLOAD_KIND_COUNT ? (enum workload_kind)kind : WORKLOAD_SYSTEM;
	ledger_read_text(statement, column + 1, ret_identity->namespace, sizeof(ret_identity->namespace));
	ledger_read_text(statement, column + 2, ret_identity->name, sizeof(ret_identity->name));
}

static int tell(sqlite3_stmt *statement, const struct owners *owners, ledger_identity_fn *each, void *context)
{
	struct ledger_identity identity;
	struct ledger_named one = {
		.workload = sqlite3_column_int64(statement, 0), .owner = "", .owner_kind = ""
	};
	uint32_t at;

	ledger_read_identity(statement, 1, &identity);
	one.kind = identity.kind;
	one.namespace = identity.namespace;
	one.name = identity.name;
	if (idmap_find(&owners->by_workload, (uint64_t)one.workload, &at)) {
		one.owner = owners->texts + at;
		one.owner_kind = one.owner + strlen(one.owner) + 1;
	}
	return each(context, &one);
}

static int read_all(struct ledger *ledger, const char *reach, ledger_identity_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[SQL_IDENTITIES];
	struct owners owners = { 0 };
	int code = SQLITE_DONE, r = gather_owners(ledger, &owners);

	sqlite3_bind_text(statement, 1, reach, -1, SQLITE_STATIC);
	while (r >= 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		r = tell(statement, &owners, each, context);
	if (r >= 0)
		r = code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement); /* the text is the caller's */
	owners_done(&owners);
	return r;
}

int ledger_identities(struct ledger *ledger, const char *reach, ledger_identity_fn *each, void *context)
{
	const struct named *named = &ledger->named;
	int r = 0;

	ledger_load_names(ledger);
	if (!named->is_whole)
		return read_all(ledger, reach, each, context);
	for (size_t i = 0; i < named->count && r >= 0; i++) {
		const struct named_workload *workload = &named->workloads[i];
		const struct ledger_named one = { .workload = workload->number,
			.kind = workload->kind,
			.namespace = named_text(named, workload->namespace),
			.name = named_text(named, workload->name),
			.owner = named_text(named, workload->owner),
			.owner_kind = named_text(named, workload->owner_kind) };
		if (reach[0] == '\0' || reach_reaches(reach, one.namespace))
			r = each(context, &one);
	}
	return r < 0 ? r : 0;
}
