/*
 * The cli's way to the frontend: HTTP over RUNTIME_DIR/frontend/http.sock where that can be reached, else over
 * http_listen; or to a given URL. Never by a proxy. Answers are bounded. One client, one request at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"

#define CLIENT_ANSWER_MAX (16U << 20)

/* Where to ask; every member may be NULL. */
struct client_place {
	const char *url;         /* "http://host:port", with or without "/mcp" */
	const char *runtime_dir; /* look for the socket here first; with a url: then there */
	const char *config_path;
	const char *ca;         /* PEM file of the authorities to believe instead of the system's */
	const char *token_file; /* its first line is the bearer token; NULL: TANSO_TOKEN of the environment;
				 * outlives the client */
};

struct client_answer {
	int status;       /* HTTP */
	const char *body; /* NUL-terminated, valid until the next request */
	size_t size;
};

struct client;
struct curl_slist;

/* 0, or -errno after filling `error` (a configuration that cannot be read). */
int client_new(struct client **ret_client, const struct client_place *place, struct config_error *error);
void client_free(struct client *client);
const struct config *client_config(const struct client *client);

/* "Name: value" lines for all requests that follow; the same name again replaces it, NULL takes it out. 0 or -ENOMEM. */
int client_set_header(struct client *client, const char *name, const char *value);
/* A curl handle of its own for a request at `path` of where this client asks: address, limits, TLS; `headers` gets what
 * client_set_header() set. The caller's to clean up; NULL: out of memory. */
void *client_handle(struct client *client, const char *path, struct curl_slist **headers);
/* Nobody was there: the next request looks for the place anew. */
void client_forget_place(struct client *client);
/* POST where body is not NULL, else GET. 0; -ECONNREFUSED: nobody there; -ETIMEDOUT; -E2BIG; -EIO. */
int client_ask(struct client *client, const char *path, const char *body, size_t size,
	struct client_answer *ret_answer);
/* GET of any URL, its certificate unchecked: for asking on loopback whether somebody is there. As client_ask(). */
int client_probe(struct client *client, const char *url, struct client_answer *ret_answer);
/* What is wrong with the place and what to do, in a phrase; NULL = nothing beside the error. */
const char *client_trouble(const struct client *client, bool is_korean);
/* The same for a CURLcode of client_handle()'s. */
const char *client_trouble_of(int code, bool is_korean);
/* The token file again: true when it now holds another token, which is sent from then on. */
bool client_reread_token(struct client *client);
/* Did the last request go to this machine? */
bool client_is_local(const struct client *client);
/* Where the last request went, for messages. */
const char *client_address(const struct client *client);
