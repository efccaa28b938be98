"""Where the program is that the wheel brought along."""

import os
import shutil
import sysconfig
from pathlib import Path

OVERRIDE = "LIVEKIT_MOCK_PROGRAM"
NAME = "livekit-mock" + (sysconfig.get_config_var("EXE") or "")


def program() -> str:
    """The path of ``livekit-mock``; the variable ``LIVEKIT_MOCK_PROGRAM`` names another one."""
    named = os.environ.get(OVERRIDE)
    if named:
        if not os.access(named, os.X_OK):
            raise FileNotFoundError(f"{OVERRIDE} is {named}, which is no program")
        return named
    places = _places()
    for place in places:
        if os.access(place, os.X_OK):
            return str(place)
    on_path = shutil.which("livekit-mock")
    if on_path:
        return on_path
    looked_in = ", ".join(str(place.parent) for place in places)
    raise FileNotFoundError(
        f"{NAME} is neither in {looked_in} nor on the PATH; "
        f"install the wheel again (pip install --force-reinstall livekit-mock), or set {OVERRIDE}"
    )


def _places() -> "list[Path]":
    """The folders that pip puts commands into, the likeliest first."""
    folders = [sysconfig.get_path("scripts")]
    if hasattr(sysconfig, "get_preferred_scheme"):  # Python 3.10
        folders.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    # pip install --target FOLDER
    folders.append(str(Path(__file__).resolve().parent.parent / "bin"))
    return [Path(folder) / NAME for folder in dict.fromkeys(folders)]
