#!/bin/bash
# SPDX-License-Identifier: MIT
# crowd.sh PROGRAM: HTTPS for a new client while others hold all that there is: connections, and rooms for handshakes.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
python3 -c 'import cryptography' 2>/dev/null || { echo "1..0 # SKIP python3-cryptography is not here"; exit 0; }

mkdir www
echo hello >www/a.txt
export XDG_DATA_HOME=$work/data PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
"$hf" cert ca ca >/dev/null
"$hf" cert issue --ca ca 10.9.0.2 >/dev/null
many=16
"$hf" serve www --net tun:hf9,addr=10.9.0.2/24,gw=10.9.0.1 --connections $many --idle-timeout 40 --tls 10.9.0.2.crt,10.9.0.2.key >out 2>err &
children=($!)
until_true 10 grep -q https out

cat >crowd.py <<'PY'
import subprocess, sys, time
from tlswire.client import Client
from tlswire.record import HANDSHAKE, Ended
MANY = int(sys.argv[1])

def client():
    c = Client(443, host="10.9.0.2")
    c.send_hello(c.hello13())
    c.server_hello()
    return c

def connected():
    c = client()
    c.encrypted()
    return c.finish()

def half_update():
    c = connected()
    c.record(HANDSHAKE, b"\x18\0\0")
    return c

def garbage():
    c = client()
    c.plain(HANDSHAKE, b"\x18\0\0\1\0")
    return c

def ask(seconds):
    return subprocess.run(["curl", "-sS", "-m", str(seconds), "--cacert", "ca/root.crt", "https://10.9.0.2/a.txt"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()

def ended(c, patience):
    """How the server ends it, and after how many seconds."""
    begin = time.monotonic()
    c.sock.settimeout(patience)
    try:
        while True:
            c.next_message()
    except Ended as how:
        return str(how), time.monotonic() - begin

def tell(name, good, what):
    print("good" if good else "bad", name, what, flush=True)

# ---- a message that has begun and does not end ----
alone = half_update()
how, after = ended(alone, 15)
tell("half-a-message-has-its-time", how == "internal_error" and 9 < after < 12, f"{how} after {after:.1f} s")
alone.close()

# ---- all places are taken ----
for name, kind in (("half-messages", half_update), ("hellos", client), ("idle", connected), ("alerts", garbage)):
    held = [kind() for _ in range(MANY)]
    time.sleep(1.2)
    got = [ask(5) for _ in range(3)]
    tell("new-client-beside-" + name, got == ["hello"] * 3, got)
    for c in held:
        c.close()
    time.sleep(0.3)
PY
timeout 120 python3 crowd.py $many >crowd.out 2>crowd.err
while read -r good name what; do
	if [ "$good" = good ]; then ok "$name"; else not_ok "$name" "$what"; fi
done <crowd.out
same no-trouble "$(cat crowd.err)" ''
same all-are-told "$count" 6
plan
