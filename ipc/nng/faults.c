/*
 * Faults of nng 1.5.2, mended where the linker's --wrap reaches them (docs/decisions/0021-refused-peers.md). Another version is
 * left as it is.
 */
#include <errno.h>
#include <nng/nng.h>

#define IS_FAULTY (NNG_MAJOR_VERSION == 1 && NNG_MINOR_VERSION == 5)

int __real_nni_plat_errno(int error);
int __wrap_nni_plat_errno(int error);

/*
 * Who writes its half of a handshake to a peer that is gone gets EPIPE. nng calls that NNG_ECLOSED (src/platform/posix/posix_debug.c),
 * which to its dialers and listeners means that they were closed themselves: they never dial or accept again.
 */
int __wrap_nni_plat_errno(int error)
{
	return IS_FAULTY && error == EPIPE ? NNG_ECONNSHUT : __real_nni_plat_errno(error);
}
