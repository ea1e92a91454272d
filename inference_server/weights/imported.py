"""Networks that the user brought: converted once from their authors' checkpoint, kept in the folder of networks.

Beside each lies a small .json of facts: whose mesh it knows, and what it was made from.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import RecoveryError
from ..whole_file import whole_file
from . import store

BLOCK = 1 << 20


@dataclass(frozen=True)
class ImportFacts:
    """What an imported network was made from."""

    kind: str
    """Which of several it is, such as the joints that it takes."""
    checkpoint: str
    """Path of the authors' file, and below its checksum."""
    checkpoint_sha256: str
    body: str
    """Path of the user's body file, whose mesh the network knows."""
    body_sha256: str
    vertex_count: int
    onnx_sha256: str
    with_parameters: bool = False
    """Whether it gives the body's pose and shape, too."""
    betas_of: str = ""
    """The body whose shape it gives, "smpl" or "free", where it has no mesh that tells."""


def checksum(path: Path) -> str:
    """The sha256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def place(name: str) -> Path:
    """Where the imported network lies: in the folder of networks, else in the user's own; it need not exist."""
    folders = (store.cache_folder(), store.user_folder())
    found = (folder / f"{name}.onnx" for folder in folders if (folder / f"{name}.json").is_file())
    return next(found, folders[0] / f"{name}.onnx")


def write(name: str, contents: bytes, facts: ImportFacts) -> Path:
    """Puts a network and its facts into the folder of networks. Raises RecoveryError("unwritable")."""
    path = store.cache_folder() / f"{name}.onnx"
    with whole_file(path, "The network") as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(contents)
    with whole_file(path.with_suffix(".json"), "The network's facts") as temporary:
        temporary.write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    return path


def read_facts(name: str, hint: str) -> ImportFacts:
    """The facts of an imported network; `hint` says how to import it.

    Raises RecoveryError: "weights_missing" if it was never imported, "weights_corrupt" if the facts are damaged.
    """
    path = place(name).with_suffix(".json")
    try:
        return ImportFacts(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        message = f"The network '{name}' was not imported yet: there is no {path}."
        raise RecoveryError("weights_missing", message, hint) from None
    except (OSError, ValueError, TypeError) as error:
        raise RecoveryError("weights_corrupt", f"{path} is damaged: {error}.", hint) from error


def read(name: str, hint: str) -> bytes:
    """The contents of an imported network's file, once they are known to be whole. Raises as `read_facts`."""
    facts, path = read_facts(name, hint), place(name)
    try:
        contents = path.read_bytes()
    except FileNotFoundError:
        raise RecoveryError("weights_missing", f"The network's file {path} is not there.", hint) from None
    except OSError as error:
        message = f"The network's file {path} cannot be read: {error.strerror}."
        raise RecoveryError("weights_corrupt", message, "Check its permissions.") from error
    if hashlib.sha256(contents).hexdigest() != facts.onnx_sha256:
        message = f"The network's file {path} is damaged: its checksum differs."
        raise RecoveryError("weights_corrupt", message, hint)
    return contents
