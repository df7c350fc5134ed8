/* Foreign names in prose: the text of whoever named the pod, or of who asks. */
#pragma once

#define PROSE_NAME_MAX 700

/* As it is if it is plain, else quoted, with everything but plain letters and Hangul escaped. Returns text. */
const char *prose_name(const char *name, char text[static PROSE_NAME_MAX]);
