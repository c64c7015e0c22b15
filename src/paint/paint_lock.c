/* SPDX-License-Identifier: MIT */
/*
 * A painter that a page has taken over must find nothing to do harm with. Each of these walls stands alone, and each is built only where
 * the kernel offers it: no descriptors but the socket to the parent, a network namespace without a network, no files but fonts
 * (Landlock), no system calls but those for memory, reading and threads (seccomp), and bounds on memory and time that kill.
 */
#include "paint/paint_child.h"

#include <errno.h>
#include <fcntl.h>
#include <fontconfig/fontconfig.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

/* The sanitizers reserve address space without end, and files of their own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { FD = 3, FILES_MOST = 64 };

/* ---- at the beginning ---- */

static void close_all_from(int first)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
	for (int fd = first; fd < most; fd++)
		close(fd);
}

void paint_lock_begin(int *fd)
{
	static const struct rlimit none = { 0, 0 };
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t nothing;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &normal, NULL);
	sigemptyset(&nothing);
	(void)sigprocmask(SIG_SETMASK, &nothing, NULL);
	/* A parent that ends leaves nobody who waits for the picture. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	for (int i = 0; i < 3 && null >= 0; i++)
		if (*fd != i)
			dup2(null, i);
	if (*fd != FD && dup2(*fd, FD) == FD)
		*fd = FD;
	close_all_from(*fd + 1);
	(void)unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- files ---- */

#ifdef LANDLOCK_ACCESS_FS_EXECUTE
static void allow_reading(int rules, FcStrList *folders)
{
	FcChar8 *folder;

	while (folders && (folder = FcStrListNext(folders))) {
		struct landlock_path_beneath_attr beneath = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
			.parent_fd = open((const char *)folder, O_PATH | O_CLOEXEC),
		};

		if (beneath.parent_fd < 0)
			continue;
		(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0u);
		close(beneath.parent_fd);
	}
	if (folders)
		FcStrListDone(folders);
}

void paint_lock_files(void)
{
	/* The accesses of the first version are its first thirteen bits; later versions add one each, and TCP. */
	struct {
		uint64_t fs, net;
	} handled = { (1ull << 13) - 1, 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
	int rules;

	if (version < 1)
		return;
	if (version >= 2)
		handled.fs |= 1ull << 13; /* link or rename across folders */
	if (version >= 3)
		handled.fs |= 1ull << 14; /* truncate */
	if (version >= 4)
		handled.net = 3; /* bind and connect */
	if (version >= 5)
		handled.fs |= 1ull << 15; /* ioctl of devices */
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, version >= 4 ? sizeof(handled) : sizeof(handled.fs), 0u);
	if (rules < 0)
		return;
	allow_reading(rules, FcConfigGetFontDirs(NULL));
	allow_reading(rules, FcConfigGetCacheDirs(NULL));
	(void)syscall(SYS_landlock_restrict_self, rules, 0u);
	close(rules);
}
#else
void paint_lock_files(void)
{
}
#endif

/* ---- system calls ---- */

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef NATIVE_ARCH
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n)) /* its low half: little-endian, all three */
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(at))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

enum { FILTER_MOST = 256 };

struct filter {
	struct sock_filter at[FILTER_MOST];
	unsigned short len;
};

static void put(struct filter *f, const struct sock_filter *ops, size_t n)
{
	for (size_t i = 0; i < n && f->len < FILTER_MOST; i++)
		f->at[f->len++] = ops[i];
}

#define PUT(f, ...)                                         \
	put(f, (const struct sock_filter[]){ __VA_ARGS__ }, \
	    sizeof((struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter))

/* Each rule either decides or is jumped over whole, so that behind it the call's number is still in the accumulator. */
static void allow(struct filter *f, long nr)
{
	PUT(f, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1), ALLOW);
}

/* Only with none of these bits in that argument. */
static void allow_without(struct filter *f, long nr, unsigned arg, uint32_t bits)
{
	PUT(f, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4), LOAD(ARG(arg)),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), DENY, ALLOW);
}

/* Only with this value as that argument. */
static void allow_with(struct filter *f, long nr, unsigned arg, uint32_t value)
{
	PUT(f, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4), LOAD(ARG(arg)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0), DENY, ALLOW);
}

static const long harmless[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_close,
	SYS_lseek,
	SYS_fstat,
	SYS_newfstatat,
	SYS_getdents64,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_fcntl,
	SYS_getcwd,
	SYS_fstatfs,
	SYS_statfs,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_exit,
	SYS_exit_group,
	SYS_rt_sigreturn,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_sigaltstack,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_uname,
	SYS_sysinfo,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_set_robust_list,
	SYS_ppoll,
	SYS_restart_syscall,
	SYS_getrusage,
	SYS_fadvise64,
#ifdef SYS_rseq
	SYS_rseq,
#endif
#ifdef SYS_statx
	SYS_statx,
#endif
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_stat
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_time,
#endif
};

void paint_lock_calls(void)
{
	const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	struct filter f = { .len = 0 };
	struct sock_fprog program;

	PUT(&f, LOAD(offsetof(struct seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
	    RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		allow(&f, harmless[i]);
	allow_without(&f, SYS_openat, 2, writing);
#ifdef SYS_open
	allow_without(&f, SYS_open, 1, writing);
#endif
	/* No new code: what is mapped can be written or run, and only what is mapped now can be run. */
	allow_without(&f, SYS_mmap, 2, PROT_EXEC);
	allow_without(&f, SYS_mprotect, 2, PROT_EXEC);
	/* Limits are read, not set. */
	allow_with(&f, SYS_prlimit64, 2, 0);
	allow_with(&f, SYS_prctl, 0, PR_SET_NAME);
	/* abort(). */
	allow_with(&f, SYS_tgkill, 0, (uint32_t)getpid());
	/* Threads, no processes. The flags of clone3() are in memory, where no filter sees them; libc then takes clone(). */
	PUT(&f, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SYS_clone, 0, 4), LOAD(ARG(0)),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0), DENY, ALLOW,
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SYS_clone3, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS), DENY);
	program = (struct sock_fprog){ f.len, f.at };
	/* For all threads of the process, should one be there already. */
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}
#else
void paint_lock_calls(void)
{
}
#endif

/* ---- amounts ---- */

static uint64_t space_used(void)
{
	char text[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 512 << 20;
	text[n] = 0;
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void paint_lock_amounts(const struct paint_limits *limits)
{
	struct rlimit files = { FILES_MOST, FILES_MOST }, none = { 0, 0 };
	struct rlimit time = { limits->seconds, (rlim_t)limits->seconds + 1 }, space;

	space.rlim_cur = space.rlim_max = space_used() + limits->memory;
	if (!SANITIZED) {
		(void)setrlimit(RLIMIT_AS, &space);
		(void)setrlimit(RLIMIT_FSIZE, &none);
	}
	(void)setrlimit(RLIMIT_CPU, &time);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)setrlimit(RLIMIT_MSGQUEUE, &none);
}
