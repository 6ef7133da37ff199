"""`python -m tests.checklist`: writes the page."""

from tests.checklist.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
