"""What the process is told from outside: which city it serves and, on one machine, where its emulator listens."""

import os
from functools import cache
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.city import City, load_city
from chalicelib.core.names import LOOPBACK, table_name


class Settings(BaseModel):
    """The settings of one process. There is no fallback: a process that is not told its city does not start."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    city_name: str = Field(min_length=1, description="name of the city file, from CITY")
    endpoint_url: str | None = Field(description="an emulator's address, from AWS_ENDPOINT_URL; null is AWS itself")
    source_url: str | None = Field(
        default=None,
        description="a health source on this machine that stands in for the city's, from SOURCE_URL; only where is_local",
    )
    in_lambda: bool = Field(
        description="whether a Lambda runs this process, of AWS or of an emulator, by its own variable"
    )

    @property
    def city(self) -> City:
        """The policy of the city that this process serves."""
        return load_city(self.city_name)

    @property
    def is_local(self) -> bool:
        """Whether this serves a city on this machine, where local credentials hold and imports are allowed.

        A deployed city is not local, though its deployment be rehearsed here: it has the rights of its role and no others.
        """
        is_here = self.endpoint_url is not None and urlsplit(self.endpoint_url).hostname in LOOPBACK
        return is_here and not self.in_lambda

    def table(self, table: str) -> str:
        """Physical name of a table of this city."""
        return table_name(self.city_name, table)


@cache
def settings() -> Settings:
    """The settings of this process, read on first use (a test client and a synthesis import modules without them).

    Raises KeyError if CITY is not set.
    """
    return Settings(
        city_name=os.environ["CITY"],
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        source_url=os.environ.get("SOURCE_URL"),
        in_lambda="AWS_LAMBDA_FUNCTION_NAME" in os.environ,
    )
