"""`python -m scripts.engines NAME`: exit code 0 when this machine has the server, or 1 and how to get it."""

import sys

from scripts.engines.alertmanager import find_alertmanager
from scripts.engines.kannel import find_kannel
from scripts.engines.postgresql import find_binaries
from scripts.engines.processes import EngineMissing
from scripts.engines.rabbitmq import find_server

FINDERS = {
    "postgresql": find_binaries,
    "rabbitmq": find_server,
    "alertmanager": find_alertmanager,
    "kannel": find_kannel,
}


def main(name: str) -> int:
    try:
        FINDERS[name]()
    except EngineMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
