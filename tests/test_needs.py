"""What has to be downloaded before people can be recovered."""

from pathlib import Path

from human_mesh_recovery.blender_addon.needs import find_needs
from human_mesh_recovery.inference_server.weights.catalogue import HANDS, NETWORKS


def test_networks_of_another_version_are_missing_too(tmp_path: Path):
    for entry in NETWORKS.values():
        with open(tmp_path / f"{entry.name}.onnx", "wb") as file:
            file.truncate(entry.onnx_size)
    assert find_needs(None, tmp_path, tmp_path).download == 0
    gone, changed, *_ = NETWORKS.values()
    (tmp_path / f"{gone.name}.onnx").unlink()
    (tmp_path / f"{changed.name}.onnx").write_bytes(b"of an earlier version")
    assert find_needs(None, tmp_path, tmp_path).networks == (gone, changed)


def test_the_network_of_fingers_alone_is_asked_for_where_they_are_wanted(tmp_path: Path):
    for entry in NETWORKS.values():
        with open(tmp_path / f"{entry.name}.onnx", "wb") as file:
            file.truncate(entry.onnx_size)
    (tmp_path / f"{HANDS}.onnx").unlink()
    assert find_needs(None, tmp_path, tmp_path).networks == (NETWORKS[HANDS],)
    assert find_needs(None, tmp_path, tmp_path, with_fingers=False).download == 0
    other = next(name for name in NETWORKS if name != HANDS)
    (tmp_path / f"{other}.onnx").unlink()
    missing = find_needs(None, tmp_path, tmp_path, with_fingers=False).networks
    assert {entry.name for entry in missing} == {HANDS, other}, "one download brings both"
