"""`make exports`: exports everything, compares it, and writes the page."""

from tests.exports.measurement import measured, padded
from tests.exports.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(measured(), padded()), "utf-8")
