"""Charts are well-formed and hold every value they were given, in words too."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.charts import HEIGHT, WIDTH, Panel, drawn, short

NAME = "{http://www.w3.org/2000/svg}"
VALUES = st.floats(0.01, 1e6)


@given(st.lists(VALUES, min_size=1, max_size=4), st.none() | VALUES)
def test_every_value_is_drawn_within_its_panel_and_told(values: list[float], most: float | None):
    points = [(10.0**at, value) for at, value in enumerate(values, 3)]
    picture = ElementTree.fromstring(drawn([Panel("检索 & <search>", "ms", points, most)]))
    dots = list(picture.iter(f"{NAME}circle"))
    assert len(dots) == len(values)
    assert all(0 < float(dot.attrib["cx"]) < WIDTH and 0 < float(dot.attrib["cy"]) < HEIGHT for dot in dots)
    told = picture.find(f"{NAME}title").text
    assert all(f"{short(value)} ms" in told for value in values)


@pytest.mark.parametrize(("value", "told"), [(0.234, "0.23"), (3.21, "3.2"), (36.6, "37"), (1234.5, "1,234")])
def test_a_value_is_told_with_the_digits_that_say_something(value: float, told: str):
    assert short(value) == told
