#!/bin/bash
# SPDX-License-Identifier: MIT
# Banned calls are compile errors, with and without optimisation; their safe siblings are not.
. "$(dirname "$0")/common.sh"
compile() {
	printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <time.h>\nvoid f(char *a, char *b);\nvoid f(char *a, char *b) { %s; }\n' "$2" >"$scratch/x.c"
	cc "$1" -std=gnu17 -include "$root/tools/banned.h" -Werror=deprecated-declarations -c "$scratch/x.c" -o "$scratch/x.o"
}
for level in -O0 -O2; do
	green compile "$level" 'memcpy(a, b, 3); snprintf(a, 3, "%s", b); a[0] = (char)strtol(b, NULL, 10)'
	for call in 'strcpy(a, b)' 'strcat(a, b)' 'sprintf(a, "%s", b)' 'strncpy(a, b, 3)' 'a[0] = (char)atoi(b)' 'strtok(a, b)' \
		'sscanf(a, "%s", b)' 'a[0] = (char)rand()' 'localtime(NULL)' 'a[0] = (char)system(b)'; do
		red 'banned here' compile "$level" "$call"
	done
done
