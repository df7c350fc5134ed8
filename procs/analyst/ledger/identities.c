/* Every workload by name, with its owner: two passes, each in the order of its table. A join reads a row of alias somewhere
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

static int tell(sqlite3_stmt *statement, const struct owners *owners, ledger_identity_fn *each, void *context)
{
	struct ledger_identity identity = { .kind = WORKLOAD_SYSTEM };
	int64_t workload = sqlite3_column_int64(statement, 0);
	int kind = sqlite3_column_int(statement, 1);
	const char *owner = "", *owner_kind = "";
	uint32_t at;

	if (kind >= 0 && kind < WORKLOAD_KIND_COUNT)
		identity.kind = (enum workload_kind)kind;
	ledger_read_text(statement, 2, identity.namespace, sizeof(identity.namespace));
	ledger_read_text(statement, 3, identity.name, sizeof(identity.name));
	if (idmap_find(&owners->by_workload, (uint64_t)workload, &at)) {
		owner = owners->texts + at;
		owner_kind = owner + strlen(owner) + 1;
	}
	return each(context, workload, &identity, owner, owner_kind);
}

int ledger_identities(struct ledger *ledger, const char *reach, ledger_identity_fn *each, void *context)
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
