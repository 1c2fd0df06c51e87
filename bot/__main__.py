"""`python -m bot` is `aml-bot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
