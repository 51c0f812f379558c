"""Codes on a screen: read from what the screen shows, and held before a camera."""

import base64
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

from tests.support.qr_codes import texts_in

Pixels = NDArray[np.uint8]
_GREY = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0);
  const colours = pen.getImageData(0, 0, picture.width, picture.height).data;
  let grey = '';
  for (let at = 0; at < colours.length; at += 4) grey += String.fromCharCode(colours[at + 1]);
  return [picture.width, picture.height, btoa(grey)];
}"""
#: What a fake camera sees: wide, high, and how many pictures there are.
_WIDE, _HIGH, _PICTURES = 960, 720, 4


async def screen_of(page: Page, place: str | None = None) -> Pixels:
    """Return what a page shows, or a part of it, in grey; a blank page of the same browser unpacks the picture."""
    png = await (page.locator(place) if place else page).screenshot()
    assert page.context.browser
    blank = await page.context.browser.new_page()
    try:
        width, height, grey = await blank.evaluate(_GREY, base64.b64encode(png).decode())
    finally:
        await blank.close()
    return np.frombuffer(base64.b64decode(grey), np.uint8).reshape(height, width)


def read_code(pixels: Pixels) -> str:
    """Return the text of the only code in a picture, as an independent decoder reads it."""
    [found] = texts_in(pixels)
    return found


def hold_before_camera(pixels: Pixels, video: Path) -> None:
    """Write what Chromium's fake camera sees: the picture, in the middle of a grey wall (YUV4MPEG2)."""
    high, wide = pixels.shape
    picture = np.full((_HIGH, _WIDE), 128, np.uint8)
    top, left = (_HIGH - high) // 2, (_WIDE - wide) // 2
    assert top >= 0, f"a picture of {wide} × {high} does not fit"
    assert left >= 0, f"a picture of {wide} × {high} does not fit"
    picture[top : top + high, left : left + wide] = pixels
    colours = bytes([128]) * (_WIDE * _HIGH // 2)
    frame = b"FRAME\n" + picture.tobytes() + colours
    video.write_bytes(f"YUV4MPEG2 W{_WIDE} H{_HIGH} F10:1 Ip A1:1 C420\n".encode() + frame * _PICTURES)
