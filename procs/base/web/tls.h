/*
 * The key and certificate of an endpoint: given by the operator, or self-signed, made at the first start and kept. A new
 * one is taken up without a restart; what was in use stays in use until its successor could be read.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/landlock.h"

#define TLS_PIN_SIZE  64
#define TLS_PATH_SIZE 600
#define TLS_FORMER    8 /* contexts kept: 16 s at least, and h2o waits 10 s for a handshake */
#define TLS_WATCH_S   2 /* how often the owner looks for new files */

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

struct tls {
	struct tls_files files; /* set by the owner */
	SSL_CTX *context;       /* NULL = nothing read yet */
	struct tls_facts facts;
	struct file_identity key, certificate, client_ca;
	/* h2o takes a connection's context up at its first byte, unreferenced till then */
	SSL_CTX *former[TLS_FORMER];
	size_t former_count;
};

/* A server context of TLS 1.2 and 1.3 in the place of the one there is, all files read anew. 0, -errno, -EBADMSG (what
 * OpenSSL does not take), or -EKEYREJECTED (key and certificate are no pair): then nothing has changed. */
int tls_load(struct tls *tls);
/* Is one of the files another than at the last call? */
bool tls_has_changed(struct tls *tls);
#define TLS_PLACES_MAX (3 * LANDLOCK_FILE_PLACES)
/* The folders that tls_load() reads in; places has room for TLS_PLACES_MAX. Returns how many. */
size_t tls_places(const struct tls *tls, struct landlock_place *places);
void tls_done(struct tls *tls);
