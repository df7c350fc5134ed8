/* From a method's name to its handler, and the handshakes of both eras. */
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/session.h"

#define LEGACY 1u
#define MODERN 2u
#define BOTH   (LEGACY | MODERN)

#define DISCOVER_TTL_MS 3600000

static const struct {
	const char *method;
	unsigned eras;
	mcp_handler_fn *handler;
} methods[] = {
	{ "initialize", LEGACY, mcp_initialize },
	{ "server/discover", MODERN, mcp_discover },
	{ "ping", LEGACY, mcp_ping },
	{ "logging/setLevel", LEGACY, mcp_set_level },
	{ "tools/list", BOTH, mcp_tools_list },
	{ "tools/call", BOTH, mcp_tools_call },
	{ "resources/list", BOTH, mcp_resources_list },
	{ "resources/templates/list", BOTH, mcp_resources_templates },
	{ "resources/read", BOTH, mcp_resources_read },
	{ "resources/subscribe", LEGACY, mcp_subscribe },
	{ "resources/unsubscribe", LEGACY, mcp_unsubscribe },
	{ "subscriptions/listen", MODERN, mcp_listen },
	{ "prompts/list", BOTH, mcp_prompts_list },
	{ "prompts/get", BOTH, mcp_prompts_get },
	{ "completion/complete", BOTH, mcp_complete },
};

static const char *const instructions[] = {
	"tanso measures the power of every workload on this host and compares it with Korean carbon and PUE "
	"benchmarks. Begin with list_top_power_consumers, then assess_workload_compliance with a "
	"workload_name. Statuses are COMPLIANT, NON_COMPLIANT or UNKNOWN; reason_codes say what limits an "
	"answer. 424 gCO2eq/kWh is a benchmark, not a statutory limit.",
	"tanso는 이 호스트의 모든 워크로드가 쓰는 전력을 측정해 한국의 탄소집약도 및 PUE 기준과 비교합니다. "
	"list_top_power_consumers로 시작한 뒤 workload_name을 지정해 assess_workload_compliance를 "
	"호출하십시오. 판정은 "
	"COMPLIANT, NON_COMPLIANT, UNKNOWN이며 reason_codes는 답을 제한하는 이유입니다. 424 gCO2eq/kWh는 "
	"참고 "
	"기준이며 법정 한도가 아닙니다.",
};

void mcp_dispatch(struct mcp_call *call)
{
	bool is_modern = revision_is_modern(call->revision);

	if (call->mcp->extension != NULL && call->mcp->extension->take(call))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if ((methods[i].eras & (is_modern ? MODERN : LEGACY)) != 0 &&
			strcmp(methods[i].method, call->message.method) == 0) {
			methods[i].handler(call);
			return;
		}
	mcp_fail(call, is_modern ? 404 : 200, RPC_METHOD_NOT_FOUND, "no such method", NULL);
}

void mcp_notified(struct mcp *mcp, struct session *session, const struct message *message)
{
	struct json_object *id;

	if (message->kind == MESSAGE_RESPONSE && mcp->extension != NULL)
		mcp->extension->on_response(message);
	if (strcmp(message->method, "notifications/cancelled") != 0 ||
		!json_object_object_get_ex(message->params, "requestId", &id))
		return;
	struct mcp_call *call = mcp_call_find(mcp, session, id);
	if (call != NULL)
		mcp_call_drop(call);
}

static void write_list_capability(struct json_writer *writer, const char *key, const struct mcp *mcp)
{
	json_open_object(writer, key);
	if (mcp->extension != NULL) /* the shipped lists never change while the process runs */
		json_write_boolean(writer, "listChanged", true);
	json_close_object(writer);
}

static void write_empty(struct json_writer *writer, const char *key)
{
	json_open_object(writer, key);
	json_close_object(writer);
}

static void write_capabilities(struct json_writer *writer, const struct mcp *mcp, enum revision revision)
{
	json_open_object(writer, "capabilities");
	write_list_capability(writer, "tools", mcp);
	json_open_object(writer, "resources");
	json_write_boolean(writer, "subscribe", true);
	json_close_object(writer);
	write_list_capability(writer, "prompts", mcp);
	if (revision >= REVISION_2025_03_26)
		write_empty(writer, "completions");
	if (!revision_is_modern(revision)) /* deprecated in the newest: not offered there */
		write_empty(writer, "logging");
	json_close_object(writer);
}

static const char *instructions_for(const struct mcp_call *call)
{
	return instructions[strcmp(call->lang, "ko") == 0];
}

enum revision mcp_negotiate(const struct message *message)
{
	const char *wanted = text_member(message->params, "protocolVersion");
	int known = wanted != NULL ? revision_find(wanted, strlen(wanted)) : -1;

	return known < 0 || revision_is_modern((enum revision)known) ? REVISION_NEWEST_LEGACY
								     : (enum revision)known;
}

void mcp_initialize(struct mcp_call *call)
{
	call->revision = mcp_negotiate(&call->message);
	struct json_writer *writer = mcp_open_result(call);
	json_write_text(writer, "protocolVersion", revision_name(call->revision));
	write_capabilities(writer, call->mcp, call->revision);
	json_write_text(writer, "instructions", instructions_for(call));
	mcp_close_result(call);
}

void mcp_discover(struct mcp_call *call)
{
	struct json_writer *writer = mcp_open_result(call);

	json_open_array(writer, "supportedVersions");
	json_write_text(writer, NULL, revision_name(REVISION_MODERN));
	json_close_array(writer);
	write_capabilities(writer, call->mcp, call->revision);
	json_write_text(writer, "instructions", instructions_for(call));
	mcp_write_cache(call, DISCOVER_TTL_MS, true);
	mcp_close_result(call);
}

void mcp_ping(struct mcp_call *call)
{
	mcp_open_result(call);
	mcp_close_result(call);
}

void mcp_set_level(struct mcp_call *call)
{
	const char *text = text_member(call->message.params, "level");
	int level = text != NULL ? log_level_find(text) : -1;

	if (level < 0) {
		mcp_fail(call, 200, RPC_INVALID_PARAMS,
			"level must be debug, info, notice, warning, error, critical, alert or emergency",
			NULL);
		return;
	}
	if (call->session != NULL)
		call->session->log_level = level;
	mcp_open_result(call);
	mcp_close_result(call);
}
