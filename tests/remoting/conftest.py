"""No deadline for an example: a busy machine is no fault of the wire."""

from hypothesis import settings

settings.register_profile("wire", deadline=None)
settings.load_profile("wire")
