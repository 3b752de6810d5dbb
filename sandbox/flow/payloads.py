"""What of a payload is kept in the journal: a bounded text, with secrets masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from sandbox.flow.schema import as_json

#: Longest payload kept, in characters; the rest is cut and said so.
DEFAULT_LIMIT = 32 * 1024

# `ParameterValue`: which parameters of a stack are `NoEcho` only its template says.
_WORDS = r"password|passwd|senha|secret|token|authorization|api[-_]?key|credential|cookie|parametervalue"
_WORD = re.compile(_WORDS, re.IGNORECASE)
# What stands between the name of a member and its value, which may begin a list, or say its type as values of
# DynamoDB do (`{"S": "..."}`).
_TO_TEXT = re.compile(r'\s*:\s*(?:\{\s*\\*"[SB]S?\\*"\s*:\s*)?(?:\[\s*)?')
_TO_NEXT = re.compile(r"\s*,\s*")
# The same in a form (`Action=CreateDBInstance&MasterUserPassword=...`), which may be a text in a document.
_LETTERS = r"[\w.\[\]-]"
# Its letters are not tried again where no `=` follows them: a long one would take for ever.
_NAME = rf"((?={_LETTERS}*(?:{_WORDS})){_LETTERS}*+=)"
_FIELD = re.compile(rf"(^|[&?;]){_NAME}[^&\s]*", re.IGNORECASE)
_FIELD_IN_TEXT = re.compile(rf'([&?;"]){_NAME}(?:[^&\s"\\]|\\+[^"\\])*', re.IGNORECASE)
_REST_OF_NAME = re.compile(f"{_LETTERS}*+")
#: What a document may begin with.
_DOCUMENT = ("{", "[", '"')
# An object that says itself that its value is secret (the parameters of EventBridge's connections).
_FLAT = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_SAID = re.compile(r'"IsValueSecret"\s*:\s*true')
_VALUE = re.compile(r'("Value"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
# The type of a parameter of Systems Manager whose value is secret.
_SECURE = '"SecureString"'
#: Characters of a fact that is taken to come again.
_SHORT = 256
#: Backslashes before a quote, at most: a text in a text has twice as many and one more.
_DEEPEST = 255
#: Words of the names above, cheap to look for: most payloads have none.
_HINTS = (
    "passw",
    "senha",
    "secret",
    "token",
    "authorization",
    "credential",
    "cookie",
    "apikey",
    "api_key",
    "api-key",
    "parametervalue",
)


def keep(payload: str | bytes, limit: int = DEFAULT_LIMIT) -> str:
    """The text of a payload as it is stored.

    Args:
        payload: text or bytes; bytes that are not UTF-8 are described, not stored.
        limit: characters kept.

    Returns:
        The text, values of members whose name speaks of a secret replaced by `***`, cut at `limit`.
    """
    if isinstance(payload, bytes):
        try:
            payload = payload.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return f"<{len(payload)} bytes, not text>"
            payload = error.object[: error.start].decode()  # cut within a letter
    if len(payload) <= limit:
        return masked(payload)
    # What says that a value is secret may stand behind the cut.
    text = masked(payload)[:limit] if "IsValueSecret" in payload else masked(payload[:limit])
    return f"{text}… ({len(payload) - limit} more characters)"


def is_whole(kept: str) -> bool:
    """Whether a payload was kept as it was; one that itself holds a mask does not count as whole."""
    return '"***' not in kept and not kept.endswith(" more characters)")


def masked(text: str) -> str:
    """The text with the values of members whose name speaks of a secret replaced by `***`."""
    if _SECURE in text:
        text = _VALUE.sub(r'\1"***"', text)
    lowered = text.lower()
    hints = _hints(lowered)
    if not hints:
        return text
    if "%" in text and "=" in text and not text.lstrip().startswith(_DOCUMENT):
        text = "&".join([_field_masked(field) for field in text.split("&")])
        lowered = text.lower()
    return _masked(text, lowered, hints)


def _field_masked(field: str) -> str:
    """A field of a form whose name or value is written with `%`, masked as what that means."""
    name, equals, value = field.partition("=")
    if "%" not in field or len(field.split()) != 1 or not _hints(field.lower()):
        return field
    if "%" in name and _WORD.search(unquote_plus(name)):
        return f"{name}{equals}***"
    plain = unquote_plus(value)
    kept = _masked(plain, plain.lower(), _HINTS)
    return field if kept == plain else f"{name}{equals}{quote_plus(kept, safe='*')}"


def _masked(text: str, lowered: str, hints: Sequence[str]) -> str:
    """As `masked`, for a text that has the words of secrets `hints`."""
    if "isvaluesecret" in lowered and _SAID.search(text):
        text = _FLAT.sub(_secret_by_itself, text)
        lowered = text.lower()
    # A letter whose small form is two would shift the places.
    in_lowered = _places(lowered, hints)
    in_form = "=" in lowered and _names_field(lowered, in_lowered)
    text = _members_masked(text, in_lowered if len(lowered) == len(text) else range(len(text)))
    if not in_form:
        return text
    return (_FIELD_IN_TEXT if text.lstrip().startswith(_DOCUMENT) else _FIELD).sub(r"\1\2***", text)


def _hints(lowered: str) -> list[str]:
    """The words of secrets that a text in small letters has."""
    # Fewer parts of words than words, looked for without a loop: this is nearly all that masking costs.
    if (
        "ok" in lowered  # token, cookie
        or "secret" in lowered
        or "credential" in lowered
        or "api" in lowered
        or "passw" in lowered
        or "senha" in lowered
        or "authorization" in lowered
        or "parametervalue" in lowered
    ):
        return [hint for hint in _HINTS if hint in lowered]
    return []


def _places(lowered: str, hints: Sequence[str]) -> list[int]:
    """Where words of secrets stand; a search for each word is quicker than one for any of them."""
    found = []
    for hint in hints:
        at = lowered.find(hint)
        while at >= 0:
            found.append(at)
            at = lowered.find(hint, at + 1)
    return sorted(found)


def _names_field(lowered: str, places: Iterable[int]) -> bool:
    """Whether one of the words at `places` stands in the name of a form's field."""
    end = -1
    for place in places:
        if place >= end and (rest := _REST_OF_NAME.match(lowered, place)):
            end = rest.end()
            if lowered.startswith("=", end):
                return True
    return False


def _members_masked(text: str, places: Iterable[int]) -> str:
    """Replaces the values of members of a JSON document whose names speak of secrets; a value is a text, or a
    list that begins with some.

    The document may itself stand as text in another (the body of a proxy event): its quotes are escaped then,
    and the value ends at a quote escaped alike. A value that was cut ends with the text.
    """
    done = looked = 0
    kept: list[str] = []
    for place in places:
        # Back from the word to where the name of its member may begin, if not before the last word.
        quote = text.rfind('"', max(done, looked), place)
        looked = place
        if quote < 0:
            continue
        second = text.find('"', quote + 1)
        name = text[quote + 1 : second].rstrip("\\")
        escape = second - quote - 1 - len(name)
        if second < 0 or not _WORD.search(name) or not _is_escaped(text, quote, escape, done):
            continue
        mark = text[second - escape : second + 1]
        begin = _TO_TEXT.match(text, second + 1)
        if begin is None or not text.startswith(mark, begin.end()):
            continue
        value = begin.end() + len(mark)
        kept += (text[done:value], "***", mark)
        done = _value_end(text, value, escape)
        in_list = "[" in begin[0]
        while in_list and (further := _TO_NEXT.match(text, done)) and text.startswith(mark, further.end()):
            value = further.end() + len(mark)
            kept += (text[done:value], "***", mark)
            done = _value_end(text, value, escape)
    kept.append(text[done:])
    return "".join(kept)


def _is_escaped(text: str, quote: int, depth: int, start: int) -> bool:
    """Whether a quote has so many backslashes before it, or more, behind `start`."""
    return not depth or (
        depth <= min(_DEEPEST, quote - start) and text.startswith("\\" * depth, quote - depth)
    )


def _value_end(text: str, start: int, escape: int) -> int:
    """Behind the quote that ends a value whose quotes have `escape` backslashes; or the end of the text.

    Each backslash that the value itself ends with is twice as many before that quote.
    """
    at = text.find('"', start)
    while at >= 0:
        before = at
        while before > start and text[before - 1] == "\\":
            before -= 1
        if (at - before) % (2 * escape + 2) == escape:
            return at + 1
        at = text.find('"', at + 1)
    return len(text)


def _secret_by_itself(found: re.Match[str]) -> str:
    return _VALUE.sub(r'\1"***"', found[0]) if _SAID.search(found[0]) else found[0]


def facts_text(facts: Mapping[str, Any]) -> str:
    """Facts of a hop as they are stored: masked, as JSON."""
    if len(facts) == 1:
        ((name, value),) = facts.items()
        if type(value) is str and len(value) <= _SHORT:
            return _fact_text(name, value)
    text = as_json(facts)
    # What is a word of a secret in one of the texts is one in the document, too.
    return as_json(masked_facts(facts)) if _hints(text.lower()) else text


@lru_cache(maxsize=1024)
def _fact_text(name: str, value: str) -> str:
    """A fact that many hops have in common: who called, why a message returned."""
    return as_json({name: masked(value)})


def masked_facts(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Facts of a hop with the secrets in their texts masked (a request's body may be among them)."""
    if not any(type(value) is str for value in facts.values()):
        return facts
    return {name: masked(value) if type(value) is str else value for name, value in facts.items()}
