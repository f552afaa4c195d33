"""`python -m chatwright`: the command line."""

from .cli import main

main()
