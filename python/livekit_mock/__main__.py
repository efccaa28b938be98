"""``python -m livekit_mock`` is the command ``livekit-mock``."""

import subprocess
import sys

from ._program import program

if __name__ == "__main__":
    try:
        sys.exit(subprocess.call([program(), *sys.argv[1:]]))
    except KeyboardInterrupt:
        sys.exit(130)
