"""QR codes as SVG markup, for what is shown on a screen or printed."""


def qr_svg(text: str) -> str:
    """A QR code as SVG markup, error level M, with the quiet zone of four modules that ISO/IEC 18004 asks for."""
    import qrcode
    from qrcode.image.svg import SvgPathFillImage

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    return code.make_image(image_factory=SvgPathFillImage).to_string(encoding="unicode")
