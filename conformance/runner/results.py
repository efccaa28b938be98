"""What clients report: one JSON object a line, one line a behaviour, none left out."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .behaviours import Client

RESULTS = ("works", "lacks", "wrong")
# Beside the results by client: how many of them were the same over https.
HTTPS = "https.json"
# How long a cell of the table may be.
MAX_DOES = 80


@dataclass(frozen=True)
class Result:
    client: str
    package: str
    version: str
    behaviour: str
    result: str
    note: str = ""
    # What the client does when the network breaks: which regions it asks in which order, and what the application gets.
    does: str = ""


def parse(client: Client, text: str) -> tuple[list[Result], list[str]]:
    """The results of a client in the order of the behaviours, and every problem with them as a sentence."""
    found: dict[str, Result] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            result = Result(**json.loads(line))
        except (ValueError, TypeError) as error:
            problems.append(f"line {number} of the results is not a result: {error}")
            continue
        problems += [f"line {number} of the results: {problem}" for problem in _problems(client, result)]
        if result.behaviour in found:
            problems.append(f"{result.behaviour} was reported twice")
        found[result.behaviour] = result
    problems += [f"{behaviour} was not reported" for behaviour in client.asked if behaviour not in found]
    return [found[behaviour] for behaviour in client.asked if behaviour in found], problems


def _problems(client: Client, result: Result) -> list[str]:
    problems = []
    if result.client != client.id:
        problems.append(f'the client is "{result.client}" and not "{client.id}"')
    if result.behaviour not in client.asked:
        problems.append(f'there is no behaviour "{result.behaviour}"')
    if result.result not in RESULTS:
        problems.append(f'the result is "{result.result}", which is none of {", ".join(RESULTS)}')
    if result.result in ("lacks", "wrong") and not result.note:
        problems.append(f'{result.behaviour} is "{result.result}" and no note says why')
    if (result.behaviour in client.network) != bool(result.does):
        problems.append(f'{result.behaviour} must say what the client does ("does") if it is one of the network, and only then')
    if len(result.does) > MAX_DOES:
        problems.append(f"{result.behaviour} takes {len(result.does)} characters to say what the client does; beyond {MAX_DOES} it belongs in the note")
    if not result.package or not result.version:
        problems.append(f"{result.behaviour} names no package or no version")
    return problems


def dump(results: list[Result]) -> str:
    """The lines as they are kept in `conformance/results/`."""
    entries = ({key: value for key, value in asdict(result).items() if key not in ("note", "does") or value} for result in results)
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def recorded(folder: Path, client: str) -> str:
    """What the last full run of this client left in the repository; empty if there was none."""
    path = folder / f"{client}.jsonl"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def same_over_https(client: Client, found: list[Result], folder: Path) -> tuple[int, list[str]]:
    """How many results are as they are recorded over plain text, and a sentence for each that is not."""
    known = {result.behaviour: result for result in parse(client, recorded(folder, client.id))[0]}
    other = [result.behaviour for result in found if result != known.get(result.behaviour)]
    return len(found) - len(other), [f"{behaviour} is not over https what it is over plain text" for behaviour in other]


def recorded_over_https(folder: Path) -> dict[str, int]:
    """By client, how many behaviours were the same when it was last run over https."""
    path = folder / HTTPS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record_over_https(folder: Path, same: dict[str, int]) -> None:
    (folder / HTTPS).write_text(json.dumps(same, indent=2, sort_keys=True) + "\n", encoding="utf-8")
