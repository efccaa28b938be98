"""What the tests found of this client that is more than "works": behaviour → (result, note). Written into docs/CLIENTS.md."""

FINDINGS: dict[str, tuple[str, str]] = {}
