"""Judges IMAP and POP3 servers side by side; `bench/compare` is its command."""
