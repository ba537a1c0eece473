"""What models say of their fields: the text below each field, which Python throws away and the description of the API shows.

pydantic can read it too, but then every cold start parses the sources of all models: a twentieth of its time.
"""

import ast
import inspect
import textwrap
from itertools import pairwise

from pydantic import BaseModel


def field_words(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a model that has one, those that it inherits included."""
    words: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            words |= _own_words(one)
    return {name: text for name, text in words.items() if name in model.model_fields}


def _own_words(model: type[BaseModel]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    words = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (text := _text(below)):
            words[field.target.id] = inspect.cleandoc(text)
    return words


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return None
