"""`python -m service` is the `dangan` command."""

from service.cli import main

main()
