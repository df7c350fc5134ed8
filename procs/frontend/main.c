#include "frontend/frontend.h"

int main(int argc, char **argv)
{
	return frontend_main(argc, argv, NULL);
}
