"""The quality gates of `make check`, shown to be able to fail."""
