#include "exporter/banks.h"

#include <zlib.h>

struct banks_head {
	uint32_t current; /* atomic: 0 or 1 */
	uint32_t reserved[15];
};

struct bank {
	uint64_t crc; /* of size and bytes */
	uint64_t size;
	unsigned char bytes[];
};

size_t banks_bytes(size_t bank_bytes)
{
	return sizeof(struct banks_head) + 2 * (sizeof(struct bank) + bank_bytes);
}

static struct bank *bank_at(const struct banks *banks, uint32_t index)
{
	char *first = (char *)banks->memory + sizeof(struct banks_head);

	return (struct bank *)(void *)(first + index * (sizeof(struct bank) + banks->bank_bytes));
}

/* Zero for a bank of zeroes. */
static uint64_t crc_of(const struct bank *bank)
{
	return bank->size == 0 ? 0
			       : crc32_z(crc32_z(0, (const Bytef *)&bank->size, sizeof(bank->size)),
					 bank->bytes, bank->size);
}

static uint32_t current_of(const struct banks *banks)
{
	return ((const struct banks_head *)banks->memory)->current;
}

void *banks_spare(const struct banks *banks)
{
	return bank_at(banks, 1 - current_of(banks))->bytes;
}

void banks_switch(const struct banks *banks, size_t size)
{
	struct banks_head *head = banks->memory;
	uint32_t other = 1 - head->current;
	struct bank *bank = bank_at(banks, other);

	bank->size = size;
	bank->crc = crc_of(bank);
	__atomic_store_n(&head->current, other, __ATOMIC_RELEASE);
}

const void *banks_current(const struct banks *banks, size_t *ret_size)
{
	if (current_of(banks) > 1)
		return NULL;
	const struct bank *bank = bank_at(banks, current_of(banks));
	if (bank->size > banks->bank_bytes || bank->crc != crc_of(bank))
		return NULL;
	*ret_size = bank->size;
	return bank->bytes;
}
