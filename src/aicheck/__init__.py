"""aicheck: which AI models are in this repository, who made them, on which terms, and may we ship them?"""

from aicheck._version import __version__

__all__ = ["__version__"]
