"""Writing what a town decides about itself: atomic, keywords only, ending in actor and moment."""

from town.services.settings import change_settings

__all__ = ["change_settings"]
