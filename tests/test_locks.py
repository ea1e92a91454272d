"""Starts that wait for one another."""

from pathlib import Path

import pytest

from human_mesh_recovery.inference_server.startup import locks, telling


def test_who_waits_for_another_start_does_not_fall_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(telling, "STILL_HERE", 0.0)
    told: list[dict] = []

    def tell(message: dict) -> None:
        told.append(message)
        if len(told) == 3:
            raise telling.ClientGone

    with (
        locks.alone(tmp_path / "lock", told.append),
        pytest.raises(telling.ClientGone),
        locks.alone(tmp_path / "lock", tell),
    ):
        pass
    assert [(message["stage"], message["done"]) for message in told] == [("unpack", 0)] * 3
