#include "base/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

#define CONNECT_TIMEOUT_MS 5000L
#define EVENTS_PER_TURN    8
#define HEADER_MAX         (20 * 1024)

struct fetch {
	struct loop *loop;
	fetch_done_fn *done;
	void *context;
	CURLM *multi;
	CURL *easy;
	bool is_busy;
	struct source
		sockets; /* an epoll of curl's sockets within ours: readable when any of them is ready */
	struct timer timer;
	struct curl_slist *headers, *addresses;
	char error[CURL_ERROR_SIZE];
	char *body;
	size_t size, room, size_max;
	bool is_too_large;
};

static size_t on_data(char *data, size_t unit, size_t count, void *context)
{
	struct fetch *fetch = context;
	size_t more = unit * count, room = fetch->room;

	if (more > fetch->size_max - fetch->size) {
		fetch->is_too_large = true;
		return 0;
	}
	while (room < fetch->size + more + 1)
		room = room > 0 ? room * 2 : 64 * 1024;
	if (room != fetch->room) {
		char *grown = realloc(fetch->body, room);
		if (grown == NULL)
			return 0;
		fetch->body = grown;
		fetch->room = room;
	}
	memcpy(fetch->body + fetch->size, data, more);
	fetch->size += more;
	fetch->body[fetch->size] = '\0';
	return more;
}

static void forget_answer(struct fetch *fetch)
{
	free(fetch->body);
	fetch->body = NULL;
	fetch->size = fetch->room = 0;
	fetch->is_too_large = false;
}

static void finish(struct fetch *fetch, CURLcode code)
{
	struct fetch_answer answer = { .body = fetch->body != NULL ? fetch->body : "", .size = fetch->size };

	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	if (fetch->is_too_large || code == CURLE_FILESIZE_EXCEEDED)
		answer.error = "the answer is too large";
	else if (code != CURLE_OK)
		answer.error = fetch->error[0] != '\0' ? fetch->error : curl_easy_strerror(code);
	curl_multi_remove_handle(fetch->multi, fetch->easy);
	fetch->is_busy = false;
	fetch->done(fetch->context, &answer);
	if (!fetch->is_busy) /* else `done` has begun another */
		forget_answer(fetch);
}

static void act(struct fetch *fetch, curl_socket_t socket, int flags)
{
	CURLMsg *message;
	int running, left;

	curl_multi_socket_action(fetch->multi, socket, flags, &running);
	while ((message = curl_multi_info_read(fetch->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			finish(fetch, message->data.result);
			return; /* the only one there was */
		}
}

static int on_sockets(struct source *source)
{
	struct fetch *fetch = container_of(source, struct fetch, sockets);
	struct epoll_event events[EVENTS_PER_TURN];
	int count = epoll_wait(source->fd, events, EVENTS_PER_TURN, 0);

	for (int i = 0; i < count; i++)
		act(fetch, events[i].data.fd,
			((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
				((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
				((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
	return 0;
}

static int on_timer(struct timer *timer)
{
	act(container_of(timer, struct fetch, timer), CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
	struct fetch *fetch = context;
	struct epoll_event event = { .data.fd = socket };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(fetch->sockets.fd, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	event.events =
		((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
	if (epoll_ctl(fetch->sockets.fd, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) < 0)
		return -1;
	curl_multi_assign(fetch->multi, socket, fetch);
	return 0;
}

static int watch_time(CURLM *multi, long timeout_ms, void *context)
{
	struct fetch *fetch = context;

	(void)multi;
	if (timeout_ms < 0)
		return timer_set(&fetch->timer, UINT64_MAX / 4, 0) < 0 ? -1 : 0;
	return timer_set(&fetch->timer, (uint64_t)timeout_ms * NS_PER_MILLISECOND, 0) < 0 ? -1 : 0;
}

static int open_all(struct fetch *fetch)
{
	int r;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (fetch->multi = curl_multi_init()) == NULL ||
		(fetch->easy = curl_easy_init()) == NULL)
		return -ENOMEM;
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, watch_time);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
	fetch->sockets = (struct source) { epoll_create1(EPOLL_CLOEXEC), on_sockets };
	if (fetch->sockets.fd < 0)
		return -errno;
	if ((r = timer_open(&fetch->timer, on_timer)) < 0 ||
		(r = loop_add(fetch->loop, &fetch->timer.source)) < 0)
		return r;
	return loop_add(fetch->loop, &fetch->sockets);
}

int fetch_new(struct loop *loop, fetch_done_fn *done, void *context, struct fetch **ret_fetch)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int r;

	if (fetch == NULL)
		return -ENOMEM;
	fetch->loop = loop;
	fetch->done = done;
	fetch->context = context;
	fetch->sockets.fd = fetch->timer.source.fd = -1;
	r = open_all(fetch);
	if (r < 0) {
		fetch_free(fetch);
		return r;
	}
	*ret_fetch = fetch;
	return 0;
}

void fetch_free(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	if (fetch->is_busy)
		curl_multi_remove_handle(fetch->multi, fetch->easy);
	curl_easy_cleanup(fetch->easy);
	curl_multi_cleanup(fetch->multi);
	curl_slist_free_all(fetch->headers);
	curl_slist_free_all(fetch->addresses);
	timer_close(&fetch->timer);
	closep(&fetch->sockets.fd);
	forget_answer(fetch);
	free(fetch);
}

static bool add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	*list = longer != NULL ? longer : *list;
	return longer != NULL;
}

static bool is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int set_lists(struct fetch *fetch, const struct fetch_request *request)
{
	char line[HEADER_MAX], accept[128];
	int size = snprintf(line, sizeof(line), "Authorization: Bearer %s", request->token);

	curl_slist_free_all(fetch->headers);
	curl_slist_free_all(fetch->addresses);
	fetch->headers = fetch->addresses = NULL;
	if (size >= (int)sizeof(line))
		return -E2BIG;
	snprintf(accept, sizeof(accept), "Accept: %s",
		request->accept != NULL ? request->accept : "application/json");
	if (!add_line(&fetch->headers, accept) ||
		(request->token[0] != '\0' && !add_line(&fetch->headers, line)) ||
		(is_set(request->header) && !add_line(&fetch->headers, request->header)) ||
		(request->address[0] != '\0' && !add_line(&fetch->addresses, request->address)))
		return -ENOMEM;
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers);
	curl_easy_setopt(fetch->easy, CURLOPT_RESOLVE, fetch->addresses);
	return 0;
}

static struct curl_blob blob_of(const char *text)
{
	/* curl does not write to it */
	return (struct curl_blob) {
		.data = (void *)(uintptr_t)text, .len = strlen(text), .flags = CURL_BLOB_COPY
	};
}

static bool set_tls(CURL *easy, const struct fetch_request *request)
{
	struct curl_blob authorities = blob_of(request->authorities);
	struct curl_blob certificate = blob_of(request->certificate), key = blob_of(request->key);
	long is_verified = request->is_insecure ? 0L : 1L;

	/* No authority but the given ones: Debian's curl would trust /etc/ssl/certs too. */
	return curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, is_verified) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L * is_verified) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       (!is_set(request->pin) ||
		       curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, request->pin) == CURLE_OK) &&
	       (authorities.len == 0 ||
		       curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authorities) == CURLE_OK) &&
	       (certificate.len == 0 ||
		       (curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &certificate) == CURLE_OK &&
			       curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key) == CURLE_OK));
}

static bool set_limits(struct fetch *fetch, const struct fetch_request *request)
{
	CURL *easy = fetch->easy;

	long is_fresh = request->is_kept ? 0L : 1L;

	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
		       request->may_be_plain ? "https,http" : "https") == CURLE_OK &&
	       (request->body == NULL ||
		       curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body) == CURLE_OK) &&
	       (!is_set(request->user) ||
		       (curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
			       curl_easy_setopt(easy, CURLOPT_USERPWD, request->user) == CURLE_OK)) &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       /* fresh: certificates rotate. curl never gives a kept connection to other certificates. */
	       curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, is_fresh) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, is_fresh) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->size_max) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
}

int fetch_start(struct fetch *fetch, const struct fetch_request *request)
{
	int r;

	if (fetch->is_busy)
		return -EBUSY;
	curl_easy_reset(fetch->easy);
	forget_answer(fetch);
	fetch->size_max = request->size_max;
	fetch->error[0] = '\0';
	if ((r = set_lists(fetch, request)) < 0)
		return r;
	if (!set_limits(fetch, request) || !set_tls(fetch->easy, request) ||
		curl_multi_add_handle(fetch->multi, fetch->easy) != CURLM_OK)
		return -ENOMEM;
	fetch->is_busy = true;
	return 0;
}
