/* SPDX-License-Identifier: MIT */
/*
 * No network, twice: a network namespace of its own, where this system lets us have one, in which not even the loopback interface is
 * up; and, as a name server can also be reached by a socket in the file system, rules by which no name and no address leads anywhere.
 * Where there is no namespace to be had, a proxy that is not there stands in the way of what is left.
 *
 * What it writes goes to a folder that is removed with it, its home included: nothing of the user's is read or changed.
 */
#include "chromium/chromium_launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"

enum {
	PIPE_IN = 3, /* where --remote-debugging-pipe has them */
	PIPE_OUT = 4,
	HIGH = 10, /* descriptors from here on do not get in the way of these */
	FOLDERS_DEEP = 32,
};

static const char *const flags[] = {
	"--remote-debugging-pipe",
	"--headless=new",
	"--no-startup-window",
	/* What would speak to anybody by itself. */
	"--no-first-run",
	"--no-default-browser-check",
	"--no-pings",
	"--disable-background-networking",
	"--disable-breakpad",
	"--disable-client-side-phishing-detection",
	"--disable-component-extensions-with-background-pages",
	"--disable-component-update",
	"--disable-crash-reporter",
	"--disable-default-apps",
	"--disable-domain-reliability",
	"--disable-extensions",
	"--disable-field-trial-config",
	"--disable-sync",
	"--disable-quic",
	"--metrics-recording-only",
	"--password-store=basic",
	"--use-mock-keychain",
	/* What would ask for another URL than was meant, or ask the user. */
	"--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,LocalNetworkAccessChecks,MediaRouter,OptimizationHints,Translate",
	"--deny-permission-prompts",
	/* The same picture everywhere. */
	"--disable-dev-shm-usage",
	"--disable-gpu",
	"--force-color-profile=srgb",
	"--hide-scrollbars",
	"--lang=en",
	"--mute-audio",
	/* No way out. */
	"--host-resolver-rules=MAP * ~NOTFOUND",
	"--webrtc-ip-handling-policy=disable_non_proxied_udp",
};

static const char *const fallback_flags[] = {
	"--proxy-server=http://127.0.0.1:1",
	"--proxy-bypass-list=<-loopback>",
};

struct plan {
	const char *path;
	char folder[96], size[48]; /* flags of their own */
	const char *argv[HF_ARRAY_LEN(flags) + HF_ARRAY_LEN(fallback_flags) + 8];
	unsigned fallback; /* place of the first of fallback_flags in argv */
	char home[80], config[96], cache[96], path_variable[1024];
	const char *environment[16];
	char uid_map[48], gid_map[48];
	int socket, log, null, told; /* HIGH or above */
};

/* What the child tells before it is another program; and once more, if it cannot be. */
struct told {
	bool apart;
	int error; /* of execve() */
};

/* ---- the child, after the fork: async-signal-safe calls alone ---- */

static bool write_file(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine = fd >= 0 && write(fd, s, strlen(s)) == (ssize_t)strlen(s);

	if (fd >= 0)
		close(fd);
	return fine;
}

static bool leave_network(const struct plan *p)
{
	if (!unshare(CLONE_NEWNET))
		return true;
	/* With a user namespace around it anybody may; we stay who we are in it. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	(void)write_file("/proc/self/setgroups", "deny");
	(void)write_file("/proc/self/gid_map", p->gid_map);
	(void)write_file("/proc/self/uid_map", p->uid_map);
	return true;
}

static _Noreturn void run_child(struct plan *p, pid_t parent)
{
	struct told told = { .error = 0 };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	told.apart = leave_network(p);
	if (told.apart)
		p->argv[p->fallback] = NULL;
	(void)!write(p->told, &told, sizeof(told));
	if (dup2(p->null, 0) < 0 || dup2(p->log, 1) < 0 || dup2(p->log, 2) < 0 || dup2(p->socket, PIPE_IN) < 0 ||
	    dup2(p->socket, PIPE_OUT) < 0 || dup3(p->told, PIPE_OUT + 1, O_CLOEXEC) < 0)
		_exit(127);
	(void)close_range(PIPE_OUT + 2, ~0u, 0);
	execve(p->path, (char *const *)(uintptr_t)p->argv, (char *const *)(uintptr_t)p->environment);
	told.error = errno;
	(void)!write(PIPE_OUT + 1, &told, sizeof(told));
	_exit(127);
}

/* ---- the folder ---- */

static void empty_folder(int at, const char *name, unsigned deep)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!unlinkat(fd, e->d_name, 0) || errno == ENOENT || deep == 0)
			continue;
		empty_folder(fd, e->d_name, deep - 1);
		(void)unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

/* Processes that are about to die may still write into it. */
static void remove_folder(struct chromium_process *p)
{
	struct timespec moment = { 0, 10000000 };

	for (unsigned i = 0; p->folder[0] && i < 100; i++) {
		empty_folder(AT_FDCWD, p->folder, FOLDERS_DEEP);
		if (!rmdir(p->folder) || errno == ENOENT)
			break;
		nanosleep(&moment, NULL);
	}
	p->folder[0] = '\0';
}

static bool make_folder(struct chromium_process *p)
{
	const char *tmp = getenv("TMPDIR");
	static const char name[] = "handfast-chromium-XXXXXX";
	int n = -1;

	if (tmp && *tmp == '/')
		n = snprintf(p->folder, sizeof(p->folder), "%s/%s", tmp, name);
	if (n < 0 || (size_t)n >= sizeof(p->folder))
		snprintf(p->folder, sizeof(p->folder), "/tmp/%s", name);
	if (mkdtemp(p->folder))
		return true;
	p->folder[0] = '\0';
	return false;
}

void chromium_last_words(const struct chromium_process *p, char *ret, size_t room)
{
	char path[96], tail[512];
	ssize_t n = -1;
	int fd;

	ret[0] = '\0';
	snprintf(path, sizeof(path), "%s/log", p->folder);
	fd = p->folder[0] ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	if (lseek(fd, -(off_t)(sizeof(tail) - 1), SEEK_END) < 0)
		(void)lseek(fd, 0, SEEK_SET);
	n = read(fd, tail, sizeof(tail) - 1);
	close(fd);
	while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == ' '))
		n--;
	if (n <= 0)
		return;
	tail[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		tail[i] = (char)(tail[i] == '\n' || (tail[i] >= 0x20 && tail[i] < 0x7f) ? tail[i] : '?');
	snprintf(ret, room, "%s", strrchr(tail, '\n') ? strrchr(tail, '\n') + 1 : tail);
}

/* ---- the launch ---- */

static void plan_argv(struct plan *p, const char *folder, unsigned width, unsigned height)
{
	unsigned at = 0;

	snprintf(p->folder, sizeof(p->folder), "--user-data-dir=%s/profile", folder);
	snprintf(p->size, sizeof(p->size), "--window-size=%u,%u", width, height);
	p->argv[at++] = p->path;
	for (size_t i = 0; i < HF_ARRAY_LEN(flags); i++)
		p->argv[at++] = flags[i];
	p->argv[at++] = p->folder;
	p->argv[at++] = p->size;
	if (geteuid() == 0) /* its sandbox refuses to be root's */
		p->argv[at++] = "--no-sandbox";
	p->fallback = at;
	for (size_t i = 0; i < HF_ARRAY_LEN(fallback_flags); i++)
		p->argv[at++] = fallback_flags[i];
	p->argv[at] = NULL;
}

static void plan_environment(struct plan *p, const char *folder)
{
	const char *path = getenv("PATH");
	unsigned at = 0;

	snprintf(p->path_variable, sizeof(p->path_variable), "PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
	snprintf(p->home, sizeof(p->home), "HOME=%s", folder);
	snprintf(p->config, sizeof(p->config), "XDG_CONFIG_HOME=%s/config", folder);
	snprintf(p->cache, sizeof(p->cache), "XDG_CACHE_HOME=%s/cache", folder);
	p->environment[at++] = p->path_variable;
	p->environment[at++] = p->home;
	p->environment[at++] = p->config;
	p->environment[at++] = p->cache;
	p->environment[at++] = "LANG=C.UTF-8";
	/* A bus would be another way out. */
	p->environment[at++] = "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent";
	p->environment[at++] = "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent";
	p->environment[at] = NULL;
}

/* A descriptor that the child's own ones do not overwrite. */
static int lift(int fd)
{
	int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, HIGH) : -1;

	if (fd >= 0)
		close(fd);
	return high;
}

static void shut(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Forks, and hears from the child until it is the other program, or cannot be. */
static hf_status run(struct plan *plan, struct chromium_process *p, int hear)
{
	pid_t me = getpid();
	struct told told[2];
	size_t n = 0;
	ssize_t got;

	p->pid = fork();
	if (p->pid == 0)
		run_child(plan, me);
	close(plan->told);
	plan->told = -1;
	if (p->pid < 0) {
		p->pid = 0;
		return HF_SYSTEM;
	}
	while (n < sizeof(told)) {
		got = read(hear, (uint8_t *)told + n, sizeof(told) - n);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (n == sizeof(told[0])) {
		p->apart = told[0].apart;
		return HF_OK;
	}
	return n == sizeof(told) && (told[1].error == ENOENT || told[1].error == EACCES || told[1].error == ENOEXEC)
		       ? HF_NOT_FOUND
		       : HF_SYSTEM;
}

hf_status chromium_launch(const char *path, unsigned width, unsigned height, struct chromium_process *ret)
{
	struct chromium_process p = { .fd = -1 };
	struct plan plan = { .path = path };
	int pair[2] = { -1, -1 }, hear[2] = { -1, -1 };
	hf_status s = HF_SYSTEM;
	char log[96];

	if (!make_folder(&p))
		return HF_SYSTEM;
	plan_argv(&plan, p.folder, width, height);
	plan_environment(&plan, p.folder);
	snprintf(plan.uid_map, sizeof(plan.uid_map), "%u %u 1", geteuid(), geteuid());
	snprintf(plan.gid_map, sizeof(plan.gid_map), "%u %u 1", getegid(), getegid());
	snprintf(log, sizeof(log), "%s/log", p.folder);
	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) && !pipe2(hear, O_CLOEXEC)) {
		plan.socket = lift(pair[1]);
		plan.told = lift(hear[1]);
		plan.log = lift(open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
		plan.null = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
		p.fd = pair[0];
		if (plan.socket >= 0 && plan.told >= 0 && plan.log >= 0 && plan.null >= 0 &&
		    !fcntl(p.fd, F_SETFL, O_NONBLOCK))
			s = run(&plan, &p, hear[0]);
		shut(plan.socket);
		shut(plan.told);
		shut(plan.log);
		shut(plan.null);
		shut(hear[0]);
	} else {
		shut(pair[0]);
		shut(pair[1]);
	}
	if (s != HF_OK)
		chromium_process_end(&p);
	else
		*ret = p;
	return s;
}

void chromium_process_end(struct chromium_process *p)
{
	pid_t got;

	if (p->pid) {
		(void)kill(-p->pid, SIGKILL);
		(void)kill(p->pid, SIGKILL);
		do {
			got = waitpid(p->pid, NULL, 0);
		} while (got < 0 && errno == EINTR);
	}
	p->pid = 0;
	shut(p->fd);
	p->fd = -1;
	remove_folder(p);
}
