"""The ``ksmcheck`` command, and ``python -m ksmcheck``: loads the tool, then runs it."""

import sys

try:
    # Loading takes a while; Ctrl-C meanwhile ends the command as it does later: no traceback.
    from ksmcheck.cli.main import main
except KeyboardInterrupt:
    print("interrupted: there is no verdict", file=sys.stderr)
    sys.exit(3)

if __name__ == "__main__":
    main()
