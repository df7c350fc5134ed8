/* The endpoint's key and certificate: self-signed, made at the first start, kept in the state folder. */
#pragma once

#include <openssl/ssl.h>

#define TLS_PIN_SIZE 64

/* Loads FOLDER/tls.key and tls.crt, making both if they are missing (key 0600). pin: base64 SHA-256 of the public key,
 * as curl --pinnedpubkey takes it. 0, -errno, or -EBADMSG (files that OpenSSL does not take). */
int tls_open(const char *folder, SSL_CTX **ret_tls, char ret_pin[static TLS_PIN_SIZE]);
