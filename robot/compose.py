#!/usr/bin/env python3
"""The `compose` executable: `python -m robot.compose package.module:NodeClass [...] [--ros-args ...]`."""
from __future__ import annotations

import signal
import sys

from robot.environment import prepare


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the nodes have their own: loading them takes seconds
    prepare()
    from robot.ros import compose  # rclpy reads the environment when it is imported
    return compose()


if __name__ == "__main__":
    sys.exit(main())
