"""Numbers as tables and prose write them."""

from collections.abc import Iterable

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(share: float, digits: int | None = None) -> str:
    """A share in per cent, with so many decimals, or with as many as keep it from looking like all
    or nothing.

    >>> percent(0.8123), percent(0.99962), percent(1.0), percent(0.0004)
    ('81.2 %', '99.96 %', '100 %', '0.04 %')
    >>> percent(0.8123, 0), percent(0.99962, 1)
    ('81 %', '100.0 %')
    """
    if digits is not None:
        return f"{100 * share:.{digits}f} %"
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    text = ""
    for digits in range(1, 9):
        text = f"{100 * share:.{digits}f}"
        if 0 < float(text) < 100:
            break
    return f"{text} %"


def how_many(share: float) -> str:
    """A share as prose says it: `all` and `none` where that is exact, and nowhere else.

    >>> how_many(1.0), how_many(0.0), how_many(0.9996)
    ('all', 'none', '99.96 %')
    """
    return {0.0: "none", 1.0: "all"}.get(share) or percent(share)


def listed(names: Iterable[object]) -> str:
    """Names in a sentence.

    >>> listed([13, 17, 20]), listed([13]), listed([])
    ('13, 17 and 20', '13', 'none')
    """
    *first, last = [str(name) for name in names] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def scientific(value: float) -> str:
    """A small or a large number with two digits and a power of ten.

    >>> scientific(6.1e-3), scientific(2e-9), scientific(31.0**20), scientific(0.0)
    ('6.1 × 10⁻³', '2.0 × 10⁻⁹', '6.7 × 10²⁹', '0')
    """
    if value == 0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals, a true minus sign, and none before zero.

    >>> fixed(-0.0004, 3), fixed(-0.02, 2)
    ('0.000', '−0.02')
    """
    return f"{round(value, digits) or 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")
