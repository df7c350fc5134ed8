/* An Authorization header taken apart, and the sums that stand for bearer tokens in files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORIZATION_MAX 4096 /* a longer header is wrong */
#define AUTHORIZATION_SUM 32   /* bytes of SHA-256 */

struct authorization {
	bool is_basic;                  /* else bearer */
	char user[AUTHORIZATION_MAX];   /* NUL-terminated */
	char secret[AUTHORIZATION_MAX]; /* password or token */
};
/* 0 or -EBADMSG. */
int authorization_parse(const char *header, size_t size, struct authorization *ret_authorization);

/* 64 hexadecimal digits at the beginning of a text, then a space, a tab or its end. 0 or -EBADMSG. */
int authorization_read_sum(const char *text, uint8_t ret_sum[static AUTHORIZATION_SUM]);
void authorization_sum(const char *token, uint8_t ret_sum[static AUTHORIZATION_SUM]);
/* In constant time. */
bool authorization_is_sum(
	const uint8_t one[static AUTHORIZATION_SUM], const uint8_t other[static AUTHORIZATION_SUM]);
