/*
 * Where nng 1.5.2's thread of sockets spins, mended by the linker's --wrap. Another version is left as it is. All by itself in an object, as
 * the loop's calls come here too, in programs without nng.
 */
#include <nng/nng.h>
#include <sys/epoll.h>

#define IS_SPINNING (NNG_MAJOR_VERSION == 1 && NNG_MINOR_VERSION == 5)

int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);

/* A socket that is not connected has hung up, which epoll tells again and again, even who wants to know of nothing
 * (nni_posix_pfd_init), until it is connected or freed. Now once. */
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	if (IS_SPINNING && operation == EPOLL_CTL_ADD && event->events == 0)
		event->events = EPOLLONESHOT;
	return __real_epoll_ctl(epoll, operation, fd, event);
}
