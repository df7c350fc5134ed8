/* A self-signed certificate for this host. */
#include "base/web/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"

#define VALID_DAYS 3650

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void free_certificate(X509 **certificate)
{
	X509_free(*certificate);
}

static int add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	int is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_added;
}

static X509 *make_certificate(EVP_PKEY *key)
{
	CLEANUP(free_certificate) X509 *certificate = X509_new();
	char host[64] = "localhost", names[160];
	uint64_t serial = 0;

	if (certificate == NULL || RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		return NULL;
	gethostname(host, sizeof(host) - 1);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL);
	X509_NAME_add_entry_by_txt(
		X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (unsigned char *)host, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	snprintf(names, sizeof(names), "DNS:localhost,DNS:%s,IP:127.0.0.1,IP:::1", host);
	if (!add_extension(certificate, NID_subject_alt_name, names) ||
		!add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") ||
		X509_set_pubkey(certificate, key) != 1 || X509_sign(certificate, key, EVP_sha256()) == 0)
		return NULL;
	return TAKE(certificate);
}

/* Written under another name and renamed, so that a kill leaves no half file. */
static FILE *create(const char *path, mode_t mode, char *temporary, size_t size)
{
	snprintf(temporary, size, "%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int finish(FILE *file, int is_written, const char *temporary, const char *path)
{
	int is_closed = fclose(file) == 0;

	return is_written && is_closed && rename(temporary, path) == 0 ? 0 : -EIO;
}

static int make_pair(const char *key_path, const char *certificate_path)
{
	CLEANUP(free_key) EVP_PKEY *key = EVP_EC_gen("P-256");
	CLEANUP(free_certificate) X509 *certificate = key == NULL ? NULL : make_certificate(key);
	char temporary[TLS_PATH_SIZE + 8];

	if (certificate == NULL)
		return -EIO;
	FILE *file = create(key_path, 0600, temporary, sizeof(temporary));
	if (file == NULL)
		return -errno;
	int r = finish(file, PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), temporary, key_path);
	if (r < 0)
		return r;
	file = create(certificate_path, 0644, temporary, sizeof(temporary));
	if (file == NULL)
		return -errno;
	return finish(file, PEM_write_X509(file, certificate), temporary, certificate_path);
}

int tls_make_files(const struct tls_files *files)
{
	if (access(files->key, F_OK) == 0 && access(files->certificate, F_OK) == 0)
		return 0;
	return make_pair(files->key, files->certificate);
}
