#include "frontend/frontend.h"
#include "tests/conformance/fixture.h"

int main(int argc, char **argv)
{
	return frontend_main(argc, argv, &fixture_extension);
}
