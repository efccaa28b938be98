"""How a client comes to trust the server's own authority: as its users would say it, and never by not checking."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

from .behaviours import Client

PASSWORD = "changeit"  # that of every JDK's own store


class TrustError(Exception):
    pass


def environment(client: Client, authority: Path, folder: Path) -> dict[str, str]:
    """The variables that say it. What was trusted before stays so: packages are installed in the same environment."""
    bundle = _bundle(authority, folder / "trusted.pem")
    variables = {"SSL_CERT_FILE": bundle, "NODE_EXTRA_CA_CERTS": bundle, "CURL_CA_BUNDLE": bundle}
    if "java" in client.needs:
        options = f"-Djavax.net.ssl.trustStore={_java_store(authority, folder / 'trusted.p12')} -Djavax.net.ssl.trustStorePassword={PASSWORD}"
        variables["JAVA_TOOL_OPTIONS"] = f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} {options}".strip()
    if "chromium" in client.needs:
        variables["LKM_CHROMIUM_HOME"] = _chromium_home(authority, folder / "home")
    return variables


def _bundle(authority: Path, bundle: Path) -> str:
    """The system's authorities and this one, since these variables name all that is trusted."""
    system = ssl.get_default_verify_paths().cafile
    before = Path(system).read_text(encoding="utf-8") if system else ""
    bundle.write_text(f"{before}\n{authority.read_text(encoding='utf-8')}", encoding="utf-8")
    return str(bundle)


def _java_store(authority: Path, store: Path) -> str:
    """A copy of the JDK's own store, and this authority in it."""
    store.unlink(missing_ok=True)
    settings = _run("java", "-XshowSettings:properties", "-version")
    home = next(line.split("=", 1)[1].strip() for line in settings.splitlines() if line.strip().startswith("java.home ="))
    password = ("-storepass", PASSWORD, "-noprompt")
    copy = ("-srckeystore", f"{home}/lib/security/cacerts", "-srcstorepass", PASSWORD, "-destkeystore", str(store))
    _run("keytool", "-importkeystore", *copy, "-deststoretype", "PKCS12", "-deststorepass", PASSWORD, "-noprompt")
    _run("keytool", "-importcert", "-alias", "livekit-mock", "-file", str(authority), "-keystore", str(store), *password)
    return str(store)


def _chromium_home(authority: Path, home: Path) -> str:
    """A home whose NSS database trusts this authority: Chromium reads no variable."""
    shutil.rmtree(home, ignore_errors=True)
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    _run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
    _run("certutil", "-A", "-d", f"sql:{database}", "-n", "livekit-mock", "-t", "C,,", "-i", str(authority))
    return str(home)


def _run(*command: str) -> str:
    """What it prints."""
    try:
        return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    except OSError as error:
        raise TrustError(f"{command[0]} can't be run ({error.strerror}): install it") from error
    except subprocess.CalledProcessError as error:
        raise TrustError(f"{' '.join(command)} failed: {error.stdout.strip()}") from error
