"""The envelope around everything the provider answers: a code, a message, the data."""

from __future__ import annotations

from starlette.responses import JSONResponse


class Answer(JSONResponse):
    """An enveloped answer; it remembers its `code` for the log of requests."""

    def __init__(
        self,
        data: object,
        code: int = 200,
        message: str = "success",
        status: int = 200,
        named: str = "msg",
        retry_after: float | None = None,
    ) -> None:
        """`named` is what the message is called: `msg`, or `message` as some endpoints have it."""
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        super().__init__({"code": code, named: message, "data": data}, status_code=status, headers=headers)
        self.code = code


class Refused(Exception):
    """The provider says no: an answer with a code other than 200 and no data."""

    def __init__(self, code: int, message: str, status: int = 200, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after

    def answer(self, named: str = "msg") -> Answer:
        """The refusal as it goes over the wire."""
        return Answer(None, self.code, self.message, self.status, named, self.retry_after)
