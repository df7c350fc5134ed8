#include "analyst/ledger/query.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyst/ledger/sql.h"
#include "base/array.h"

#define CONTAINER_ID_MIN 12

/* The open transaction, where there is one, holds the locks already. A failure costs speed and nothing else. */
void ledger_begin_reading(struct ledger *ledger)
{
	if (ledger != NULL && !ledger->is_open)
		ledger_run(ledger, SQL_BEGIN_READING);
}

void ledger_end_reading(struct ledger *ledger)
{
	if (ledger != NULL && !ledger->is_open && sqlite3_get_autocommit(ledger->db) == 0)
		ledger_run(ledger, SQL_COMMIT);
}

sqlite3_stmt *ledger_window(
	struct ledger *ledger, enum statement which, const struct usage_window *window, int64_t workload)
{
	sqlite3_stmt *statement = ledger->statements[which];

	sqlite3_bind_int64(statement, 1, window->since);
	if (which == SQL_SUM_ONE)
		sqlite3_bind_int64(statement, 2, workload);
	if (which == SQL_SUM_ALL)
		sqlite3_bind_text(
			statement, 5, window->reach != NULL ? window->reach : "", -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 3, zone_is_counted(ZONE_DRAM, window->zone_mask));
	sqlite3_bind_int(statement, 4, zone_is_counted(ZONE_PSYS, window->zone_mask));
	return statement;
}

void ledger_read_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
	const void *value = sqlite3_column_text(statement, column);
	size_t length = value != NULL ? (size_t)sqlite3_column_bytes(statement, column) : 0;

	length = length < size ? length : size - 1;
	if (length > 0)
		memcpy(text, value, length);
	text[length] = '\0';
}

static struct found *add_found(struct found_list *list)
{
	if (!array_grow(&list->items, list->count, &list->room, sizeof(*list->items)))
		return NULL;
	return &list->items[list->count++];
}

void found_kind(const struct found *found, char kind[static 64])
{
	snprintf(kind, 64, "%s", found->is_owned ? found->detail : workload_kind_name(found->identity.kind));
	for (char *c = kind; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void read_found(sqlite3_stmt *statement, bool is_owned, struct found *ret_found)
{
	int kind = sqlite3_column_int(statement, 1);

	*ret_found = (struct found) { .workload = sqlite3_column_int64(statement, 0),
		.identity.kind =
			kind >= 0 && kind < WORKLOAD_KIND_COUNT ? (enum workload_kind)kind : WORKLOAD_SYSTEM,
		.is_owned = is_owned };
	ledger_read_text(statement, 2, ret_found->identity.namespace, sizeof(ret_found->identity.namespace));
	ledger_read_text(statement, 3, ret_found->identity.name, sizeof(ret_found->identity.name));
	ledger_read_text(statement, 4, ret_found->detail, sizeof(ret_found->detail));
}

/* Adds those of the wanted kind. */
static int collect(struct ledger *ledger, sqlite3_stmt *statement, bool is_owned, const char *kind,
	struct found_list *list)
{
	int code = SQLITE_DONE, r = 0;

	while (list->count < FOUND_MAX && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct found *one = add_found(list);
		char own[64] = "";
		if (one == NULL) {
			r = -ENOMEM;
			break;
		}
		read_found(statement, is_owned, one);
		if (kind[0] != '\0')
			found_kind(one, own);
		list->count -= kind[0] != '\0' && strcmp(own, kind) != 0;
	}
	sqlite3_reset(statement);
	if (r == 0 && list->count < FOUND_MAX && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	return r;
}

static bool looks_like_container_id(const char *name)
{
	size_t size = strspn(name, "0123456789abcdef");

	return size >= CONTAINER_ID_MIN && name[size] == '\0';
}

/* Does the ledger hold anything of it since then, of whatever state? What cannot be read is as good as not there. */
static bool is_in_window(struct ledger *ledger, int64_t workload, int64_t since)
{
	sqlite3_stmt *statement = ledger->statements[SQL_IS_IN_WINDOW];
	int64_t newest;
	bool is_there;

	if (ledger->recent.newest != 0 && recent_newest(&ledger->recent, workload, since, &newest))
		return newest >= since;
	sqlite3_bind_int64(statement, 1, since);
	sqlite3_bind_int64(statement, 2, workload);
	is_there = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) != 0;
	sqlite3_reset(statement);
	return is_there;
}

/* Workloads that ended long ago stand back behind those of the window. */
static void prefer_window(struct ledger *ledger, int64_t since, struct found_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct found *found = &list->items[i];
		found->is_in_window = is_in_window(ledger, found->workload, since);
		if (found->is_in_window)
			list->items[kept++] = *found;
	}
	list->count = kept > 0 ? kept : list->count;
}

bool reach_reaches(const char *reach, const char *namespace)
{
	size_t size = strlen(namespace);
	const char *end = strchr(reach, '\n');

	if (end == NULL)
		return reach[0] == '\0' || strcmp(reach, namespace) == 0;
	for (; end != NULL; reach = end + 1, end = strchr(reach, '\n'))
		if ((size_t)(end - reach) == size && memcmp(reach, namespace, size) == 0)
			return true;
	return false;
}

int ledger_find(struct ledger *ledger, const struct wanted *wanted, struct found_list *list)
{
	static const struct {
		enum statement which;
		enum alias_type type;
	} ways[] = { { SQL_BY_NAME, 0 }, { SQL_BY_ALIAS, ALIAS_OWNER }, { SQL_BY_ALIAS, ALIAS_POD },
		{ SQL_BY_ALIAS, ALIAS_POD_UID }, { SQL_BY_ALIAS, ALIAS_CONTAINER },
		{ SQL_BY_CONTAINER_ID, ALIAS_CONTAINER_ID } };
	int r = 0;

	list->count = 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && r == 0; i++) {
		sqlite3_stmt *statement = ledger->statements[ways[i].which];
		if (list->count > 0 && ways[i].type != ALIAS_OWNER) /* a name and an owner's are equals */
			break;
		if ((ways[i].type == ALIAS_CONTAINER_ID && !looks_like_container_id(wanted->name)) ||
			(ways[i].type == ALIAS_OWNER && !named_may_own(&ledger->named, wanted->name)))
			continue;
		sqlite3_bind_text(statement, 1, wanted->name, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, wanted->reach, -1, SQLITE_STATIC);
		if (ways[i].type != 0)
			sqlite3_bind_int(statement, 3, (int)ways[i].type);
		r = collect(ledger, statement, ways[i].type == ALIAS_OWNER, wanted->kind, list);
		sqlite3_clear_bindings(statement); /* the texts are the caller's */
	}
	prefer_window(ledger, wanted->since, list);
	return r;
}

int64_t ledger_last_seen(struct ledger *ledger, int64_t workload)
{
	sqlite3_stmt *statement = ledger->statements[SQL_LAST_SEEN];
	int64_t seen = 0;

	sqlite3_bind_int64(statement, 1, workload);
	if (sqlite3_step(statement) == SQLITE_ROW)
		seen = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return seen;
}

size_t ledger_names(
	struct ledger *ledger, const char *reach, int64_t since, const char *prefix, char **names, size_t max)
{
	sqlite3_stmt *statement = ledger->statements[SQL_NAMES];
	size_t count = 0;

	sqlite3_bind_int64(statement, 1, since);
	sqlite3_bind_text(statement, 2, reach, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, prefix, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, (int64_t)max);
	while (count < max && sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		if (name != NULL && (names[count] = strdup(name)) != NULL)
			count++;
	}
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return count;
}
