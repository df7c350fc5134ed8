/* Where nng 1.5.2's thread of timers spins, mended by the linker's --wrap. Another version is left as it is. */
#include <nng/nng.h>
#include <stdint.h>

#define IS_EARLY (NNG_MAJOR_VERSION == 1 && NNG_MINOR_VERSION == 5)

int __real_nni_cv_until(void *condition, uint64_t until_ms);
int __wrap_nni_cv_until(void *condition, uint64_t until_ms);

/* A timer is over only after the millisecond in which it ends (nni_aio_expire_loop), for whose beginning it waits. 0 and
 * UINT64_MAX are no times. */
int __wrap_nni_cv_until(void *condition, uint64_t until_ms)
{
	return __real_nni_cv_until(
		condition, until_ms + (IS_EARLY && until_ms != 0 && until_ms != UINT64_MAX));
}
