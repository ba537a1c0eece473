"""Asks a remote source: signed both ways, three seconds a try, a few tries, one host, no redirects (R-18, T-36)."""

import hmac
import io
import random
import secrets
import socket
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from chalicelib.core import clock
from chalicelib.core.names import LOOPBACK
from chalicelib.core.reports import CursorLost
from chalicelib.health.errors import SourceSilent
from chalicelib.health.remote.breaker import Breaker
from chalicelib.health.remote.contract import Part
from chalicelib.health.remote.signing import NONCE, SIGNATURE, TIMESTAMP, answer_signature, request_signature

TRY_SECONDS = 3.0
"""How long one try may take in all: somebody may wait for it (R-18)."""

TRIES = 3
CALL_SECONDS = 10.0
"""For all tries together: proving an identity takes two calls, within the 25 seconds of the api."""

LONGEST_WAIT = 2.0
"""Seconds between two tries at most, also where the source asks for more: then it is asked another time."""

ANSWER_BYTES = 4 * 1024 * 1024
"""More than a batch of a hundred people with everything known of them can be."""

PartT = TypeVar("PartT", bound=Part)


class Garbage(Exception):
    """The source answered, under its signature, what is no answer by the contract. The text is empty: it may quote anybody."""


class _Failed(Exception):
    """One try came to nothing. `wait` is what the source asks for, in seconds; `is_final` says that another try is no use."""

    def __init__(self, *, wait: float = 0.0, is_final: bool = False) -> None:
        super().__init__()
        self.wait, self.is_final = wait, is_final


class Client:
    """Speaks with one source."""

    def __init__(self, url: str, key: Callable[[], bytes], breaker: Breaker) -> None:
        """Take the source's address, what gives the key that it shares with the city, and its breaker.

        Raises ValueError for an address that is neither https nor on this machine.
        """
        parts = urlsplit(url)
        if parts.hostname is None or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
            raise ValueError("a source's address must be https")
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._key, self._breaker = key, breaker

    def ask(self, path: str, question: Part, answer: type[PartT]) -> PartT:
        """What the source answers. Raises SourceUnavailable if it does not, Garbage if it is no answer, and CursorLost for 410."""
        body = self._asked(path, question.model_dump_json().encode())
        try:
            return answer.model_validate_json(body)
        except (ValidationError, UnicodeDecodeError, RecursionError):
            raise Garbage from None

    def _asked(self, path: str, body: bytes) -> bytes:
        """The body of a signed answer, after some tries."""
        last_begin = time.monotonic() + CALL_SECONDS - TRY_SECONDS
        for attempt in range(TRIES):
            if time.monotonic() > last_begin or not self._breaker.lets_through():
                break
            try:
                answer = self._try(self._path + path, body)
            except _Failed as failed:
                self._breaker.failed()
                if failed.is_final or attempt + 1 == TRIES:
                    break
                wait_before(attempt, failed.wait)
            else:
                self._breaker.succeeded()
                return answer
        raise SourceSilent

    def _try(self, target: str, body: bytes) -> bytes:
        """One try. Only what is signed counts, also that a cursor is lost."""
        timestamp, nonce, deadline = str(clock.epoch()), secrets.token_urlsafe(16), time.monotonic() + TRY_SECONDS
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            NONCE: nonce,
            SIGNATURE: request_signature(self._key(), target, timestamp, nonce, body),
        }
        connection = self._kind(self._host, self._port, timeout=TRY_SECONDS)
        connection.response_class = partial(_Answer, deadline)  # type: ignore[assignment]  # it makes one
        try:
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            answer = _read(response)
        except (OSError, HTTPException) as error:
            raise _Failed from error
        finally:
            connection.close()
        return self._judged(response, nonce, answer)

    def _judged(self, response: HTTPResponse, nonce: str, answer: bytes) -> bytes:
        status = response.status
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Failed(wait=_seconds(response.getheader("Retry-After")))
        expected = answer_signature(self._key(), nonce, status, answer)
        if not hmac.compare_digest(expected.encode(), (response.getheader(SIGNATURE) or "").encode()):
            raise _Failed(
                is_final=True
            )  # a redirect is not signed either: what is signed for one address goes to no other
        if status == HTTPStatus.GONE:
            self._breaker.succeeded()
            raise CursorLost
        if status != HTTPStatus.OK:
            raise _Failed(is_final=True)
        return answer


class _InTime(io.RawIOBase):
    """What comes from a socket until a moment: each read may take what is left, so that a drip takes no longer than a try."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline
        self._raw: socket.SocketIO = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer of which headers, sizes of chunks and body are there before the deadline, or none."""

    def __init__(self, deadline: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_InTime(sock, deadline))


def wait_before(attempt: int, asked_for: float) -> None:
    """Wait before another try, as long as the source asks for and not in step with other processes."""
    least = min(asked_for, LONGEST_WAIT)
    time.sleep(least + random.uniform(0, 0.1 * 2**attempt))  # noqa: S311  spreads tries, keeps no secret


def _read(response: HTTPResponse) -> bytes:
    """The body, if it is not too long."""
    found = bytearray()
    while part := response.read1(65_536):
        found += part
        if len(found) > ANSWER_BYTES:
            raise _Failed(is_final=True)
    if response.length:  # it announced more than it sent
        raise HTTPException
    return bytes(found)


def _seconds(header: str | None) -> float:
    return float(header) if header is not None and header.isascii() and header.isdigit() else 0.0
