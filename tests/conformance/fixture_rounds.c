/* Calls that need several rounds (SEP-2322): the answer asks for input, and the client calls again with it. */
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "tests/conformance/fixture.h"

#define ELICIT(key, message, property, type)                                                                 \
	"\"" key "\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"" message                  \
	"\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"" property "\":{\"type\":\"" type     \
	"\"}},\"required\":[\"" property "\"]}}}"
#define SAMPLE(key, text, tokens)                                                                            \
	"\"" key "\":{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":\"user\","   \
	"\"content\":{\"type\":\"text\",\"text\":\"" text "\"}}],\"maxTokens\":" tokens "}}"
#define ROOTS(key) "\"" key "\":{\"method\":\"roots/list\",\"params\":{}}"

#define STATE_SIZE 96

/* One round of one call: asks for `wanted`, unless they are there. */
struct round {
	const char *name;
	const char *wanted[3]; /* keys of inputResponses */
	const char *requests;  /* inputRequests */
	const char *state;     /* what requestState says, NULL = none */
	const char *after;     /* the state this round follows, NULL = the first */
	const char *text;      /* of the answer when nothing more is wanted */
};

static const struct round rounds[] = {
	{ "test_input_required_result_elicitation", { "user_name" },
		ELICIT("user_name", "What is your name?", "name", "string"), NULL, NULL, "Hello!" },
	{ "test_streaming_elicitation", { "user_name" },
		ELICIT("user_name", "What is your name?", "name", "string"), NULL, NULL, "Hello!" },
	{ "test_input_required_result_sampling", { "capital_question" },
		SAMPLE("capital_question", "What is the capital of France?", "100"), NULL, NULL,
		"The model has answered." },
	{ "test_input_required_result_list_roots", { "client_roots" }, ROOTS("client_roots"), NULL, NULL,
		"The roots are known: Test Root." },
	{ "test_input_required_result_request_state", { "confirm" },
		ELICIT("confirm", "Please confirm", "ok", "boolean"), "confirm", NULL, "state-ok" },
	{ "test_input_required_result_tampered_state", { "confirm" },
		ELICIT("confirm", "Please confirm", "ok", "boolean"), "tamper", NULL, "state-ok" },
	{ "test_input_required_result_multiple_inputs", { "user_name", "greeting", "client_roots" },
		ELICIT("user_name", "What is your name?", "name", "string") "," SAMPLE(
			"greeting", "Generate a greeting", "50") "," ROOTS("client_roots"),
		"multiple", NULL, "Everything is known." },
	{ "test_input_required_result_multi_round", { "step1" },
		ELICIT("step1", "Step 1: What is your name?", "name", "string"), "round-1", NULL, NULL },
	{ "test_input_required_result_multi_round", { "step2" },
		ELICIT("step2", "Step 2: What is your favorite color?", "color", "string"), "round-2",
		"round-1", "Both steps are done." },
	{ "test_input_required_result_capabilities", { "greeting" },
		SAMPLE("greeting", "Generate a greeting", "50"), NULL, NULL, "The model has answered." },
	{ "test_input_required_result_prompt", { "user_context" },
		ELICIT("user_context", "What context should the prompt use?", "context", "string"), NULL,
		NULL, NULL },
};

/* state: "<what>.<MAC>"; the key lives as long as this process, and so do the tests. */
static void seal(const char *what, char ret_state[static STATE_SIZE])
{
	static const unsigned char key[] = "conformance fixture";
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned size = sizeof(mac);
	int used = snprintf(ret_state, STATE_SIZE, "%s.", what);

	HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)what, strlen(what), mac, &size);
	for (unsigned i = 0; i < 16; i++)
		used += snprintf(ret_state + used, (size_t)(STATE_SIZE - used), "%02x", mac[i]);
}

static bool is_sealed(const char *state, const char *what)
{
	char wanted[STATE_SIZE];

	seal(what, wanted);
	return strlen(state) == strlen(wanted) && CRYPTO_memcmp(state, wanted, strlen(wanted)) == 0;
}

static bool has_inputs(const struct mcp_call *call, const struct round *round)
{
	struct json_object *given = object_member(call->message.params, "inputResponses", json_type_object);

	for (size_t i = 0; i < ARRAY_SIZE(round->wanted) && round->wanted[i] != NULL; i++)
		if (object_member(given, round->wanted[i], json_type_object) == NULL)
			return false;
	return given != NULL;
}

static void ask(struct mcp_call *call, const struct round *round)
{
	struct json_writer *writer = mcp_open_result_as(call, "input_required");
	char state[STATE_SIZE];

	json_open_object(writer, "inputRequests");
	json_write_raw(writer, NULL, round->requests, strlen(round->requests));
	json_close_object(writer);
	if (round->state != NULL) {
		seal(round->state, state);
		json_write_text(writer, "requestState", state);
	}
	mcp_close_result(call);
}

static void finish(struct mcp_call *call, const struct round *round)
{
	if (round->text != NULL)
		fixture_text(call, round->text);
	else
		fixture_result(call,
			"{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":"
			"\"The context is known.\"}}]}");
}

/* The round whose predecessor's state came along; NULL: the state is not one of ours. */
static const struct round *find_round(const char *name, const char *state, bool *ret_is_name)
{
	const struct round *found = NULL;

	*ret_is_name = false;
	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		if (strcmp(rounds[i].name, name) != 0)
			continue;
		*ret_is_name = true;
		if (state == NULL ? rounds[i].after == NULL
				  : (rounds[i].state != NULL && is_sealed(state, rounds[i].state)))
			found = &rounds[i];
	}
	return found;
}

/* The next round of the same call, or NULL. */
static const struct round *round_after(const struct round *round)
{
	const struct round *next = round + 1;

	return next < rounds + ARRAY_SIZE(rounds) && next->after != NULL &&
			       strcmp(next->name, round->name) == 0
		       ? next
		       : NULL;
}

bool fixture_take_round(struct mcp_call *call, const char *name)
{
	const char *state = text_member(call->message.params, "requestState");
	bool is_name;
	const struct round *round = find_round(name, state, &is_name);

	if (!is_name)
		return false;
	if (round == NULL)
		mcp_fail(call, 200, RPC_INVALID_PARAMS, "requestState is not what was sent", NULL);
	else if (!has_inputs(call, round))
		ask(call, round);
	else if (round_after(round) != NULL)
		ask(call, round_after(round));
	else
		finish(call, round);
	return true;
}
