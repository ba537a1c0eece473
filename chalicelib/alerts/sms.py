"""The two ways a text message leaves the city: SNS outside mainland China, a signed request to a gateway inside it.

AWS has no text messages in its China regions, so cities there name a gateway of a carrier in their file.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, clock, ids
from chalicelib.core.city_secrets import SMS_GATEWAY_KEY, secret
from chalicelib.core.crypto import encode
from chalicelib.core.errors import Unavailable
from chalicelib.core.names import LOOPBACK
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

TIMEOUT_SECONDS = 3.0
"""A person waits for this answer, so a slow gateway is a failed one."""

SIGNATURE_SECONDS = 300
"""How far a signed request's time may lie from the gateway's clock; older ones are replays."""

TIMESTAMP_HEADER = "X-Gatebook-Timestamp"
SIGNATURE_HEADER = "X-Gatebook-Signature"
COUNTRY_PREFIX = "+86"
_TRANSACTIONAL: "dict[str, MessageAttributeValueTypeDef]" = {
    "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}
}


class SmsUnavailable(Unavailable):
    """The carrier did not take the message now."""

    code = "sms_unavailable"


class SnsSmsSender:
    """Sends through Amazon SNS, as transactional messages: they are delivered first and bypass marketing opt-outs."""

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:  # noqa: ARG002  it takes neither
        """Hand the text to SNS, which has no use for the rest. Raises SmsUnavailable if SNS does not take it."""
        try:
            aws.sns().publish(PhoneNumber=COUNTRY_PREFIX + phone, Message=text, MessageAttributes=_TRANSACTIONAL)
        except (BotoCoreError, ClientError) as error:
            raise SmsUnavailable from error


class HttpSmsSender:
    """Posts each message to a gateway, signed with a key that city and gateway share.

    The body's `id` is the same in no two messages, and in each try of one that is sent again where nobody knows whether it
    was taken, so that the gateway can drop what it took before.
    """

    def __init__(self, url: str, key: Callable[[], bytes]) -> None:
        """Take the gateway's address and what gives its key, which is asked for only when there is something to send.

        Raises ValueError for an address that is neither https nor on this machine: messages carry codes.
        """
        parts = urlsplit(url)
        if parts.hostname is None or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
            raise ValueError("a gateway's address must be https")
        self._host, self._port, self._scheme = parts.hostname, parts.port, parts.scheme
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._key = key

    def send(self, phone: str, text: str, language: Language, message_id: str | None = None) -> None:  # noqa: ARG002  the gateway reads it in the text
        """Hand the text to the gateway. `phone` is canonical. Raises SmsUnavailable for any answer but 2xx."""
        message = {"phone": phone, "text": text, "id": message_id or ids.new_id(), "at": clock.iso(clock.now())}
        body = json.dumps(message, ensure_ascii=False).encode()
        timestamp = str(clock.epoch())
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(self._key(), timestamp, body),
        }
        try:
            status = self._post(body, headers)
        except (OSError, HTTPException) as error:
            raise SmsUnavailable from error
        if not 200 <= status < 300:  # noqa: PLR2004  a redirect too: what is signed for one address goes to no other
            raise SmsUnavailable

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        kind = HTTPSConnection if self._scheme == "https" else HTTPConnection
        connection = kind(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._target, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """The signature of a request to a gateway: HMAC-SHA-256 over its time and its body, in base64url."""
    return encode(hmac.digest(key, timestamp.encode() + b"." + body, hashlib.sha256))


def is_signed(key: bytes, timestamp: str, signed: str, body: bytes) -> bool:
    """Whether a request is signed with this key and not older or younger than five minutes; for a gateway to ask."""
    if not (timestamp.isascii() and timestamp.isdigit()):
        return False
    is_fresh = abs(clock.epoch() - int(timestamp)) <= SIGNATURE_SECONDS
    return hmac.compare_digest(signed.encode(), signature(key, timestamp, body).encode()) and is_fresh


def city_sender() -> SmsSender:
    """The sender that the city file names."""
    sms = settings().city.sms
    if sms.sender == "sns":
        return SnsSmsSender()
    if sms.gateway_url is None:  # the city file says so itself; this tells the type checker
        raise SmsUnavailable
    return HttpSmsSender(sms.gateway_url, lambda: secret(SMS_GATEWAY_KEY))
