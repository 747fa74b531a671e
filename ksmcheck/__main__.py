"""``python -m ksmcheck``: the same as the ``ksmcheck`` command."""

from ksmcheck.cli.main import main

if __name__ == "__main__":
    main()
