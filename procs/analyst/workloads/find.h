/* From a name people give to the one workload, or the parts of one owner, that is meant. */
#pragma once

#include "analyst/answers/question.h"

struct subject {
	char kind[32], namespace[254], name[254];
	bool is_inferred; /* that these are of one owner, or that it has one, is read off names */
	char handle[254]; /* what finds it again: the name, with namespace and kind where the kind was said */
	size_t count;
	int64_t *workloads; /* rising */
};

/* The name may be one that answers show: "namespace/name", or a candidate's "namespace/name (kind)"; or as kubectl writes it:
 * "kind/name", "namespace/kind/name". The caller ends it with subject_done(). 0, -EINVAL with WORKLOAD_NOT_FOUND or
 * AMBIGUOUS_WORKLOAD in `error`, or another -errno. */
void subject_done(struct subject *subject);
int subject_find(const struct question *question, struct subject *ret_subject, struct error_object *error);
/* The shortest names that tell apart those that go by this one: "deployment/web", "shop/web" or "shop/deployment/web". How
 * many; 0 where there is nothing to be told apart. */
#define SUBJECT_FORM_MAX 600
size_t subject_forms(
	const struct question *question, const char *name, char (*forms)[SUBJECT_FORM_MAX], size_t max);
