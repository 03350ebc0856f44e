"""Who else looks at an environment of the replica just now, by LMDB's own table of readers.

Every process that looks stands in that table with the commit it looks at, also while it hangs; one that was
killed is struck off.
"""

import os

import lmdb


def has_older_readers(env: "lmdb.Environment") -> bool:
    """Whether another process still looks at what was there before the last commit. Looks of this process do
    not count.
    """
    if not _is_any_older(env):
        return False
    # Only now: to ask after each process costs a system call.
    env.reader_check()
    return _is_any_older(env)


def _is_any_older(env: "lmdb.Environment") -> bool:
    # Before the table: whoever begins to look meanwhile sees this commit.
    last = int(env.info()["last_txnid"])
    _head, *rows = env.readers().splitlines()
    looks = (row.split() for row in rows)
    return any(int(pid) != os.getpid() and at.isdigit() and int(at) < last for pid, _thread, at in looks)
