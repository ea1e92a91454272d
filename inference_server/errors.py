"""Failures that are normal events: each says what happened, to what, and what to do."""


class RecoveryError(Exception):
    """A failure with a message for the user.

    `code` is a stable word for scripts and the panel, `message` says what happened and to which file,
    `hint` what to do about it.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Cancelled(Exception):
    """The user asked for the work to stop."""
