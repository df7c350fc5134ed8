/*
 * What a stage does not start of nng, which is linked in (docs/decisions/0030-archives.md): the linker's --wrap puts these
 * functions in the place of its own (src/platform/posix/posix_thread.c, src/core/taskq.c, src/core/aio.c and
 * src/supplemental/tls/tls_common.c of 1.5.2). With an nng of other names Mbed TLS is missed at link time, and a test counts
 * the threads.
 */
int __wrap_nni_plat_ncpu(void);
int __wrap_nni_posix_resolv_sysinit(void);
void __wrap_nni_posix_resolv_sysfini(void);
int __wrap_nng_tls_engine_init_mbed(void);
void __wrap_nng_tls_engine_fini_mbed(void);

/* Threads for expiries are as many as on a host of one CPU, 1, however many it has (and for tasks, see faults.c): a link carries
 * ten frames a second. */
int __wrap_nni_plat_ncpu(void)
{
	return 1;
}

/* 4 threads that resolve names: links are unix sockets. */
int __wrap_nni_posix_resolv_sysinit(void)
{
	return 0;
}

void __wrap_nni_posix_resolv_sysfini(void)
{
}

/* Mbed TLS, which is not even linked then. */
int __wrap_nng_tls_engine_init_mbed(void)
{
	return 0;
}

void __wrap_nng_tls_engine_fini_mbed(void)
{
}
