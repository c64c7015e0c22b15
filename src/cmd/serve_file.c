/* SPDX-License-Identifier: MIT */
/*
 * Files for the server.
 *
 * Why mapped: a slice of a mapping can be lent to TCP for as long as it is unacknowledged, so a thousand slow readers cost no
 * buffer, nothing is copied on the way to the driver, and all who send the same file share its pages. The price is that a
 * file which somebody cuts shorter leaves pages with nothing behind them. Three things take care of that:
 *
 * - a read of such a page raises SIGBUS: the handler puts a page of zeros there, marks the mapping, and returns. The octets
 *   are never taken for the file's: every connection that sends it is reset before the next turn.
 * - a write() by the driver of such a page fails with EFAULT instead, and the frame is lost as on any wire: the size is looked
 *   at again before each slice, and once a second while anything is sent.
 * - what was already acknowledged was right when it was sent.
 *
 * Why not read() into buffers of our own: it would hold up to the send buffer's size for each slow reader, and cost one more
 * pass over the data, about as much as all the rest of the way.
 */
#define _GNU_SOURCE
#include "cmd/serve_file.h"
#include "base/ascii.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the handler may look at: written before a mapping is used, cleared before it ends. */
#define MAPPINGS 4096u

#define OPEN_TRIES 16u

struct mapping {
	volatile uintptr_t at;
	volatile size_t len;
	volatile sig_atomic_t shrunk;
};

static struct mapping mappings[MAPPINGS];
static volatile sig_atomic_t any_shrunk;
static size_t page_bytes;

/* mmap() is not on POSIX's list of calls for handlers, but on Linux it is one system call and touches no state of libc. */
static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
	uintptr_t into = (uintptr_t)info->si_addr & (page_bytes - 1), at = (uintptr_t)info->si_addr - into;
	int saved = errno;

	(void)context;
	for (size_t i = 0; i < MAPPINGS; i++) {
		struct mapping *m = &mappings[i];

		if (m->at == 0 || at < m->at || at >= m->at + m->len)
			continue;
		if (mmap((uint8_t *)info->si_addr - into, page_bytes, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			break;
		m->shrunk = 1;
		any_shrunk = 1;
		errno = saved;
		return;
	}
	signal(signal_number, SIG_DFL); /* not one of ours: let it end as it would have */
}

bool files_any_shrunk(void)
{
	bool any = any_shrunk;

	any_shrunk = 0;
	return any;
}

static int open_beneath(int root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	unsigned tries = 0;
	int fd;

	/* EAGAIN: a rename raced with the walk; or somebody holds a lease on the file and may keep it for long (fcntl(2)). */
	do
		fd = (int)syscall(SYS_openat2, root, path[0] == '/' ? (path[1] ? path + 1 : ".") : path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < OPEN_TRIES)));
	return fd;
}

hf_status files_open_root(struct files *f, const char *dir)
{
	struct sigaction act = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	int fd;

	*f = (struct files){ .root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (f->root < 0)
		return errno == ENOENT || errno == ENOTDIR ? HF_NOT_FOUND : errno == EACCES ? HF_NO_RIGHTS : HF_SYSTEM;
	fd = open_beneath(f->root, ".", O_RDONLY | O_DIRECTORY); /* also shows that the kernel has openat2() */
	if (fd < 0) {
		int saved = errno;

		close(f->root);
		f->root = -1;
		errno = saved;
		return saved == EACCES ? HF_NO_RIGHTS : HF_SYSTEM;
	}
	close(fd);
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &act, NULL);
	return HF_OK;
}

static bool has_extension(const char *ext, const char *want)
{
	while (*ext && hf_ascii_lower(*ext) == (unsigned char)*want) {
		ext++;
		want++;
	}
	return *ext == '\0' && *want == '\0';
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *extension, *type;
	} types[] = {
#define TYPE(extension_, type_) { extension_, type_ },
#include "cmd/content_types.def"
#undef TYPE
	};
	const char *name = strrchr(path, '/'), *dot = strrchr(name ? name : path, '.');

	for (size_t i = 0; dot && i < HF_ARRAY_LEN(types); i++)
		if (has_extension(dot + 1, types[i].extension))
			return types[i].type;
	return "application/octet-stream";
}

static struct file **bucket_of(struct files *f, ino_t ino)
{
	return &f->bucket[(ino ^ ino >> 8) % HF_ARRAY_LEN(f->bucket)];
}

static uint64_t ns_of(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct file *find_open(struct files *f, const struct stat *st, const char *type, const char *coding)
{
	for (struct file *o = *bucket_of(f, st->st_ino); o; o = o->next)
		if (o->ino == st->st_ino && o->dev == st->st_dev && o->modified_ns == ns_of(st->st_mtim) &&
		    o->resource.size == (uint64_t)st->st_size && !o->shrunk && o->type == type && o->coding == coding)
			return o;
	return NULL;
}

/* Without a free line in the table the file is read instead: slower, never wrong. */
static void map_file(struct file *o)
{
	size_t i = 0;
	void *at;

	if (o->resource.size < FILE_MAPPED_FROM || o->resource.size > SIZE_MAX / 2)
		return;
	while (i < MAPPINGS && mappings[i].at != 0)
		i++;
	if (i == MAPPINGS)
		return;
	at = mmap(NULL, o->resource.size, PROT_READ, MAP_SHARED, o->fd, 0);
	if (at == MAP_FAILED)
		return;
	mappings[i].shrunk = 0;
	mappings[i].len = o->resource.size;
	mappings[i].at = (uintptr_t)at;
	o->map = at;
	o->mapping = (uint32_t)i;
}

/* A strong tag is of one representation (RFC 9110 8.8.3.3). */
static void add_to_etag(struct http_resource *r, const char *coding)
{
	const int n = snprintf(r->etag + r->etag_len - 1, sizeof(r->etag) - r->etag_len + 1, "-%s\"", coding);

	r->etag_len += (size_t)n - 1;
}

static enum file_found open_file(struct files *f, int fd, const struct stat *st, const char *type, const char *coding,
				 struct file **ret)
{
	struct file *o = calloc(1, sizeof(*o));

	if (!o) {
		close(fd);
		return FILE_TROUBLE;
	}
	o->refs = 1;
	o->fd = fd;
	o->dev = st->st_dev;
	o->ino = st->st_ino;
	o->modified_ns = ns_of(st->st_mtim);
	o->type = type;
	o->coding = coding;
	o->resource.size = (uint64_t)st->st_size;
	o->resource.modified = st->st_mtim.tv_sec;
	http_make_etag(&o->resource, o->modified_ns);
	if (coding)
		add_to_etag(&o->resource, coding);
	map_file(o);
	o->next = *bucket_of(f, o->ino);
	*bucket_of(f, o->ino) = o;
	f->open++;
	*ret = o;
	return FILE_FOUND;
}

static void close_idle(struct files *f, unsigned from_age);

/* Files kept open for nobody in particular give way when descriptors run out. */
static int open_with_room(struct files *f, const char *path, uint64_t flags)
{
	int fd = open_beneath(f->root, path, flags);

	if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || f->idle == 0)
		return fd;
	close_idle(f, 0);
	return open_beneath(f->root, path, flags);
}

static enum file_found find(struct files *f, const char *path, const char *type, const char *coding, struct file **ret)
{
	int fd = open_with_room(f, path, O_RDONLY);
	struct stat st;

	if (fd < 0) {
		switch (errno) {
		case EACCES:
		case EPERM:
		case EXDEV: /* a link leads out */
		case ENXIO: /* a socket */
			return FILE_FORBIDDEN;
		case EAGAIN:
		case EMFILE:
		case ENFILE:
		case ENOMEM:
			return FILE_TROUBLE;
		default:
			return FILE_MISSING;
		}
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		bool dir = S_ISDIR(st.st_mode);

		close(fd);
		return dir ? FILE_DIRECTORY : FILE_FORBIDDEN;
	}
	*ret = find_open(f, &st, type, coding);
	if (!*ret)
		return open_file(f, fd, &st, type, coding, ret);
	close(fd);
	if ((*ret)->refs == 0)
		f->idle--;
	file_hold(*ret);
	return FILE_FOUND;
}

enum file_found files_find(struct files *f, const char *path, struct file **ret)
{
	return find(f, path, type_of(path), NULL, ret);
}

bool files_find_coded(struct files *files, char *path, size_t room, enum http_coding coding, struct file **f)
{
	const size_t n = strlen(path);
	struct file *other;
	bool there;

	if (n + strlen(http_coding_extension(coding)) >= room)
		return false;
	snprintf(path + n, room - n, "%s", http_coding_extension(coding));
	there = find(files, path, (*f)->type, http_coding_name(coding), &other) == FILE_FOUND;
	path[n] = '\0';
	if (!there)
		return false;
	file_release(files, *f);
	*f = other;
	return true;
}

int files_open_dir(struct files *f, const char *path)
{
	return open_with_room(f, path, O_RDONLY | O_DIRECTORY);
}

void file_hold(struct file *file)
{
	file->refs++;
}

static void close_file(struct files *f, struct file *file)
{
	struct file **at = bucket_of(f, file->ino);

	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	f->open--;
	if (file->map) {
		mappings[file->mapping].at = 0;
		munmap((void *)file->map, file->resource.size);
	}
	close(file->fd);
	free(file);
}

void file_release(struct files *f, struct file *file)
{
	if (--file->refs > 0)
		return;
	if (!file->map || file->shrunk || f->idle >= FILE_IDLE_MOST) {
		close_file(f, file);
		return;
	}
	file->age = 0;
	f->idle++;
}

static void close_idle(struct files *f, unsigned from_age)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(f->bucket) && f->idle > 0; i++) {
		struct file *o = f->bucket[i], *next;

		for (; o; o = next) {
			next = o->next;
			if (o->refs > 0 || ++o->age <= from_age)
				continue;
			f->idle--;
			close_file(f, o);
		}
	}
}

void files_close_root(struct files *f)
{
	close_idle(f, 0);
	if (f->root >= 0)
		close(f->root);
	f->root = -1;
}

void files_age(struct files *f)
{
	close_idle(f, FILE_IDLE_SECONDS);
}

size_t file_read(struct file *file, uint64_t offset, void *to, size_t n)
{
	ssize_t got;

	do
		got = pread(file->fd, to, n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got < 0 ? 0 : (size_t)got;
}

void file_check(struct file *file)
{
	struct stat st;

	if (file->map && mappings[file->mapping].shrunk)
		file->shrunk = true;
	if (fstat(file->fd, &st) != 0 || (uint64_t)st.st_size < file->resource.size)
		file->shrunk = true;
}
