"""What is no event pattern, and what EventBridge says of it."""

from __future__ import annotations

import pytest

from sandbox.model.event_patterns import EventPattern, InvalidEventPatternError

BUT = "Value of anything-but must be an array or single string/number value."
BUT_LIST = "Inside anything but list, start|null|boolean is not supported."
BUT_MIXED = "Inside anything but list, either all values are number or string, mixed type is not supported"
BUT_CASE = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
AFFIX = "prefix/suffix match pattern must be a string"
ONE_KEY = "Only one key allowed in match expression"
TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('"texto"', '"campo" must be an object or an array'),
        ("17", '"campo" must be an object or an array'),
        ("null", '"campo" must be an object or an array'),
        ("[]", "Empty arrays are not allowed"),
        ("{}", "Empty objects are not allowed"),
        ('[["a"]]', "Match value must be String, number, true, false, or null"),
        ("[{}]", "Match expression name not found"),
        ('[{"Prefix": "a"}]', "Unrecognized match type Prefix"),
        ('[{"regex": "a"}]', "Unrecognized match type regex"),
        ('[{"prefix": 5}]', "prefix match pattern must be a string"),
        ('[{"prefix": ["a"]}]', "prefix match pattern must be a string"),
        ('[{"prefix": "a", "suffix": "b"}]', ONE_KEY),
        ('[{"prefix": {}}]', "Prefix expression name not found"),
        ('[{"prefix": {"suffix": "a"}}]', "Unsupported prefix pattern: suffix"),
        ('[{"prefix": {"equals-ignore-case": 1}}]', "equals-ignore-case match pattern must be a string"),
        ('[{"prefix": {"equals-ignore-case": "a", "x": 1}}]', ONE_KEY),
        ('[{"suffix": 5}]', "suffix match pattern must be a string"),
        ('[{"suffix": {"prefix": "a"}}]', "Unsupported suffix pattern: prefix"),
        ('[{"equals-ignore-case": ["a"]}]', "equals-ignore-case match pattern must be a string"),
        ('[{"exactly": 5}]', "exact match pattern must be a string"),
        ('[{"exists": "true"}]', "exists match pattern must be either true or false."),
        ('[{"exists": true, "prefix": "a"}]', ONE_KEY),
        ('[{"wildcard": 5}]', "wildcard match pattern must be a string"),
        ('[{"wildcard": ["*"]}]', "wildcard match pattern must be a string"),
        ('[{"wildcard": "ab**c"}]', "Consecutive wildcard characters at pos 3"),
        ('[{"wildcard": "a\\\\b"}]', "Invalid escape character at pos 2"),
        ('[{"wildcard": "é\\\\"}]', "Invalid escape character at pos 3"),
        ('[{"wildcard": "*-*-*-*-*-*-fim"}]', TOO_COMPLEX),
        ('[{"cidr": ["10.0.0.0/8"]}]', "prefix match pattern must be a string"),
        ('[{"cidr": "10.0.0.0"}]', "Malformed CIDR, one '/' required"),
        ('[{"cidr": "10.0.0.0/8/9"}]', "Malformed CIDR, one '/' required"),
        ('[{"cidr": "10.0.0.0/oito"}]', "Malformed CIDR, mask bits must be an integer"),
        ('[{"cidr": "10.0.0.0/-1"}]', "Malformed CIDR, mask bits must not be negative"),
        ('[{"cidr": "10.0.0.0/32"}]', "IPv4 mask bits must be < 32"),
        ('[{"cidr": "::1/128"}]', "IPv6 mask bits must be < 128"),
        ('[{"cidr": "casa/8"}]', "Nonstandard IP address: casa"),
        ('[{"cidr": "10.0.0.256/8"}]', "Invalid IP address: 10.0.0.256"),
        ('[{"cidr": "1:::2/8"}]', "Invalid IP address: 1:::2"),
        ('[{"numeric": 5}]', "Value of numeric must be an array."),
        ('[{"numeric": []}]', "Invalid member in numeric match: ]"),
        ('[{"numeric": [5]}]', "Invalid member in numeric match: 5"),
        ('[{"numeric": ["!=", 5]}]', "Unrecognized numeric range operator: !="),
        ('[{"numeric": ["="]}]', "Value of equals must be numeric"),
        ('[{"numeric": ["=", "5"]}]', "Value of equals must be numeric"),
        ('[{"numeric": ["=", 5, "<", 6]}]', "Too many elements in numeric expression"),
        ('[{"numeric": ["<", 5, ">", 1]}]', "Too many elements in numeric expression"),
        ('[{"numeric": ["<=", null]}]', "Value of <= must be numeric"),
        ('[{"numeric": [">", 1, 5]}]', "Bad value in numeric range: 5"),
        ('[{"numeric": [">", 1, ">=", 5]}]', "Bad numeric range operator: >="),
        ('[{"numeric": [">=", 1, "<"]}]', "Value of < must be numeric"),
        ('[{"numeric": [">", 1, "<", 5, 6]}]', "Too many terms in numeric range expression"),
        ('[{"numeric": [">", 5, "<", 1]}]', "Bottom must be less than top"),
        ('[{"numeric": [">", 5, "<", 5.0]}]', "Bottom must be less than top"),
        ('[{"numeric": ["<", 5000000001]}]', "Value must be between -5.0E9 and 5.0E9, inclusive"),
        ('[{"numeric": ["<", 5], "prefix": "a"}]', "Too many elements in numeric expression"),
        ('[{"anything-but": null}]', BUT),
        ('[{"anything-but": true}]', BUT),
        ('[{"anything-but": ["a", null]}]', BUT_LIST),
        ('[{"anything-but": [true]}]', BUT_LIST),
        ('[{"anything-but": ["a", 1]}]', BUT_MIXED),
        ('[{"anything-but": []}]', BUT_MIXED),
        ('[{"anything-but": {}}]', "Anything-But expression name not found"),
        ('[{"anything-but": {"numeric": [">", 1]}}]', "Unsupported anything-but pattern: numeric"),
        ('[{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]', BUT),
        ('[{"anything-but": {"prefix": 1}}]', AFFIX),
        ('[{"anything-but": {"suffix": ["a", null]}}]', AFFIX),
        ('[{"anything-but": {"prefix": ""}}]', "Null prefix/suffix not allowed"),
        ('[{"anything-but": {"suffix": ["a", ""]}}]', "Null prefix/suffix not allowed"),
        ('[{"anything-but": {"equals-ignore-case": 1}}]', BUT_CASE),
        ('[{"anything-but": {"equals-ignore-case": ["a", 1]}}]', BUT_CASE),
        ('[{"anything-but": {"wildcard": 1}}]', "wildcard match pattern must be a string"),
        ('[{"anything-but": {"wildcard": "a**"}}]', "Consecutive wildcard characters at pos 2"),
        ('[{"anything-but": "a", "prefix": "b"}]', "Too many elements in numeric expression"),
        ('[{"anything-but": {"prefix": "a", "suffix": "b"}}]', "Too many elements in numeric expression"),
    ],
)
def test_values(value: str, reason: str) -> None:
    with pytest.raises(InvalidEventPatternError) as caught:
        EventPattern(f'{{"detail": {{"campo": {value}}}}}')
    assert caught.value.reason == reason
    assert caught.value.message == f"Event pattern is not valid. Reason: {reason}"


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ('{"a": [1]}', "It must be an Array followed with $or."),
        ("[]", "There must have at least 2 Objects in $or relationship."),
        ('[{"a": [1]}]', "There must have at least 2 Objects in $or relationship."),
        ('[{"a": [1]}, "b"]', "Only JSON object is allowed in array of $or relationship."),
        ('[{"a": [1]}, {}]', "Empty objects are not allowed"),
        (
            '[{"a": [1]}, {"prefix": ["x"]}]',
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ],
)
def test_or(choices: str, reason: str) -> None:
    with pytest.raises(InvalidEventPatternError) as caught:
        EventPattern(f'{{"$or": {choices}}}')
    assert caught.value.reason == reason


@pytest.mark.parametrize("text", ["[]", '"a"', "5", "null"])
def test_a_pattern_is_an_object(text: str) -> None:
    with pytest.raises(InvalidEventPatternError, match="Filter is not an object"):
        EventPattern(text)


@pytest.mark.parametrize("text", ['{"a": [NaN]}', '{"a": ' * 3_000])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(InvalidEventPatternError, match="Malformed JSON"):
        EventPattern(text)


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("", "Unexpected end-of-input", 1, 1),
        ("{", "Unexpected end-of-input", 1, 2),
        ('{"a": [1}', "Unexpected character ('}' (code 125)): was expecting comma to separate entries", 1, 9),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate", 1, 6),
        ("{\n a: [1]}", "Unexpected character ('a' (code 97)): was expecting double-quote", 2, 2),
        ('{"a": [verdade]}', "Unrecognized token 'verdade': was expecting (JSON String", 1, 15),
        ('{"a": [1]} b', "Unrecognized token 'b'", 1, 13),
    ],
)
def test_where_it_is_no_json(text: str, reason: str, line: int, column: int) -> None:
    with pytest.raises(InvalidEventPatternError) as caught:
        EventPattern(text)
    assert caught.value.reason.startswith(reason)
    place = f'\n at [Source: (String)"{text}"; line: {line}, column: {column}]'
    assert caught.value.reason.endswith(place)


def test_of_a_long_text_the_beginning_is_shown() -> None:
    with pytest.raises(InvalidEventPatternError) as caught:
        EventPattern('["' + "x" * 600)
    assert "[truncated 102 chars]; line: 1" in caught.value.reason


def test_or_relationships_that_multiply_without_end() -> None:
    ten = ", ".join(f'{{"f{number}": [1]}}' for number in range(11))
    pattern = ", ".join(f'"c{number}": {{"$or": [{ten}]}}' for number in range(3))
    with pytest.raises(InvalidEventPatternError, match="more than 1000"):
        EventPattern(f"{{{pattern}}}")
