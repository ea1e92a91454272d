"""The default method's networks, for tests that keep imported ones in a folder of their own."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from human_mesh_recovery.inference_server.people.networks import Networks


def usual_networks(request: pytest.FixtureRequest, weights: str | None) -> "Networks":
    """`weights`: what the environment said of their folder before the test changed it."""
    with pytest.MonkeyPatch.context() as patch:
        if weights is None:
            patch.delenv("HMR_WEIGHTS")
        else:
            patch.setenv("HMR_WEIGHTS", weights)
        return request.getfixturevalue("networks")
