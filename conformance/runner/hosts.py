"""Names that must mean this machine: SDKs fail over for hosts under `livekit.cloud` alone, and try `cloud-api.*.livekit.io` again."""

import socket

CLOUD_NAME = "mock.livekit.cloud"
CLOUD_API_NAME = "cloud-api.mock.livekit.io"
NAMES = (CLOUD_NAME, CLOUD_API_NAME)


class HostsError(Exception):
    pass


def maps_to_loopback(hosts_text: str, name: str = CLOUD_NAME) -> bool:
    """Whether a hosts file maps the name, read before any resolver is asked: a resolver would ask the network."""
    return any(
        fields[0].startswith("127.") and name in fields[1:]
        for fields in (line.split("#")[0].split() for line in hosts_text.splitlines())
        if fields
    )


def ensure_cloud_names(path: str = "/etc/hosts") -> None:
    """Adds the names to the hosts file where they are missing, and makes sure that they mean 127.0.0.1 and nothing else."""
    for name in NAMES:
        _ensure(name, path)


def _ensure(name: str, path: str) -> None:
    line = f"127.0.0.1 {name}"
    try:
        with open(path, encoding="utf-8") as hosts:
            text = hosts.read()
        if not maps_to_loopback(text, name):
            with open(path, "a", encoding="utf-8") as hosts:
                hosts.write(("" if text.endswith("\n") or not text else "\n") + line + "\n")
            print(f'added "{line}" to {path}', flush=True)
    except OSError as error:
        raise HostsError(
            f'{name} must resolve to this machine and {path} cannot be changed ({error.strerror}): '
            f'add the line "{line}" to it and run this again'
        ) from error
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    if addresses != {"127.0.0.1"}:
        raise HostsError(
            f"{name} resolves to {', '.join(sorted(addresses))} although {path} maps it to 127.0.0.1: "
            "no request is sent until it resolves to 127.0.0.1 alone"
        )
