#include "resolver/kubelet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/address.h"
#include "base/fetch.h"

#define KUBELET_PATH       "/pods"
#define KUBELET_PORT       "10250"
#define KUBELET_ANSWER_MAX (16U << 20) /* 500 pods of 20 KB each, and some */
#define TOKEN_MAX          (16U << 10)
#define PEM_MAX            (256U << 10)
#define HURRY_NS           (2 * NS_PER_SECOND) /* between two requests, whatever is unknown */
#define BACKOFF_FIRST_NS   NS_PER_SECOND       /* doubles up to kubelet_interval_seconds */
#define UNAUTHORIZED       401
#define OK                 200

struct kubelet {
	const struct config *config;
	struct address address;
	struct fetch *fetch;
	struct timer timer;
	kubelet_pods_fn *on_pods;
	void *context;
	uint64_t asked_ns, next_ns, backoff_ns; /* CLOCK_MONOTONIC; backoff 0 = the last request went well */
	bool is_asking, is_second_try;
	char failure[512]; /* what was said last, "" = all is well */
	double *answers, *failures, *pods, *refused;
	char token[TOKEN_MAX];
	char authorities[PEM_MAX], certificate[PEM_MAX], key[PEM_MAX];
};

void kubelet_url_of(const struct config *config, char ret_url[static CONFIG_TEXT_MAX])
{
	const char *node = getenv("NODE_IP");
	bool is_v6 = node != NULL && strchr(node, ':') != NULL;

	ret_url[0] = '\0';
	if (strcmp(config->kubelet_url, "auto") != 0)
		snprintf(ret_url, CONFIG_TEXT_MAX, "%s", config->kubelet_url);
	else if (node != NULL && node[0] != '\0' && getenv("KUBERNETES_SERVICE_HOST") != NULL)
		snprintf(ret_url, CONFIG_TEXT_MAX, "https://%s%.100s%s:" KUBELET_PORT KUBELET_PATH,
			is_v6 ? "[" : "", node, is_v6 ? "]" : "");
}

/* Once per cause, not per request. */
static void fail(struct kubelet *kubelet, const char *text)
{
	uint64_t longest_ns = (uint64_t)kubelet->config->kubelet_interval_seconds * NS_PER_SECOND;

	++*kubelet->failures;
	if (strcmp(kubelet->failure, text) != 0) {
		snprintf(kubelet->failure, sizeof(kubelet->failure), "%s", text);
		log_warning("no pods from %s: %s; trying again, names stay as they are", kubelet->address.url,
			text);
	}
	kubelet->backoff_ns = kubelet->backoff_ns == 0 ? BACKOFF_FIRST_NS : kubelet->backoff_ns * 2;
	if (kubelet->backoff_ns > longest_ns)
		kubelet->backoff_ns = longest_ns;
}

static int set_next(struct kubelet *kubelet, uint64_t wait_ns)
{
	kubelet->next_ns = clock_mono_ns() + wait_ns;
	return timer_set(&kubelet->timer, wait_ns, 0);
}

static int wait_for_next(struct kubelet *kubelet)
{
	return set_next(
		kubelet, kubelet->backoff_ns > 0
				 ? kubelet->backoff_ns
				 : (uint64_t)kubelet->config->kubelet_interval_seconds * NS_PER_SECOND);
}

/* "" where none is configured; -EBADMSG: something that cannot stand in a header. */
static int read_token(const struct kubelet *kubelet, char *token)
{
	int r = 0;

	token[0] = '\0';
	if (kubelet->config->kubelet_token_file[0] != '\0')
		r = file_read_text(AT_FDCWD, kubelet->config->kubelet_token_file, token, TOKEN_MAX);
	if (r < 0)
		return r;
	for (const char *c = token; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return -EBADMSG;
	return 0;
}

static int read_pem(const char *path, char *text)
{
	text[0] = '\0';
	return path[0] == '\0' ? 0 : file_read_text(AT_FDCWD, path, text, PEM_MAX);
}

static bool read_credentials(struct kubelet *kubelet)
{
	const struct config *config = kubelet->config;
	const struct {
		const char *key, *path;
		int r;
	} read[] = {
		{ "kubelet_token_file", config->kubelet_token_file, read_token(kubelet, kubelet->token) },
		{ "kubelet_ca_file", config->kubelet_ca_file,
			config->kubelet_insecure ? 0
						 : read_pem(config->kubelet_ca_file, kubelet->authorities) },
		{ "kubelet_client_cert", config->kubelet_client_cert,
			read_pem(config->kubelet_client_cert, kubelet->certificate) },
		{ "kubelet_client_key", config->kubelet_client_key,
			read_pem(config->kubelet_client_key, kubelet->key) },
	};
	char text[CONFIG_TEXT_MAX + 128];

	for (size_t i = 0; i < ARRAY_SIZE(read); i++)
		if (read[i].r < 0) {
			snprintf(text, sizeof(text), "cannot read %s = %s: %s", read[i].key, read[i].path,
				strerror(-read[i].r));
			fail(kubelet, text);
			return false;
		}
	return true;
}

static int ask(struct kubelet *kubelet)
{
	const struct fetch_request request = {
		.url = kubelet->address.url,
		.address = kubelet->address.resolve,
		.token = kubelet->token,
		.authorities = kubelet->authorities,
		.certificate = kubelet->certificate,
		.key = kubelet->key,
		.is_insecure = kubelet->config->kubelet_insecure,
		.timeout_ms = (uint64_t)kubelet->config->kubelet_timeout_seconds * 1000,
		.size_max = KUBELET_ANSWER_MAX,
	};

	kubelet->asked_ns = clock_mono_ns();
	if (!read_credentials(kubelet))
		return wait_for_next(kubelet);
	int r = fetch_start(kubelet->fetch, &request);
	kubelet->is_asking = r == 0;
	if (r == 0)
		return 0;
	fail(kubelet, strerror(-r));
	return wait_for_next(kubelet);
}

static int on_timer(struct timer *timer)
{
	struct kubelet *kubelet = container_of(timer, struct kubelet, timer);

	if (kubelet->is_asking)
		return 0;
	kubelet->is_second_try = false;
	return ask(kubelet);
}

static bool token_has_changed(const struct kubelet *kubelet)
{
	CLEANUP(freep) char *now = malloc(TOKEN_MAX);

	return now != NULL && read_token(kubelet, now) == 0 && strcmp(now, kubelet->token) != 0;
}

static void take(struct kubelet *kubelet, const struct fetch_answer *answer)
{
	struct pods *pods;
	int r = pods_parse(answer->body, answer->size, &pods);

	if (r < 0) {
		fail(kubelet, r == -EBADMSG ? "the answer is no PodList"
			      : r == -E2BIG ? "the answer lists too many pods"
					    : strerror(-r));
		return;
	}
	++*kubelet->answers;
	*kubelet->pods = (double)pods_count(pods);
	*kubelet->refused += (double)pods_refused(pods);
	kubelet->backoff_ns = 0;
	if (kubelet->failure[0] != '\0')
		log_info("%s answers again", kubelet->address.url);
	kubelet->failure[0] = '\0';
	kubelet->on_pods(kubelet->context, pods);
}

static void on_answer(void *context, const struct fetch_answer *answer)
{
	struct kubelet *kubelet = context;
	char text[128];

	kubelet->is_asking = false;
	if (answer->error == NULL && answer->status == UNAUTHORIZED && !kubelet->is_second_try &&
		token_has_changed(kubelet)) {
		kubelet->is_second_try = true;
		ask(kubelet);
		return;
	}
	/* before the list is handed on: whoever gets it may hurry */
	if (answer->error == NULL && answer->status == OK) {
		kubelet->next_ns = UINT64_MAX;
		take(kubelet, answer);
		if (kubelet->next_ns != UINT64_MAX)
			return;
	} else if (answer->error != NULL) {
		fail(kubelet, answer->error);
	} else {
		snprintf(text, sizeof(text), "HTTP status %ld%s", answer->status,
			answer->status >= 300 && answer->status < 400 ? " (redirects are not followed)"
			: answer->status == UNAUTHORIZED              ? " (is the token valid?)"
			: answer->status == 403 ? " (the account may not get nodes/pods, or nodes/proxy)"
						: "");
		fail(kubelet, text);
	}
	wait_for_next(kubelet);
}

void kubelet_hurry(struct kubelet *kubelet)
{
	uint64_t now_ns = clock_mono_ns(), soonest_ns = kubelet->asked_ns + HURRY_NS;

	if (kubelet->is_asking || kubelet->backoff_ns > 0)
		return;
	if (soonest_ns < now_ns)
		soonest_ns = now_ns;
	if (soonest_ns < kubelet->next_ns)
		set_next(kubelet, soonest_ns - now_ns);
}

int kubelet_new(const struct config *config, struct loop *loop, struct stats *stats, kubelet_pods_fn *on_pods,
	void *context, struct kubelet **ret_kubelet)
{
	char url[CONFIG_TEXT_MAX];
	const char *reason;
	struct kubelet *kubelet = calloc(1, sizeof(*kubelet));
	int r;

	if (kubelet == NULL)
		return -ENOMEM;
	*kubelet = (struct kubelet) { .config = config, .on_pods = on_pods, .context = context };
	kubelet->timer.source.fd = -1;
	kubelet->answers = stats_entry(stats, STAT_COUNTER, "kubelet_requests_total", "result=\"ok\"");
	kubelet->failures = stats_entry(stats, STAT_COUNTER, "kubelet_requests_total", "result=\"failed\"");
	kubelet->pods = stats_entry(stats, STAT_GAUGE, "kubelet_pods", "");
	kubelet->refused = stats_entry(stats, STAT_COUNTER, "kubelet_pods_refused_total", "");
	kubelet_url_of(config, url);
	if ((r = address_find(url, KUBELET_PATH, false, &kubelet->address, &reason)) < 0)
		log_error("kubelet_url = %s: %s", url,
			r == -EINVAL ? "no https URL (https://HOST:10250)" : reason);
	else if ((r = fetch_new(loop, on_answer, kubelet, &kubelet->fetch)) == 0 &&
		 (r = timer_open(&kubelet->timer, on_timer)) == 0)
		r = loop_add(loop, &kubelet->timer.source);
	if (r < 0) {
		kubelet_free(kubelet);
		return r;
	}
	if (config->kubelet_insecure)
		log_warning(
			"kubelet_insecure = yes: whoever answers at %s is believed, and sees the token", url);
	*ret_kubelet = kubelet;
	return 0;
}

void kubelet_free(struct kubelet *kubelet)
{
	if (kubelet == NULL)
		return;
	fetch_free(kubelet->fetch);
	timer_close(&kubelet->timer);
	free(kubelet);
}

uint16_t kubelet_port(const struct kubelet *kubelet)
{
	return kubelet->address.port;
}

int kubelet_begin(struct kubelet *kubelet)
{
	return set_next(kubelet, 0);
}
