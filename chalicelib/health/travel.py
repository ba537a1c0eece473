"""Who is asked about travel (R4.7): the national platform knows by phone where somebody was."""

from chalicelib.core.ports import TravelResult, TravelVerifier
from chalicelib.core.settings import settings
from chalicelib.health.errors import TravelUnavailable


class DemoTravelVerifier:
    """Knows fictional people only, none of whom has been anywhere."""

    def verify(self, phone: str) -> TravelResult:  # noqa: ARG002  nobody is told apart
        """Nothing stands against anybody."""
        return "clear"


class UnconnectedTravelVerifier:
    """Stands where no national platform is connected: nobody's travel is known, and nobody's is taken for harmless."""

    def verify(self, phone: str) -> TravelResult:  # noqa: ARG002  nobody is asked
        """Raises TravelUnavailable."""
        raise TravelUnavailable


def city_verifier() -> TravelVerifier:
    """The verifier of this process's city: only fictional people, and a city on one machine, have one that always answers."""
    is_demo = settings().city.demo or settings().is_local
    return DemoTravelVerifier() if is_demo else UnconnectedTravelVerifier()
