#include "cli/models_reason.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

#define GENERAL         "curve:"
#define GENERAL_LICENCE "Apache-2.0"

static bool is_made_of(const struct model_choice *choice, const struct candidate *candidate)
{
	size_t length = strlen(candidate->file.name);
	const char *base = strrchr(candidate->file.name, '/');
	char name[MODEL_NAME_BYTES * 2];

	if (strncmp(choice->name, candidate->file.name, length) == 0 && choice->name[length] == '/')
		return true;
	snprintf(name, sizeof(name), "%s/%s", candidate->file.variant[0].name,
		base != NULL ? base + 1 : candidate->file.name);
	return candidate->file.is_upstream && candidate->fit >= FIT_SAME_CPU &&
	       strcmp(choice->name, name) == 0;
}

bool models_is_chosen(const struct view *view, const struct candidate *candidate)
{
	for (uint32_t i = 0; i < view->model.choices; i++)
		if (is_made_of(&view->model.choice[i], candidate))
			return true;
	return false;
}

void models_say_reason(const struct view *view, const struct candidate *candidate, char *text, size_t size)
{
	const struct model_file *file = &candidate->file;

	snprintf(text, size, "%s", candidate->reason);
	if (!language_is_korean())
		return;
	switch (candidate->fit) {
	case FIT_UNREADABLE: break;
	case FIT_OTHER_HOST: snprintf(text, size, "다른 CPU: %s", file->cpu); break;
	case FIT_NOT_STATED:
		snprintf(text, size, "어느 호스트의 것인지 파일에 없어 이름으로만 지정할 수 있음");
		break;
	case FIT_SAME_CPU: snprintf(text, size, "CPU가 같은(%s) 다른 호스트", file->cpu); break;
	case FIT_HOST_TYPE:
		snprintf(text, size, "이 호스트는 %s이며 스레드 %u개 가운데 %u개가 여기에 있음",
			file->product, file->threads,
			view->host.cpus < file->threads ? view->host.cpus : file->threads);
		break;
	}
}

/* The file a choice was made of; NULL: the general curve, or a file that lies elsewhere. */
static const struct candidate *candidate_of(const struct view *view, const struct model_choice *choice)
{
	for (size_t i = 0; i < view->catalogue.count; i++)
		if (is_made_of(choice, &view->catalogue.all[i]))
			return &view->catalogue.all[i];
	return NULL;
}

bool models_is_general(const struct model_choice *choice)
{
	return strncmp(choice->name, GENERAL, strlen(GENERAL)) == 0;
}

void models_say_why(const struct view *view, const struct model_choice *choice, char *text, size_t size)
{
	const struct candidate *candidate = candidate_of(view, choice);
	const char *known = choice->name + strlen(GENERAL);

	text[0] = '\0';
	if (candidate != NULL)
		models_say_reason(view, candidate, text, size);
	else if (!models_is_general(choice))
		snprintf(text, size, "%s",
			in_language("named in tanso.conf (model)", "tanso.conf의 model로 지정됨"));
	else if (strcmp(known, "host-given") == 0)
		snprintf(text, size, "%s",
			in_language("between host_idle_watts and host_full_watts of tanso.conf",
				"tanso.conf의 host_idle_watts와 host_full_watts 사이의 곡선"));
	else if (strcmp(known, "unknown") == 0)
		snprintf(text, size,
			in_language("fits any host: this CPU's generation is not known, so %.2f W idle and "
				    "%.2f W "
				    "at full load a thread, the means over all known",
				"모든 호스트용. 이 CPU의 세대를 알 수 없어 스레드당 유휴 %.2f W, 최대 부하 "
				"%.2f W(모든 "
				"세대의 평균)를 씁니다"),
			(double)view->host.thread_idle_mw / 1000, (double)view->host.thread_full_mw / 1000);
	else
		snprintf(text, size,
			in_language(
				"fits any host of this CPU generation: %.2f W idle and %.2f W at full load a "
				"thread",
				"이 CPU 세대의 모든 호스트용. 스레드당 유휴 %.2f W, 최대 부하 %.2f W"),
			(double)view->host.thread_idle_mw / 1000, (double)view->host.thread_full_mw / 1000);
}

void models_find_source(const struct view *view, const struct model_choice *choice, const char **ret_source,
	const char **ret_licence)
{
	const struct candidate *candidate = candidate_of(view, choice);

	*ret_source = *ret_licence = "";
	if (candidate != NULL) {
		*ret_source = candidate->file.source;
		*ret_licence = candidate->file.licence;
	} else if (models_is_general(choice)) {
		*ret_source = in_language(
			"shape of five AWS hosts' training samples behind kepler-model-db, watts a "
			"thread of Cloud Carbon Footprint",
			"곡선은 kepler-model-db의 학습 표본(AWS 호스트 5종), 스레드당 전력은 Cloud Carbon "
			"Footprint");
		*ret_licence = GENERAL_LICENCE;
	}
}
