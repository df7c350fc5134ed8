/* What `tanso models` says of a model beside its numbers: whether it is in use, why, and whose it is. */
#pragma once

#include "models/catalogue.h"
#include "models/model.h"

struct view {
	struct host host;
	struct model model;
	struct catalogue catalogue;
};

bool models_is_chosen(const struct view *view, const struct candidate *candidate);
/* Why a file fits this machine or not, in the language chosen: the catalogue's own reason is English. */
void models_say_reason(const struct view *view, const struct candidate *candidate, char *text, size_t size);
/* The general curve is built in, of no file. */
bool models_is_general(const struct model_choice *choice);
void models_say_why(const struct view *view, const struct model_choice *choice, char *text, size_t size);
/* "" where the file says none. */
void models_find_source(const struct view *view, const struct model_choice *choice, const char **ret_source,
	const char **ret_licence);
