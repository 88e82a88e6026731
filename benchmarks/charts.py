"""Small charts as one SVG that can be read on light and on dark pages: both axes logarithmic, every value written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 360, 240  # of a panel, in pixels
LEFT, RIGHT, TOP, BOTTOM = 24, 44, 64, 36  # around what is drawn in it
ACROSS = 3
STYLE = """
svg { font: 13px system-ui, sans-serif }
.page { fill: #ffffff } .panel { fill: none; stroke: #d0d7de }
.title { fill: #1f2328; font-weight: 600 } .label { fill: #59636e }
.value { fill: #1f2328; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
.line { fill: none; stroke: #0a5bb5; stroke-width: 2 } .dot { fill: #0a5bb5 }
.goal { stroke: #b3261e; stroke-dasharray: 5 4 } .most { fill: #b3261e }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .panel { stroke: #3d444d }
.title, .value { fill: #f0f6fc } .value { stroke: #0d1117 } .label { fill: #9198a1 }
.line { stroke: #79b8ff } .dot { fill: #79b8ff }
.goal { stroke: #ff9b93 } .most { fill: #ff9b93 }
}
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One curve of ``points`` (size, value), all above 0; ``most`` is the most the value may be."""

    title: str
    unit: str
    points: Sequence[tuple[float, float]]
    most: float | None = None


def drawn(panels: Sequence[Panel]) -> str:
    """The panels side by side, ACROSS in a row, as the text of an SVG file."""
    rows = -(-len(panels) // ACROSS)
    width, height = ACROSS * WIDTH, rows * HEIGHT
    parts = [_panel(one, at % ACROSS * WIDTH, at // ACROSS * HEIGHT) for at, one in enumerate(panels)]
    titles = "; ".join(_told(one) for one in panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(titles)}</title><style>{STYLE}</style>"
        f'<rect class="page" width="{width}" height="{height}"/>{"".join(parts)}</svg>\n'
    )


def short(value: float) -> str:
    """A value with as many digits as say something."""
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _told(panel: Panel) -> str:
    values = ", ".join(f"{short(value)} {panel.unit} at {_size(size)}" for size, value in panel.points)
    return f"{panel.title}: {values}"


def _panel(panel: Panel, left: float, top: float) -> str:
    places = [_place(panel, *point) for point in panel.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return "".join(
        (
            f'<g transform="translate({left} {top})">',
            f'<rect class="panel" x="6" y="6" width="{WIDTH - 12}" height="{HEIGHT - 12}" rx="6"/>',
            f'<text class="title" x="{LEFT}" y="32">{escape(panel.title)}</text>',
            _goal(panel),
            f'<polyline class="line" points="{line}"/>',
            *(_point(panel, point, place) for point, place in zip(panel.points, places, strict=True)),
            "</g>",
        )
    )


def _point(panel: Panel, point: tuple[float, float], place: tuple[float, float]) -> str:
    (size, value), (x, y) = point, place
    return (
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        f'<text class="value" x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{short(value)} {panel.unit}</text>'
        f'<text class="label" x="{x:.1f}" y="{HEIGHT - 18}" text-anchor="middle">{_size(size)}</text>'
    )


def _goal(panel: Panel) -> str:
    if not panel.most:
        return ""
    _, y = _place(panel, panel.points[0][0], panel.most)
    return (
        f'<line class="goal" x1="{LEFT}" x2="{WIDTH - LEFT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="most" x="{LEFT}" y="{y - 5:.1f}">≤ {short(panel.most)} {panel.unit}</text>'
    )


def _place(panel: Panel, size: float, value: float) -> tuple[float, float]:
    """Where a value stands in the panel."""
    sizes = [math.log(one) for one, _ in panel.points]
    values = [math.log(one) for one in (*(value for _, value in panel.points), panel.most) if one]
    x = LEFT + 24 + (WIDTH - LEFT - RIGHT - 24) * _share(math.log(size), sizes)
    return x, HEIGHT - BOTTOM - 12 - (HEIGHT - TOP - BOTTOM - 12) * _share(math.log(value), values)


def _share(value: float, values: Sequence[float]) -> float:
    """How far a value is from the least to the most of these."""
    least, most = min(values), max(values)
    return (value - least) / (most - least) if most > least else 0.5


def _size(size: float) -> str:
    return f"{size / 1e6:g} M" if size >= 1e6 else f"{size / 1e3:g} k"
