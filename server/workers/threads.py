"""How a worker's threads wait for each other: a moment awake, then asleep, for a person's other programs may want the
machine.

By default numerical libraries let a thread that waits spin, GNU's OpenMP 300,000 times. Where every core has something
else to do, the one that works is then kept off the processor by those that wait for it, and an edit takes ten times as
long. Sleeping at once costs up to a third of the speed where the machine is quiet, for the next piece of work is often
there within microseconds (``bench.busy`` and ``bench.overhead`` hold both ends).
"""

from __future__ import annotations

PATIENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # every OpenMP: torch's
    "GOMP_SPINCOUNT": "1000",  # GNU's; 3000 takes a twelfth less on a quiet machine, half as long again on a busy one
    "KMP_BLOCKTIME": "0",  # Intel's and LLVM's, on macOS and Windows; milliseconds
    "OPENBLAS_THREAD_TIMEOUT": "4",  # numpy's; spins for 2 to the power of it
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER": "0",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "0",
}
"""Environment variables that the libraries read when they are loaded. What the user has set goes before them."""
