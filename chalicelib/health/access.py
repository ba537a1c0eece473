"""Which signed requests are let in: those of registered sources, with a key of theirs that is valid now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.core import clock
from chalicelib.core.crypto import decode
from chalicelib.core.errors import Broken
from chalicelib.core.signatures import SignatureRefused, SignedRequest
from chalicelib.core.store import Key, Rows
from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import SeenBatchRow, SourceKeyRow


@dataclass(frozen=True)
class Sender:
    """A registered source that delivers. `digest` is the SHA-256 of what it sends, and `seen` that it was held before."""

    name: str
    digest: str
    seen: SeenBatchRow | None


class RegisteredSource:
    """Admits a source whose request is signed. A source or key that was revoked is refused from its next request on."""

    name = "source, signed"
    takes_signed: Literal[True] = True

    def keys(self, request: SignedRequest, path: Mapping[str, str]) -> list[Key[Any]]:
        """The source, its key, and whether this very body was held before."""
        name = request.signer
        return [SourceRow.of(name), SourceKeyRow.of(name, request.key_id), SeenBatchRow.of(name, request.digest)]

    def admit(self, request: SignedRequest, rows: Rows, path: Mapping[str, str]) -> Sender:
        """The source. Raises SignatureRefused."""
        source, key = (
            rows.get(SourceRow.of(request.signer)),
            rows.get(SourceKeyRow.of(request.signer, request.key_id)),
        )
        if source is None or not source.granted or key is None or not key.is_valid:
            raise SignatureRefused
        if not _is_signed(request, key):
            raise SignatureRefused
        seen = rows.get(SeenBatchRow.of(request.signer, request.digest))
        return Sender(request.signer, request.digest, seen if seen and seen.expires_at > clock.now() else None)


def _is_signed(request: SignedRequest, key: SourceKeyRow) -> bool:
    try:
        return request.is_signed_with(decode(key.public_key))
    except ValueError as error:
        raise Broken from error


source = RegisteredSource()
