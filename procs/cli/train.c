/* `tanso train`: a power model from measured samples, with its errors. */
#include "models/train.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "cli/train.h"
#include "cli/refuse.h"
#include "cli/verbs.h"

static const char help_en[] =
	"Usage: tanso train --csv FILE [--csv FILE]... [--watts-column NAME] [--out FILE|FOLDER] [--shape "
	"FILE]\n"
	"       tanso train --live [--minutes N] [--window SECONDS] [--out FILE|FOLDER]\n\n"
	"Fits monotone power models to measured samples, and says how wrong they are on samples they have\n"
	"not seen. One FILE is one host: CSV with the columns cpu_cycles and cpu_instructions (per second, "
	"of\n"
	"the whole host) or busy_ppm, package_watts and, if measured, dram_watts; '# key = value' lines "
	"before\n"
	"name the host (product, cpu, threads). With --live the samples are this host's own, where tanso "
	"runs\n"
	"and a meter is; Ctrl-C ends the collection and keeps what there is. Let the load vary meanwhile.\n\n"
	"  --csv FILE            samples of one host; several: also leave-one-host-out errors\n"
	"  --watts-column NAME   column of package power (package_watts)\n"
	"  --live                collect from this host\n"
	"  --minutes N           how long (30)\n"
	"  --window SECONDS      length of one sample (5)\n"
	"  --out FILE|FOLDER     write the model; for a FOLDER (or several hosts) NAME.json in it\n"
	"  --shape FILE          write the general curve over all hosts (as procs/models/curve.def)\n"
	"  --config FILE         read this tanso.conf\n"
	"  --lang en|ko\n\n"
	"Exit status: 0 done, 2 usage or unusable samples.\n";
static const char help_ko[] =
	"사용법: tanso train --csv FILE [--csv FILE]... [--watts-column NAME] [--out FILE|FOLDER] [--shape "
	"FILE]\n"
	"        tanso train --live [--minutes N] [--window SECONDS] [--out FILE|FOLDER]\n\n"
	"측정 표본에 단조 전력 모델을 맞추고, 학습에 쓰지 않은 표본에서의 오차를 알려 줍니다. FILE 하나가\n"
	"호스트 하나입니다. CSV의 열은 cpu_cycles와 cpu_instructions(호스트 전체, 초당) 또는 busy_ppm,\n"
	"package_watts, 측정했다면 dram_watts이며, 앞의 '# key = value' 줄에 호스트(product, cpu, "
	"threads)를\n"
	"적습니다. --live는 tanso가 실행 중이고 계측기가 있는 이 호스트에서 표본을 모읍니다. Ctrl-C를 "
	"누르면\n"
	"그때까지 모은 표본을 씁니다. 모으는 동안 부하를 다양하게 바꾸십시오.\n\n"
	"  --csv FILE            호스트 하나의 표본. 여럿이면 호스트를 하나씩 뺀 오차도 계산합니다\n"
	"  --watts-column NAME   패키지 전력의 열 이름(package_watts)\n"
	"  --live                이 호스트에서 표본을 모읍니다\n"
	"  --minutes N           모으는 시간(분, 기본값 30)\n"
	"  --window SECONDS      표본 하나의 길이(초, 기본값 5)\n"
	"  --out FILE|FOLDER     모델을 쓸 파일. FOLDER(또는 호스트 여럿)이면 그 안의 NAME.json\n"
	"  --shape FILE          모든 호스트의 일반 곡선을 쓸 파일(procs/models/curve.def 형식)\n"
	"  --config FILE         읽을 tanso.conf\n"
	"  --lang en|ko          언어\n\n"
	"종료 코드: 0 완료, 2 사용법 오류 또는 쓸 수 없는 표본.\n";

struct arguments {
	const char *csv[TRAIN_HOSTS_MAX];
	size_t csv_count;
	const char *watts, *out, *shape, *config;
	double minutes, window_s;
	bool is_live;
};

static int read_number(const char *text, double min, double max, double *ret_number)
{
	char *end;
	double value = strtod(text, &end);

	if (*end != '\0' || !(value >= min && value <= max)) {
		fprintf(stderr,
			in_language("tanso train: '%s' must be a number from %.15g to %.15g\n",
				"tanso train: '%s' 값은 %.15g에서 %.15g까지의 숫자여야 합니다\n"),
			text, min, max);
		return -EINVAL;
	}
	*ret_number = value;
	return 0;
}

static int take_option(struct arguments *arguments, int option, char **argv)
{
	switch (option) {
	case 'f':
		if (arguments->csv_count == TRAIN_HOSTS_MAX) {
			fprintf(stderr,
				in_language("tanso train: more than %d hosts\n",
					"tanso train: 호스트가 %d개를 넘습니다\n"),
				TRAIN_HOSTS_MAX);
			return -EINVAL;
		}
		arguments->csv[arguments->csv_count++] = optarg;
		return 0;
	case 'w': arguments->watts = optarg; return 0;
	case 'o': arguments->out = optarg; return 0;
	case 's': arguments->shape = optarg; return 0;
	case 'c': arguments->config = optarg; return 0;
	case 'l': arguments->is_live = true; return 0;
	case 'm': return read_number(optarg, 0.1, 100000, &arguments->minutes);
	case 'n': return read_number(optarg, 0.05, 3600, &arguments->window_s);
	case 'L': return take_language("train", optarg);
	case 'h': fputs(in_language(help_en, help_ko), stdout); return 1;
	default: return refuse_option("train", argv);
	}
}

const struct option train_options[] = {
	{ "csv", required_argument, NULL, 'f' },
	{ "watts-column", required_argument, NULL, 'w' },
	{ "out", required_argument, NULL, 'o' },
	{ "shape", required_argument, NULL, 's' },
	{ "config", required_argument, NULL, 'c' },
	{ "live", no_argument, NULL, 'l' },
	{ "minutes", required_argument, NULL, 'm' },
	{ "window", required_argument, NULL, 'n' },
	{ "lang", required_argument, NULL, 'L' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0, 1 = help was printed, -EINVAL */
static int read_arguments(struct arguments *arguments, int argc, char **argv)
{
	int option, r = 0;

	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "h", train_options, NULL)) != -1)
		r = take_option(arguments, option, argv);
	while (r == 0 && optind < argc) { /* --csv A B C, as a shell's * gives it */
		optarg = argv[optind++];
		r = take_option(arguments, 'f', argv);
	}
	if (r == 0 && arguments->is_live == (arguments->csv_count > 0))
		return refuse_usage("train", in_language("either --csv FILE or --live",
						     "--csv FILE과 --live 가운데 하나를 지정하십시오"));
	return r;
}

static void print_error(const char *what, const struct fit_error *error)
{
	printf("  %-22s %6.2f %% %8.2f %% %8.2f W  ±%6.1f %%", what, error->mape_ppm / 1e4,
		error->median_ppm / 1e4, error->rmse_mw / 1e3, error->interval95_ppm / 1e4);
	if (error->coverage_ppm > 0)
		printf(" %8.1f %%", error->coverage_ppm / 1e4);
	putchar('\n');
}

static void print_head(const char *title)
{
	printf("%s\n  %-22s %8s %10s %10s %10s %10s\n", title, "", "MAPE", "median", "RMSE", "95 %",
		"covered");
}

static int write_file(const struct model_file *file, const char *out, bool is_folder)
{
	char path[1024];

	snprintf(path, sizeof(path), is_folder ? "%s/%s.json" : "%s", out, file->name);
	CLEANUP(fclosep) FILE *stream = fopen(path, "we");
	if (stream != NULL) {
		train_write(stream, file);
		if (fflush(stream) == 0)
			return 0;
	}
	fprintf(stderr, "tanso train: %s: %s\n", path, strerror(errno));
	return -EINVAL;
}

static int train_each(const struct samples *hosts, size_t count, const struct arguments *arguments)
{
	struct stat facts;
	bool is_folder = count > 1 || (arguments->out != NULL && stat(arguments->out, &facts) == 0 &&
					      S_ISDIR(facts.st_mode));
	double sums[MODEL_FILE_VARIANTS_MAX] = { 0 };
	int r = 0;

	print_head("5-fold, each host");
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct model_file file;
		if ((r = train_host(&hosts[i], &file)) < 0) {
			fprintf(stderr, "tanso train: %s: %s\n", hosts[i].host.product, strerror(-r));
			break;
		}
		for (uint32_t v = 0; v < file.variants; v++) {
			char what[MODEL_NAME_BYTES + 32];
			snprintf(what, sizeof(what), "%s/%s", file.name, file.variant[v].name);
			print_error(what, &file.variant[v].error);
			sums[v] += file.variant[v].error.mape_ppm / 1e4;
		}
		if (arguments->out != NULL)
			r = write_file(&file, arguments->out, is_folder);
	}
	if (r == 0 && count > 1)
		printf("  mean of the hosts      %6.2f %%, without counters %.2f %%\n",
			sums[0] / (double)count, sums[1] / (double)count);
	return r;
}

static void blocked(const struct samples *hosts, size_t count)
{
	double sum = 0;

	print_head("5-fold, windows of about the same load in one fold, by counters");
	for (size_t i = 0; i < count; i++) {
		struct fit_error error;
		if (!hosts[i].has_counters || train_blocked(&hosts[i], true, &error) < 0)
			continue;
		print_error(hosts[i].host.product, &error);
		sum += error.mape_ppm / 1e4;
	}
	printf("  mean of the hosts      %6.2f %%\n", sum / (double)count);
}

static void leave_out(const struct samples *hosts, size_t count)
{
	static const char *const titles[KNOWN_COUNT] = { "Leave one host out, its idle and full watts given",
		"Leave one host out, its CPU generation known", "Leave one host out, its threads known" };

	for (int known = 0; known < KNOWN_COUNT; known++) {
		double sum = 0;
		print_head(titles[known]);
		for (size_t i = 0; i < count; i++) {
			struct fit_error error;
			int r = train_leave_out(hosts, count, i, (enum known_watts)known, &error);
			if (r < 0) {
				printf("  %-22s no windows at rest or at full load\n", hosts[i].host.product);
				continue;
			}
			print_error(hosts[i].host.product, &error);
			sum += error.mape_ppm / 1e4;
		}
		printf("  mean of the hosts      %6.2f %%\n", sum / (double)count);
	}
}

static void transfer(const struct samples *hosts, size_t count)
{
	bool has_title = false;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			struct model_file file;
			struct fit_error error;
			char what[80];
			if (i == j || strcmp(hosts[i].host.brand, hosts[j].host.brand) != 0 ||
				hosts[i].host.brand[0] == '\0' || train_host(&hosts[i], &file) < 0 ||
				train_transfer(&file, &hosts[j], &error) < 0)
				continue;
			if (!has_title)
				print_head("One host's model on another host with the same CPU");
			has_title = true;
			snprintf(what, sizeof(what), "%.20s on %.20s", hosts[i].host.product,
				hosts[j].host.product);
			print_error(what, &error);
		}
}

static int write_shape(const struct samples *hosts, size_t count, const char *path)
{
	struct curve curve;
	int r = train_shape(hosts, count, -1, &curve);

	if (r == 0) {
		CLEANUP(fclosep) FILE *out = fopen(path, "we");
		if (out != NULL)
			train_write_shape(out, hosts, count, &curve);
		r = out != NULL && fflush(out) == 0 ? 0 : -errno;
	}
	if (r < 0)
		fprintf(stderr, "tanso train: %s: %s\n", path, strerror(-r));
	return r;
}

static int report(const struct samples *hosts, size_t count, const struct arguments *arguments)
{
	int r = train_each(hosts, count, arguments);

	if (r == 0 && count > 1) {
		blocked(hosts, count);
		leave_out(hosts, count);
		transfer(hosts, count);
	}
	return r == 0 && arguments->shape != NULL ? write_shape(hosts, count, arguments->shape) : r;
}

static int collect(const struct arguments *arguments, struct samples *hosts, size_t *ret_count)
{
	const struct client_place place = { .config_path = arguments->config };
	struct config_error config_error;
	struct model_error error;
	struct client *client;
	int r = 0;

	for (*ret_count = 0; r == 0 && *ret_count < arguments->csv_count; (*ret_count)++)
		if ((r = samples_read(
			     arguments->csv[*ret_count], arguments->watts, &hosts[*ret_count], &error)) < 0) {
			fprintf(stderr, "tanso train: %s\n", error.text);
			return r;
		}
	if (!arguments->is_live)
		return r;
	if ((r = client_new(&client, &place, &config_error)) < 0) {
		fprintf(stderr, "tanso train: %s\n", r == -EINVAL ? config_error.text : strerror(-r));
		return r;
	}
	r = train_watch(client, arguments->minutes, arguments->window_s, &hosts[0]);
	*ret_count = r == 0;
	client_free(client);
	return r;
}

int verb_train(int argc, char **argv)
{
	struct arguments arguments = { .watts = "package_watts", .minutes = 30, .window_s = 5 };
	struct samples hosts[TRAIN_HOSTS_MAX] = { 0 };
	size_t count = 0;
	int r = read_arguments(&arguments, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : EXIT_UNANSWERED;
	r = collect(&arguments, hosts, &count);
	if (r == 0)
		r = report(hosts, count, &arguments);
	for (size_t i = 0; i < count; i++)
		samples_done(&hosts[i]);
	return r < 0 ? EXIT_UNANSWERED : EXIT_SUCCESS;
}
