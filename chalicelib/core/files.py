"""Files of the city, in its one bucket: written in the background, handed over by links that end soon.

A file's name begins with what it belongs to, so that all of it can be removed together. S3 forgets each file a day after it
was written, to the next midnight in UTC: what is to be gone earlier must be removed.
"""

from functools import cache
from typing import IO, TYPE_CHECKING

from chalicelib.core import aws
from chalicelib.core.names import files_bucket
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

KEPT_DAYS = 1
"""After so many days S3 removes a file by itself (infra/cdk/files.py)."""

LINK_SECONDS = 300
"""How long a link opens its file. It can't outlive the credentials that signed it, which a Lambda gets for hours, so it is
short and made anew each time somebody may have it."""

REMOVED_AT_ONCE = 1_000
"""Files that one DeleteObjects removes (S3's API)."""


def put(name: str, content: bytes | IO[bytes], kind: str) -> None:
    """Write a file, in place of one that had its name; `kind` is its media type. Raises what boto3 raises."""
    aws.s3().put_object(Bucket=bucket(), Key=name, Body=content, ContentType=kind)


def get(name: str) -> bytes:
    """What a file holds. Raises what boto3 raises, also where it is gone."""
    return aws.s3().get_object(Bucket=bucket(), Key=name)["Body"].read()


def link(name: str, shown_as: str) -> str:
    """An address that opens a file for five minutes, without a token; it is saved under the name `shown_as`."""
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket(), "Key": name, "ResponseContentDisposition": f'attachment; filename="{shown_as}"'},
        ExpiresIn=LINK_SECONDS,
    )


def remove_all(beginning: str) -> int:
    """Remove every file whose name begins so. Returns how many there were; a second time there are none."""
    removed = 0
    while found := aws.s3().list_objects_v2(Bucket=bucket(), Prefix=beginning, MaxKeys=REMOVED_AT_ONCE).get("Contents"):
        names: list[ObjectIdentifierTypeDef] = [{"Key": one["Key"]} for one in found]
        aws.s3().delete_objects(Bucket=bucket(), Delete={"Objects": names, "Quiet": True})
        removed += len(names)
    return removed


def forget_bucket() -> None:
    """Drop what is known of the bucket, after the settings of the process were changed."""
    bucket.cache_clear()


@cache
def bucket() -> str:
    """The city's bucket. Its name holds the account's number, which AWS says once a process."""
    account = aws.sts().get_caller_identity()["Account"]
    return files_bucket(settings().city_name, account, settings().city.region)
