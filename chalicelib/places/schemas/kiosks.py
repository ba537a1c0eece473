"""The public contract of kiosks."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import OrganizationName
from chalicelib.people.schemas import Document


class NewKiosk(Input):
    """Sets up a kiosk (R2.5)."""

    name: OrganizationName
    """Where it stands."""


class Kiosk(Output):
    """A machine at a place that prints passes."""

    kiosk_id: str
    name: str
    created_at: datetime


class KioskSetUp(Kiosk):
    """A kiosk that was set up just now."""

    credentials: str
    """What it sends as `Authorization: Kiosk …`. It is told this once; who loses it sets up another one."""


class KioskList(Output):
    """The kiosks of a place, the oldest first."""

    items: list[Kiosk]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class KioskPrintRequest(Input):
    """Who stands at a kiosk, as their card says."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    document: Document


class KioskPrint(Output):
    """A pass to print. The one printed before is void from now on."""

    model_config = ConfigDict(serialize_by_alias=True)

    name: str
    """Whose it is, masked."""
    text: Annotated[str, Field(serialization_alias="pass")]
    """What the picture says. Only an inspector at an open place can learn from it whose it is."""
    svg: str
    """The picture of it, as SVG."""
    expires_at: datetime
