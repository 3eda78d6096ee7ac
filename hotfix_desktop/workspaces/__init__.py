"""Floor 1: where packages live. The port, the package folder, and memory for tests.

These parts never see the database. Each foreign error (``OSError``, later HTTP) becomes a
``WorkspaceError`` with one clear sentence here, where it enters.
"""
