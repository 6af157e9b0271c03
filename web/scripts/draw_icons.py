"""Draws the app's icons into `public/` from the shapes of `public/favicon.svg`.

Run it with the project's Python: `python web/scripts/draw_icons.py`.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

PUBLIC = Path(__file__).parents[1] / "public"
# The favicon's own units: a square of 24, a tile in it, and one stroke of two curves.
SQUARE = 24.0
TILE, ROUND = (1.5, 1.5, 22.5, 22.5), 6.5
CURVES = (((6.5, 17.5), (9.0, 9.5), (12.0, 6.0), (17.5, 6.0)), ((17.5, 6.0), (16.5, 10.5), (13.9, 13.6), (9.3, 14.6)))
STROKE = 2.0
BLUE, WHITE, CLEAR = (47, 79, 224, 255), (255, 255, 255, 255), (0, 0, 0, 0)
# Drawn so many times larger, and made smaller: Pillow draws hard edges.
FINE = 8
STEPS = 400

Point = tuple[float, float]


def main() -> None:
    """Write all of them."""
    for side in (192, 512):
        save(drawn(side, tile=True), f"icon-{side}.png")
    # A mask may cut all but the middle four fifths, and a phone that gets no tile fills what is clear with black.
    save(drawn(512, background=BLUE, scale=0.8), "icon-maskable-512.png")
    save(drawn(180, background=BLUE, scale=0.9), "apple-touch-icon.png")
    # The sign of a message in a phone's bar: only its shape counts.
    save(drawn(96, scale=1.3), "badge-96.png")


def save(picture: Image.Image, name: str) -> None:
    """Write it small."""
    opaque = picture.getextrema()[3][0] == 255
    (picture.convert("RGB") if opaque else picture).quantize(64).save(PUBLIC / name, optimize=True)


def drawn(side: int, *, tile: bool = False, background: tuple[int, ...] = CLEAR, scale: float = 1.0) -> Image.Image:
    """The sign on a square of `side` pixels, `scale` times as large as in the favicon."""
    picture = Image.new("RGBA", (side * FINE, side * FINE), background)
    pen = ImageDraw.Draw(picture)
    unit = side * FINE / SQUARE
    if tile:
        pen.rounded_rectangle([edge * unit for edge in TILE], ROUND * unit, fill=BLUE)
    radius = STROKE / 2 * unit * scale
    for x, y in (point for curve in CURVES for point in walk(curve)):
        x, y = ((SQUARE / 2 + (at - SQUARE / 2) * scale) * unit for at in (x, y))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=WHITE)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def walk(curve: tuple[Point, Point, Point, Point]) -> list[Point]:
    """Points of a cubic Bézier curve, close enough to be one line."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    points = []
    for step in range(STEPS + 1):
        t = step / STEPS
        a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        points.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return points


if __name__ == "__main__":
    main()
