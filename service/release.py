"""The installed release of Wavetap: what the service says it is, and what a version's lineage tells."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version of the distribution; sources that were not installed have none."""
    try:
        return version("wavetap")
    except PackageNotFoundError:
        return "unknown"
