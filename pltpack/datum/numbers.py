"""Racket's number syntax: text to number, and number to text.

Inexact numbers are read correctly rounded; exact ones are bounded by a number of digits, since a few characters
(``#e1e1000000000``) can ask for any amount of memory.
"""

from __future__ import annotations

import math
import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Final, TypeAlias

from pltpack.datum.values import Complex, Extflonum

Real: TypeAlias = int | Fraction | float
Number: TypeAlias = Real | Complex | Extflonum


class NumberError(ValueError):
    """The text must be a number but is none, or is one that cannot be (``1/0``)."""


class TooManyDigitsError(ValueError):
    """An exact number has more digits than allowed."""


_SHORT: Final = 2000
"""Digits up to which an integer is converted in one go."""

_PREFIX: Final = re.compile(r"#(?:([ei])(?:#([bodx]))?|([bodx])(?:#([ei]))?)", re.IGNORECASE)
_RADIX: Final = {"b": 2, "o": 8, "d": 10, "x": 16}
_DIGITS: Final = {2: "01", 8: "0-7", 10: "0-9", 16: "0-9a-f"}
_MAYBE_NUMBER: Final = re.compile(r"[+-]?\.?[0-9]|[+-](?:inf\.|nan\.|i)", re.IGNORECASE)


def _real_syntax(digit: str, marker: str, prefix: str) -> str:
    """A real number as a pattern with named groups ``prefix`` + s, w, n, d, e or x."""
    return (
        f"(?P<{prefix}s>[+-]?+)"
        rf"(?:(?P<{prefix}n>{digit}++\#*+)/(?P<{prefix}d>{digit}++\#*+)"
        rf"|(?P<{prefix}w>{digit}++(?:\.{digit}*+\#*+|\#++\.?+\#*+)?+|\.{digit}++\#*+))"
        rf"(?P<{prefix}e>{marker}[+-]?+{digit}++)?+"
        rf"|(?P<{prefix}x>[+-](?:inf|nan)\.[0f])"
    )


@cache
def _syntax(radix: int) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The patterns of a real, a rectangular, a polar and an extended number."""
    digit = f"[{_DIGITS[radix]}]"
    marker = "[sl]" if radix == 16 else "[edlfs]"
    first = _real_syntax(digit, marker, "a")
    second = _real_syntax(digit, marker, "b")
    rectangular = rf"(?P<first>{first})?(?=[+-])(?:{second}|(?P<unit>[+-]))i"
    polar = rf"(?P<first>{first})@(?!\.)(?:{second})"
    extended = rf"[+-]?+(?:{digit}++\#*+/{digit}++\#*+|{digit}++(?:\.{digit}*+\#*+|\#++\.?+\#*+)?+|\.{digit}++\#*+)"
    extended = rf"{extended}t[+-]?+{digit}++|[+-](?:inf|nan)\.t"
    flags = re.IGNORECASE | re.ASCII
    return (
        re.compile(first, flags),
        re.compile(rectangular, flags),
        re.compile(polar, flags),
        re.compile(extended, flags),
    )


def parse_number(text: str, *, digits: int = 100_000) -> Number | None:
    """The number that Racket's ``read`` makes of ``text``; ``None`` where it makes a symbol.

    ``digits`` bounds exact numbers. Raises :class:`NumberError` for what may not be a symbol either (a bad number
    behind ``#e``, ``#x`` and so on, a division by zero) and :class:`TooManyDigitsError`.
    """
    radix, exactness, obliged = 10, "", False
    if text.startswith("#"):
        prefix = _PREFIX.match(text)
        if prefix is None:
            raise NumberError("bad number")
        letter = (prefix[2] or prefix[3] or "d").lower()
        radix, exactness, obliged = _RADIX[letter], (prefix[1] or prefix[4] or "").lower(), True
        text = text[prefix.end() :]
    elif not _MAYBE_NUMBER.match(text):
        return None
    number = _parse(text, radix, exactness, digits)
    if number is None and obliged:
        raise NumberError("bad number")
    return number


def _parse(text: str, radix: int, exactness: str, digits: int) -> Number | None:
    real, rectangular, polar, extended = _syntax(radix)
    if match := real.fullmatch(text):
        return _real(match, "a", radix, exactness, digits)
    if match := rectangular.fullmatch(text):
        if match["unit"]:
            imaginary: Real = float(match["unit"] + "1") if exactness == "i" else int(match["unit"] + "1")
        else:
            imaginary = _real(match, "b", radix, exactness, digits)
        start: Real = 0.0 if exactness == "i" else 0
        return rectangular_number(_real(match, "a", radix, exactness, digits) if match["first"] else start, imaginary)
    if match := polar.fullmatch(text):
        size = _real(match, "a", radix, exactness, digits)
        return _polar_number(size, _real(match, "b", radix, exactness, digits), exactness)
    if extended.fullmatch(text):
        if exactness:
            raise NumberError(f"an extflonum cannot be made {'exact' if exactness == 'e' else 'inexact'}")
        return Extflonum(text)
    return None


def _real(match: re.Match[str], group: str, radix: int, exactness: str, digits: int) -> Real:
    """The value of one real part of a number."""
    sign, special = match[group + "s"], match[group + "x"]
    if special:
        if exactness == "e":
            raise NumberError(f"no exact number equals {special}")
        return math.nan if special[1] in "nN" else float(special[:4])
    over, under, whole, exponent = (match[group + key] for key in "ndwe")
    if under is not None and not under.strip("0#"):
        if "#" not in under or exactness == "e":
            raise NumberError("division by zero")
        return -math.inf if sign == "-" else math.inf
    inexact = exactness == "i" or (
        exactness != "e" and (exponent is not None or any(c in ".#" for c in (whole or over + under)))
    )
    if inexact and radix == 10 and under is None:
        return float(f"{sign}{whole.replace('#', '0')}e{exponent[1:] if exponent else 0}")
    before, _, after = (whole or over).replace("#", "0").partition(".")
    if len(before) + len(after) > digits or len(under or "") > digits:
        raise TooManyDigitsError(f"a number of more than {digits} digits")
    top = integer(sign + before + after, radix)
    bottom = integer(under.replace("#", "0"), radix) if under else 1
    power = _power(exponent, radix) - len(after)
    if inexact:
        return _rounded(top, bottom, radix, power, sign == "-")
    if top == 0:
        return 0
    if abs(power) > digits:
        raise TooManyDigitsError(f"a number of more than {digits} digits")
    value = Fraction(top * radix ** max(power, 0), bottom * radix ** max(-power, 0))
    return value.numerator if value.denominator == 1 else value


def _power(exponent: str | None, radix: int) -> int:
    """The value of an exponent with its marker; a very large one is cut down to a large one."""
    if exponent is None:
        return 0
    sign = -1 if exponent[1] == "-" else 1
    significant = exponent[1:].lstrip("+-").lstrip("0") or "0"
    return sign * (int(significant, radix) if len(significant) < 16 else 10**15)


def _rounded(top: int, bottom: int, radix: int, power: int, negative: bool) -> float:
    """``top / bottom * radix ** power`` as a float, without computing what is too large or too small for one."""
    size = top.bit_length() - bottom.bit_length() + power * math.log2(radix)
    if top == 0 or size < -1200:
        return -0.0 if negative else 0.0
    if size <= 1200:
        value = Fraction(top * radix ** max(power, 0), bottom * radix ** max(-power, 0))
        return as_float(value)
    return -math.inf if negative else math.inf


def as_float(value: Real) -> float:
    """Racket's ``exact->inexact``: what is too large becomes an infinity."""
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf


def rectangular_number(real: Real, imaginary: Real) -> Real | Complex:
    """Racket's ``make-rectangular``: an exact zero part vanishes, otherwise both parts are exact or both are not."""
    if not isinstance(imaginary, float) and imaginary == 0:
        return real
    if isinstance(real, float) or isinstance(imaginary, float):
        return Complex(as_float(real), as_float(imaginary))
    return Complex(real, imaginary)


def _polar_number(size: Real, angle: Real, exactness: str) -> Real | Complex:
    if not isinstance(angle, float) and angle == 0:
        return size
    if not isinstance(size, float) and size == 0:
        return 0
    length, turn = as_float(size), as_float(angle)
    unit = complex(math.nan, math.nan) if math.isinf(turn) else complex(math.cos(turn), math.sin(turn))
    value = Complex(length * unit.real, length * unit.imag)
    if exactness != "e":
        return value
    return rectangular_number(_exact(length * unit.real), _exact(length * unit.imag))


def _exact(value: float) -> int | Fraction:
    if not math.isfinite(value):
        raise NumberError(f"no exact number equals {format_real(value)}")
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact


def integer(text: str, radix: int = 10) -> int:
    """Digits with or without a sign, of any length: Python's own limit does not apply, nor its quadratic time."""
    if radix != 10 or len(text) <= _SHORT:
        return int(text, radix)
    if text[0] in "+-":
        return -integer(text[1:]) if text[0] == "-" else integer(text[1:])
    half = len(text) // 2
    return ((integer(text[:-half]) * int(5**half)) << half) + integer(text[-half:])


def implied_digits(number: Number, text: str) -> int:
    """About how many digits of an exact number do not stand in its text, because an exponent stands for them."""
    if isinstance(number, Extflonum):
        return 0
    parts = (number.real, number.imag) if isinstance(number, Complex) else (number,)
    bits = sum(
        part.numerator.bit_length() + part.denominator.bit_length() for part in parts if not isinstance(part, float)
    )
    return max(0, bits // 3 - 2 * len(text))  # digits of another base are up to twice as many in base ten


def format_integer(value: int) -> str:
    """The decimal digits of an integer of any size."""
    if value.bit_length() < 3 * _SHORT:
        return str(value)
    with localcontext(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN):
        return f"{_as_decimal(value):f}"


def _as_decimal(value: int) -> Decimal:
    """The same number as a decimal, put together from halves, which takes less than quadratic time."""
    size = value.bit_length()
    if size < 3 * _SHORT:
        return Decimal(value)
    half = size // 2
    upper = value >> half
    return _as_decimal(upper) * Decimal(2) ** half + _as_decimal(value - (upper << half))


def format_real(value: Real) -> str:
    """A real number as Racket's ``number->string`` has it: ``1e+21``, ``1e-7``, ``+inf.0``, ``1/2``."""
    if isinstance(value, Fraction):
        return f"{format_integer(value.numerator)}/{format_integer(value.denominator)}"
    if not isinstance(value, float):
        return format_integer(value)
    if math.isnan(value):
        return "+nan.0"
    if math.isinf(value):
        return "+inf.0" if value > 0 else "-inf.0"
    return _format_finite(value)


def _format_finite(value: float) -> str:
    """The shortest digits that read back, laid out as Racket CS lays them out."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, rest = mantissa.partition(".")
    point = len(whole) + int(power or 0)
    digits = (whole + rest).rstrip("0")
    significant = digits.lstrip("0")
    point -= len(digits) - len(significant)
    if not significant:
        return f"{sign}0.0"
    significant = _round_up(significant, value)
    count = len(significant)
    if not -4 < point <= max(14, count + 3):
        tail = f".{significant[1:]}" if count > 1 else ""
        return f"{sign}{significant[0]}{tail}e{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{significant}"
    return f"{sign}{significant[:point].ljust(point, '0')}.{significant[point:] or '0'}"


def _round_up(digits: str, value: float) -> str:
    """The shortest digits of ``value``; of two equally near the upper, where Python's ``repr`` takes the even one."""
    exact = Decimal(value).as_tuple().digits
    if len(exact) <= len(digits) or exact[len(digits)] != 5 or any(exact[len(digits) + 1 :]):
        return digits
    lower = "".join(map(str, exact[: len(digits)]))
    return str(int(lower) + 1) if lower == digits else digits


def format_number(value: Number) -> str:
    """Any number as Racket writes it."""
    if isinstance(value, Extflonum):
        return value.text
    if not isinstance(value, Complex):
        return format_real(value)
    imaginary = format_real(value.imag)
    return f"{format_real(value.real)}{'' if imaginary[0] in '+-' else '+'}{imaginary}i"
