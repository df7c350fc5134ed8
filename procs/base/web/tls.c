#include "base/web/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"

#define PEM_BYTES_MAX (256U << 10)
#define CHAIN_MAX     16
#define CA_MAX        256

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_context(SSL_CTX **tls)
{
	SSL_CTX_free(*tls);
}

/* A PEM file in memory; *ret_text is freed by the caller after the BIO. */
static int open_pem(const char *path, char **ret_text, BIO **ret_bio)
{
	*ret_text = malloc(PEM_BYTES_MAX);
	if (*ret_text == NULL)
		return -ENOMEM;
	int r = file_read_text(AT_FDCWD, path, *ret_text, PEM_BYTES_MAX);
	if (r < 0)
		return r;
	*ret_bio = BIO_new_mem_buf(*ret_text, r);
	return *ret_bio == NULL ? -ENOMEM : 0;
}

static int use_chain(SSL_CTX *tls, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	CLEANUP(free_bio) BIO *bio = NULL;
	X509 *certificate;
	int r = open_pem(path, &text, &bio), count = 0;

	if (r < 0)
		return r;
	for (; count < CHAIN_MAX && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;
		count++) {
		int is_taken = count == 0 ? SSL_CTX_use_certificate(tls, certificate)
					  : (int)SSL_CTX_add1_chain_cert(tls, certificate);
		X509_free(certificate);
		if (is_taken != 1)
			return -EBADMSG;
	}
	return count > 0 ? 0 : -EBADMSG;
}

static int use_key(SSL_CTX *tls, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	CLEANUP(free_bio) BIO *bio = NULL;
	int r = open_pem(path, &text, &bio);

	if (r < 0)
		return r;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	OPENSSL_cleanse(text, PEM_BYTES_MAX);
	if (key == NULL)
		return -EBADMSG;
	int is_taken = SSL_CTX_use_PrivateKey(tls, key) == 1 && SSL_CTX_check_private_key(tls) == 1;
	EVP_PKEY_free(key);
	return is_taken ? 0 : -EKEYREJECTED;
}

/* Clients must show a certificate of one of these. */
static int require_clients(SSL_CTX *tls, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	CLEANUP(free_bio) BIO *bio = NULL;
	X509 *certificate;
	int r = open_pem(path, &text, &bio), count = 0;

	if (r < 0)
		return r;
	for (; count < CA_MAX && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; count++) {
		int is_taken = X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), certificate) == 1 &&
			       SSL_CTX_add_client_CA(tls, certificate) == 1;
		X509_free(certificate);
		if (!is_taken)
			return -EBADMSG;
	}
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return count > 0 ? 0 : -EBADMSG;
}

static int read_facts(SSL_CTX *tls, struct tls_facts *ret_facts)
{
	unsigned char digest[SHA256_DIGEST_LENGTH], *der = NULL;
	X509 *certificate = SSL_CTX_get0_certificate(tls);
	int size = i2d_PUBKEY(X509_get0_pubkey(certificate), &der);
	struct tm end;

	if (size <= 0 || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return -EBADMSG;
	SHA256(der, (size_t)size, digest);
	OPENSSL_free(der);
	EVP_EncodeBlock((unsigned char *)ret_facts->pin, digest, sizeof(digest));
	ret_facts->end_s = (uint64_t)timegm(&end);
	return 0;
}

static int load(const struct tls_files *files, SSL_CTX **ret_tls, struct tls_facts *ret_facts)
{
	CLEANUP(free_context) SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	static const unsigned char name[] = "tanso";
	int r;

	if (tls == NULL)
		return -ENOMEM;
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* with client certificates a session is resumed only within a context that has a name */
	SSL_CTX_set_session_id_context(tls, name, sizeof(name) - 1);
	r = use_chain(tls, files->certificate);
	if (r == 0)
		r = use_key(tls, files->key);
	if (r == 0 && files->client_ca[0] != '\0')
		r = require_clients(tls, files->client_ca);
	if (r == 0)
		r = read_facts(tls, ret_facts);
	ERR_clear_error(); /* the queue is the whole thread's: nobody else shall find our failures in it */
	if (r == 0)
		*ret_tls = TAKE(tls);
	return r;
}

int tls_load(struct tls *tls)
{
	struct tls_facts facts;
	SSL_CTX *context = NULL;
	int r = load(&tls->files, &context, &facts);

	if (r < 0)
		return r;
	SSL_CTX **former = &tls->former[tls->former_count++ % TLS_FORMER];
	SSL_CTX_free(*former);
	*former = tls->context;
	tls->context = context;
	tls->facts = facts;
	return 0;
}

bool tls_has_changed(struct tls *tls)
{
	bool key = file_has_changed(tls->files.key, &tls->key);
	bool certificate = file_has_changed(tls->files.certificate, &tls->certificate);
	bool client_ca =
		tls->files.client_ca[0] != '\0' && file_has_changed(tls->files.client_ca, &tls->client_ca);

	return key || certificate || client_ca;
}

size_t tls_places(const struct tls *tls, struct landlock_place *places)
{
	size_t count = landlock_file_places(tls->files.key, places);

	count += landlock_file_places(tls->files.certificate, places + count);
	return count + landlock_file_places(tls->files.client_ca, places + count);
}

void tls_done(struct tls *tls)
{
	SSL_CTX_free(tls->context);
	for (size_t i = 0; i < TLS_FORMER; i++)
		SSL_CTX_free(tls->former[i]);
}
