"""Results as a table: for a terminal, and as docs/CLIENTS.md."""

from .behaviours import BEHAVIOURS, CLIENTS, FRAMES, NETWORK, NOT_RUN, ROOMS, SIGNALLING, SIGNALLING_NETWORK, SIMULATED, Client
from .results import Result

HEADER = """\
# Clients

<!-- Written by `conformance/run`. Do not edit: CI fails when a run would write something else. -->

Real clients, unmodified and from their package registries, against a `livekit-mock` that runs with `--auth strict`.
CI runs each of them. Nothing here is taken from documentation: a cell is what a test asserted.

- **works**: the client does it.
- **lacks**: the client has no such thing.
- **wrong**: the client does not do what it should. The test asserts exactly what it does, and so notices when the client is corrected.

How these tests work: [conformance/README.md](../conformance/README.md).
How an application is programmed through its API key, and how failover is tested: [CONTROL-BY-KEY.md](CONTROL-BY-KEY.md).
"""

TABLES = {"The server API": BEHAVIOURS, "The signalling": SIGNALLING, "Rooms that connect": ROOMS, "A ping right after the join": FRAMES}


NETWORK_LEGEND = """\
The client is configured with a host under `livekit.cloud`. `0 → 1` are the regions that it asks, in their order; then comes whether all tries bring the
same `X-Livekit-Request-Id`, where there are several; then what the application gets.
"""

SIMULATED_LEGEND = """\
The states of the room after `room.simulateScenario(…)`, as `connectionStateChanged` tells them, and how many signalling connections there were in all.
On `/rtc/v1` and on `/rtc` they are the same. After each but `server-leave`, data comes and goes as before.
"""

HTTPS_LEGEND = """\
The same tests with `https` and `wss` in every URL: `conformance/run --tls`. What is counted was the same as in the tables above, to the word of its note. Some rows are not asked there: where Go and Java
speak HTTP/2, a connection breaks in other words, and Rust's tests of the network read what goes over the wire. CI runs `go` and `frames` so each time; the others are run by hand,
and a client that does not stand here has not passed yet. [FAILOVER.md](FAILOVER.md) has a test of one's own in each language.
"""

# What clients do in words: a table's title, its behaviours, and what stands above it.
TOLD = (
    ("When the network breaks: the server API", NETWORK, NETWORK_LEGEND),
    ("When the network breaks: the signalling", SIGNALLING_NETWORK, NETWORK_LEGEND),
    ("Simulated scenarios", SIMULATED, SIMULATED_LEGEND),
)


def markdown(results: dict[str, list[Result]], over_https: dict[str, int]) -> str:
    """The whole document; `results` by client id."""
    clients = [client for client in CLIENTS if client.id in results]
    lines = [HEADER]
    for title, behaviours in TABLES.items():
        lines += _table(title, behaviours, results)
    for title, behaviours, legend in TOLD:
        lines += _told_table(title, behaviours, legend, results)
    lines += _https_table(over_https)
    lines += [f"- {name}: {why}" for name, why in NOT_RUN.items()]
    lines += ["", "## Notes", ""]
    for client in clients:
        notes = _notes(results[client.id])
        if notes:
            lines += [f"### {client.title}", "", *notes, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(title: str, behaviours: dict[str, str], results: dict[str, list[Result]]) -> list[str]:
    """The clients that are asked for these behaviours, and what the behaviours are."""
    clients = [client for client in CLIENTS if client.id in results and client.behaviours is behaviours]
    lines = [f"## {title}", "", _row(["", *(client.title for client in clients)]), _row(["---"] * (len(clients) + 1))]
    lines.append(_row(["", *(_package(results[client.id]) for client in clients)]))
    for behaviour in behaviours:
        lines.append(_row([f"`{behaviour}`", *(_cell(results[client.id], behaviour) for client in clients)]))
    return [*lines, "", *(f"- `{behaviour}`: {what}" for behaviour, what in behaviours.items()), ""]


def _told_table(title: str, behaviours: dict[str, str], legend: str, results: dict[str, list[Result]]) -> list[str]:
    """What each client does, in words."""
    clients = [client for client in CLIENTS if client.id in results and client.network is behaviours]
    lines = [f"## {title}", "", legend, _row(["", *(client.title for client in clients)]), _row(["---"] * (len(clients) + 1))]
    for behaviour in behaviours:
        lines.append(_row([f"`{behaviour}`", *(_does(results[client.id], behaviour) for client in clients)]))
    return [*lines, "", *(f"- `{behaviour}`: {what}" for behaviour, what in behaviours.items()), ""]


def _https_table(over_https: dict[str, int]) -> list[str]:
    """The clients that were run over https, too, and how they are told to trust the server."""
    lines = ["## Over https", "", HTTPS_LEGEND, _row(["", "", "what makes it trust the server's authority", "behaviours"]), _row(["---"] * 4)]
    for client in (client for client in CLIENTS if client.id in over_https):
        lines.append(_row([f"`{client.id}`", client.title, client.trust, f"{over_https[client.id]} of {len(client.asked)}"]))
    return [*lines, ""]


def _does(results: list[Result], behaviour: str) -> str:
    found = next((result for result in results if result.behaviour == behaviour), None)
    if found is None:
        return ""
    return f"**wrong**: {found.does}" if found.result == "wrong" else found.does


def terminal(results: dict[str, list[Result]]) -> str:
    """Client by behaviour, in columns; a behaviour without a result is FAILED."""
    return "\n\n".join(filter(None, (_columns(behaviours, results) for behaviours in TABLES.values())))


def _columns(behaviours: dict[str, str], results: dict[str, list[Result]]) -> str:
    clients = [client for client in CLIENTS if client.id in results and client.behaviours is behaviours]
    if not clients:
        return ""
    rows = [["", *(client.id for client in clients)]]
    for behaviour in dict.fromkeys(behaviour for client in clients for behaviour in client.asked):
        rows.append([behaviour, *(_verdict(client, results[client.id], behaviour) for client in clients)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _verdict(client: Client, results: list[Result], behaviour: str) -> str:
    """Nothing if the client is not asked for it."""
    return _find(results, behaviour) or ("FAILED" if behaviour in client.asked else "")


def _find(results: list[Result], behaviour: str) -> str | None:
    return next((r.result for r in results if r.behaviour == behaviour), None)


def _notes(results: list[Result]) -> list[str]:
    """One line a note; behaviours that share a note share its line."""
    behaviours: dict[str, list[str]] = {}
    for result in results:
        if result.note:
            text = result.note if result.result == "works" else f"**{result.result}**. {result.note}"
            behaviours.setdefault(text, []).append(f"`{result.behaviour}`")
    return [f"- {', '.join(names)}: {text}" for text, names in behaviours.items()]


def _package(results: list[Result]) -> str:
    packages = dict.fromkeys(f"`{r.package}` {r.version}" for r in results)
    return ", ".join(packages)


def _cell(results: list[Result], behaviour: str) -> str:
    result = _find(results, behaviour) or ""
    return f"**{result}**" if result == "wrong" else result


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
