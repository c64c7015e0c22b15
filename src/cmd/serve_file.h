/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_FILE_H
#define HF_CMD_SERVE_FILE_H

#include "http/http_coding.h"
#include "http/http_select.h"

#include <sys/types.h>

/*
 * Files under one directory, opened so that no path and no link leads out of it, and shared by all who send them.
 * Large ones are mapped; small ones are read.
 */
#define FILE_MAPPED_FROM 65536u /* octets: below, a copy costs less than a mapping */
#define FILE_IDLE_MOST 64u      /* mappings kept for the next who asks: making one anew costs a fifth of sending it */
#define FILE_IDLE_SECONDS 5u

struct file {
	struct file *next; /* in its bucket */
	uint32_t refs;
	int fd;
	dev_t dev;
	ino_t ino;
	uint64_t modified_ns;
	const char *type;   /* media type; of a compressed one that of what it holds */
	const char *coding; /* content coding, or NULL */
	struct http_resource resource;
	const uint8_t *map; /* NULL: to be read with file_read() */
	uint32_t mapping;   /* its line in the table of mappings */
	uint8_t age;        /* seconds without a use, when refs is 0 */
	bool shrunk;        /* it holds less than it did: what it promised cannot be kept */
};

struct files {
	int root;
	uint32_t open, idle;
	struct file *bucket[256];
};

/* HF_OK; HF_NOT_FOUND, HF_NO_RIGHTS or HF_SYSTEM, with errno. */
HF_NODISCARD hf_status files_open_root(struct files *f, const char *dir);
void files_close_root(struct files *f);

enum file_found {
	FILE_FOUND,     /* *ret is held: file_release() it */
	FILE_DIRECTORY, /* it is there, but it is a directory */
	FILE_MISSING,
	FILE_FORBIDDEN, /* no right to read it, not a plain file, or a link leads out */
	FILE_TROUBLE,   /* not now: out of descriptors or memory, or another program has leased the file */
};

/* path: as http_target has it. */
enum file_found files_find(struct files *f, const char *path, struct file **ret);
/*
 * What lies beside a file as FILE.br, FILE.zst or FILE.gz, as another representation of it: true when it is there, and *f is then
 * that one instead. path: of *f; a buffer with room for the extension.
 */
bool files_find_coded(struct files *files, char *path, size_t room, enum http_coding coding, struct file **f);
/* The directory itself, for a listing; a descriptor, or -1. */
int files_open_dir(struct files *f, const char *path);
void file_hold(struct file *file);
void file_release(struct files *f, struct file *file);
/* Once a second: lets go of what nobody has asked for lately. */
void files_age(struct files *f);
/* Octets of a file that is not mapped; fewer than asked means that it shrank. */
size_t file_read(struct file *file, uint64_t offset, void *to, size_t n);
/* Looks whether it still has the size it had. */
void file_check(struct file *file);
/* True once after a mapping was found to end early; then each file in use should be looked at. */
bool files_any_shrunk(void);

#endif
