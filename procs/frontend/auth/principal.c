#include "frontend/auth/principal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct principal principal_anyone = { .until_s = UINT64_MAX };

struct principals {
	struct principal all[PRINCIPALS_MAX];
	size_t next; /* where the search for a place goes on: the place given up is the one unused for longest */
};

struct principals *principals_new(void)
{
	return calloc(1, sizeof(struct principals));
}

void principals_free(struct principals *principals)
{
	free(principals);
}

static struct principal *known(struct principals *principals, const struct claim *claim)
{
	for (size_t i = 0; i < PRINCIPALS_MAX; i++) {
		struct principal *principal = &principals->all[i];
		if (principal->kind == claim->kind && strcmp(principal->name, claim->name) == 0 &&
			strcmp(principal->namespaces, claim->namespaces) == 0)
			return principal;
	}
	return NULL;
}

static struct principal *place(struct principals *principals)
{
	for (size_t i = 0; i < PRINCIPALS_MAX; i++) {
		struct principal *principal = &principals->all[principals->next++ % PRINCIPALS_MAX];
		if (principal->holds == 0)
			return principal;
	}
	return NULL;
}

int principals_find(
	struct principals *principals, const struct claim *claim, struct principal **ret_principal)
{
	if (claim->name[0] == '\0' || strlen(claim->name) > PRINCIPAL_NAME_MAX ||
		strlen(claim->namespaces) > PRINCIPAL_NAMESPACES_MAX)
		return -E2BIG;
	struct principal *principal = known(principals, claim);
	if (principal == NULL) {
		principal = place(principals);
		if (principal == NULL)
			return -EBUSY;
		*principal = (struct principal) { .kind = claim->kind };
		snprintf(principal->name, sizeof(principal->name), "%s", claim->name);
		snprintf(principal->namespaces, sizeof(principal->namespaces), "%s", claim->namespaces);
	}
	if (principal->until_s < claim->until_s)
		principal->until_s = claim->until_s;
	principal_hold(principal);
	*ret_principal = principal;
	return 0;
}

void principals_review(struct principals *principals, enum principal_kind kind,
	bool (*is_let_in)(void *context, const struct principal *principal), void *context)
{
	for (size_t i = 0; i < PRINCIPALS_MAX; i++) {
		struct principal *principal = &principals->all[i];
		if (principal->kind == kind && (is_let_in == NULL || !is_let_in(context, principal)))
			principal->until_s = 0;
	}
}

void principal_hold(struct principal *principal)
{
	principal->holds++;
}

void principal_release(struct principal *principal)
{
	if (principal != NULL)
		principal->holds--;
}

bool principal_may_ask(struct principal *principal, uint64_t limit, uint64_t now_ns)
{
	return principal->name[0] == '\0' || rate_take(&principal->rate, limit, now_ns);
}

int principal_may_stream(const struct principal *principal, const struct stream_limits *limits)
{
	if (principal->name[0] != '\0' && principal->streams >= limits->each)
		return -EDQUOT;
	return limits->open < limits->all ? 0 : -EBUSY;
}

void principal_count_stream(struct principal *principal, bool is_open)
{
	if (is_open)
		principal->streams++;
	else
		principal->streams--;
}

bool principal_is_over(const struct principal *principal, uint64_t now_s)
{
	return now_s >= principal->until_s;
}
