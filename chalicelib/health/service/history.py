"""Writing the history of a status: one row a version, however often it is written (B2)."""

from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import kept_until
from chalicelib.people.tables.status import StatusRow


def history_row(person: PersonRow) -> StatusRow | None:
    """The row of the status that a person has now, the same each time; None where there is none.

    Versions between the last one that was written and this one came and went within a moment, and no effect was of theirs.
    """
    if person.state is None or person.status_at is None:
        return None
    version = int(person.status_version)
    return StatusRow(
        person.person_id,
        StatusRow.of(person.person_id, version).range_value,
        enrolment=person.enrolment,
        status_version=version,
        state=person.state,
        rule=person.rule,
        fact=person.fact,
        state_since=person.state_since,
        state_until=person.state_until,
        status_at=person.status_at,
        cause=(person.known or {}).get("cause"),
        expires_at=kept_until("status_history", person.status_at),
    )
