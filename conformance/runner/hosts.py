"""The name under `livekit.cloud` that must mean this machine: SDKs fail over for such hosts alone."""

import socket

CLOUD_NAME = "mock.livekit.cloud"
HOSTS_LINE = f"127.0.0.1 {CLOUD_NAME}"


class HostsError(Exception):
    pass


def maps_to_loopback(hosts_text: str) -> bool:
    """Whether a hosts file maps the name, read before any resolver is asked: a resolver would ask the network."""
    return any(
        fields[0].startswith("127.") and CLOUD_NAME in fields[1:]
        for fields in (line.split("#")[0].split() for line in hosts_text.splitlines())
        if fields
    )


def ensure_cloud_name(path: str = "/etc/hosts") -> None:
    """Adds the name to the hosts file where it is missing, and makes sure that it means 127.0.0.1 and nothing else."""
    try:
        with open(path, encoding="utf-8") as hosts:
            text = hosts.read()
        if not maps_to_loopback(text):
            with open(path, "a", encoding="utf-8") as hosts:
                hosts.write(("" if text.endswith("\n") or not text else "\n") + HOSTS_LINE + "\n")
            print(f'added "{HOSTS_LINE}" to {path}', flush=True)
    except OSError as error:
        raise HostsError(
            f'{CLOUD_NAME} must resolve to this machine and {path} cannot be changed ({error.strerror}): '
            f'add the line "{HOSTS_LINE}" to it and run this again'
        ) from error
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(CLOUD_NAME, None)}
    if addresses != {"127.0.0.1"}:
        raise HostsError(
            f"{CLOUD_NAME} resolves to {', '.join(sorted(addresses))} although {path} maps it to 127.0.0.1: "
            "no request is sent until it resolves to 127.0.0.1 alone"
        )
