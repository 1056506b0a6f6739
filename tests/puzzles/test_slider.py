import io
from random import Random

import pytest
from PIL import Image

from orderguard.puzzles import HEIGHT, SIZE, WIDTH, draw, fits
from orderguard.puzzles.slider import TOLERANCE


@pytest.mark.parametrize("seed", range(20))
def test_the_piece_is_what_is_missing_where_it_belongs(seed: int) -> None:
    made = draw(Random(seed))
    scene, piece = (Image.open(io.BytesIO(png)) for png in (made.picture, made.piece))
    assert (scene.size, piece.size) == ((WIDTH, HEIGHT), (SIZE, SIZE))
    assert 0 <= made.x <= WIDTH - SIZE
    assert 0 <= made.y <= HEIGHT - SIZE
    middle = SIZE // 2
    hole = scene.convert("L").getpixel((made.x + middle, made.y + middle))
    whole = piece.convert("L").getpixel((middle, middle))
    assert isinstance(hole, int)
    assert isinstance(whole, int)
    assert hole < whole, "the hole is darker than what was there"


def test_it_is_another_one_each_time() -> None:
    rng = Random(7)
    made = [draw(rng) for _ in range(8)]
    assert len({one.picture for one in made}) == 8
    assert len({one.x for one in made}) > 4


def test_a_piece_fits_near_its_place_alone() -> None:
    made = draw(Random(1))
    assert fits(made, made.x + TOLERANCE)
    assert fits(made, made.x - TOLERANCE)
    assert not fits(made, made.x + TOLERANCE + 1)
    assert not fits(made, made.x - TOLERANCE - 1)
