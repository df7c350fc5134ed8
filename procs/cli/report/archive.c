#include "cli/report/archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/place.h"

#define VERSION_MIN 4 /* the first with sealed days */
#define BUSY_MS     2000
#define LEDGER_IN   "%s/analyst/ledger.db"

static int64_t version_of(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	int64_t version = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return version;
}

static const char *remedy_of(int error)
{
	if (error == -EACCES)
		return in_language("; remedy: sudo, or --ledger with a copy (docs/operations.md: backup)",
			". sudo로 실행하거나 사본을 --ledger로 지정하십시오(docs/operations.md의 backup)");
	if (error == -ENOENT)
		return in_language("; there is no ledger yet: `tanso up` writes it, --ledger names another",
			". 아직 원장이 없습니다. `tanso up`이 실행되면 만들어지며 다른 원장은 --ledger로 "
			"지정합니다");
	return "";
}

/* What SQLite refuses is for the caller to say: -EBADMSG, -EIO. */
static int open_database(struct archive *archive, const char *verb)
{
	int64_t version;

	if (access(archive->path, R_OK) < 0) {
		int r = -errno;
		fprintf(stderr, "tanso %s: %s: %s%s\n", verb, archive->path, strerror(-r), remedy_of(r));
		return r;
	}
	if (sqlite3_open_v2(archive->path, &archive->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		return -EIO;
	sqlite3_busy_timeout(archive->db, BUSY_MS);
	version = version_of(archive->db);
	if (version < 0)
		return -EBADMSG;
	if (version < VERSION_MIN) {
		fprintf(stderr,
			in_language("tanso %s: %s: no ledger of this version%s\n",
				"tanso %s: %s: 이 버전의 원장이 아닙니다%s\n"),
			verb, archive->path,
			version >= 1 ? in_language("; the analyst brings it up to date when it starts",
					       ". 분석 단계(analyst)가 시작할 때 변환합니다")
				     : "");
		return -EPROTONOSUPPORT;
	}
	return 0;
}

/* In the configured folder, else where an ordinary user's `tanso up` keeps it. */
static void find_ledger(struct archive *archive)
{
	char folder[CONFIG_TEXT_MAX];

	snprintf(archive->path, sizeof(archive->path), LEDGER_IN, archive->config.state_dir);
	for (size_t i = 0;
		access(archive->path, F_OK) < 0 && place_user_folder(PLACE_STATE, i, folder, sizeof(folder));
		i++)
		snprintf(archive->path, sizeof(archive->path), LEDGER_IN, folder);
	if (access(archive->path, F_OK) < 0)
		snprintf(archive->path, sizeof(archive->path), LEDGER_IN, archive->config.state_dir);
}

int archive_open(struct archive *archive, const char *path, const char *config_path, const char *verb)
{
	struct config_error error = { 0 };
	int r;

	*archive = (struct archive) { 0 };
	r = config_load(&archive->config, config_path, &error);
	if (r < 0) {
		fprintf(stderr, "tanso %s: %s\n", verb, error.text);
		return r;
	}
	if (path != NULL)
		snprintf(archive->path, sizeof(archive->path), "%s", path);
	else
		find_ledger(archive);
	r = open_database(archive, verb);
	if (r == 0 && sqlite3_exec(archive->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = -EIO;
	if (r == 0)
		r = sealed_open(&archive->sealed, archive->db);
	if (r == -EBADMSG || r == -EIO)
		fprintf(stderr, "tanso %s: %s: %s\n", verb, archive->path, sqlite3_errmsg(archive->db));
	if (r < 0)
		archive_close(archive);
	return r;
}

void archive_close(struct archive *archive)
{
	sealed_close(archive->sealed);
	sqlite3_close(archive->db);
	archive->sealed = NULL;
	archive->db = NULL;
}
