"""Makes indexer/dictionaries/shapes.txt: which characters look alike, from their glyphs as Chromium draws them.

``python -m benchmarks.shapes [TABLE]`` writes it anew; a TABLE of similar characters (a character and its likenesses
a line, parted by tabs) is only compared with. The font is Noto Sans CJK SC.
"""

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.analysis.pinyin import in_use

TARGET = Path(__file__).parent.parent / "indexer" / "dictionaries" / "shapes.txt"
FONT = "Noto Sans CJK SC"
DRAWN, LOOKED = 32, 16  # pixels of a glyph as drawn, and as compared
COMMON = 3_755  # characters of the first level of GB 2312: what is meant is one of these
BY_PART, BY_WHOLE = 9, 5  # likenesses kept of each character
LEAST = 0.55  # correlation below which nothing is alike
DRAW = """([text, size, font]) => {
  const columns = 64, canvas = document.createElement("canvas");
  canvas.width = columns * size;
  canvas.height = Math.ceil(text.length / columns) * size;
  const pen = canvas.getContext("2d");
  Object.assign(pen, { font: `${size}px "${font}"`, textBaseline: "middle", textAlign: "center" });
  [...text].forEach((character, n) =>
    pen.fillText(character, (n % columns + 0.5) * size, (Math.floor(n / columns) + 0.5) * size));
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let ink = "";
  for (let at = 3; at < data.length; at += 4) ink += String.fromCharCode(data[at]);
  return btoa(ink);
}"""

Glyphs = npt.NDArray[np.float32]


def main(table: str = "") -> None:
    alike = likenesses(drawn(in_use()))
    TARGET.write_text("".join(f"{one}{others}\n" for one, others in alike.items() if others), "utf-8")
    print(f"{TARGET.name}: {len(alike)} characters, {sum(map(len, alike.values())) / len(alike):.1f} likenesses each")
    if table:
        print(f"{Path(table).name}: {agreement(alike, Path(table)):.3f} of its pairs are among them")


def drawn(characters: str) -> Glyphs:
    """The ink of each character, DRAWN by DRAWN, from 0 to 1."""
    from tests.browser import chromium

    with chromium.started() as browser:
        ink = base64.b64decode(browser.new_page().evaluate(DRAW, [characters, DRAWN, FONT]))
    sheet = np.frombuffer(ink, np.uint8).reshape(-1, DRAWN, 64, DRAWN).swapaxes(1, 2)
    return sheet.reshape(-1, DRAWN, DRAWN)[: len(characters)].astype(np.float32) / 255


def likenesses(glyphs: Glyphs) -> dict[str, str]:
    """Of each character the common ones that look most like it, as a whole or by sharing all but a radical."""
    whole, right, lower = compared(glyphs), compared(without_side(glyphs)), compared(without_side(glyphs, turned=True))
    likeness = whole @ whole.T
    parts = np.maximum.reduce(list(shared(whole, right, lower)))
    characters = in_use()
    found = {}
    for at, one in enumerate(characters):
        nearest = [*best(parts[at], at, BY_PART), *best(likeness[at], at, BY_WHOLE)]
        found[one] = "".join(characters[other] for other in dict.fromkeys(nearest))
    return found


def shared(whole: Glyphs, right: Glyphs, lower: Glyphs) -> Iterator[Glyphs]:
    """How much of two characters is the same but for a radical at the left or on top of either."""
    parts = (whole, right, lower)
    for one in parts:
        for other in parts:
            yield one @ other.T


def best(row: npt.NDArray[np.float32], itself: int, count: int) -> list[int]:
    """The common characters with the highest values of a row, those above LEAST."""
    first = [at for at in np.argsort(-row[:COMMON])[: count + 1] if at != itself and row[at] >= LEAST]
    return [int(at) for at in first[:count]]


def without_side(glyphs: Glyphs, *, turned: bool = False) -> Glyphs:
    """Each glyph without what stands left of its thinnest column between a quarter and a half; on top, if turned."""
    kept = (glyphs.swapaxes(1, 2) if turned else glyphs).copy()
    first, last = DRAWN // 4, DRAWN // 2
    for glyph, column in zip(kept, first + kept.sum(axis=1)[:, first:last].argmin(axis=1), strict=True):
        glyph[:, :column] = 0
    return kept.swapaxes(1, 2) if turned else kept


def compared(glyphs: Glyphs) -> Glyphs:
    """Each glyph cut to its ink, LOOKED by LOOKED, slightly blurred, as a vector of length one around zero."""
    rows = np.stack([blurred(scaled(cut(glyph))).ravel() for glyph in glyphs])
    rows -= rows.mean(axis=1, keepdims=True)
    return (rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6)).astype(np.float32)


def cut(glyph: Glyphs) -> Glyphs:
    rows, columns = np.flatnonzero(glyph.sum(axis=1) > 0.3), np.flatnonzero(glyph.sum(axis=0) > 0.3)
    if len(rows) < 4 or len(columns) < 4:
        return np.zeros((4, 4), np.float32)
    return glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(glyph: Glyphs) -> Glyphs:
    """The mean ink of each of LOOKED by LOOKED equal cells."""
    for _ in range(2):
        total = np.concatenate((np.zeros((1, glyph.shape[1])), glyph.cumsum(axis=0)))
        edges = np.linspace(0, len(glyph), LOOKED + 1)
        below = np.minimum(edges.astype(int), len(glyph) - 1)
        reached = total[below] + (edges - below)[:, None] * glyph[below]
        glyph = (np.diff(reached, axis=0) * LOOKED / len(glyph)).T
    return glyph


def blurred(glyph: Glyphs) -> Glyphs:
    for _ in range(2):
        wide = np.pad(glyph, ((1, 1), (0, 0)))
        glyph = (wide[:-2] / 4 + wide[1:-1] / 2 + wide[2:] / 4).T
    return glyph


def agreement(alike: dict[str, str], table: Path) -> float:
    """The share of the table's pairs that are found from one side at least."""
    lines = (line.split("\t") for line in table.read_text("utf-8").splitlines())
    pairs = {(one, other) for one, *others in lines for other in "".join(others) if one in alike and other in alike}
    return sum(other in alike[one] or one in alike[other] for one, other in pairs) / len(pairs)


if __name__ == "__main__":
    main(*sys.argv[1:])
