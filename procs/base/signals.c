#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"

static int on_signal(struct source *source)
{
	struct signals *signals = container_of(source, struct signals, source);
	struct signalfd_siginfo info;

	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			signals->is_stopping = true;
		else if (signals->reload != NULL)
			signals->reload(signals->context);
	}
	return 0;
}

int signals_open(struct signals *signals)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signals->source = (struct source) { signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), on_signal };
	return signals->source.fd < 0 ? -errno : 0;
}

void signals_close(struct signals *signals)
{
	closep(&signals->source.fd);
	signals->source.fd = -1;
}
