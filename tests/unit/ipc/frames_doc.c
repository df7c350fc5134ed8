/* Writes docs/frames.md to stdout. */
#include "ipc/frame.h"

int main(void)
{
	frame_describe(stdout);
	return 0;
}
