/* SPDX-License-Identifier: MIT */
/*
 * `serve --tls auto`: an authority that is made once for each user, and a certificate of it for what is served. Both are kept
 * under the user's data folder, so that who trusts the authority once need not do it again. In a simulated network the same is
 * made in memory, from the run's seed and at its virtual time.
 *
 * Under sudo the user is whoever has called it: he is the one to trust the authority, and to find it. Root must not write where
 * somebody else may put links, so that is done with the user's own rights, which also makes the files his.
 */
#define _GNU_SOURCE
#include "base/bits.h"
#include "cmd/cert.h"
#include "cmd/serve_secure.h"
#include "wire/addr.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAF_DAYS 90u
#define LEAF_LEAST_S (7u * 86400u) /* one that ends sooner is made anew */

struct names {
	char address[16][HF_ADDR_TEXT];
	struct hf_bytes name[MINT_NAMES_MAX];
	size_t n;
};

/* The addresses first: they are there in any case, and the first one is the file's name. */
static int collect_names(const struct loop *loop, const char *more, struct names *ret)
{
	struct hf_net_info info;

	ret->n = 0;
	loop_describe(loop, &info);
	for (unsigned i = 0; i < info.addrs && i < HF_ARRAY_LEN(ret->address); i++) {
		addr_format(&info.addr[i], ret->address[i]);
		ret->name[ret->n++] = hf_bytes_of(ret->address[i]);
	}
	while (more && *more) {
		const size_t len = strcspn(more, ",");

		if (ret->n == MINT_NAMES_MAX)
			return cmd_usage(loop->command, "--tls auto: more than %u names", MINT_NAMES_MAX);
		if (len > 0)
			ret->name[ret->n++] = (struct hf_bytes){ (const uint8_t *)more, len };
		more += len;
		more += *more == ',';
	}
	return 0;
}

static int fail(const struct loop *loop, const char *what, hf_status st)
{
	if (st == HF_INVALID)
		return cmd_usage(loop->command, "--tls auto: one of the names is no host name (the first label may be *)");
	cmd_say(loop->command, "%s: %s", what, hf_status_sentence(st));
	return hf_status_exit(st);
}

static hf_status make_leaf(const struct mint_ca *ca, const struct names *names, uint64_t now_s, struct mint_leaf *ret)
{
	const struct mint_leaf_ask ask = { .names = names->name,
					   .name_count = names->n,
					   .key = CRYPTO_KEY_P256,
					   .purpose = HF_CERT_FOR_SERVER,
					   .now_s = now_s,
					   .days = LEAF_DAYS };

	return mint_leaf_make(ca, &ask, ret);
}

/* ---- in memory ---- */

static hf_status make_in_memory(struct serve_secure *x, const struct hf_crypto *c, const struct names *names, uint64_t now_s)
{
	const struct mint_ca_ask ask = { .name = "Handfast simulation",
					 .key = CRYPTO_KEY_P256,
					 .not_before = now_s - 86400,
					 .not_after = now_s + 3650u * 86400u };
	struct mint_ca *ca;
	hf_status st;

	HF_TRY(mint_ca_make(c, &ask, &ca));
	st = mint_ca_cert(ca, MINT_ROOT, &x->root);
	if (st == HF_OK)
		st = make_leaf(ca, names, now_s, &x->leaf);
	mint_ca_free(ca);
	x->options.own_chain = (struct hf_bytes){ (const uint8_t *)x->leaf.chain.at, x->leaf.chain.len };
	x->options.own_key = (struct hf_bytes){ (const uint8_t *)x->leaf.key.at, x->leaf.key.len };
	return st;
}

/* ---- as whom ---- */

struct user {
	bool other; /* than the one this runs as */
	uid_t uid;
	gid_t gid, groups[64]; /* groups: our own, to be taken up again */
	int group_count;
	const char *home;
};

static void find_user(struct user *ret)
{
	const char *id = getenv("SUDO_UID"), *data = getenv("XDG_DATA_HOME");
	const struct passwd *user;
	uint64_t uid;

	*ret = (struct user){ .home = getenv("HOME") };
	if ((data && *data) || geteuid() != 0 || !id || !cmd_parse_number(id, 1, UINT32_MAX - 1, &uid))
		return;
	user = getpwuid((uid_t)uid); /* its strings hold until the next call, and there is none */
	if (user && user->pw_dir)
		*ret = (struct user){ .other = true, .uid = user->pw_uid, .gid = user->pw_gid, .home = user->pw_dir };
}

static int become(const struct loop *loop, struct user *u)
{
	if (!u->other)
		return 0;
	u->group_count = getgroups((int)HF_ARRAY_LEN(u->groups), u->groups);
	if (u->group_count >= 0 && setgroups(1, &u->gid) == 0 && setegid(u->gid) == 0 && seteuid(u->uid) == 0)
		return 0;
	cmd_say(loop->command, "--tls auto: the rights of the user who has called sudo cannot be taken up: %s",
		strerror(errno));
	return hf_status_exit(HF_SYSTEM);
}

static int come_back(const struct loop *loop, const struct user *u)
{
	if (!u->other || (seteuid(0) == 0 && setegid(0) == 0 && setgroups((size_t)u->group_count, u->groups) == 0))
		return 0;
	cmd_say(loop->command, "--tls auto: root's rights cannot be taken up again: %s", strerror(errno));
	return hf_status_exit(HF_SYSTEM);
}

/* ---- in files ---- */

static int make_dirs(const struct loop *loop, char *path)
{
	for (char *at = path + 1;; at++) {
		const char was = *at;

		if (was != '/' && was != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST) {
			cmd_say(loop->command, "--tls auto: %s: %s", path, strerror(errno));
			return hf_status_exit(errno == EACCES ? HF_NO_RIGHTS : HF_SYSTEM);
		}
		*at = was;
		if (was == '\0')
			return 0;
	}
}

/* $XDG_DATA_HOME/handfast, as the XDG Base Directory Specification has it. */
static int find_data_dir(const struct loop *loop, const char *home, struct text *ret)
{
	const char *data = getenv("XDG_DATA_HOME");

	if (data && data[0] == '/')
		text_addf(ret, "%s/handfast", data);
	else if (home && home[0] == '/')
		text_addf(ret, "%s/.local/share/handfast", home);
	else
		return cmd_usage(loop->command,
				 "--tls auto: neither XDG_DATA_HOME nor HOME says where to keep the authority");
	return 0;
}

static bool is_file(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Does this certificate do for another while: names, time, and signed by whom the people trust? */
static bool does_still(const struct hf_crypto *c, struct hf_bytes chain, struct hf_bytes key, struct hf_bytes root,
		       const struct names *names, uint64_t now_s)
{
	struct hf_cert_trouble trouble;
	struct hf_cert_report report;
	struct hf_bytes der[4];
	struct hf_cred *cred;
	struct hf_trust *trust;
	bool good;

	if (hf_cred_load(c, chain, key, &cred, &trouble) != HF_OK)
		return false;
	good = hf_trust_make(c, &trust) == HF_OK;
	if (good) {
		struct hf_cert_ask ask = { .chain = der,
					   .certs = hf_min_u64(hf_cred_certs(cred), HF_ARRAY_LEN(der)),
					   .unix_s = now_s + LEAF_LEAST_S,
					   .purpose = HF_CERT_FOR_SERVER };

		for (size_t i = 0; i < ask.certs; i++)
			der[i] = hf_cred_cert(cred, i);
		good = hf_trust_add(trust, root, &trouble) == HF_OK && hf_cert_check(trust, &ask, &report) == HF_OK;
		hf_trust_free(trust);
	}
	for (size_t i = 0; i < names->n && good; i++)
		good = hf_cred_names(cred, names->name[i]);
	hf_cred_free(cred);
	return good;
}

static bool find_good_one(const struct serve_secure *x, const struct hf_crypto *c, const struct loop *loop,
			  const struct names *names, uint64_t now_s)
{
	struct hf_bytes chain = { 0 }, key = { 0 }, root = { 0 };
	bool good = false;

	if (is_file(text_str(&x->cert)) && is_file(text_str(&x->key)))
		good = cert_file_read(loop->command, text_str(&x->cert), &chain) == 0 &&
		       cert_file_read(loop->command, text_str(&x->key), &key) == 0 &&
		       cert_file_read(loop->command, text_str(&x->authority), &root) == 0 &&
		       does_still(c, chain, key, root, names, now_s);
	cert_file_free(&chain);
	cert_file_free(&key);
	cert_file_free(&root);
	return good;
}

static int write_leaf(struct serve_secure *x, const struct hf_crypto *c, const struct loop *loop, const char *ca_dir,
		      const struct names *names, uint64_t now_s)
{
	struct mint_leaf leaf;
	struct mint_ca *ca;
	hf_status st;
	int code = cert_ca_read(loop->command, c, ca_dir, &ca);

	if (code != 0)
		return code;
	st = make_leaf(ca, names, now_s, &leaf);
	mint_ca_free(ca);
	if (st != HF_OK)
		return fail(loop, "the certificate cannot be made", st);
	code = cert_file_write(loop->command, text_str(&x->key), leaf.key.at, leaf.key.len, true);
	if (code == 0)
		code = cert_file_write(loop->command, text_str(&x->cert), leaf.chain.at, leaf.chain.len, true);
	mint_leaf_free(&leaf);
	return code;
}

static int make_in_files(struct serve_secure *x, const struct hf_crypto *c, const struct loop *loop,
			 const struct names *names, uint64_t now_s, struct text *dir)
{
	const size_t base = dir->len;
	int code;

	text_add(dir, "/ca");
	text_clear(&x->authority);
	text_addf(&x->authority, "%s/root.crt", text_str(dir));
	code = make_dirs(loop, dir->at);
	if (code == 0 && !is_file(text_str(&x->authority)))
		code = cert_ca_make(loop->command, c, text_str(dir), now_s, 0);
	if (code != 0)
		return code;
	text_clear(&x->cert);
	text_clear(&x->key);
	text_addf(&x->cert, "%.*s/%.*s.crt", (int)base, text_str(dir), (int)names->name[0].len,
		  (const char *)names->name[0].at);
	text_addf(&x->key, "%.*s/%.*s.key", (int)base, text_str(dir), (int)names->name[0].len,
		  (const char *)names->name[0].at);
	if (find_good_one(x, c, loop, names, now_s))
		return 0;
	return write_leaf(x, c, loop, text_str(dir), names, now_s);
}

/* The certificate is one of the files from now on, behind those that are named. */
static int add_files(struct serve_secure *x, const struct loop *loop)
{
	struct secure_options *o = &x->options;
	const size_t cert = x->cert.len + 1, key = x->key.len + 1;
	char *both;

	for (unsigned i = 0; i < o->certs; i++)
		if (strcmp(o->cert[i], text_str(&x->cert)) == 0)
			return 0; /* a reload: it is there already */
	if (o->certs == SECURE_CREDS)
		return cmd_usage(loop->command, "--tls: at most %u certificates", SECURE_CREDS);
	both = malloc(cert + key);
	if (!both) {
		cmd_say(loop->command, "no memory");
		return hf_status_exit(HF_FULL);
	}
	memcpy(both, text_str(&x->cert), cert);
	memcpy(both + cert, text_str(&x->key), key);
	o->cert[o->certs] = both;
	o->key[o->certs++] = both + cert;
	return 0;
}

static int make_for_user(struct serve_secure *x, const struct hf_crypto *c, const struct loop *loop,
			 const struct names *names, uint64_t now_s, struct text *dir)
{
	struct user user;
	int code, back;

	find_user(&user);
	code = find_data_dir(loop, user.home, dir);
	if (code != 0)
		return code;
	code = become(loop, &user);
	if (code == 0)
		code = make_in_files(x, c, loop, names, now_s, dir);
	back = come_back(loop, &user);
	if (code == 0)
		code = back ? back : add_files(x, loop);
	return code;
}

int serve_auto(struct serve_secure *x, const struct loop *loop)
{
	const uint64_t now_s = (uint64_t)loop_wall_seconds(loop);
	struct hf_crypto *c;
	struct names names;
	struct text dir;
	int code = collect_names(loop, x->names, &names);

	if (code != 0)
		return code;
	if (names.n == 0)
		return cmd_usage(loop->command, "--tls auto: the net has no address, and no name is given");
	if (hf_crypto_open(&c) != HF_OK) {
		cmd_say(loop->command, "libcrypto cannot be set up");
		return hf_status_exit(HF_SYSTEM);
	}
	text_init(&dir);
	if (loop->sim) {
		hf_status st = make_in_memory(x, c, &names, now_s);

		code = st == HF_OK ? 0 : fail(loop, "the certificate cannot be made", st);
	} else {
		code = make_for_user(x, c, loop, &names, now_s, &dir);
	}
	text_free(&dir);
	hf_crypto_close(c);
	return code;
}
