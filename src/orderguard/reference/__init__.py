"""Public tables that ship with the product, and pure lookups over them.

`scripts/build_reference.py` makes the tables; `data/LICENSES.md` names their sources. A table is
read on its first use. Two threads may both read it then, to the same result; nothing changes later.
"""
