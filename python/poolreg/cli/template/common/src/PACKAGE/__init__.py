"""The pooling method VENDOR.METHOD for poolreg."""

from PACKAGE.METHOD import CLASS

__all__ = ["CLASS"]
