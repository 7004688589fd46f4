"""Numbers as tables and prose write them."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(share: float) -> str:
    """A share in per cent, with as many decimals as keep it from looking like all or nothing.

    >>> percent(0.8123), percent(0.99962), percent(1.0), percent(0.0004)
    ('81.2 %', '99.96 %', '100 %', '0.04 %')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    text = ""
    for digits in range(1, 9):
        text = f"{100 * share:.{digits}f}"
        if 0 < float(text) < 100:
            break
    return f"{text} %"


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
