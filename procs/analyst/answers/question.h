/* A question with its arguments resolved against data, config and snapshot: what every tool works on. */
#pragma once

#include "analyst/book/book.h"
#include "analyst/carbon/compliance.h"
#include "analyst/carbon/facility.h"
#include "analyst/grid/grid.h"
#include "analyst/ledger/query.h"
#include "analyst/grid/live.h"
#include "base/config.h"
#include "ipc/tools.h"

#define NAMESPACE_ALL "*" /* as an answer writes that all were asked for, and as it may be asked */

struct shelf;
struct tariff_kept;

/* All an answer rests on. now and age are those of the snapshot: equal within one generation. */
struct knowledge {
	const struct config *config;
	const struct data *data;
	const struct grid_file *grid_file; /* NULL = none configured */
	const struct live *live;           /* what providers told; may be NULL */
	const struct facility *facility;   /* what the site's meters told; NULL = none are configured */
	const char *source_failure;        /* of the servers of power, "" = they answer; NULL likewise */
	struct ledger *ledger;
	const struct book *book;
	struct tariff_kept *tariff; /* a mean worked out of the data */
	struct shelf *shelf;        /* where lists with further pages are kept; NULL = nowhere */
	uint64_t loaded_real_ns;    /* when data and grid file were read */
	uint64_t now_real_ns;
	uint64_t age_ns;     /* of the newest reading */
	bool is_cloud_guest; /* the electricity bill is another's: won are a reference */
};

/* The reasons an answer gathered, by enum reason_code. */
struct reasons {
	bool is_set[REASON_CODE_COUNT];
};

#define GRID_UNVERIFIED "unverified" /* quality of what the operator gives without a source */

/* Which grid data applies, and how sure it is. */
struct grid_choice {
	struct grid grid;
	enum grid_factor factor;
	char source[288], vintage[32];
	const char *licence, *sha256; /* of the data, file or provider; sha256 NULL = a value typed in */
	const char *quality;          /* metered … annual, user, unverified */
	const char *quality_annual;   /* of what fills the holes */
	double u_file, u_annual;      /* relative, k = 1 */
	bool is_mismatch;
	const struct live_provider *live; /* NULL = not from a provider */
	bool is_cached;                   /* the provider does not answer now */
	bool is_degraded; /* the annual value, where the configuration names something better */
};

struct question {
	const struct knowledge *knowledge;
	struct json_object
		*arguments; /* checked against the table: what is not resolved here, the tool reads */
	bool is_korean;
	const char *workload_name, *namespace; /* asked for, "" = all */
	const char *workload_kind;             /* of the name, as answers write it; "" = any */
	const char *namespaces;                /* that may be seen, each ended by a newline; "" = all */
	const struct standard *standard, *pue_standard;
	const struct region *region;
	struct grid_choice grid;
	struct pue pue;
	enum facility_state facility; /* of the measured one */
	double pue_target;
	enum basis basis;
	bool allow_fake;
	int64_t since;  /* s since 1970 */
	int64_t window; /* s, as asked for: since may lie a slot before */
	int64_t limit;
	bool by_emissions;
	struct reasons reasons;
};

/* `arguments` were checked against the table and outlive the question, as `namespaces` does: those that who asks may see, each
 * ended by a newline, "" = all. 0, or -EINVAL with `error` filled. */
int question_resolve(const struct knowledge *knowledge, struct json_object *arguments, const char *namespaces,
	const char *lang, struct question *ret_question, struct error_object *error);
/* Sets question->grid by the region, the standard and what was asked for; part of resolving. */
void question_choose_grid(struct question *question);
/* For answers that cannot use the hourly data there is: the annual value in its place, which is then degraded. */
void question_use_annual(struct question *question);
/* Quality of what is known of a stretch: forecast, or typical_day by a repeated one, where that is most of it. */
const char *grid_choice_quality(const struct grid_choice *choice, const struct grid_stretch *stretch);
/* Relative, k = 1, of an intensity: the covered share of which comes from the file, the unsure share of which is no measurement. */
double grid_choice_uncertainty(const struct grid_choice *choice, double covered, double unsure);
/* Adds what is to be said about the PUE the answer counts with. */
void question_note_pue(const struct question *question, struct reasons *reasons);
/* The namespaces an answer rests on: that asked for, else all that may be seen. */
const char *question_reach(const struct question *question);
/* Is the region on Korea's grid? The prices known here are Korea's. */
bool question_is_in_korea(const struct question *question);
const char *question_lang(const struct question *question);
int64_t question_now(const struct question *question); /* of its snapshot, s since 1970 */

/* An argument of the tool's own, or `otherwise` where it was not given. */
const char *question_text(const struct question *question, const char *name, const char *otherwise);
double question_number(const struct question *question, const char *name, double otherwise);
bool question_flag(const struct question *question, const char *name);
/* Fills error with INVALID_ARGUMENT for `field`; texts are static. Always -EINVAL. */
int question_refuse(const struct question *question, struct error_object *error, enum error_code code,
	const char *field, const char *message_en, const char *message_ko);

/* INVALID_ARGUMENT for a class of tariff that is none, with those there are. Always -EINVAL. */
int question_refuse_tariff(const struct question *question, const char *code, struct error_object *error);
/* 0, or -EINVAL with UNKNOWN_REGION for `field`, and the codes there are. */
int question_find_region(const struct question *question, const char *field, const char *code,
	const struct region **ret_region, struct error_object *error);

/* "PT1M" … "P400D": seconds, or -1. */
int64_t parse_duration(const char *text);

/* Of what was used: the share that the grid file covers, 0 … 1, the share that it covers without a measurement, and I_w
 * [g/kWh]. */
double usage_coverage(const struct usage *usage);
double usage_unsure(const struct usage *usage);
double usage_intensity(const struct usage *usage);
