/* Writes docs/tools.md to stdout. */
#include "ipc/tools.h"

int main(void)
{
	tools_describe_markdown(stdout);
	return 0;
}
