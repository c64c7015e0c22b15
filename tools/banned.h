/* SPDX-License-Identifier: MIT */
#ifndef HF_BANNED_H
#define HF_BANNED_H

/*
 * Every file of the project is compiled with this header in front (meson.build). It declares the calls that nobody here
 * may use as deprecated, and the build makes that an error. Declarations, not macros or poison: they need no system
 * header, so that feature test macros at the head of a file still count, and system headers may go on to declare them.
 */
#define HF_BANNED(why) __attribute__((deprecated("banned here: " why)))

struct tm; /* and time_t is long on every Linux that is spoken to here */

/* No bound on what they write. */
char *strcpy(char *, const char *) HF_BANNED("copy with a length: memcpy, snprintf");
char *strcat(char *, const char *) HF_BANNED("write with a length: snprintf");
char *stpcpy(char *, const char *) HF_BANNED("copy with a length: memcpy, snprintf");
int sprintf(char *, const char *, ...) HF_BANNED("use snprintf");
int vsprintf(char *, const char *, __builtin_va_list) HF_BANNED("use vsnprintf");
char *gets(char *) HF_BANNED("use fgets");
int scanf(const char *, ...) HF_BANNED("parse with strtoul or a cursor");
int sscanf(const char *, const char *, ...) HF_BANNED("parse with strtoul or a cursor");

/* A bound, but not the one people think of. */
char *strncpy(char *, const char *, __SIZE_TYPE__) HF_BANNED("may leave no final zero: use snprintf or memcpy");
char *strncat(char *, const char *, __SIZE_TYPE__) HF_BANNED("its bound is not the room's size: use snprintf");

/* No way to tell an error from a value. */
int atoi(const char *) HF_BANNED("use strtol and check where it stopped");
long atol(const char *) HF_BANNED("use strtol and check where it stopped");
long long atoll(const char *) HF_BANNED("use strtoll and check where it stopped");
double atof(const char *) HF_BANNED("use strtod and check where it stopped");

/* Hidden state, shared by the whole process. */
char *strtok(char *, const char *) HF_BANNED("use strcspn or a cursor");
struct tm *localtime(const long *) HF_BANNED("use localtime_r");
struct tm *gmtime(const long *) HF_BANNED("use gmtime_r");
char *ctime(const long *) HF_BANNED("use strftime");
char *asctime(const struct tm *) HF_BANNED("use strftime");

/* Randomness that is neither good nor ours: a run must replay from its seed. */
int rand(void) HF_BANNED("use base/rng.h");
void srand(unsigned) HF_BANNED("use base/rng.h");
long random(void) HF_BANNED("use base/rng.h");

/* A shell between us and what we meant; a name that another process can take first. */
int system(const char *) HF_BANNED("use posix_spawn or execv");
char *mktemp(char *) HF_BANNED("use mkstemp");
char *tmpnam(char *) HF_BANNED("use mkstemp");

#endif
