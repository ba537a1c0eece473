"""The table `decisions`: what waits for a second person, and what was decided (design §4)."""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from chalicelib.core.store import Row, TableMeta, maybe


class DecisionsTable(Row):
    """Proposals and decisions by kind and id. Operators write it with rights of their own; the api's role may not."""

    class Meta(TableMeta):
        """Named `decisions` in design §4."""

        table = "decisions"

    kind = UnicodeAttribute(hash_key=True)
    decision_id = UnicodeAttribute(range_key=True)
    expires_at = maybe(TTLAttribute)
