#!/usr/bin/env python3
"""Writes scripts/extension/wheels.json anew, after a version in pyproject.toml or targets.py has changed.

    python scripts/lock_wheels.py

Fetches every wheel of every target, two gigabytes, and notes its size and checksum. What is written is to be
read and committed; the extension is built from just these files.
"""

from extension.targets import TARGETS
from extension.wheels import lock

if __name__ == "__main__":
    lock(TARGETS)
