# SPDX-License-Identifier: MIT
"""The peers of matrix.py, as clients and as servers: what each can be told, and how it is told."""
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

TIME_OUT = 20
VERSIONS = ("1.3", "1.2")
CIPHERS = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
TRANSPORT = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
GROUPS = ("x25519", "secp256r1", "secp384r1", "secp521r1", "x448")
KEYS = ("ec256", "ec384", "rsa2048", "ed25519")
CURVE = {"ec256": "secp256r1", "ec384": "secp384r1"}
OPENSSL_GROUP = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "x448": "X448"}
GNUTLS_CIPHER = dict(zip(CIPHERS, ("AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305")))
REQUEST = b"GET %s HTTP/1.0\r\nHost: matrix\r\n\r\n"


class Failed(Exception):
    pass


def suite_of(version, cipher, key):
    if version == "1.3":
        return "TLS_" + cipher
    return f"TLS_ECDHE_{'RSA' if key == 'rsa2048' else 'ECDSA'}_WITH_{cipher}"


def openssl_suite(suite):
    """1.2's suites by OpenSSL's names."""
    name = suite[len("TLS_"):].replace("_WITH_", "-").replace("RSA-AES", "AES") if suite in TRANSPORT else suite[len("TLS_"):].replace("_WITH_", "-")
    name = name.replace("AES_128", "AES128").replace("AES_256", "AES256").replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305")
    return name.replace("_", "-")


def cipher_of(suite):
    return next(c for c in CIPHERS if suite.endswith(c))


def run(command, data=b"", env=None, limit=TIME_OUT):
    """What a program says on stdout; Failed when it does not end well."""
    try:
        p = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit, env=env, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]}: not done within {limit} s") from None
    if p.returncode != 0:
        raise Failed(f"{os.path.basename(command[0])} ended with {p.returncode}: {(p.stderr or p.stdout)[-400:].decode(errors='replace').strip()}")
    return p.stdout, p.stderr.decode(errors="replace")


def body_of(answer):
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank or b" 200 " not in head.split(b"\r\n")[0] + b" ":
        raise Failed(f"no page: {answer[:200]!r}")
    return body


def page_of(body):
    """The page of `handfast tls server --http`."""
    lines = body.decode(errors="replace").splitlines()
    return {line[:20].strip(): line[21:].strip() for line in lines if len(line) > 21}


# ---- peers as clients. fetch() gives what was at PATH; None in an argument leaves it to the peer ----

class Client:
    keys, groups, ciphers13 = KEYS, GROUPS, True  # what it can be told
    transport = auth = files = alpn = versions = True
    resumes, forced_groups = VERSIONS, GROUPS

    def __init__(self, lab):
        self.lab = lab


class Curl(Client):
    name, program = "curl", "curl"
    resumes = ("1.3",)  # in 1.2 it offers no tickets, only identifiers of sessions, which our server keeps none of

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        c = ["curl", "-sS", "-m", str(TIME_OUT), "--cacert", "ca/root.crt"]
        if version:
            c += [f"--tlsv{version}", "--tls-max", version]
        if suite:
            c += ["--tls13-ciphers", suite] if version == "1.3" else ["--ciphers", openssl_suite(suite)]
        if group:
            c += ["--curves", OPENSSL_GROUP[group]]
        if auth:
            c += ["--cert", "me.crt", "--key", "me.key"]
        url = f"https://{host}.test{path}"
        return run(c + (["-o", "/dev/null", url] if twice else []) + [url])[0]


class OpensslClient(Client):
    name, program = "openssl s_client", "openssl"

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        c = ["openssl", "s_client", "-connect", f"{host}.test:443", "-servername", f"{host}.test", "-verify_hostname", f"{host}.test",
             "-CAfile", "ca/root.crt", "-verify_return_error", "-quiet", "-ign_eof", "-alpn", "h2,http/1.1"]
        if version:
            c += ["-tls" + version.replace(".", "_")]
        if suite:
            c += ["-ciphersuites", suite] if version == "1.3" else ["-cipher", openssl_suite(suite)]
        if group:
            c += ["-groups", OPENSSL_GROUP[group]]
        if auth:
            c += ["-cert", "me.crt", "-cert_chain", "me.crt", "-key", "me.key"]
        if twice:
            session = tempfile.mktemp(dir=self.lab.work)
            run(c + ["-sess_out", session], REQUEST % path.encode())
            c += ["-sess_in", session]
        return body_of(run(c, REQUEST % path.encode())[0])


class GnutlsClient(Client):
    name, program = "gnutls-cli", "gnutls-cli"

    @staticmethod
    def priority(version, suite, group):
        p = "NORMAL"
        if version:
            p += f":-VERS-ALL:+VERS-TLS{version}"
        if suite:
            p += f":-CIPHER-ALL:+{GNUTLS_CIPHER[cipher_of(suite)]}"
        if suite in TRANSPORT:
            p += ":-KX-ALL:+RSA"
        if group:
            p += f":-GROUP-ALL:+GROUP-{group.upper()}"
        return p

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        c = ["gnutls-cli", "--x509cafile", "ca/root.crt", "-p", "443", f"{host}.test", "--priority", self.priority(version, suite, group),
             "--alpn=http/1.1", "--logfile", log := tempfile.mktemp(dir=self.lab.work)]
        if auth:
            c += ["--x509certfile", "me.crt", "--x509keyfile", "me.key"]
        if twice:
            c += ["--resume", "--waitresumption"]
        try:
            return body_of(run(c, REQUEST % path.encode())[0])
        except Failed as e:
            with open(log, encoding="utf-8", errors="replace") as f:
                raise Failed(f"{e}; {f.read()[-400:]}") from None


class Wget(Client):
    name, program = "wget", "wget"
    alpn, resumes = False, ()

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        url = f"https://{host}.test{path}"
        c = ["wget", "-q", "-T", str(TIME_OUT), "-t", "1", "--no-hsts", "--ca-certificate", "ca/root.crt", "-O", "-"]
        if version or suite or group:
            c += ["--ciphers=" + GnutlsClient.priority(version, suite, group)]
        if auth:
            c += ["--certificate", "me.crt", "--private-key", "me.key"]
        return run(c + [url] * (1 + twice))[0]


class PythonClient(Client):
    name, program = "python3 ssl", sys.executable
    groups = ("secp256r1", "secp384r1", "secp521r1")
    ciphers13 = False
    curve = {"secp256r1": "prime256v1", "secp384r1": "secp384r1", "secp521r1": "secp521r1"}

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        c = ssl.create_default_context(cafile="ca/root.crt")
        c.set_alpn_protocols(["http/1.1"])
        if version:
            c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
        if suite and version == "1.2":
            c.set_ciphers(openssl_suite(suite))
        if group:
            c.set_ecdh_curve(self.curve[group])
        if auth:
            c.load_cert_chain("me.crt", "me.key")
        session = None
        try:
            for _ in range(1 + twice):
                with c.wrap_socket(socket.create_connection((f"{host}.test", 443), TIME_OUT), server_hostname=f"{host}.test", session=session) as s:
                    s.sendall(REQUEST % path.encode())
                    answer = b""
                    while piece := s.recv(65536):
                        answer += piece
                    session = s.session
            return body_of(answer)
        except OSError as e:
            raise Failed(str(e)) from None


class GoClient(Client):
    name, program = "go", "go"
    groups = forced_groups = ("x25519", "secp256r1", "secp384r1", "secp521r1")
    ciphers13 = False
    resumes = ("1.3",)  # Debian's has no extended master secret yet, without which nothing of 1.2 is resumed here (RFC 7627 5.3)

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        c = ["./matrix_peer", "client", "-ca", "ca/root.crt", "-alpn", "http/1.1", "-path", path]
        for flag, value in (("-version", version), ("-suite", suite if version == "1.2" else None), ("-group", group)):
            c += [flag, value] if value else []
        if auth:
            c += ["-cert", "me.crt", "-key", "me.key"]
        return run(c + (["-twice"] if twice else []) + [f"{host}.test:443"])[0]


class OurClient(Client):
    """Ours over one TUN device, our server over another, the kernel's forwarding in between."""
    name, program = "handfast", "true"

    def fetch(self, host, path="/", version=None, suite=None, group=None, auth=False, twice=False):
        addr = socket.gethostbyname(f"{host}.test")
        c = ["tls", "client", f"{host}.test:443", "--connect", addr, "--cacert", "ca/root.crt", "--quiet", "--alpn", "http/1.1"]
        c += our_options(version, suite, group)
        if auth:
            c += ["--cert", "me.crt", "--key", "me.key"]
        if twice:
            c += ["--session-file", tempfile.mktemp(dir=self.lab.work)]
            self.lab.own(c, REQUEST % path.encode())
        return body_of(self.lab.own(c, REQUEST % path.encode())[0])


def our_options(version, suite, group):
    c = ["--tls-min", version, "--tls-max", version] if version else []
    c += ["--ciphers", suite] if suite else []
    c += ["--groups", group] if group else []
    return c + (["--tls-rsa-key-transport"] if suite in TRANSPORT else [])


class Chromium(Client):
    name, program = "chromium", "chromium"
    keys = ("ec256", "ec384", "rsa2048")
    ciphers13 = transport = auth = files = versions = False
    groups = resumes = ()
    forced_groups = ("x25519", "secp256r1", "secp384r1")
    ready = threading.Lock()

    def home(self):
        """A home whose certificate store trusts our authority: chromium looks for it in either place."""
        home = os.path.join(self.lab.work, "home")
        with self.ready:
            if not os.path.exists(home):
                for place in (".pki/nssdb", ".local/share/pki/nssdb"):
                    d = os.path.join(home, place)
                    os.makedirs(d)
                    run(["certutil", "-N", "--empty-password", "-d", f"sql:{d}"])
                    run(["certutil", "-A", "-d", f"sql:{d}", "-t", "C,,", "-n", "matrix", "-i", "ca/root.crt"])
        return home

    def dump(self, url):
        profile = tempfile.mkdtemp(dir=self.lab.work)
        out, said = run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}", "--dump-dom", url],
                        env={**os.environ, "HOME": self.home()}, limit=3 * TIME_OUT)
        shutil.rmtree(profile, ignore_errors=True)
        page = re.search(rb"<pre[^>]*>(.*)</pre>", out, re.S)
        return page and page.group(1), re.findall(r"net::(ERR_\w+)", said)[-1:] or [said[-300:]]

    def fetch(self, host, path="/", **_):
        page, why = self.dump(f"https://{host}.test{path}")
        if why == ["ERR_NETWORK_CHANGED"]:  # an address of some device here has just become usable
            page, why = self.dump(f"https://{host}.test{path}")
        if page is None:
            raise Failed(why[0])
        return page


CLIENTS = (Curl, OpensslClient, GnutlsClient, Wget, PythonClient, GoClient, Chromium, OurClient)
# ---- peers as servers: a port for each certificate, one that knows P-384 only, one that wants a certificate, one that is expired ----

KINDS = (*KEYS, "retry", "auth", "expired")


class Server:
    keys, groups, resumes = KEYS, GROUPS, VERSIONS
    transport = auth = retries = files = True
    file, file_at, file_only = "/file", "ec256", None  # where a file is, and who has nothing else

    def __init__(self, lab, base):
        self.lab, self.port = lab, {kind: base + n for n, kind in enumerate(KINDS)}

    def key_of(self, kind):
        return kind if kind in (*KEYS, "expired") else "ec256"

    def kinds(self):
        return [k for k in KINDS if k in self.keys or k not in KEYS]

    def start(self):
        for kind in self.kinds():
            key = self.key_of(kind)
            self.lab.start(f"{self.program}-{kind}", self.command(kind, self.port[kind], f"{key}.crt", f"{key}.key"))


class OpensslServer(Server):
    name, program = "openssl s_server", "openssl"
    file, file_at, file_only = "/www/file", "rsa2048", "rsa2048"

    def command(self, kind, port, cert, key):
        more = {"retry": ["-groups", "P-384"], "auth": ["-Verify", "2", "-CAfile", "ca/root.crt", "-verify_return_error"]}
        return ["openssl", "s_server", "-accept", str(port), "-WWW" if kind == self.file_only else "-www", "-cert", cert, "-cert_chain", cert, "-key", key,
                "-alpn", "http/1.1", *more.get(kind, [])]


class GnutlsServer(Server):
    name, program = "gnutls-serv", "gnutls-serv"
    files = False

    def command(self, kind, port, cert, key):
        more = {"retry": ["--priority", "NORMAL:-GROUP-ALL:+GROUP-SECP384R1"],
                "auth": ["--require-client-cert", "--verify-client-cert", "--x509cafile", "ca/root.crt"]}
        return ["gnutls-serv", "--http", "--port", str(port), "--x509certfile", cert, "--x509keyfile", key, "--alpn=http/1.1", *more.get(kind, [])]


class Nginx(Server):
    name, program = "nginx", "nginx"

    def start(self):
        more = {"retry": "ssl_ecdh_curve secp384r1;", "auth": f"ssl_verify_client on; ssl_client_certificate {self.lab.work}/ca/root.crt; ssl_verify_depth 3;"}
        work = self.lab.work
        servers = "\n".join(f"""server {{ listen {self.port[k]} ssl; ssl_certificate {self.key_of(k)}.crt; ssl_certificate_key {self.key_of(k)}.key; {more.get(k, '')}
            location = / {{ return 200 "$ssl_protocol $ssl_cipher $ssl_curve $ssl_session_reused\\n"; }} }}""" for k in self.kinds())
        with open("nginx.conf", "w", encoding="ascii") as f:
            f.write(f"""daemon off; master_process off; pid nginx.pid; error_log {work}/nginx.err; user root; events {{}}
                http {{ access_log off; ssl_protocols TLSv1.2 TLSv1.3; root {work}/www; ssl_session_cache shared:all:1m;
                client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; scgi_temp_path t4; uwsgi_temp_path t5;
                {servers} }}""")
        self.lab.start("nginx", ["nginx", "-p", work, "-c", f"{work}/nginx.conf"])


class H2o(Server):
    name, program = "h2o", "h2o"
    keys = ("ec256", "ec384", "rsa2048")
    auth = retries = False
    transport = False  # its way around OpenSSL's private keys breaks on this with every client

    def kinds(self):
        return [*self.keys, "expired"]

    def start(self):
        listen = "\n".join(f"listen:\n  port: {self.port[k]}\n  ssl:\n    certificate-file: {k}.crt\n    key-file: {k}.key\n    minimum-version: TLSv1.2\n"
                           f"    cipher-suite: ALL" for k in self.kinds())
        with open("h2o.conf", "w", encoding="ascii") as f:
            f.write(f"user: root\nnum-threads: 1\n{listen}\nhosts:\n  default:\n    paths:\n      /:\n        file.dir: {self.lab.work}/www\n")
        with open("www/index.html", "w", encoding="ascii") as f:
            f.write("<p>h2o</p>\n")
        self.lab.start("h2o", ["h2o", "-c", "h2o.conf"])


class PythonServer(Server):
    name, program = "python3 ssl", sys.executable

    def start(self):
        for kind in self.kinds():
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            c.set_ciphers("ALL")
            c.set_alpn_protocols(["http/1.1"])
            c.load_cert_chain(f"{self.key_of(kind)}.crt", f"{self.key_of(kind)}.key")
            if kind == "retry":
                c.set_ecdh_curve("secp384r1")
            if kind == "auth":
                c.verify_mode = ssl.CERT_REQUIRED
                c.load_verify_locations("ca/root.crt")
            threading.Thread(target=self.listen, args=(c, socket.create_server(("", self.port[kind]))), daemon=True).start()

    def listen(self, context, listener):
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=self.answer, args=(context, conn), daemon=True).start()

    @staticmethod
    def answer(context, conn):
        try:
            conn.settimeout(TIME_OUT)
            with context.wrap_socket(conn, server_side=True) as s:
                path = s.recv(4096).split()[1].decode()
                body = f"{s.version()} {s.cipher()[0]} {s.session_reused}\n".encode()
                if path == "/file":
                    with open("www/file", "rb") as f:
                        body = f.read()
                s.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                s.unwrap()
        except (OSError, IndexError):
            conn.close()


class GoServer(Server):
    name, program = "go", "go"
    groups = ("x25519", "secp256r1", "secp384r1", "secp521r1")
    resumes = ("1.3",)  # as above

    def start(self):
        self.lab.start("go", ["./matrix_peer", "server", "ca/root.crt",
                              *(f"{self.port[k]},{self.key_of(k)}.crt,{self.key_of(k)}.key,{'p384' if k == 'retry' else k}" for k in self.kinds())])


SERVERS = (OpensslServer, GnutlsServer, Nginx, H2o, PythonServer, GoServer)
