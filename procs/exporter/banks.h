/*
 * Bytes that survive a kill at any instruction, in memory that outlives the process: two banks with a checksum each. A
 * write fills the bank that is not the current one and then switches with one store, so the current one is whole at any
 * time; should it not be, something else wrote there.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct banks {
	void *memory; /* banks_bytes(bank_bytes) bytes, zero at first: an empty bank */
	size_t bank_bytes;
};

size_t banks_bytes(size_t bank_bytes);
/* Where the next write goes: room for bank_bytes. */
void *banks_spare(const struct banks *banks);
/* Makes the first `size` bytes of the spare bank the current ones. */
void banks_switch(const struct banks *banks, size_t size);
/* The current bytes, valid until the second switch from now; NULL when they are not whole. */
const void *banks_current(const struct banks *banks, size_t *ret_size);
