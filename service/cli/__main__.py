"""`python -m service.cli` is `wavetap`, for callers that know the interpreter but not where its commands lie."""

from service.cli.app import main

if __name__ == "__main__":
    main()
