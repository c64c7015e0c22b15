/* SPDX-License-Identifier: MIT */
#include "lab.h"
static void full(void **state)
{
	struct lab *lab = lab_new();
	(void)state;
	lab_handshake(lab);
	printf("%s\n%s\n%s\n%s", lab->ladder, lab->side[0].path, lab->side[1].path, lab->side[0].secrets);
	lab_free(lab);
}
int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(full) };
	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
