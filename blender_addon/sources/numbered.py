"""Pictures whose names count up."""

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class NumberedFile:
    """A file's path in three parts: what stands before its last number, the number, and what follows."""

    before: str
    number: int
    digits: int
    after: str

    @staticmethod
    def parse(path: str) -> "NumberedFile | None":
        """None where the name, its ending aside, holds no number."""
        stem, suffix = os.path.splitext(path)
        parts = re.fullmatch(r"(.*?)(\d+)([^\d/\\]*)", stem, re.DOTALL)
        if parts is None:
            return None
        before, digits, after = parts.groups()
        return NumberedFile(before, int(digits), len(digits), after + suffix)

    def at(self, number: int) -> str:
        """The path of the picture of this number."""
        return f"{self.before}{number:0{self.digits}}{self.after}"
