/*
 * SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) without OpenSSL's providers, which take a start 3 ms to load and read
 * its configuration: what serves neither TLS nor JSON Web Tokens never loads them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES    32
#define SHA256_KEY_SIZE 32

void sha256_of(const void *text, size_t size, uint8_t ret_sum[static SHA256_BYTES]);
void sha256_mac(const uint8_t key[static SHA256_KEY_SIZE], const void *text, size_t size,
	uint8_t ret_mac[static SHA256_BYTES]);
