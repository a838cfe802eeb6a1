"""How a worker's threads wait for each other: asleep, for the machine may be busy with a person's other programs.

By default numerical libraries let a thread that waits spin. Where every core has something else to do, the one that
works is then kept off the processor by those that wait for it, and an edit takes ten times as long.
"""

from __future__ import annotations

PASSIVE = {
    "OMP_WAIT_POLICY": "PASSIVE",  # every OpenMP: torch's
    "GOMP_SPINCOUNT": "0",  # GNU's
    "KMP_BLOCKTIME": "0",  # Intel's and LLVM's, on macOS and Windows; milliseconds
    "OPENBLAS_THREAD_TIMEOUT": "4",  # numpy's; spins for 2 to the power of it
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER": "0",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "0",
}
"""Environment variables that the libraries read when they are loaded. What the user has set goes before them."""
