"""A server of the protocol that recovers made-up people, for tests where the real one's packages are missing.

    python fake_server.py

What it does is said by the name of the source: "nobody" fails, "slow" goes on until it is cancelled, "crash" ends
the process; anything else gives two people over 12 frames.
"""

import os
import sys
import threading
import time
from pathlib import Path

from human_mesh_recovery.inference_server.messages import PROTOCOL, decode, encode
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.tests.scene_samples import walking

FRAMES = 12
cancelled = threading.Event()


def say(kind: str, **members: object) -> None:
    sys.stdout.buffer.write(encode({"type": kind} | members))
    sys.stdout.buffer.flush()


def run(message: dict) -> None:
    job, folder = message["job"], Path(message["folder"])
    source = message["source"]
    name = str(source.get("path") or source.get("files"))
    cancelled.clear()
    if "nobody" in name:
        say(
            "error",
            job=job,
            code="no_person",
            message=f"No person was found in {name}.",
            hint="Take another.",
        )
        return
    if "crash" in name:
        print("a made-up crash", file=sys.stderr, flush=True)
        os._exit(3)
    frame = 0
    while frame < FRAMES or "slow" in name:
        frame += 1
        say("progress", job=job, stage="people", done=frame, total=100 if "slow" in name else FRAMES)
        say("live", job=job, frame=frame, people=[{"id": 1, "pose": [0.0] * 72, "trans": [0.0, 0.0, 1.0]}])
        if "slow" in name:
            time.sleep(0.02)
        if cancelled.is_set():
            (folder / "tracks.npz").touch()
            say("cancelled", job=job, frames=frame)
            return
    solve(message)


def solve(message: dict) -> None:
    job, folder = message["job"], Path(message["folder"])
    (folder / "tracks.npz").touch()
    paths = []
    for person in (1, 2):
        motion = walking(FRAMES, person=person)
        motion.trans += message["settings"]["smoothing"] / 100  # so that a test sees which settings were used
        save_motion(motion, folder / f"person-{person}.npz")
        paths.append(str(folder / f"person-{person}.npz"))
    say("done", job=job, people=paths, warnings=["It is made up."], stopped_at=None)


def main() -> None:
    say(
        "hello",
        protocol=PROTOCOL,
        version="0",
        python="3",
        device="cpu",
        devices=["cpu"],
        methods=["keypoints"],
    )
    for line in sys.stdin.buffer:
        message = decode(line)
        if message is None:
            continue
        if message["type"] == "shutdown":
            break
        if message["type"] == "cancel":
            cancelled.set()
        elif message["type"] == "check":
            say("report", lines=[{"ok": True, "text": "All is well", "hint": ""}])
        elif message["type"] in ("recover", "solve"):
            work = run if message["type"] == "recover" else solve
            threading.Thread(target=work, args=(message,), daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
