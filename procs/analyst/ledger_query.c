#include "analyst/ledger_query.h"

#include <stdio.h>
#include <string.h>

#include "analyst/ledger_sql.h"

#define CONTAINER_ID_MIN 12

bool zone_is_counted(enum zone zone, uint32_t mask)
{
	switch (zone) {
	case ZONE_PACKAGE:
	case ZONE_GPU: return true;
	case ZONE_DRAM: return (mask & (1u << ZONE_PACKAGE)) != 0 || (mask & (1u << ZONE_PSYS)) == 0;
	case ZONE_PSYS: return (mask & (1u << ZONE_PACKAGE)) == 0;
	case ZONE_CORE:
	case ZONE_UNCORE:
	case ZONE_OTHER:
	case ZONE_COUNT: break;
	}
	return false;
}

static void add_slot(struct usage *usage, const struct usage_window *window, sqlite3_stmt *statement)
{
	int64_t start = sqlite3_column_int64(statement, 1), seconds = sqlite3_column_int64(statement, 2);
	int state = sqlite3_column_int(statement, 3);
	uint64_t present_ns = (uint64_t)sqlite3_column_int64(statement, 4);
	double intensity, covered = 0, energy_uj = 0;
	struct energy energy;

	if (state < 0 || state >= POWER_STATE_COUNT)
		return;
	usage->states |= 1u << state;
	if (state == POWER_FAKE && !window->allow_fake)
		return;
	ledger_read_energy(statement, 6, &energy);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		if (!zone_is_counted((enum zone)zone, window->zone_mask))
			continue;
		usage->zone_uj[zone] += (double)energy.active[zone];
		usage->idle_uj += (double)energy.idle[zone];
		energy_uj += (double)energy.active[zone] + (double)energy.idle[zone];
	}
	intensity = grid_mean(window->grid, start, seconds, &covered);
	usage->present_ns += present_ns;
	usage->energy_uj += energy_uj;
	usage->weighted += energy_uj * intensity;
	usage->covered_uj += energy_uj * covered;
	usage->time_weighted += (double)present_ns * intensity;
	usage->covered_ns += (double)present_ns * covered;
}

int ledger_sum(
	struct ledger *ledger, int64_t workload, const struct usage_window *window, struct usage *usage)
{
	enum statement which = workload == 0 ? SQL_SUM_NODE : SQL_SUM_ONE;
	sqlite3_stmt *statement = ledger->statements[which];
	int code;

	sqlite3_bind_int64(statement, 1, window->since);
	if (workload != 0)
		sqlite3_bind_int64(statement, 2, workload);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		add_slot(usage, window, statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);
}

int ledger_sum_all(
	struct ledger *ledger, const struct usage_window *window, ledger_usage_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[SQL_SUM_ALL];
	struct usage usage = { 0 };
	int code, r = 0;

	sqlite3_bind_int64(statement, 1, window->since);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t workload = sqlite3_column_int64(statement, 0);
		if (usage.workload != workload && usage.workload != 0)
			r = each(context, &usage);
		if (usage.workload != workload)
			usage = (struct usage) { .workload = workload };
		add_slot(&usage, window, statement);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	if (r == 0 && usage.workload != 0)
		r = each(context, &usage);
	sqlite3_reset(statement);
	return r;
}

static void read_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
	const unsigned char *value = sqlite3_column_text(statement, column);

	snprintf(text, size, "%s", value != NULL ? (const char *)value : "");
}

static bool is_known(const struct found *found, int count, int64_t workload)
{
	for (int i = 0; i < count; i++)
		if (found[i].workload == workload)
			return true;
	return false;
}

static int collect(struct ledger *ledger, enum statement which, struct found *found)
{
	sqlite3_stmt *statement = ledger->statements[which];
	int code, count = 0;

	while (count < FOUND_MAX && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct found *one = &found[count];
		int kind = sqlite3_column_int(statement, 1);
		*one = (struct found) { .workload = sqlite3_column_int64(statement, 0) };
		if (is_known(found, count, one->workload))
			continue;
		one->identity.kind =
			kind >= 0 && kind < WORKLOAD_KIND_COUNT ? (enum workload_kind)kind : WORKLOAD_SYSTEM;
		read_text(statement, 2, one->identity.namespace, sizeof(one->identity.namespace));
		read_text(statement, 3, one->identity.name, sizeof(one->identity.name));
		read_text(statement, 4, one->detail, sizeof(one->detail));
		one->is_in_window = sqlite3_column_int(statement, 5) != 0;
		count++;
	}
	sqlite3_reset(statement);
	if (count < FOUND_MAX && code != SQLITE_DONE)
		return ledger_errno(ledger, code);
	return count;
}

static bool looks_like_container_id(const char *name)
{
	size_t size = strspn(name, "0123456789abcdef");

	return size >= CONTAINER_ID_MIN && name[size] == '\0';
}

/* Workloads that ended long ago stand back behind those of the window. */
static int prefer_window(struct found *found, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (found[i].is_in_window)
			found[kept++] = found[i];
	return kept > 0 ? kept : count;
}

int ledger_find(struct ledger *ledger, const char *name, const char *namespace, int64_t since,
	struct found *found, bool *ret_is_owner)
{
	static const struct {
		enum statement which;
		enum alias_type type;
	} ways[] = { { SQL_BY_NAME, 0 }, { SQL_BY_ALIAS, ALIAS_OWNER }, { SQL_BY_ALIAS, ALIAS_POD },
		{ SQL_BY_ALIAS, ALIAS_POD_UID }, { SQL_BY_ALIAS, ALIAS_CONTAINER },
		{ SQL_BY_CONTAINER_ID, ALIAS_CONTAINER_ID } };

	*ret_is_owner = false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		sqlite3_stmt *statement = ledger->statements[ways[i].which];
		int count;
		if (ways[i].type == ALIAS_CONTAINER_ID && !looks_like_container_id(name))
			continue;
		sqlite3_bind_int64(statement, 1, since);
		sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 3, namespace, -1, SQLITE_STATIC);
		if (ways[i].type != 0)
			sqlite3_bind_int(statement, 4, (int)ways[i].type);
		count = collect(ledger, ways[i].which, found);
		sqlite3_clear_bindings(statement); /* the texts are the caller's */
		*ret_is_owner = ways[i].type == ALIAS_OWNER;
		if (count != 0)
			return count < 0 ? count : prefer_window(found, count);
	}
	return 0;
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

size_t ledger_names(struct ledger *ledger, const char *namespace, int64_t since, char **names, size_t max)
{
	sqlite3_stmt *statement = ledger->statements[SQL_NAMES];
	size_t count = 0;

	sqlite3_bind_int64(statement, 1, since);
	sqlite3_bind_text(statement, 2, namespace, -1, SQLITE_STATIC);
	while (count < max && sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		if (name != NULL && (names[count] = strdup(name)) != NULL)
			count++;
	}
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return count;
}
