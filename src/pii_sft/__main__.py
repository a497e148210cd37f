"""`python -m pii_sft`."""

from pii_sft.cli import main

main()
