"""A picture with a hole, and the piece that fits it. Nothing in it is anybody's: it is drawn."""

import io
from random import Random

from msgspec import Struct
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

WIDTH, HEIGHT, SIZE = 320, 180, 56
"""Of the picture, and of the square that holds the piece, in pixels."""
TOLERANCE = 6
"""How far from its place a piece may be put."""

_FINER = 3
"""Shapes are drawn so many times as large, and made small again: smooth edges."""
_LEFT_MIN = 100
_SHAPES = 26
_KNOB = 0.17
_Rgb = tuple[int, int, int]


class Picture(Struct, frozen=True):
    """`x` is where the piece belongs, which only the server knows; `y` is told."""

    picture: bytes
    piece: bytes
    x: int
    y: int


def draw(rng: Random) -> Picture:
    """Draw a new one; PNG both."""
    scene = _scene(rng)
    mask = _mask(rng)
    x = rng.randint(_LEFT_MIN, WIDTH - SIZE - 6)
    y = rng.randint(6, HEIGHT - SIZE - 6)
    piece = scene.crop((x, y, x + SIZE, y + SIZE)).convert("RGBA")
    piece.putalpha(mask)
    _outline(piece, mask, (255, 255, 255, 230))
    # A second hole of another shape: who looks for the darkest spot finds two.
    decoy_x = rng.randint(_LEFT_MIN, WIDTH - SIZE - 6)
    decoy_y = (y + rng.randint(SIZE, HEIGHT - SIZE)) % (HEIGHT - SIZE)
    if abs(decoy_x - x) > SIZE or abs(decoy_y - y) > SIZE:
        _cut(scene, _mask(rng), (decoy_x, decoy_y), rng.uniform(0.45, 0.6))
    _cut(scene, mask, (x, y), rng.uniform(0.3, 0.45))
    return Picture(_png(scene), _png(piece), x, y)


def fits(picture: Picture, x: float) -> bool:
    """Whether a piece put there is in its place."""
    return abs(x - picture.x) <= TOLERANCE


def _scene(rng: Random) -> Image.Image:
    size = (WIDTH * 2, HEIGHT * 2)
    from_colour, to_colour = _colour(rng), _colour(rng)
    ramp = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(size)
    scene = Image.composite(
        Image.new("RGB", size, from_colour), Image.new("RGB", size, to_colour), ramp
    )
    pen = ImageDraw.Draw(scene, "RGBA")
    for _ in range(_SHAPES):
        left, top = rng.randint(-60, size[0]), rng.randint(-60, size[1])
        wide, high = rng.randint(30, 180), rng.randint(30, 180)
        colour = (*_colour(rng), rng.randint(90, 220))
        box = (left, top, left + wide, top + high)
        match rng.randrange(4):
            case 0:
                pen.ellipse(box, fill=colour)
            case 1:
                pen.rounded_rectangle(box, radius=rng.randint(2, 14), fill=colour)
            case 2:
                points = [(left + rng.randint(0, wide), top + rng.randint(0, high)) for _ in "abc"]
                pen.polygon(points, fill=colour)
            case _:
                pen.arc(box, rng.randint(0, 180), rng.randint(200, 360), colour, rng.randint(4, 14))
    scene = scene.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    noise = Image.effect_noise((WIDTH, HEIGHT), 36).convert("RGB")
    return Image.blend(scene, noise, 0.1)


def _colour(rng: Random) -> _Rgb:
    return (rng.randint(40, 225), rng.randint(40, 225), rng.randint(40, 225))


def _mask(rng: Random) -> Image.Image:
    """The shape of a piece: a square with a knob or a notch on each side, or a plain one."""
    fine = SIZE * _FINER
    knob = round(fine * _KNOB)
    mask = Image.new("L", (fine, fine), 0)
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((knob, knob, fine - knob, fine - knob), radius=fine // 20, fill=255)
    middle = fine // 2
    sides = ((middle, knob), (fine - knob, middle), (middle, fine - knob), (knob, middle))
    kinds = [rng.choice((-1, 1)), *(rng.choice((-1, 0, 1)) for _ in range(3))]
    rng.shuffle(kinds)
    for (x, y), kind in zip(sides, kinds, strict=True):
        if kind:
            circle = (x - knob, y - knob, x + knob, y + knob)
            pen.ellipse(circle, fill=255 if kind > 0 else 0)
    return mask.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _cut(scene: Image.Image, mask: Image.Image, at: tuple[int, int], light: float) -> None:
    """Make a hole: darker than what was there, with an edge."""
    box = (*at, at[0] + SIZE, at[1] + SIZE)
    hole = ImageEnhance.Brightness(scene.crop(box)).enhance(light)
    _outline(hole, mask, (255, 255, 255))
    scene.paste(hole, at, mask)


def _outline(image: Image.Image, mask: Image.Image, colour: tuple[int, ...]) -> None:
    edge = ImageChops.subtract(mask, mask.filter(ImageFilter.MinFilter(3)))
    image.paste(colour, (0, 0, SIZE, SIZE), edge)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()
