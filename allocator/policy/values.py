"""The kinds of values a policy file holds: text kept as written, with an exact meaning."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from allocator.core.rules import SMALLEST_ALPHA
from allocator.money import MAX_DOLLARS, exact
from allocator.policy.shown import (
    Reserve,
    read_instant,
    read_ratio,
    read_reserve,
    show_dollars,
    show_number,
    show_percent,
)

__all__ = [
    "DOLLARS",
    "MAX_EXPONENT",
    "NUMBER",
    "PERCENT",
    "Alpha",
    "Exponent",
    "Factor",
    "Instant",
    "Money",
    "Number",
    "PositiveMoney",
    "PositiveRatio",
    "Rate",
    "Ratio",
    "Reserve",
    "ReserveText",
    "Written",
    "read_instant",
    "read_ratio",
    "read_reserve",
    "show_dollars",
    "show_number",
    "show_percent",
]

MONEY_TEXT = r"^\$?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,11})(\.[0-9]{1,8})?$"
NUMBER_TEXT = r"^-?\$?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,18})(\.[0-9]{1,8})?$"
RATIO_TEXT = r"^[0-9]{1,9}(\.[0-9]{1,16})?%?$"
WHOLE = 10**18  # whole numbers below it are told as they are, larger ones refused
LARGE_TEXT = r"-?\$?[1-9](,?[0-9]){11,}(\.[0-9]{1,8})?"  # twelve digits or more
RATE_PARTS = 10**8  # rates are multiples of 1e-8, so that claims stay exact in int64
MAX_EXPONENT = 10  # ($90bn)^10 and (1e-19)^10 are still ordinary floats


@dataclass(frozen=True)
class Written:
    """How a value kept as text is meant, and how it is shown to people.

    Attributes
    ----------
    meaning : callable
        From the text to the exact value; two texts of one meaning are the same setting.
    show : callable
        From the text to what a person reads.
    """

    meaning: Callable[[str], object]
    show: Callable[[str], str]


def _check_money(value: object) -> str:
    return _check_amount(value, MONEY_TEXT, "50.00")


def _check_number(value: object) -> str:
    return _check_amount(value, NUMBER_TEXT, "-1000.00")


def _quoted(value: object) -> object:
    """Take a whole number as if it were in quotes: it is exact without them."""
    if isinstance(value, int) and not isinstance(value, bool) and -WHOLE < value < WHOLE:
        return str(value)
    return value


def _example(value: object, example: str) -> str:
    """Say how a value would be written: a float as its shortest decimal, in quotes."""
    if isinstance(value, float) and math.isfinite(value):
        return f': write "{Decimal(repr(value)):f}"'
    return f", such as {example}"


def _check_amount(value: object, pattern: str, example: str) -> str:
    value = _quoted(value)
    if not isinstance(value, str):
        raise ValueError("must be a decimal in quotes" + _example(value, f'"{example}"'))
    if re.fullmatch(LARGE_TEXT, value) or (
        re.fullmatch(pattern, value) and abs(exact(value)) >= MAX_DOLLARS
    ):
        raise ValueError(f"must be below ${MAX_DOLLARS // 10**9} billion")
    if not re.fullmatch(pattern, value):
        raise ValueError(f'must be a decimal with at most 8 decimals, such as "{example}"')
    return value


def _check_ratio(value: object) -> str:
    value = _quoted(value)
    if not isinstance(value, str):
        raise ValueError("must be a ratio in quotes" + _example(value, '"0.30" or "30%"'))
    if not re.fullmatch(RATIO_TEXT, value):
        raise ValueError('must be a ratio of at most 16 decimals, such as "0.30" or "30%"')
    return value


def _check_rate(text: str) -> str:
    rate = read_ratio(text)
    if rate > 1:
        percent = f'; did you mean "{text}%"?' if 1 < rate <= 100 and "%" not in text else ""
        raise ValueError(f'must be between "0.00" and "1.00" (100%){percent}')
    if (rate * RATE_PARTS).denominator != 1:
        raise ValueError("must have at most 8 decimals (6 in percent)")
    return text


def _check_positive(text: str) -> str:
    if read_ratio(text) == 0:
        raise ValueError("must be more than 0")
    return text


def _check_instant(value: object) -> str:
    if isinstance(value, datetime):
        value = value.isoformat()  # a TOML date-time without quotes
    example = 'such as "2025-10-10T00:00:00Z"'
    if not isinstance(value, str):
        raise ValueError(f"must be a date and time in quotes, {example}")
    if ":" not in value:  # a bare date would silently mean its first second
        raise ValueError(f"must be a date and a time, {example}")
    try:
        read_instant(value)
    except (ValueError, OverflowError):
        raise ValueError(f"must be a date and time in ISO 8601, {example}") from None
    return value


def _check_alpha(value: object) -> float:
    if value == "inf":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError('must be a number of at least 0, without quotes, or "inf"')
    if 0 < value < SMALLEST_ALPHA:
        raise ValueError(f"must be 0, or at least {SMALLEST_ALPHA:f}")
    if sys.float_info.max < value < math.inf:  # a whole number of hundreds of digits
        raise ValueError('must be a number that fits a 64-bit float, or "inf"')
    return _unsigned(float(value))


def _unsigned(value: float) -> float:
    return abs(value)  # -0.0 is 0.0, and must not have another digest


def _check_reserve(value: object) -> str:
    value = _quoted(value)
    if not isinstance(value, str):
        how = _example(value, '"1000.00" or "5%"')
        raise ValueError("must be money or a share in quotes" + how)
    if not value.endswith("%"):
        return _check_amount(value, MONEY_TEXT, "1000.00")
    if read_ratio(_check_ratio(value)) >= 1:
        raise ValueError("must be below 100% of the budget")
    return value


def _reserve(text: str) -> str:
    return _percent(text) if text.endswith("%") else _dollars(text)


def _dollars(text: str) -> str:
    return show_dollars(exact(text))


def _percent(text: str) -> str:
    return show_percent(read_ratio(text))


def _number(text: str) -> str:
    return show_number(exact(text), least=2 if "." in text else 0)


def _text_schema(*patterns: str, **whole: int) -> WithJsonSchema:
    """Text, or a whole number of such a size."""
    texts = [{"type": "string", "pattern": pattern} for pattern in patterns]
    return WithJsonSchema({"anyOf": [*texts, {"type": "integer", **whole}]})


DOLLARS = Written(exact, _dollars)
NUMBER = Written(exact, _number)
PERCENT = Written(read_ratio, _percent)

LARGEST = MAX_DOLLARS - 1

Money = Annotated[
    str,
    BeforeValidator(_check_money),
    _text_schema(MONEY_TEXT, minimum=0, maximum=LARGEST),
    DOLLARS,
]
PositiveMoney = Annotated[Money, AfterValidator(_check_positive)]
Number = Annotated[
    str,
    BeforeValidator(_check_number),
    _text_schema(NUMBER_TEXT, minimum=-LARGEST, maximum=LARGEST),
    NUMBER,
]
Ratio = Annotated[
    str,
    BeforeValidator(_check_ratio),
    _text_schema(RATIO_TEXT, minimum=0, maximum=10**9 - 1),
    Written(read_ratio, _percent),
]
PositiveRatio = Annotated[Ratio, AfterValidator(_check_positive)]
Rate = Annotated[Ratio, AfterValidator(_check_rate)]
ReserveText = Annotated[
    str,
    BeforeValidator(_check_reserve),
    _text_schema(MONEY_TEXT, RATIO_TEXT, minimum=0, maximum=LARGEST),
    Written(read_reserve, _reserve),
]
Instant = Annotated[
    str,
    BeforeValidator(_check_instant),
    WithJsonSchema({"type": "string"}),
    Written(read_instant, str),
]
Alpha = Annotated[
    float,
    BeforeValidator(_check_alpha),
    PlainSerializer(lambda value: "inf" if math.isinf(value) else value),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": 0},
                {"type": "number", "minimum": SMALLEST_ALPHA},
                {"const": "inf"},
            ]
        }
    ),
]
Exponent = Annotated[
    float,
    Field(strict=True, ge=0, le=MAX_EXPONENT, allow_inf_nan=False),
    AfterValidator(_unsigned),
]
Factor = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False), AfterValidator(_unsigned)]
