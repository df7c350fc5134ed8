/* When may the estimator forget what ended? When its series have been there for max(3 intervals, 5 min). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define ACK_AFTER_NS (300 * NS_PER_SECOND)
#define ACK_EVERY_NS (10 * NS_PER_SECOND)
#define ACK_SLOTS    64 /* they span longer than ACK_AFTER_NS */

struct acks {
	struct {
		uint64_t seq, mono_ns;
	} received[ACK_SLOTS];
	uint64_t count, next_ns, keep_ns;
};

void acks_init(struct acks *acks, uint64_t interval_ns);
/* A new energy epoch: earlier sequence numbers mean nothing any more. */
void acks_forget(struct acks *acks);
/* Notes a power frame; true every ACK_EVERY_NS or less often: time to acknowledge what acks_committed() says. */
bool acks_note(struct acks *acks, uint64_t seq, uint64_t now_ns);
/* The newest sequence number that is old enough, 0 = none. */
uint64_t acks_committed(const struct acks *acks, uint64_t now_ns);
