/*
 * The layout of klib's khash 0.2.8, which h2o 2.2.5 is compiled with and <h2o/http2_internal.h> includes; Debian has no
 * package of it. What an inline function there calls is here in name only: nobody calls that one.
 */
#pragma once

#include <stdint.h>

typedef uint32_t khiter_t;

#define khash_t(name) kh_##name##_t
#define KHASH_MAP_INIT_INT64(name, type)                                                                     \
	typedef struct {                                                                                     \
		uint32_t n_buckets, size, n_occupied, upper_bound;                                           \
		uint32_t *flags; /* two bits a bucket: 2 empty, 1 deleted */                                 \
		uint64_t *keys;                                                                              \
		type *vals;                                                                                  \
	} kh_##name##_t;

#define kh_get(name, table, key) ((void)(table), (void)(key), 0)
#define kh_end(table)            ((table)->n_buckets)
#define kh_val(table, at)        ((table)->vals[at])
