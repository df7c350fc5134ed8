/* `tanso up --check`: the stages themselves say what they would refuse, by the functions they start with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "base/stage.h"
#include "cli/up/host.h"
#include "cli/verbs.h"

#define WORDS_MAX 80

static void exec_check(enum stage stage, const char *binary_dir, char *const *arguments)
{
	static char set[] = "--set", level[] = "log_level=warning", check[] = "--check";
	char path[CONFIG_TEXT_MAX + 32], *words[WORDS_MAX] = { path };
	size_t count = 1;

	snprintf(path, sizeof(path), "%s/tanso-%s", binary_dir, stage_name(stage));
	for (size_t i = 0; arguments[i] != NULL && count + 4 < WORDS_MAX; i++)
		words[count++] = arguments[i];
	words[count++] = set;
	words[count++] = level;
	words[count++] = check;
	unsetenv("NOTIFY_SOCKET"); /* what they say is for people */
	unsetenv("JOURNAL_STREAM");
	setenv(LANGUAGE_VARIABLE, language_name(), 1);
	execv(path, words);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(EXIT_FAILURE);
}

int host_check_stages(unsigned stages, const char *binary_dir, char *const *arguments)
{
	int result = EXIT_SUCCESS, status;

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		if ((stages & (1U << stage)) == 0)
			continue;
		pid_t pid = fork();
		if (pid == 0)
			exec_check((enum stage)stage, binary_dir, arguments);
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
			result = EXIT_UNANSWERED;
	}
	return result;
}
