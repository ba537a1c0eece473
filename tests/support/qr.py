"""Reading QR codes back, as a phone's camera does."""

import re

import cv2
import numpy as np

MODULE = 8
"""Pixels of one module in the picture that the decoder gets."""

OTHER_SIZES = (6, 9, 13)
"""Sizes that it gets otherwise: this decoder misses a right code now and then, and finds it in a larger picture."""


def read_back(svg: str) -> str:
    """What an independent decoder reads in the picture."""
    drawn = pixels(svg)
    for module in (MODULE, *OTHER_SIZES):
        picture = np.kron(drawn, np.ones((module, module), dtype=np.uint8))
        for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):  # each misses a few pictures in a thousand
            text, _, _ = detector.detectAndDecode(picture)
            if text:
                return str(text)
    return ""


def pixels(svg: str) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """One pixel a module: the path of squares `M x,y H … V … H … z` painted black on white."""
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    path = re.search(r'<path[^>]* d="([^"]+)"', svg)
    assert view is not None
    assert path is not None
    squares = re.findall(r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)H[\d.]+z", path.group(1))
    side = float(squares[0][2]) - float(squares[0][0])
    size = round(float(view.group(1)) / side)
    modules = np.full((size, size), 255, dtype=np.uint8)
    for x, y, _, _ in squares:
        modules[round(float(y) / side), round(float(x) / side)] = 0
    return modules
