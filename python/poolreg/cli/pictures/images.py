"""Arrays from images and array files, and back: read whole or refused, written whole or not at all.

The format of a file is told by its first bytes, not by its name.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from poolreg.contract.method import Array
from poolreg.engine.arrays import input_array
from poolreg.errors import DTypeError, PoolregError
from poolreg.terminal.files import FileError, display_name, opened, replacing

IMAGES_READ = ("PNG", "JPEG", "TIFF", "WEBP", "GIF")
FORMATS = ("png", "jpeg", "tiff", "webp", "npy", "npz")
NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
WHITE_8, WHITE_16 = 255.0, 65535.0
FIT_TO_WRITE = {0: "L", 1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # by channels, 0 for (H, W)
PLAIN_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX")
SAVING: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 95},
    "webp": {"lossless": True, "exact": True},
}

WHITE = 8.0
"""About the value of white while images are pooled: exponentials of 0 to 8 neither look alike nor
pick one member only."""


def scale_of(white: float) -> float:
    """What values are multiplied by, so that white is about 8: a power of two, which rounds none.

    >>> scale_of(255.0), scale_of(65535.0)
    (0.03125, 0.0001220703125)
    """
    return float(2.0 ** round(math.log2(WHITE / white)))


@dataclass(frozen=True)
class Picture:
    """An array from a file: (H, W) or (H, W, C) of an image, of any shape from .npy.

    white: the value of white, None where nothing says it.  deep: 16 bits a channel.  transparent:
    the last channel says how opaque the others are.  profile: the image's ICC profile.  note: what
    reading has changed.
    """

    values: Array
    white: float | None = None
    deep: bool = False
    transparent: bool = False
    profile: bytes | None = None
    note: str = ""


# ---- Reading -----------------------------------------------------------------------------------


def read(path: Path, array: str | None = None, page: int | None = None) -> Picture:
    """What a file holds; of an .npz file the array of this name, of several pages this one.

    FileError if it is broken, DTypeError if its numbers cannot be pooled, OSError if it cannot be
    opened.
    """
    name = display_name(path)
    with opened(path) as file, _broken_is_one_error(path):
        head = file.read(len(NPY))
        file.seek(0)
        if not head:
            raise FileError(f"{name} is empty")
        is_npz, is_npy = head.startswith(ZIP), head == NPY
        if array is not None and not is_npz:
            raise FileError(f"--array: {name} is no .npz file, which has arrays by name")
        if page is not None and (is_npz or is_npy):
            raise FileError(f"--page: {name} holds arrays, which have no pages")
        if is_npz:
            return Picture(_numbers(path, _npz_array(file, name, array)))
        if is_npy:
            return Picture(_numbers(path, np.lib.format.read_array(file, allow_pickle=False)))
        return _read_image(file, name, page)


def read_npy(path: Path) -> Array:
    """The array in a .npy file, which may not hold pickled objects."""
    with opened(path) as file, _broken_is_one_error(path, " as .npy"):
        return _numbers(path, np.lib.format.read_array(file, allow_pickle=False))


def _numbers(path: Path, array: NDArray[Any]) -> Array:
    try:
        return input_array("array", array)
    except DTypeError as error:
        raise DTypeError(f"{display_name(path)}: {error}") from error


def _npz_array(file: IO[bytes], name: str, chosen: str | None) -> NDArray[Any]:
    with np.load(file, allow_pickle=False) as arrays:
        known = ", ".join(arrays.files) or "none"
        if chosen is None and len(arrays.files) != 1:
            raise FileError(f"{name} has not one array: choose with --array, of: {known}")
        if chosen is not None and chosen not in arrays.files:
            raise FileError(f"--array: {name} has no array {chosen!r}; it has: {known}")
        return np.asarray(arrays[chosen or arrays.files[0]])


@contextmanager
def _broken_is_one_error(path: Path, wanted: str = "") -> Iterator[None]:
    """Whatever a decoder raises on bytes from anywhere becomes a FileError."""
    name = display_name(path)
    try:
        with warnings.catch_warnings(action="ignore"):
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except PoolregError:
        raise
    except UnidentifiedImageError as error:
        raise FileError(
            f"{name} cannot be read: it is no PNG, JPEG, TIFF, WebP or GIF image and no .npy or "
            ".npz array, or its header is broken"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileError(f"{name} is too large to be trusted: {error}") from error
    except Exception as error:
        raise FileError(f"{name} cannot be read{wanted}: {error}") from error


def _read_image(file: IO[bytes], name: str, page: int | None) -> Picture:
    with Image.open(file, formats=IMAGES_READ) as image:
        _turn_to(image, name, page)
        if image.mode == "I" and image.format == "TIFF":
            raise FileError(
                f"{name} holds integers of 32 bits or with a sign: save them as .npy in a dtype "
                "that holds them all, say float64"
            )
        stored = " ".join(str(tile[3]) for tile in image.tile)  # how the file has its numbers
        deep, real = image.mode.startswith("I"), image.mode == "F"
        upright = ImageOps.exif_transpose(image)
        plain = upright if deep or real else upright.convert(_plain_mode(upright))
        notes = [
            "16 bits a channel were read as 8" if ";16" in stored and not deep else "",
            "float64 was read as float32" if "F;64" in stored else "",
            "" if deep or real or image.mode in PLAIN_MODES else f"{image.mode} became RGB",
        ]
        return Picture(
            np.asarray(plain).astype(np.float32),
            white=None if real else WHITE_16 if deep else WHITE_8,
            deep=deep,
            transparent=plain.mode in ("LA", "RGBA"),
            profile=image.info.get("icc_profile") if plain.mode == image.mode else None,
            note=", ".join(filter(None, notes)),
        )


def _turn_to(image: Image.Image, name: str, page: int | None) -> None:
    """Go to a page of a TIFF or a frame of an animation; which, must be said if there are more."""
    # What a JPEG has beside its picture is previews of it.
    pages = getattr(image, "n_frames", 1) if image.format in IMAGES_READ else 1
    if page is None and pages > 1:
        raise FileError(f"{name} has {pages} pages or frames: choose one with --page, 1 to {pages}")
    if page is not None and page > pages:
        raise FileError(f"--page: {name} has {pages} page{'s' * (pages > 1)}, got {page}")
    if page is not None and pages > 1:
        image.seek(page - 1)


def _plain_mode(image: Image.Image) -> str:
    """Grey or colour, with or without transparency: what any image can be converted to."""
    colours = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    return colours + ("A" if image.has_transparency_data else "")


# ---- Transparency ------------------------------------------------------------------------------


def premultiplied(values: Array, white: float) -> Array:
    """Each colour times how opaque it is: what cannot be seen has no colour."""
    colours, opacity = values[..., :-1], values[..., -1:]
    return np.concatenate([colours * (opacity / white), opacity], axis=-1, dtype=values.dtype)


def unmultiplied(values: Array, white: float) -> Array:
    """The way back; what is wholly transparent is black."""
    colours, opacity = values[..., :-1], values[..., -1:]
    seen = np.clip(opacity / white, 0, 1)
    plain = np.divide(colours, seen, out=np.zeros_like(colours), where=seen > 0)
    return np.concatenate([plain, opacity], axis=-1, dtype=values.dtype)


# ---- Writing -----------------------------------------------------------------------------------


def write(path: Path, picture: Picture, file_format: str) -> str:
    """Write an array to a file; the answer says what it holds now, and what was clipped."""
    values = picture.values
    if file_format in ("npy", "npz"):
        with replacing(path) as file:
            if file_format == "npy":
                np.lib.format.write_array(file, values, allow_pickle=False)
            else:
                np.savez(file, values)
        return f"{values.shape} {values.dtype}"
    pixels, clipped = to_pixels(picture, file_format)
    with replacing(path) as file:
        try:
            Image.fromarray(pixels).save(
                file,
                file_format.upper(),
                icc_profile=picture.profile or b"",
                **SAVING.get(file_format, {}),
            )
        except ValueError as error:  # such as a side that the format cannot have
            raise FileError(
                f"{display_name(path, 'the output')} cannot be written: {error}"
            ) from error
    note = f", {clipped} of {pixels.size} values clipped" if clipped else ""
    return f"{pixels.shape} {pixels.dtype}{note}"


def to_pixels(picture: Picture, file_format: str) -> tuple[NDArray[Any], int]:
    """Values as pixels that the format has, and how many were outside what those can hold."""
    values, white = picture.values, picture.white
    channels = {2: 0, 3: values.shape[-1]}.get(values.ndim, -1)
    if channels not in FIT_TO_WRITE:
        raise FileError(f"an array of shape {values.shape} is no image; write it as .npy")
    if file_format == "jpeg" and channels in (2, 4):
        raise FileError("JPEG has no transparency, and the image has; write it as .png")
    if white is None and file_format == "tiff" and channels == 0 and values.dtype == np.float32:
        return values, 0
    if white is None:
        raise FileError("an array has no white of its own: say which value is white with --white")
    deep = picture.deep and channels == 0 and file_format in ("png", "tiff")
    top = WHITE_16 if deep else WHITE_8
    levels = np.rint(values.astype(np.float64) * (top / white))
    inside = (levels >= 0) & (levels <= top)
    levels = np.clip(np.nan_to_num(levels, nan=0.0), 0, top).astype(np.uint16 if deep else np.uint8)
    return levels[..., 0] if channels == 1 else levels, int(np.count_nonzero(~inside))
