"""What this machine lacks for a check: said in one line, with how to get it."""


class NotAvailable(Exception):
    """A tool, package or file is not there. The message says what, where it was looked for, and how to get it.

    `what`: the short name under which `NAMESRV_REQUIRE` may ask for it (`java`, `maven`, `tlc`, ...).
    """

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what
