"""z3 is loaded for models with symbols, and for no other."""

from __future__ import annotations

import subprocess
import sys

CHECK = """
import sys
from ksmcheck.cli.main import run
code = run(["explore", "--model", {model!r}, "--engine", "python", "--quiet"])
print(code, "z3" in sys.modules)
"""


def test_a_model_without_symbols_does_not_load_z3() -> None:
    text = CHECK.format(model="torn_mapping_read")
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1].endswith("False")
