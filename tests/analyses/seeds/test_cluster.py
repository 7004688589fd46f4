"""How the processes of a local cluster begin."""

import os
import platform
import subprocess
import sys

import dask.config
import pytest
from distributed import nanny

from analyses.seeds.cluster import SETTINGS

AGAIN_AND_AGAIN = """
import resource
import numpy as np

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

before = faults()
for _ in range(100):
    np.ones(1 << 17)
print((faults() - before) / (1 << 8))
"""
"""Asks for a megabyte a hundred times; how often it had to get its pages from the system."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is told")
def test_a_worker_keeps_the_memory_that_it_works_in() -> None:
    asked = "distributed.nanny.pre-spawn-environ"
    by_default = nanny._get_env_variables(asked)
    with dask.config.set(SETTINGS):
        here = nanny._get_env_variables(asked)
    assert here["OMP_NUM_THREADS"] == "1"
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", AGAIN_AND_AGAIN],
                env=os.environ | told,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for told in (by_default, here)
    ]
    assert times[0] >= 80 and times[1] <= 5, times
