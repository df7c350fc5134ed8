/* The endpoint's key and certificate: given by the operator, or self-signed, made at the first start and kept. */
#pragma once

#include <openssl/ssl.h>

#define TLS_PIN_SIZE  64
#define TLS_PATH_SIZE 600

struct tls_files {
	char key[TLS_PATH_SIZE], certificate[TLS_PATH_SIZE]; /* PEM; the certificate with its chain */
	char client_ca[TLS_PATH_SIZE]; /* PEM; "" = no client certificate is asked for */
};

struct tls_facts {
	char pin[TLS_PIN_SIZE]; /* base64 SHA-256 of the public key, as curl --pinnedpubkey takes it */
	uint64_t end_s;         /* when the certificate ends, Unix time */
};

/* Makes key (0600) and certificate where one of them is missing. 0 or -errno. */
int tls_make_files(const struct tls_files *files);
/* A server context of TLS 1.2 and 1.3, all read anew. 0, -errno, -EBADMSG (what OpenSSL does not take), or -EKEYREJECTED
 * (key and certificate are no pair). */
int tls_load(const struct tls_files *files, SSL_CTX **ret_tls, struct tls_facts *ret_facts);
