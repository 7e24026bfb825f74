"""Code 128 as a drawing: what every hand scanner reads. Pure (ISO/IEC 15417)."""

#: Widths of bars and spaces for the values 0 to 105, then the stop sign.
_WIDTHS = (  # noqa: SIM905 (a table of 106 rows reads better as words)
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 "
    "231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 "
    "223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 "
    "111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 "
    "132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 "
    "311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 "
    "121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 "
    "413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 "
    "421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 "
    "113141 114131 311141 411131 211412 211214 211232"
).split()
_STOP = "2331112"
_START_C = 105
_QUIET = 10


def values(digits: str) -> list[int]:
    """Return the values of an even number of digits: start C, pairs, check value."""
    if len(digits) % 2 or not digits.isascii() or not digits.isdigit():
        raise ValueError(digits)
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    check = (_START_C + sum(at * one for at, one in enumerate(pairs, 1))) % 103
    return [_START_C, *pairs, check]


def bars(digits: str) -> list[tuple[int, int]]:
    """Return (start, width) of each black bar in modules, after the quiet zone."""
    widths = "".join(_WIDTHS[one] for one in values(digits)) + _STOP
    place, found = _QUIET, []
    for at, width in enumerate(map(int, widths)):
        if at % 2 == 0:
            found.append((place, width))
        place += width
    return found


def drawing(digits: str) -> str:
    """Return the bar code as SVG without text, to be stretched to any height."""
    black = bars(digits)
    width = black[-1][0] + black[-1][1] + _QUIET
    path = "".join(f"M{start} 0h{wide}v40h-{wide}z" for start, wide in black)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 40" '
        f'preserveAspectRatio="none"><path fill="#fff" d="M0 0h{width}v40H0z"/>'
        f'<path d="{path}"/></svg>'
    )
