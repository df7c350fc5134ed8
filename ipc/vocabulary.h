/* Words that cross process borders as small integers: zones, states, sources, kinds. Names are what users see. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zones of energy. core and uncore are inside package and never added to it; platform (psys) contains package. */
#define ZONES(X)                                                                                             \
	X(PACKAGE, "package")                                                                                \
	X(DRAM, "dram")                                                                                      \
	X(PSYS, "psys")                                                                                      \
	X(GPU, "gpu")                                                                                        \
	X(CORE, "core")                                                                                      \
	X(UNCORE, "uncore")                                                                                  \
	X(OTHER, "other")
enum zone {
#define X(id, name) ZONE_##id,
	ZONES(X)
#undef X
		ZONE_COUNT
};
#define ZONE_MAX 8 /* room in ring and frames */

/* What the watts rest on at this moment. */
#define POWER_STATES(X)                                                                                      \
	X(INITIALIZING, "initializing")                                                                      \
	X(FAKE, "fake")                                                                                      \
	X(MODEL, "model")                                                                                    \
	X(MEASURED, "measured")
enum power_state {
#define X(id, name) POWER_##id,
	POWER_STATES(X)
#undef X
		POWER_STATE_COUNT
};

/* State of one meter slot of a tick. */
enum meter_state { METER_ABSENT, METER_OK, METER_FAILED, METER_FAKE };

/* How CPU time was read. */
#define USAGE_SOURCES(X)                                                                                     \
	X(EBPF, "ebpf")                                                                                      \
	X(PROCFS, "procfs")
enum usage_source {
#define X(id, name) USAGE_##id,
	USAGE_SOURCES(X)
#undef X
		USAGE_SOURCE_COUNT
};

/* What a workload is; the root cgroup and the spill-over rows, which are none, are `system`. */
#define WORKLOAD_KINDS(X)                                                                                    \
	X(UNIT, "unit")                                                                                      \
	X(POD, "pod")                                                                                        \
	X(CONTAINER, "container")                                                                            \
	X(DEPLOYMENT, "deployment")                                                                          \
	X(STATEFULSET, "statefulset")                                                                        \
	X(DAEMONSET, "daemonset")                                                                            \
	X(JOB, "job")                                                                                        \
	X(CRONJOB, "cronjob")                                                                                \
	X(VM, "vm")                                                                                          \
	X(SYSTEM, "system")
enum workload_kind {
#define X(id, name) WORKLOAD_##id,
	WORKLOAD_KINDS(X)
#undef X
		WORKLOAD_KIND_COUNT
};

#define NODE_GPUS_MAX 32 /* that a node has had in one epoch; those beyond have no row */

/* Rows of the ring: a cgroup (shares node energy), a process (shares its cgroup's), a note of the collector to its
 * successor, which readers skip, or a GPU. */
enum row_kind { ROW_CGROUP = 1, ROW_PROCESS = 2, ROW_NOTE = 3, ROW_GPU = 4 };

/* Row flags, in ring and frames. */
#define ROW_FINAL UINT8_C(0x01) /* ended: these are its last numbers */
#define ROW_OTHER UINT8_C(0x02) /* the spill-over row of a full table */
#define ROW_IMPLAUSIBLE                                                                                      \
	UINT8_C(0x04) /* of power frames: its source now tells what is no power of a host, none of it counted */

/* Reserved row ids: no kernfs id is that large. */
#define ROW_ID_OTHER UINT64_MAX       /* cgroups beyond ring_rows */
#define ROW_ID_ENDED (UINT64_MAX - 1) /* ended rows folded together when too many wait for an ack */
#define ROW_ID_NODE  (UINT64_MAX - 2) /* the node itself, only in notes */

/* Bits of ring_tick.flags and power.flags */
#define TICK_FLAG_COARSE  UINT32_C(0x01) /* interval not integrated tick by tick (ring lapped) */
#define TICK_FLAG_PROCFS  UINT32_C(0x02) /* CPU time from /proc, not eBPF */
#define TICK_FLAG_GAP     UINT32_C(0x04) /* the collector was away before this tick */
#define TICK_FLAG_PARTIAL UINT32_C(0x08) /* one of several sources did not answer, or only in part */
#define TICK_FLAG_RESET   UINT32_C(0x10) /* a counter of a source began anew in this interval */
#define TICK_FLAG_IMPLAUSIBLE                                                                                \
	UINT32_C(0x20) /* a source now tells of the node what is no power of a host, none of it counted */

/* Flags of rows of grid data. */
#define GRID_ESTIMATED UINT8_C(0x01)
#define GRID_FORECAST  UINT8_C(0x02)
#define GRID_PRICE     UINT8_C(0x04) /* the value is a price, KRW/kWh, not an intensity */

const char *zone_name(enum zone zone);
const char *power_state_name(enum power_state state);
const char *usage_source_name(enum usage_source source);
const char *workload_kind_name(enum workload_kind kind);
/* The enum value, or -1. */
int workload_kind_from_name(const char *name);
/* Does a zone count towards the total of a node that has the zones of `mask` (bit z: zone z)? psys stands for all of it
 * only where there is no package; core and uncore are parts of package. */
bool zone_is_counted(enum zone zone, uint32_t mask);
