"""Product and peer side by side: ``python -m benchmarks``. Never part of the test suite, which times nothing."""
