#include "cli/language.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "cli/place.h"

const char *language_of_environment(void)
{
	const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" }, *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && (value == NULL || value[0] == '\0'); i++)
		value = getenv(names[i]); /* the first that is set decides, as in setlocale(3) */
	if (value == NULL || value[0] == '\0' || strcmp(value, "C") == 0 || strncmp(value, "C.", 2) == 0 ||
		strcmp(value, "POSIX") == 0)
		return NULL;
	return strncmp(value, "ko", 2) == 0 ? "ko" : "en";
}

/* The value of "--name VALUE" or "--name=VALUE", or NULL. */
static const char *value_of(const char *name, int argc, char **argv)
{
	size_t size = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], name, size) != 0)
			continue;
		if (argv[i][size] == '=')
			return argv[i] + size + 1;
		if (argv[i][size] == '\0' && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

void language_choose(int argc, char **argv)
{
	const char *given = value_of("--lang", argc, argv), *path = value_of("--config", argc, argv);
	char clone[CONFIG_TEXT_MAX];
	CLEANUP(freep) struct config *config = NULL;
	struct config_error error;

	if (given == NULL)
		given = language_of_environment();
	place_clone_config(clone, sizeof(clone));
	if (path == NULL && clone[0] != '\0')
		path = clone;
	if (given == NULL && (config = malloc(sizeof(*config))) != NULL) {
		config_load(
			config, path, &error); /* what is wrong with the file, the verb says, in its `lang` */
		given = config->lang;
	}
	language_set(given != NULL ? given : "en");
}

const char *code_word(const char *code, bool in_korean)
{
	static const char *const words[][2] = { { "declared", "설정값" }, { "assumed", "가정값" },
		{ "annual", "연간값" }, { "lifecycle", "전과정" }, { "direct", "직접" },
		{ "official", "공식" }, { "argument", "요청 인수" }, { "measured", "계측값" },
		{ "region_table", "리전 공개값" }, { "reference", "참고 기준" }, { "law", "법령" },
		{ "foreign_law", "외국 법령" }, { "certification", "인증 기준" },
		{ "official_factor", "공식 배출계수" }, { "derived", "도출값" }, { "contract", "계약" },
		{ "transcribed", "법령(2차 자료)" }, { "unverified", "미확인" }, { "verified", "확인됨" },
		{ "(idle and other)", "(유휴 및 기타)" }, { "points", "점" }, { "KRW", "원" },
		{ "KRW/kWh", "원/kWh" }, { "toe/year", "toe/년" }, { "tCO2eq/year", "tCO2eq/년" },
		{ "TJ/year", "TJ/년" }, { "h", "시간" }, { "metered", "실측값" }, { "estimated", "추정값" },
		{ "forecast", "예측값" }, { "typical_day", "대표일" }, { "sample", "예시일" },
		{ "user", "사용자 값" }, { "live", "실시간" }, { "cached", "보관값" }, { "empty", "없음" },
		{ "average", "평균" }, { "marginal", "한계" }, { "fake", "가짜 계측기" },
		{ "model", "모델 추정" }, { "initializing", "준비 중" }, { "modelled", "모델 추정" },
		{ "modeled", "모델 추정" }, { "high", "높음" }, { "medium", "보통" }, { "low", "낮음" },
		{ "temporal_shift", "시간 이동" }, { "resource_rightsizing", "자원 적정화" },
		{ "regional_migration", "리전 이동" }, { "pue_improvement", "PUE 개선" } };

	if (!in_korean)
		return strcmp(code, "region_table") == 0  ? "from the region table"
		       : strcmp(code, "transcribed") == 0 ? "law by a transcription"
							  : code;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], code) == 0)
			return words[i][1];
	return code;
}
