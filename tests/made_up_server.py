"""A server that misbehaves as it is told, to see what its client makes of it.

python made_up_server.py BEHAVIOUR: silent, dies, other_version, deaf, banner, fails, remote, works
"""

import base64
import json
import sys
import time
from pathlib import Path

BEHAVIOUR = sys.argv[1]


def say(**message):
    print(json.dumps(message), flush=True)


def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


if BEHAVIOUR == "silent":
    time.sleep(600)
if BEHAVIOUR == "banner":
    print("Welcome to host, {you} have mail", flush=True)
say(type="hello", protocol=99 if BEHAVIOUR == "other_version" else 1, version="0.0.1")
put = {}
while True:
    message = read()
    job = message.get("job")
    if message["type"] == "shutdown":
        sys.exit(0)
    if message["type"] == "put":
        put[message["name"]] = put.get(message["name"], b"") + base64.b64decode(message["data"])
    elif message["type"] == "cancel":
        say(type="cancelled", job=job, frames=12)
    elif BEHAVIOUR == "dies":
        print("Traceback\nMemoryError: out of paper.", file=sys.stderr, flush=True)
        sys.exit(3)
    elif BEHAVIOUR == "deaf":
        Path(message["folder"], "tracks.npz").touch()
        say(type="progress", job=job, stage="people", done=57, total=200)
        time.sleep(600)
    elif BEHAVIOUR == "fails":
        say(
            type="error",
            job=job,
            code="no_person",
            message=f"Nobody in {message['source']['path']}.",
            hint="Look.",
        )
    elif BEHAVIOUR == "remote":
        result = json.dumps(
            {"put": {name: len(data) for name, data in put.items()}, "asked": message}
        ).encode()
        for start in range(0, len(result), 40):
            piece = base64.b64encode(result[start : start + 40]).decode()
            last = start + 40 >= len(result)
            say(type="file", job=job, name="../person-1.npz", data=piece, last=last)
        say(type="done", job=job, people=["/tmp/there/person-1.npz"], warnings=[], stopped_at=None)
    else:
        for done in range(3):
            say(type="progress", job=job, stage="people", done=done + 1, total=3)
            say(type="live", job=job, frame=done, people=[])
        say(type="done", job="another", people=[], warnings=[])
        say(type="done", job=job, people=[message["folder"] + "/person-1.npz"], warnings=["Dark."])
