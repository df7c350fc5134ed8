/*
 * All workloads of one snapshot, one row each, and what lists are made of: parts of one owner as one row, counts and
 * totals, an order, and any page of it without sorting the rest. Pure; sized for a million rows (bench/inventory.c).
 */
#pragma once

#include "analyst/carbon/compliance.h"
#include "analyst/ledger/query.h"
#include "base/idmap.h"
#include "ipc/reasons.h"

#define INVENTORY_ROWS_MAX (UINT32_C(1) << 20) /* more are left out: is_cut */

_Static_assert(REASON_CODE_COUNT <= 64, "the reasons of a row are bits of one word");

struct inventory_row {
	int64_t workload;                    /* in the ledger; 0 = none, or not needed */
	const char *namespace, *name, *kind; /* kind as answers write it */
	const char *owner, *owner_kind;      /* "" = none */
	struct usage *usage;        /* of the window, until the row is judged; NULL = none was seen */
	double energy_uj, weighted; /* what is left of it then */
	double watts;               /* of the last 60 s */
	double gap_percent, kwh_month, kg_month; /* kg with PUE; 0 where not usable */
	uint64_t reasons;                        /* bit r = enum reason_code r */
	bool is_present;                         /* in the last minute; else it has ended */
	bool has_watts, is_usable, is_clear;     /* usable: watts, kWh and kg may be told */
	bool has_gap;                            /* compared with a carbon target */
	enum status status, carbon_status, pue_status;
};

/* Is its owner read off a name? */
static inline bool inventory_is_inferred(const struct inventory_row *row)
{
	return (row->reasons >> REASON_OWNER_INFERRED & 1) != 0;
}

struct inventory {
	struct inventory_row *rows;
	size_t count, room;
	bool is_cut;
	size_t left_out;      /* workloads that had ended before the window began */
	struct idmap by_name; /* hash of namespace, kind, name; of the first `indexed` rows */
	size_t indexed;
	struct inventory_texts *texts;
};

/* A zeroed struct is an empty inventory. */
void inventory_done(struct inventory *inventory);
/* A copy that lives as long as the inventory, or NULL: out of memory. */
const char *inventory_text(struct inventory *inventory, const char *text);
/* Room for that many rows, so that they are not moved while they are added. 0 or -ENOMEM. */
int inventory_reserve(struct inventory *inventory, size_t count);
/* A new row, valid until the next one is added; texts are copied, but for the kind: workload_kind_name()'s stay. 0, -E2BIG
 * (and is_cut) or -ENOMEM. */
int inventory_add(struct inventory *inventory, const char *namespace, const char *kind, const char *name,
	struct inventory_row **ret_row);
/* 1, 0 or -ENOMEM. */
int inventory_has(struct inventory *inventory, const char *namespace, const char *kind, const char *name);
/* Rows of the same owner become one, called after it; what they used is added up in the usage of the first that has one.
 * To be done before the rows are judged. 0 or -ENOMEM. */
int inventory_group_by_owner(struct inventory *inventory);

struct inventory_totals {
	size_t by_status[STATUS_NOT_ASSESSED]; /* COMPLIANT, NON_COMPLIANT, UNKNOWN */
	size_t usable, active, idle;           /* usable = active (used energy) + idle (used none) */
	size_t ended;                          /* in the window */
	bool has_inferred;
	double watts, energy_uj, weighted, kwh_month, kg_month;
};
struct inventory_totals inventory_total(const struct inventory *inventory);

enum inventory_order {
	ORDER_STATUS, /* NON_COMPLIANT, UNKNOWN, COMPLIANT; then by emissions */
	ORDER_EMISSIONS,
	ORDER_POWER,
	ORDER_NAME
};

struct inventory_filter {
	int status;         /* enum status; -1 = any */
	bool is_live;       /* only rows with watts … */
	bool needs_usable;  /* … that may be told … */
	double least_watts; /* … and are that many */
};

/* Some rows of an inventory, in an order that is always the same: ties fall by emissions (unless ordered by name), name,
 * namespace, kind. */
struct inventory_view {
	struct inventory_item {
		uint64_t key; /* ascending; equal keys are looked into */
		const struct inventory_row *row;
	} * items;
	size_t count;
	enum inventory_order order;
};

/* `inventory` outlives the view. 0 or -ENOMEM. */
int inventory_view_new(const struct inventory *inventory, const struct inventory_filter *filter,
	enum inventory_order order, struct inventory_view *ret_view);
void inventory_view_done(struct inventory_view *view);
/* items[from … to) become the rows of these ranks, in order; to <= count. The others stay where they fall. */
void inventory_view_page(struct inventory_view *view, size_t from, size_t to);
