"""The review itself: documents in, an honest report out. Knows nothing of doors or queues."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("registry-review")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.1.0"
