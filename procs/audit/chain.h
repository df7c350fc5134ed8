/*
 * The hash chain of the ledger: h_i = SHA-256(hex(h_{i-1}) + LF + canonical JSON of record i), h_0 = 64 zeros. Canonical: keys
 * in the order of their bytes, no blanks, UTF-8 as it is. Anybody can follow it with sha256sum.
 */
#pragma once

#include <json-c/json.h>
#include <stddef.h>

#include "ipc/json_write.h"

#define CHAIN_HEX_SIZE 65 /* 64 digits and a NUL */
#define CHAIN_GENESIS  "0000000000000000000000000000000000000000000000000000000000000000"

/* One step: *hash becomes that of `record` after it. 0 or -EIO. */
int chain_step(char hash[static CHAIN_HEX_SIZE], const char *record, size_t size);
/* Writes objects, arrays, strings, integers and booleans; anything else sticks as the writer's failure (-EINVAL), for
 * there is more than one way to write a fraction. */
void chain_write_canonical(struct json_writer *writer, const char *key, struct json_object *value);
