/* SPDX-License-Identifier: MIT */
/* Files of certificates and keys, and times, for the commands. */
#define _GNU_SOURCE
#include "cmd/cert.h"

#include "base/bits.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64u << 20)

int cert_file_fail(enum cmd_command command, const char *path, int error)
{
	static const struct {
		int error;
		hf_status as;
		const char *sentence; /* NULL: the system's own */
	} known[] = {
		{ EACCES, HF_NO_RIGHTS, NULL },
		{ EPERM, HF_NO_RIGHTS, NULL },
		{ ENOENT, HF_USAGE, NULL },
		{ ENOTDIR, HF_USAGE, NULL },
		{ EISDIR, HF_USAGE, "this is a directory, and a file is wanted" },
		{ ESPIPE, HF_USAGE, "this is a pipe or a device, and a regular file is wanted" },
		{ EFBIG, HF_USAGE, "longer than any certificate or key" },
	};
	hf_status as = HF_SYSTEM;
	const char *sentence = NULL;

	for (size_t i = 0; i < HF_ARRAY_LEN(known); i++)
		if (known[i].error == error) {
			as = known[i].as;
			sentence = known[i].sentence;
		}
	cmd_say(command, "%s: %s", path, sentence ? sentence : strerror(error));
	return hf_status_exit(as);
}

/* Grows as it reads: what is read may be a pipe. */
static bool read_all(int fd, struct hf_bytes *ret)
{
	size_t room = 16384, len = 0;
	uint8_t *at = malloc(room);

	while (at) {
		ssize_t got = read(fd, at + len, room - len);

		if (got == 0) {
			*ret = (struct hf_bytes){ at, len };
			return true;
		}
		if (got < 0 && errno != EINTR)
			break;
		len += got > 0 ? (size_t)got : 0;
		if (len > FILE_MAX) {
			errno = EFBIG;
			break;
		}
		if (len == room) {
			uint8_t *more = malloc(2 * room);

			if (!more)
				break;
			memcpy(more, at, len);
			crypto_wipe(at, len);
			free(at);
			at = more;
			room *= 2;
		}
	}
	if (at)
		crypto_wipe(at, len);
	free(at);
	return false;
}

int cert_file_read(enum cmd_command command, const char *path, struct hf_bytes *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	*ret = (struct hf_bytes){ NULL, 0 };
	if (fd < 0)
		return cert_file_fail(command, path, errno);
	if (!read_all(fd, ret)) {
		int code = cert_file_fail(command, path, errno);

		close(fd);
		return code;
	}
	close(fd);
	return 0;
}

void cert_file_free(struct hf_bytes *file)
{
	if (file->at)
		crypto_wipe((void *)file->at, file->len);
	free((void *)file->at);
	*file = (struct hf_bytes){ NULL, 0 };
}

static bool write_all(int fd, const void *at, size_t len)
{
	const uint8_t *p = at;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

int cert_file_write(enum cmd_command command, const char *path, const void *at, size_t len, bool secret)
{
	char *part;
	int fd, code = 0;

	if (asprintf(&part, "%s.XXXXXX", path) < 0)
		return cert_file_fail(command, path, errno);
	fd = mkostemp(part, O_CLOEXEC); /* its mode is 0600 from the beginning */
	if (fd < 0 || (!secret && fchmod(fd, 0644) != 0) || !write_all(fd, at, len) || rename(part, path) != 0) {
		code = cert_file_fail(command, path, errno);
		if (fd >= 0)
			unlink(part);
	}
	if (fd >= 0)
		close(fd);
	free(part);
	return code;
}

void cert_file_say(enum cmd_command command, const char *path, const struct hf_cert_trouble *t)
{
	if (t->block)
		cmd_say(command, "%s, block %u: %s", path, t->block, t->sentence);
	else
		cmd_say(command, "%s: %s", path, t->sentence);
}

/* One root that is not as it should be must not take all the others away. */
static hf_status add_each(struct hf_trust *trust, struct hf_bytes text)
{
	struct hf_certs *certs;
	struct hf_cert_trouble t;
	hf_status st;

	HF_TRY(hf_certs_make(&certs));
	st = hf_certs_add(certs, text, &t);
	for (size_t i = 0; st == HF_OK && i < hf_certs_count(certs); i++)
		if (hf_trust_add(trust, hf_certs_der(certs, i), &t) == HF_FULL)
			st = HF_FULL;
	hf_certs_free(certs);
	return st;
}

int cert_trust_read(enum cmd_command command, struct hf_trust *trust, const char *path)
{
	struct hf_cert_trouble t = { 0 };
	struct hf_bytes file;
	int code = cert_file_read(command, path ? path : CERT_SYSTEM_TRUST, &file);
	hf_status st;

	if (code != 0)
		return code;
	st = path ? hf_trust_add(trust, file, &t) : add_each(trust, file);
	cert_file_free(&file);
	if (st == HF_OK)
		return 0;
	if (t.sentence[0])
		cert_file_say(command, path ? path : CERT_SYSTEM_TRUST, &t);
	else
		cmd_say(command, "%s: %s", path ? path : CERT_SYSTEM_TRUST, hf_status_sentence(st));
	return hf_status_exit(st == HF_MALFORMED ? HF_USAGE : st);
}

/* ---- times ---- */

static bool take_digits(const char **at, unsigned digits, unsigned *ret)
{
	*ret = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (**at < '0' || **at > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(*(*at)++ - '0');
	}
	return true;
}

static bool take(const char **at, const char *any_of)
{
	if (**at == '\0' || !strchr(any_of, **at))
		return false;
	(*at)++;
	return true;
}

static int64_t days_before_year(int64_t year)
{
	year--;
	return year * 365 + year / 4 - year / 100 + year / 400;
}

static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	static const unsigned before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days_before_year(year) + before[month - 1] + (leap && month > 2) + day - 1 - days_before_year(1970);
}

static bool is_date(unsigned year, unsigned month, unsigned day)
{
	if (month < 1 || month > 12 || day < 1 || year < 1)
		return false;
	return days_of(year, month, day) < (month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1));
}

/* "Z", "+01:00", "-00:30": minutes that the time is ahead. */
static bool take_offset(const char **at, int64_t *ret)
{
	unsigned hours, minutes;
	bool behind;

	*ret = 0;
	if (take(at, "Zz"))
		return true;
	behind = **at == '-';
	if (!take(at, "+-") || !take_digits(at, 2, &hours) || !take(at, ":") || !take_digits(at, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*ret = (behind ? -1 : 1) * (int64_t)(hours * 60 + minutes);
	return true;
}

bool cert_parse_time(const char *text, uint64_t *ret)
{
	unsigned year, month, day, hour, minute, second;
	const char *at = text;
	int64_t offset, t;

	if (cmd_parse_number(text, 0, 253402300799u /* the year 9999 */, ret))
		return true;
	if (!take_digits(&at, 4, &year) || !take(&at, "-") || !take_digits(&at, 2, &month) || !take(&at, "-") ||
	    !take_digits(&at, 2, &day) || !take(&at, "Tt ") || !take_digits(&at, 2, &hour) || !take(&at, ":") ||
	    !take_digits(&at, 2, &minute) || !take(&at, ":") || !take_digits(&at, 2, &second))
		return false;
	if (take(&at, ".")) {
		if (!take(&at, "0123456789"))
			return false;
		while (take(&at, "0123456789"))
			;
	}
	if (!take_offset(&at, &offset) || *at != '\0' || !is_date(year, month, day) || hour > 23 || minute > 59 ||
	    second > 60)
		return false;
	t = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset * 60;
	if (t < 0)
		return false;
	*ret = (uint64_t)t;
	return true;
}
