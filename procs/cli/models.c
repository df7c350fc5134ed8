/* `tanso models`: every power model there is, whether it fits this machine and why, and the one in use where no meter is. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client/client.h"
#include "base/language.h"
#include "cli/models_reason.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ipc/json_write.h"

static const char help_en[] =
	"Usage: tanso models [--all] [--json] [--lang en|ko] [--config FILE]\n\n"
	"Lists the power models: which fits this machine and why, its stated error, its source and licence.\n"
	"Models answer where no meter is. Reads models_dir only, and needs no root.\n\n"
	"  --all          also those of other machines\n"
	"  --json         everything, for programs\n\n"
	"Exit status: 0 listed, 2 usage or configuration.\n";
static const char help_ko[] =
	"사용법: tanso models [--all] [--json] [--lang en|ko] [--config FILE]\n\n"
	"전력 모델의 목록과 이 기기에 맞는지와 그 이유, 명시된 오차, 출처와 라이선스를 보여 줍니다. 모델은\n"
	"계측기가 없을 때 쓰입니다. models_dir만 읽으며 root 권한이 필요 없습니다.\n\n"
	"  --all          다른 기기용 모델도 보여 줍니다\n"
	"  --json         프로그램용 전체 내용\n\n"
	"종료 코드: 0 출력함, 2 사용법 또는 설정 오류.\n";

struct words {
	const char *machine, *chosen, *error, *hidden[2], *unknown, *fits[5], *general;
};

static const struct words words[] = {
	{ "this machine", "in use here where no meter is", "stated error (k = 1)",
		{ "", " models of other machines; --all shows them" }, "no error stated",
		{ "unreadable", "other host", "not stated", "same CPU", "this host" }, "any host, built in" },
	{ "이 기기", "계측기가 없을 때 이 기기에 쓰이는 모델", "명시된 오차 (k = 1)",
		{ "다른 기기용 모델 ", "개는 --all로 볼 수 있습니다" }, "오차가 명시되지 않음",
		{ "읽을 수 없음", "다른 호스트", "명시되지 않음", "같은 CPU", "이 호스트" },
		"모든 호스트, 내장" },
};
static const char *const fit_names[] = { "unreadable", "other_host", "not_stated", "same_cpu", "host_type" };

struct arguments {
	const char *config;
	bool is_json, is_all;
};

static void write_host(struct json_writer *writer, const struct host *host)
{
	json_open_object(writer, "host");
	json_write_text(writer, "cpu", host->brand);
	json_write_text(writer, "generation", host->generation);
	json_write_text(writer, "product", host->product);
	json_write_text(writer, "host_product", host->host_product);
	json_write_integer(writer, "threads", host->cpus);
	json_write_integer(writer, "host_threads", host->host_threads);
	json_close_object(writer);
}

static void write_choices(struct json_writer *writer, const struct view *view)
{
	const struct model *model = &view->model;
	const char *source, *licence;
	char why[256];

	json_open_array(writer, "in_use");
	for (uint32_t i = 0; i < model->choices; i++) {
		models_find_source(view, &model->choice[i], &source, &licence);
		models_say_why(view, &model->choice[i], why, sizeof(why));
		json_open_object(writer, NULL);
		json_write_text(writer, "name", model->choice[i].name);
		json_write_boolean(writer, "needs_counters", model->choice[i].counters != 0);
		json_write_number(writer, "error_percent", model->choice[i].error_ppm / 1e4);
		json_write_integer(writer, "host_threads", model->choice[i].host_threads);
		json_write_text(writer, "reason", why);
		json_write_text(writer, "source", source);
		json_write_text(writer, "licence", licence);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void write_candidate(struct json_writer *writer, const struct view *view, const struct candidate *one)
{
	json_open_object(writer, NULL);
	json_write_text(writer, "name", one->file.name);
	json_write_text(writer, "path", one->path);
	json_write_text(writer, "fit", fit_names[one->fit]);
	json_write_text(writer, "reason", one->reason);
	json_write_boolean(writer, "in_use", models_is_chosen(view, one));
	json_write_text(writer, "source", one->file.source);
	json_write_text(writer, "licence", one->file.licence);
	json_open_array(writer, "variants");
	for (uint32_t v = 0; v < one->file.variants; v++) {
		const struct model_variant *variant = &one->file.variant[v];
		json_open_object(writer, NULL);
		json_write_text(writer, "name", variant->name);
		json_write_number(writer, "mape_percent", variant->error.mape_ppm / 1e4);
		json_write_number(writer, "interval95_percent", variant->error.interval95_ppm / 1e4);
		json_write_number(
			writer, "error_here_percent", candidate_error_ppm(one, variant, &view->host) / 1e4);
		json_close_object(writer);
	}
	json_close_array(writer);
	json_close_object(writer);
}

static int print_json(const struct view *view)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *text = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	write_host(&writer, &view->host);
	write_choices(&writer, view);
	json_write_text(&writer, "models_dir", view->catalogue.folder);
	json_open_array(&writer, "models");
	for (size_t i = 0; i < view->catalogue.count; i++)
		write_candidate(&writer, view, &view->catalogue.all[i]);
	json_close_array(&writer);
	json_close_object(&writer);
	int r = json_take(&writer, &text, &size);
	if (r == 0)
		puts(text);
	return r;
}

static void print_candidate(const struct view *view, const struct words *say, const struct candidate *one)
{
	char why[256];

	models_say_reason(view, one, why, sizeof(why));
	printf("%c %s  [%s] ", models_is_chosen(view, one) ? '*' : ' ', one->file.name, say->fits[one->fit]);
	terminal_put(stdout, why);
	putchar('\n');
	for (uint32_t v = 0; v < one->file.variants; v++) {
		const struct model_variant *variant = &one->file.variant[v];
		uint32_t here = candidate_error_ppm(one, variant, &view->host);
		printf("      %-18s ", variant->name);
		if (variant->error.mape_ppm > 0)
			printf("MAPE %.1f %%", variant->error.mape_ppm / 1e4);
		else
			fputs(say->unknown, stdout);
		if (variant->error.interval95_ppm > 0)
			printf(", 95 %%: ±%.1f %%", variant->error.interval95_ppm / 1e4);
		if (one->fit >= FIT_SAME_CPU && here > 0)
			printf(", %s ±%.1f %%", say->error, here / 1e4);
		putchar('\n');
	}
	if (one->file.source[0] != '\0')
		printf("      %s (%s)\n", one->file.source, one->file.licence);
}

static void print_choice(const struct view *view, const struct words *say, uint32_t index)
{
	const struct model_choice *choice = &view->model.choice[index];
	const char *source, *licence;
	char why[256];

	printf("  %u. %s%s  %s ±%.1f %%\n     ", index + 1, choice->name,
		choice->counters != 0 ? " (PMU)" : "", say->error, choice->error_ppm / 1e4);
	models_say_why(view, choice, why, sizeof(why));
	terminal_put(stdout, why);
	models_find_source(view, choice, &source, &licence);
	if (source[0] != '\0')
		printf("\n     %s (%s)", source, licence);
	putchar('\n');
}

/* Of no file: it is built in, and stands behind all others. */
static void print_general(const struct view *view, const struct words *say)
{
	for (uint32_t i = 0; i < view->model.choices; i++)
		if (models_is_general(&view->model.choice[i]))
			printf("* %s  [%s]\n", view->model.choice[i].name, say->general);
}

static void print_text(const struct view *view, const struct arguments *arguments)
{
	const struct words *say = &words[language_is_korean()];
	const struct host *host = &view->host;
	size_t hidden = 0;

	printf("%s: ", say->machine);
	terminal_put(stdout, host->brand[0] != '\0' ? host->brand : host->vendor);
	printf(in_language(" (%s), %s%s%u/%u threads\n", " (%s), %s%s스레드 %u/%u\n"), host->generation,
		host->product, host->product[0] != '\0' ? ", " : "", host->cpus, host->host_threads);
	printf("%s:\n", say->chosen);
	for (uint32_t i = 0; i < view->model.choices; i++)
		print_choice(view, say, i);
	putchar('\n');
	print_general(view, say);
	for (size_t i = 0; i < view->catalogue.count; i++) {
		const struct candidate *one = &view->catalogue.all[i];
		bool is_shown = arguments->is_all || one->fit == FIT_UNREADABLE || one->fit >= FIT_SAME_CPU ||
				models_is_chosen(view, one);
		hidden += !is_shown;
		if (is_shown)
			print_candidate(view, say, one);
	}
	if (hidden > 0)
		printf("  %s%zu%s\n", say->hidden[0], hidden, say->hidden[1]);
}

const struct option models_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "lang", required_argument, NULL, 'l' },
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0, 1 = help was printed, -EINVAL */
static int read_arguments(struct arguments *arguments, int argc, char **argv)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", models_options, NULL)) != -1) {
		switch (option) {
		case 'a': arguments->is_all = true; break;
		case 'j': arguments->is_json = true; break;
		case 'l':
			if (take_language("models", optarg) < 0)
				return -EINVAL;
			break;
		case 'c': arguments->config = optarg; break;
		case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
		default: return refuse_option("models", argv);
		}
	}
	return optind == argc ? 0 : refuse_rest("models");
}

static int look(const struct arguments *arguments, struct view *view)
{
	const struct client_place place = { .config_path = arguments->config };
	struct config_error config_error;
	struct model_error error = { "" };
	struct client *client;
	int r = client_new(&client, &place, &config_error);

	if (r < 0) {
		fprintf(stderr, "tanso models: %s\n", r == -EINVAL ? config_error.text : strerror(-r));
		return r;
	}
	const struct config *config = client_config(client);
	if ((r = host_read(config, &view->host)) == 0 &&
		(r = catalogue_read(config, &view->host, &view->catalogue)) == 0)
		r = model_make(config, &view->host, &view->model, &error);
	client_free(client);
	if (r < 0)
		fprintf(stderr, "tanso models: %s\n", error.text[0] != '\0' ? error.text : strerror(-r));
	return r;
}

int verb_models(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct view view = { 0 };
	int r = read_arguments(&arguments, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = look(&arguments, &view);
	if (r == 0) {
		if (arguments.is_json)
			r = print_json(&view);
		else
			print_text(&view, &arguments);
	}
	catalogue_done(&view.catalogue);
	return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
}
