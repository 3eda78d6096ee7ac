"""Floor 1: the database. Connection, models, migrations, and the only queries.

What differs between SQLite now and PostgreSQL for teams next lives in ``connection.py`` and
``exclusive.py``; the use cases do not know which one they speak to.
"""
