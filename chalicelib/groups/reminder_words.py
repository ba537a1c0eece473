"""The words of a reminder, one text message whatever the organization is called, and of the numbers of a morning."""

from collections.abc import Sequence

from chalicelib.alerts.messages import fitted
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, text


def morning_words(books: int, overdue: int, abnormal: int, language: Language) -> str:
    """What somebody who manages books is told each morning."""
    signature = settings().city.sms.signature.spoken(language)
    return text("reminders", "morning", language, signature=signature, books=books, overdue=overdue, abnormal=abnormal)


def reminder(organization: str, kinds: Sequence[str], language: Language, of: str | None = None) -> str:
    """What somebody is told of what is overdue; a guardian reads `of` whom, as a mask."""
    said = text("reminders", "and", language).join(text("reminders", f"kinds.{kind}", language) for kind in kinds)
    signature = settings().city.sms.signature.spoken(language)
    key, whom = ("sms", {}) if of is None else ("sms_dependant", {"name": of})
    return fitted(
        organization,
        lambda name: text("reminders", key, language, signature=signature, organization=name, kinds=said, **whom),
    )
