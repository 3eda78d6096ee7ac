"""Hotfix Desktop: unlock a Creatio package for a hotfix, and never forget to lock it again."""

__version__ = "0.1.0"
