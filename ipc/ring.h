/*
 * The hot counters, in a sealed memfd: one writer (collector), many read-only readers (estimator). Everything in it is
 * cumulative, so a reader that comes late loses resolution and no energy.
 *   header 4 KB | RING_TICKS ticks x 512 B | RING_BANKS banks x capacity rows x 256 B
 * Writer: copy the rows to bank seq % 4, write the tick slot, store-release head. Reader: load-acquire head, copy, read head again;
 * a bank is valid while head - seq < 3. Every index read from the ring is checked. The mapping outlives the writer:
 * the supervisor keeps the descriptor, and seq goes on at head + 1 after a restart.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ipc/frame.h"

#define RING_VERSION   3
#define RING_TICKS     4096
#define RING_BANKS     4
#define RING_METER_MAX 8

/* Which counters the rows carry (ring_tick.counters_valid). PASSED: those that go from reading to exposition as they were read, in
 * frames of their own: nothing is split by them there. */
#define COUNTERS(X, PASSED)                                                                                  \
	X(cpu_ns)                                                                                            \
	PASSED(switches)                                                                                     \
	PASSED(cycles)                                                                                       \
	PASSED(instructions)                                                                                 \
	PASSED(cache_misses)                                                                                 \
	PASSED(dtlb_loads)                                                                                   \
	PASSED(minor_faults)                                                                                 \
	PASSED(major_faults)                                                                                 \
	PASSED(cache_adds)                                                                                   \
	PASSED(cache_dirtied)                                                                                \
	PASSED(read_bytes)                                                                                   \
	PASSED(write_bytes)                                                                                  \
	PASSED(io_ops)                                                                                       \
	X(rx_bytes)                                                                                          \
	X(tx_bytes)                                                                                          \
	X(rx_packets)                                                                                        \
	X(tx_packets)                                                                                        \
	PASSED(softirq_ns)                                                                                   \
	X(mem_byte_seconds)                                                                                  \
	X(gpu_uj) /* energy of the GPUs it used, each split by the use of it */
#define COUNTER_IS_NOT_PASSED(name)
#define PASSED_COUNTERS(X) COUNTERS(COUNTER_IS_NOT_PASSED, X)

enum counter {
#define X(name) COUNTER_##name,
	COUNTERS(X, X)
#undef X
		COUNTER_COUNT
};

enum passed_counter {
#define X(name) PASSED_##name,
	PASSED_COUNTERS(X)
#undef X
		PASSED_COUNT
};

struct passed {
	uint64_t by[PASSED_COUNT]; /* since the counters' birth */
};

/* Softirqs counted on the node, as the ec2-0.7.11 models know them. */
enum softirq { SOFTIRQ_BLOCK, SOFTIRQ_NET_RX, SOFTIRQ_NET_TX, SOFTIRQ_COUNT };

struct ring_row {
	uint64_t id;   /* cgroup id, or ROW_ID_*; for a process the id of its cgroup */
	uint32_t tgid; /* 0 for a cgroup */
	uint8_t kind;  /* enum row_kind */
	uint8_t flags; /* ROW_FINAL, ROW_OTHER */
	uint16_t reserved;
	uint64_t start_ns;
	uint64_t counter[COUNTER_COUNT]; /* since the epoch's birth */
	char comm[16];                   /* of a process; not NUL-terminated when all 16 are used */
	char exe[32];                    /* of a process: file name of its executable, "" if unknown */
	uint64_t
		resident_bytes; /* of a process, when it last ran; of a cgroup its working set; 0 = unknown */
	uint64_t oom_kills;     /* of a cgroup, since it was made */
	uint64_t spare;
};
_Static_assert(sizeof(struct ring_row) == 256, "ring row layout");

/* A row of kind ROW_GPU is one GPU; as all rows it is told anew with each tick. */
struct ring_gpu {
	uint64_t reserved;
	uint32_t index; /* as its driver numbers it now */
	uint8_t kind;
	uint8_t spare[3];
	uint64_t uj;        /* since the epoch's birth: its part of the meter of zone gpu */
	uint64_t active_uj; /* the part of it that was somebody's: all rows' counters gpu_uj together */
	char uuid[80], name[96], vendor[24]; /* NUL-terminated */
	uint64_t spares[3];
};
_Static_assert(sizeof(struct ring_gpu) == sizeof(struct ring_row), "a GPU is a row");
_Static_assert(offsetof(struct ring_gpu, kind) == offsetof(struct ring_row, kind), "of this kind");

struct ring_meter {
	uint32_t zone;  /* enum zone */
	uint32_t state; /* enum meter_state */
	uint64_t uj;    /* µJ, unwrapped, since the meter was first read in this epoch */
};

struct ring_tick {
	uint64_t seq;
	uint64_t mono_ns, boot_ns, real_ns;
	uint64_t capacity_ns, busy_ns, idle_ns, steal_ns; /* over all CPUs, since birth */
	struct ring_meter meter[RING_METER_MAX];
	char meter_name[32]; /* "powercap", "fake", "" = no meter */
	uint32_t cpus;
	uint32_t counters_valid; /* bit c set: counter c is counted here */
	uint32_t bank;
	uint32_t rows;
	uint32_t flags; /* TICK_FLAG_* */
	uint32_t reserved;
	uint64_t total
		[COUNTER_COUNT]; /* of the node: all cgroups, ended and forgotten ones too; never go down */
	uint64_t softirqs[SOFTIRQ_COUNT];
};
_Static_assert(sizeof(struct ring_tick) <= 512, "ring tick layout");

/* Creates a sealed memfd for `capacity` rows. The caller owns the descriptor. 0 or -errno. */
int ring_create(uint32_t capacity, const struct epoch *epoch, int *ret_fd);

struct ring_writer;
/* Maps an existing ring (e.g. from the fd store). -EBADMSG when it is not one of ours, so that a new one is made. */
int ring_writer_open(int fd, struct ring_writer **ret_writer);
void ring_writer_free(struct ring_writer *writer);
const struct epoch *ring_writer_epoch(const struct ring_writer *writer);
uint32_t ring_writer_capacity(const struct ring_writer *writer);
uint64_t ring_writer_head(const struct ring_writer *writer);
/* The last published tick, for a writer that restarted; -ENODATA if there is none. */
int ring_writer_last(const struct ring_writer *writer, struct ring_tick *ret_tick);
/* Copies the last published rows into rows[capacity]; 0 rows if there is no tick. */
uint32_t ring_writer_last_rows(const struct ring_writer *writer, struct ring_row *rows);
/* Publishes tick head + 1 with `count` rows (more than the capacity are cut); fills tick->seq, bank, rows. */
void ring_publish(
	struct ring_writer *writer, struct ring_tick *tick, const struct ring_row *rows, uint32_t count);

struct ring_reader;
/* Maps a ring read-only after checking seals, size, magic and version. -EBADMSG, -EPROTONOSUPPORT or -errno. */
int ring_reader_open(int fd, struct ring_reader **ret_reader);
void ring_reader_free(struct ring_reader *reader);
const struct epoch *ring_reader_epoch(const struct ring_reader *reader);
uint32_t ring_reader_capacity(const struct ring_reader *reader);
uint64_t ring_reader_head(const struct ring_reader *reader);
/* Copies tick `seq`. -ESTALE: overwritten. -ENODATA: not yet written. -EBADMSG: nonsense in the slot. */
int ring_read_tick(const struct ring_reader *reader, uint64_t seq, struct ring_tick *ret_tick);
/* Copies the rows of tick `seq` into rows[capacity]. -ESTALE when the writer came round. */
int ring_read_rows(
	const struct ring_reader *reader, uint64_t seq, struct ring_row *rows, uint32_t *ret_count);
