"""Declarations as the public contract shows them, to whoever made them and to inspectors who scan them."""

from chalicelib.core.settings import settings
from chalicelib.core.texts import Language
from chalicelib.health.schemas import declarations as schemas
from chalicelib.people.service.privacy import Listed
from chalicelib.people.tables.declarations import DeclarationRow


def declaration_page(listed: Listed[DeclarationRow], language: Language) -> schemas.DeclarationPage:
    """A page of declarations."""
    return schemas.DeclarationPage(items=[declaration_view(row, language) for row in listed.rows], cursor=listed.cursor)


def declaration_view(row: DeclarationRow, language: Language) -> schemas.HealthDeclaration:
    """One declaration, with the questions as the city asks them now and the concerns as they were then."""
    concerns = set(row.concerns)
    answers = [
        schemas.AnswerShown(question=name, text=_text(name, language), answer=answer, concern=name in concerns)
        for name, answer in row.answers.items()
    ]
    return schemas.HealthDeclaration(
        at=row.declared_at, concern=bool(concerns), answers=answers, expires_at=row.expires_at
    )


def _text(name: str, language: Language) -> str | None:
    question = settings().city.declaration.question(name)
    return None if question is None else question.text.spoken(language)
