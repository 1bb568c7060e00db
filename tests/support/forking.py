"""A program: pool with threads, fork, and pool with threads again in the children.

An OpenMP runtime whose threads did not survive the fork would hang here.
"""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import poolreg as pr
import samples

X = samples.normals((16, 32, 64, 64), np.float32, 1)


def pooled(threads: int = 4) -> bytes:
    y, vjp = pr.pool_vjp(X, "avg", 3, stride=1, padding=1, axes=(2, 3), num_threads=threads)
    return y.tobytes() + vjp(y).input.tobytes()


def main() -> None:
    expected = pooled(1)
    assert pooled() == expected
    tasks = Path("/proc/self/task")
    if tasks.exists() and not pr.show_config().openmp.startswith("none"):
        assert len(list(tasks.iterdir())) > 1, "the call was too small to start threads"

    child = os.fork()
    if child == 0:
        os._exit(0 if pooled() == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(pooled, [1, 2, 4, 7]) == [expected] * 4
    assert pooled() == expected
    print("done")


if __name__ == "__main__":
    main()
