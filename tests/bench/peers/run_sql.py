"""Runs first_replies.sql with DuckDB: run_sql.py FILE FROM TO THREADS. Prints lines as exact.py does."""

import sys
from pathlib import Path

import duckdb

file, begin, end, threads = sys.argv[1:]
duckdb.sql(f"SET threads = {int(threads)}")
for name, value in (("file", file), ("from", begin), ("to", end)):
    duckdb.execute(f"SET VARIABLE \"{name}\" = '{value}'")
for row in duckdb.sql(Path(__file__).with_name("first_replies.sql").read_text()).fetchall():
    print(*row, sep="\t")
