"""A process that looks at a replica and holds its look until it is told to let go.

python -m tests.contract.edge.holding FOLDER DIGEST-KEY
"""

import sys
from pathlib import Path

from adapters.replica.reader import Reader


def main(folder: Path, digest_key: bytes) -> None:
    reader = Reader(folder, {1: digest_key})
    with reader.looking():
        print("looking", flush=True)
        sys.stdin.readline()
    print("let go", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
