#!/usr/bin/env python
"""Django's command line. A setting that can't be used gives one line and exit code 2."""

import os
import sys

from coachsite.env import one_clear_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachsite.settings")
    with one_clear_line():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
