/*
 * Faults of nng 1.5.2, mended where the linker's --wrap reaches them (docs/decisions/0021-refused-peers.md). Another version is
 * left as it is.
 */
#include <errno.h>
#include <nng/nng.h>
#include <stdbool.h>
#include <stddef.h>

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

typedef void nng_thread_fn(void *);
int __real_nni_thr_init(void *thread, nng_thread_fn *run, void *context);
int __wrap_nni_thr_init(void *thread, nng_thread_fn *run, void *context);
int __real_nni_taskq_sys_init(void);
int __wrap_nni_taskq_sys_init(void);

/*
 * Two threads run what follows an event, and get in each other's way when a connection ends. The one that learns of the end closes it while
 * the other
 * - puts it on its push socket's list of ready ones, where it stays after it was freed (push0_pipe_ready): the process dies;
 * - sends on what is left of a message (ipc_pipe_send_cb), which no longer ends, and the thread that frees connections waits for
 *   that: nothing is dialled any more by any link of the process, and nng_close() does not return.
 * One thread takes events in the order in which they came: what was sent, then the end. A thread that is to run nothing is none.
 */
static int task_threads = -1; /* -1: others are being started */

int __wrap_nni_taskq_sys_init(void)
{
	task_threads = 0;
	int r = __real_nni_taskq_sys_init();
	task_threads = -1;
	return r;
}

int __wrap_nni_thr_init(void *thread, nng_thread_fn *run, void *context)
{
	bool is_needless = IS_FAULTY && task_threads >= 0 && task_threads++ > 0;

	return __real_nni_thr_init(thread, is_needless ? NULL : run, context);
}

void __real_nni_pipe_send(void *pipe, nng_aio *sending);
void __wrap_nni_pipe_send(void *pipe, nng_aio *sending);

/* What is handed to a connection as it ends is neither sent nor freed. Both callers hold their socket's lock, without which nobody else
 * cancels. */
void __wrap_nni_pipe_send(void *pipe, nng_aio *sending)
{
	__real_nni_pipe_send(pipe, sending);
	if (!IS_FAULTY || nng_aio_result(sending) != NNG_ECANCELED)
		return;
	nng_msg_free(nng_aio_get_msg(sending));
	nng_aio_set_msg(sending, NULL);
}
