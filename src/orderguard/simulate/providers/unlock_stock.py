"""The merchant's own system."""

from orderguard.simulate.providers.merchant import PROVIDERS

__all__ = ["PROVIDERS"]
