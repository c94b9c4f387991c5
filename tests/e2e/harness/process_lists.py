# SPDX-License-Identifier: MIT
"""ProcessLists: whether a word was in any process list while something went on."""

import os
import threading
import time

from harness.processes import all_pids, read_proc


class ProcessLists:
    """Looks at every process's arguments, as fast as it can, while the test goes on."""

    def __init__(self, words):
        self.words = [word.encode() for word in words]
        self.seen = set()
        self.rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stop.is_set():
            self.rounds += 1
            for pid in all_pids():
                line = read_proc(pid, "cmdline")
                if pid != os.getpid() and any(word in line for word in self.words):
                    self.seen.add(line)
            time.sleep(0.02)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
