/* What config.def says, as a commented file, as markdown and as a manual page. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/config_private.h"

#define COMMENT_COLUMNS 117

static void describe_default(FILE *out, const struct config_key *key)
{
	if (key->type == TYPE_INTEGER || key->type == TYPE_REAL || key->type == TYPE_PUE)
		fprintf(out, "%.15g", key->number);
	else
		fputs(key->fallback, out);
}

static void describe_range(FILE *out, const struct config_key *key)
{
	if (key->type == TYPE_INTEGER || key->type == TYPE_REAL)
		fprintf(out, "%.15g to %.15g %s", key->min, key->max, key->unit);
	else if (key->type == TYPE_PUE)
		fprintf(out, "0 (not set), 1 to %d", CONFIG_PUE_MAX);
	else if (key->type == TYPE_BOOLEAN)
		fputs("yes or no", out);
	else
		fputs(key->type == TYPE_CHOICE ? key->choices : "text", out);
}

/* Markdown tables split at '|'. */
static void put_cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

static void describe_markdown(FILE *out)
{
	fputs("# tanso.conf\n\nGenerated from procs/base/config.def. One file, `key = value` lines, `#` or "
	      "`;` begins "
	      "a comment.\nRead from --config, else /etc/tanso/tanso.conf; `tanso up` in a clone takes "
	      "deploy/config/tanso.conf.\n\n| key | default | allowed | environment | meaning "
	      "|\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < config_key_count; i++) {
		char range[256] = "";
		CLEANUP(fclosep) FILE *memory = fmemopen(range, sizeof(range), "w");
		if (memory != NULL) {
			describe_range(memory, &config_keys[i]);
			fflush(memory);
		}
		fprintf(out, "| `%s` | `", config_keys[i].name);
		describe_default(out, &config_keys[i]);
		fputs("` | ", out);
		put_cell(out, range);
		fprintf(out, " | %s | ", config_keys[i].env != NULL ? config_keys[i].env : "");
		put_cell(out, config_keys[i].text);
		fputs(" |\n", out);
	}
}

/* As comment lines of at most COMMENT_COLUMNS: inih reads no line of more than 199 bytes. */
static void put_comment(FILE *out, const char *text)
{
	for (size_t length; *text != '\0'; text += length + (text[length] == ' ')) {
		length = strlen(text);
		if (length > COMMENT_COLUMNS) {
			length = COMMENT_COLUMNS;
			while (length > 1 && text[length] != ' ')
				length--;
		}
		fprintf(out, "# %.*s\n", (int)length, text);
	}
}

static void describe_file(FILE *out)
{
	fputs("# tanso.conf - every key with its default. Remove the '#' of a line to change it. See "
	      "docs/config.md.\n",
		out);
	for (size_t i = 0; i < config_key_count; i++) {
		fputc('\n', out);
		put_comment(out, config_keys[i].text);
		fputs("# allowed: ", out);
		describe_range(out, &config_keys[i]);
		if (config_keys[i].env != NULL)
			fprintf(out, "; environment: %s", config_keys[i].env);
		fprintf(out, "\n#%s = ", config_keys[i].name);
		describe_default(out, &config_keys[i]);
		fputc('\n', out);
	}
}

/* A leading dot or quote would be a request of roff's, a hyphen a soft one. */
static void put_roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '-' || *text == '\\')
			fputc('\\', out);
		fputc(*text == '\\' ? 'e' : *text, out);
	}
}

static void describe_man(FILE *out)
{
	fputs(".TH TANSO.CONF 5 \"\" \"tanso\" \"File Formats\"\n.SH NAME\ntanso.conf \\- configuration of "
	      "all stages of "
	      "tanso\n.SH DESCRIPTION\nOne file of \\(oqkey = value\\(cq lines; # or ; begins a comment. "
	      "Read from "
	      "\\-\\-config, else /etc/tanso/tanso.conf; \\fBtanso up\\fR in a clone takes "
	      "deploy/config/tanso.conf. A line "
	      "that cannot be used stops the start with its number and the reason.\n.SH KEYS\n",
		out);
	for (size_t i = 0; i < config_key_count; i++) {
		fprintf(out, ".TP\n\\fB%s\\fR = ", config_keys[i].name);
		describe_default(out, &config_keys[i]);
		fputs(" \\fR(", out);
		describe_range(out, &config_keys[i]);
		if (config_keys[i].env != NULL)
			fprintf(out, "; environment: %s", config_keys[i].env);
		fputs(")\n", out);
		put_roff(out, config_keys[i].text);
		fputc('\n', out);
	}
	fputs(".SH SEE ALSO\n.BR tanso (1)\n", out);
}

void config_describe(FILE *out, enum config_format format)
{
	if (format == CONFIG_FORMAT_MARKDOWN)
		describe_markdown(out);
	else if (format == CONFIG_FORMAT_MAN)
		describe_man(out);
	else
		describe_file(out);
}
