/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_TLS_CERTS_H
#define HF_SIM_TLS_CERTS_H

#include "crypto/mint.h"
#include "sim/tls_app.h"

/*
 * Certificates of a simulated world: an authority that its clients trust, and leaves of it. They are minted when they are
 * asked for, from randomness that repeats, and live as long as the world.
 */
struct sim_certs {
	struct sim_world *world;
	struct hf_crypto *crypto;
	struct mint_ca *ca;
	struct hf_trust *trust;
	struct hf_cred **cred;
	unsigned creds;
};

/* From here on all randomness of libcrypto comes from the seed, until sim_certs_end_fixed(). */
struct sim_certs *sim_certs_make(struct sim_world *w, uint64_t seed);
void sim_certs_end_fixed(void);

struct sim_leaf_ask {
	const char *name;
	enum crypto_key_kind key; /* CRYPTO_KEY_OTHER: P-256 */
	enum hf_cert_purpose purpose;
	enum mint_bad bad;
};

const struct hf_cred *sim_certs_leaf(struct sim_certs *c, const struct sim_leaf_ask *ask);

/* A client that trusts the authority and asks for `name`, and a server that shows `cred`; both may be changed afterwards. */
struct sim_tls_side *sim_certs_client(struct sim_certs *c, const char *name);
struct sim_tls_side *sim_certs_server(struct sim_certs *c, const struct hf_cred *cred);

#endif
