"""Codes on paper and phones are read back by a decoder that somebody else wrote, as drawn and as printed badly."""

import re
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from core.signature import Signer, make_key
from enjoy.passes.codes import Code, ErrorLevel, code_of
from enjoy.reader import cose
from enjoy.reader.presenting import plain_text
from enjoy.reader.tokens import CNF
from tests.enjoy.reader.test_presenting import CLAIMS, NOON, PHONE_KEY, shown
from tests.support.qr_codes import texts_in

ISSUER = Signer(make_key())
STILL = plain_text(cose.seal(ISSUER, CLAIMS))
SHOWN = shown(cose.seal(ISSUER, {**CLAIMS, CNF: {1: {1: 1, -1: 6, -2: PHONE_KEY}}}), NOON)


def of_png(png: bytes) -> NDArray[np.uint8]:
    """Return the pixels of a PNG of one bit a pixel, as segno writes it."""
    width, height, depth = struct.unpack(">IIB", png[16:25])
    assert depth == 1
    chunks, at = b"", 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        chunks += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    rows = np.frombuffer(zlib.decompress(chunks), np.uint8).reshape(height, -1)
    plain = np.zeros_like(rows[:, 1:])
    for place, row in enumerate(rows):
        assert row[0] in {0, 2}  # as it is, or added to the row above
        plain[place] = row[1:] + (plain[place - 1] if row[0] else np.uint8(0))
    return np.unpackbits(plain, axis=1)[:, :width] * np.uint8(255)


def of_svg(code: Code, scale: int = 6) -> NDArray[np.uint8]:
    """Return the pixels of an SVG that is drawn of lines one module high, as segno writes it."""
    root = ET.fromstring(code.svg(title="Pool"))  # noqa: S314 - our own
    side = code.side + 8
    assert root.attrib["viewBox"] == f"0 0 {side} {side}"
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Pool"
    stroke = next(one for one in root.iter() if "stroke" in one.attrib)
    drawn, x, y = np.full((side, side), 255, np.uint8), 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", stroke.attrib["d"]):
        values = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if step == "h":
            drawn[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
        else:
            x, y = (x + values[0], y + values[1]) if step == "m" else (values[0], values[1])
    return np.kron(drawn, np.ones((scale, scale), np.uint8))


@pytest.mark.parametrize("text", [STILL, SHOWN], ids=["still", "shown"])
@pytest.mark.parametrize("error", ["M", "Q"])
def test_what_is_drawn_is_read_back(text: str, error: ErrorLevel) -> None:
    code = code_of(text, error=error)
    assert code.mode == "alphanumeric"
    assert texts_in(of_png(code.png(scale=4))) == [text]
    assert texts_in(of_svg(code)) == [text]


def test_a_code_of_low_contrast_that_is_spoilt_in_places_is_read_too() -> None:
    pixels = of_png(code_of(STILL, error="Q").png(scale=5)).astype(np.float64)
    side = len(pixels)
    pixels = 90 + pixels * 0.4 + np.random.default_rng(5).normal(0, 12, pixels.shape)
    pixels[side // 2 : side // 2 + 20, side // 2 : side // 2 + 40] = 200  # a crease
    assert texts_in(np.clip(np.rot90(pixels), 0, 255).astype(np.uint8)) == [STILL]


def test_a_code_stays_small_enough_for_paper_and_for_a_phone() -> None:
    assert (code_of(STILL).version, code_of(STILL, error="Q").version) <= (12, 15)
    assert code_of(SHOWN).version <= 16
