/* Questions to the ledger: what was used in a window, and who goes by a name. */
#pragma once

#include "analyst/grid/grid.h"
#include "analyst/ledger/ledger.h"
#include "base/idmap.h"

#define FOUND_MAX 65536 /* workloads one name may stand for */

/* What one workload, or the node, used since the window's start. */
struct usage {
	int64_t workload;    /* 0 = the node */
	uint64_t present_ns; /* for the node: observed */
	uint64_t
		implausible_ns; /* the part of it in slots whose source told, for a while at least, what is no power */
	double energy_uj;     /* of the counted zones, idle share included */
	double idle_uj;       /* the idle part of it */
	double weighted;      /* sum of energy x intensity [uJ g/kWh] */
	double idle_weighted; /* the idle part of it */
	double covered_uj;    /* energy in slots the grid file covers */
	double time_weighted; /* sum of presence x intensity [ns g/kWh] */
	double covered_ns;
	/* the part of these that was forecast or estimated */
	double unsure_uj, unsure_ns;
	uint32_t states;         /* bit s: there are slots of enum power_state s, counted or not */
	bool is_implausible_now; /* in the last minute, as the book tells */
};

/* The node's slots of the window, and how much of each the workloads asked for were there: of parts that lived side by
 * side the time does not add up beyond what was observed. A zeroed struct is empty. */
struct presence {
	struct presence_slot {
		int64_t start;
		uint64_t observed_ns, present_ns;
	} * slots;
	size_t count, room;
};

/* Adds up two workloads, or two parts of one. */
void usage_add(struct usage *to, const struct usage *from);

struct usage_window {
	int64_t since;      /* s since 1970 */
	bool allow_fake;    /* count slots of a fake meter too */
	uint32_t zone_mask; /* zones the node has: psys counts only without package */
	const struct grid *grid;
	const char *reach; /* of all workloads, those of these namespaces are enough; NULL or "" = all */
	int64_t read_ms;   /* ledger_sum_all() reads the file for no longer; 0 = as long as it takes */
};

/* Between these two every question is of one state of the file, and takes no lock of its own (a third of its time); nothing may be
 * written. `ledger` may be NULL. */
void ledger_begin_reading(struct ledger *ledger);
void ledger_end_reading(struct ledger *ledger);

/* Adds the slots of one workload (0 = the node) to *usage, and its time to *presence unless that is NULL; ask for the
 * node first. 0 or -errno. */
int ledger_sum(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	struct usage *usage, struct presence *presence);
/* Time in which any of the workloads added was there. */
uint64_t presence_ns(const struct presence *presence);
void presence_done(struct presence *presence);
/* The same for every workload at once. */
struct usages {
	struct usage *items; /* some are empty: no states; some of what became others, and count there */
	size_t count, room;
	struct idmap own;
	const struct idmap *places; /* in items, by workload: `own`, or until the ledger changes its own */
};
/* 0 or -errno (-ETIME: read_ms is over); usages_done() either way. */
int ledger_sum_all(struct ledger *ledger, const struct usage_window *window, struct usages *ret_usages);
/* NULL: it used nothing. Is fastest for who asks in the order of the items: *next, 0 at first, is the place to look at first. */
struct usage *usages_find(struct usages *usages, int64_t workload, size_t *next);
void usages_done(struct usages *usages);

/* One slot, hour or day of a workload or the node, as it was booked; energies of the counted zones. */
struct ledger_piece {
	int64_t start, seconds; /* start: s since 1970 */
	uint64_t present_ns;
	uint64_t active_uj, idle_uj;
	enum power_state state;
	bool is_implausible; /* SLOT_IMPLAUSIBLE */
};
/* Active and idle. */
double ledger_piece_uj(const struct ledger_piece *piece);
/* Hands over the pieces of one workload (0 = the node) in the window, in no order, until one is refused (< 0); those of a fake
 * meter only if the window allows them. 0 or -errno. */
typedef int ledger_piece_fn(void *context, const struct ledger_piece *piece);
int ledger_walk(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context);

struct found {
	int64_t workload;
	struct ledger_identity identity;
	char detail[64]; /* owner kind, where found by owner */
	bool is_owned;   /* found by its owner's name: a part of that owner */
	bool is_in_window;
};

struct found_list {
	size_t count, room;
	struct found *items; /* malloc'ed */
};

/* Does a reach, which is one namespace, or several, each ended by a newline, or "" = any, reach this one? */
bool reach_reaches(const char *reach, const char *namespace);

/* What is looked for. `kind` is as answers write it ("deployment", "pod"; of an owner's parts the owner's), "" = any. */
struct wanted {
	const char *name, *reach, *kind;
	int64_t since;
};

/* Workloads that go by a name in the best way any does: own name (".service" may be missing) or owner > pod > pod uid
 * > container name > container id (>= 12 hex digits), in a namespace that `reach` reaches; one that has the name of its owner is
 * there twice. The list, empty or one to be reused, gets at most FOUND_MAX; the caller frees its items. 0 or -errno. */
int ledger_find(struct ledger *ledger, const struct wanted *wanted, struct found_list *list);
/* The kind of one found, as answers write it. */
void found_kind(const struct found *found, char kind[static 64]);
/* Every workload ever booked, by name, in no order; owner and its kind are "" where none is known. Stops at the first negative
 * return. 0 or -errno. */
struct ledger_named {
	int64_t workload;
	enum workload_kind kind;
	const char *namespace, *name, *owner, *owner_kind; /* until the next one */
};
typedef int ledger_identity_fn(void *context, const struct ledger_named *one);
int ledger_identities(struct ledger *ledger, const char *reach, ledger_identity_fn *each, void *context);
/* CPU time of a workload by slot since `since`, in order of time. 0 or -errno. */
typedef int ledger_load_fn(void *context, const struct ledger_load *load);
int ledger_loads(struct ledger *ledger, int64_t workload, int64_t since, ledger_load_fn *each, void *context);
/* Its peaks of memory, likewise. */
typedef int ledger_memory_fn(void *context, const struct ledger_memory *memory);
int ledger_memories(
	struct ledger *ledger, int64_t workload, int64_t since, ledger_memory_fn *each, void *context);
/* The owner of a workload and its kind ("Deployment"), "" where none is known. */
void ledger_owner(struct ledger *ledger, int64_t workload, char owner[static 254], char kind[static 64]);
/* How many container names the workload goes by, more than one counted as two, and the first of them. */
int ledger_container(struct ledger *ledger, int64_t workload, char container[static 254]);
/* When energy of it was last counted, s since 1970; 0 = never. */
int64_t ledger_last_seen(struct ledger *ledger, int64_t workload);
/* Up to `max` names in the window that begin with `prefix`, whatever the case, each strdup'ed into names[]. Returns how many. */
size_t ledger_names(struct ledger *ledger, const char *reach, int64_t since, const char *prefix, char **names,
	size_t max);
