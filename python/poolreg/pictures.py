"""Files and arrays: PNG, JPEG and .npy, read whole or refused, written whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from poolreg.errors import PoolregError
from poolreg.method import Array

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
SUFFIXES = (*FORMATS, ".npy")
WHITE_8, WHITE_16 = 255.0, 65535.0
FIT_TO_WRITE = {0: "L", 1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # by channels, 0 for (H, W)
JPEG_QUALITY = 95


class FileError(PoolregError, ValueError):
    """A file that is not what its name says, or cannot hold what is to be written."""


@dataclass(frozen=True)
class Picture:
    """An array from a file: (H, W) or (H, W, C) of an image, of any shape from .npy.

    white: the value of white, None where nothing says it.  top: the largest value of the file's
    own pixels.  profile: the image's ICC profile.  note: what reading has lost.
    """

    values: Array
    white: float | None = None
    top: float = WHITE_8
    profile: bytes | None = None
    note: str = ""


def checked_suffix(path: Path) -> str:
    """The lower-case suffix of a file that we can read and write."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"{path} must end in one of: {', '.join(SUFFIXES)}")
    return suffix


# ---- Reading -----------------------------------------------------------------------------------


def read(path: Path) -> Picture:
    """The array in a file; FileError if it is broken, OSError if it cannot be opened."""
    if checked_suffix(path) == ".npy":
        return Picture(read_npy(path))
    with path.open("rb") as file, _broken_is_one_error(path, "an image"):
        return _read_image(file)


def read_npy(path: Path) -> Array:
    """The float32 or float64 array in a .npy file, which may not hold pickled objects."""
    with path.open("rb") as file, _broken_is_one_error(path, ".npy"):
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.newbyteorder("=") not in (np.float32, np.float64):
        raise FileError(
            f"{path} must hold float32 or float64, got {array.dtype}; convert it, for example with "
            "array.astype(numpy.float32)"
        )
    return array


@contextmanager
def _broken_is_one_error(path: Path, what: str) -> Iterator[None]:
    """Whatever a decoder raises on bytes from anywhere becomes a FileError."""
    if not path.stat().st_size:
        raise FileError(f"{path} is empty")
    try:
        with warnings.catch_warnings(action="ignore"):
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnidentifiedImageError as error:
        raise FileError(f"{path} is not a PNG or JPEG image, or its header is broken") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileError(f"{path} is too large to be trusted: {error}") from error
    except Exception as error:
        raise FileError(f"{path} cannot be read as {what}: {error}") from error


def _read_image(file: BinaryIO) -> Picture:
    with Image.open(file, formats=tuple(set(FORMATS.values()))) as image:
        deep = image.mode.startswith("I")
        lossy = not deep and any(str(tile[3]).endswith(";16B") for tile in image.tile)
        upright = ImageOps.exif_transpose(image)
        plain = upright if deep else upright.convert(_plain_mode(upright))
        top = WHITE_16 if deep else WHITE_8
        return Picture(
            np.asarray(plain).astype(np.float32),
            white=top,
            top=top,
            profile=image.info.get("icc_profile") if plain.mode == image.mode else None,
            note="16 bits a channel were read as 8" if lossy else "",
        )


def _plain_mode(image: Image.Image) -> str:
    """Grey or colour, with or without transparency: what any image can be converted to."""
    colours = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    return colours + ("A" if image.has_transparency_data else "")


# ---- Writing -----------------------------------------------------------------------------------


def write(path: Path, picture: Picture) -> str:
    """Write an array to a file; the answer says what it holds now, and what was clipped."""
    if checked_suffix(path) == ".npy":
        with replacing(path) as file:
            np.lib.format.write_array(file, picture.values, allow_pickle=False)
        return f"{picture.values.shape} {picture.values.dtype}"
    image_format = FORMATS[path.suffix.lower()]
    pixels, clipped = to_pixels(picture, image_format)
    options: dict[str, Any] = {"quality": JPEG_QUALITY} if image_format == "JPEG" else {}
    with replacing(path) as file:
        Image.fromarray(pixels).save(
            file, image_format, icc_profile=picture.profile or b"", **options
        )
    note = f", {clipped} of {pixels.size} values clipped" if clipped else ""
    return f"{pixels.shape} {pixels.dtype}{note}"


def to_pixels(picture: Picture, image_format: str) -> tuple[NDArray[np.integer[Any]], int]:
    """Values as pixels of 8 or 16 bits, and how many were outside what those can hold."""
    values, white = picture.values, picture.white
    channels = {2: 0, 3: values.shape[-1]}.get(values.ndim, -1)
    if channels not in FIT_TO_WRITE:
        raise FileError(f"an array of shape {values.shape} is no image; write it as .npy")
    if image_format == "JPEG" and channels in (2, 4):
        raise FileError("JPEG has no transparency, and the image has; write it as .png")
    if white is None:
        raise FileError("an array has no white of its own: say which value is white with --white")
    deep = picture.top == WHITE_16 and channels == 0 and image_format == "PNG"
    top = WHITE_16 if deep else WHITE_8
    levels = np.rint(values.astype(np.float64) * (top / white))
    inside = (levels >= 0) & (levels <= top)
    levels = np.clip(np.nan_to_num(levels, nan=0.0), 0, top).astype(np.uint16 if deep else np.uint8)
    return levels[..., 0] if channels == 1 else levels, int(np.count_nonzero(~inside))


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file under a temporary name that takes the place of `path` once it is whole."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:  # name the file that was asked for, not the temporary one
        if error.errno is None:
            raise FileError(f"{path} cannot be written: {error}") from error
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)
