"""What a bundle is made of: packages of Debian 13, what is left out of them, and the programs that are run."""

import hashlib
import json
from dataclasses import asdict, dataclass

_LAYOUT = 1  # raise it when the way a bundle is unpacked changes, so that older ones are made again
_NEVER_READ = (
    "usr/share/doc*",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/share/gdb",
    "usr/share/bash-completion",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Describe one bundle; two recipes that differ in anything live in two folders.

    Parameters
    ----------
    name : str
        First half of the folder's name.
    packages : tuple of str
        What is asked of apt; their dependencies follow.
    without : tuple of str
        Dependencies that apt is told are there already: maintainer scripts' tools, and libraries of parts not used.
    programs : tuple of str
        Programs to make runnable where they are, relative to the bundle.
    library_folders : tuple of str
        Where their libraries are, relative to the bundle; ``{triplet}`` is the architecture's.
    self_guided : tuple of str
        Glob patterns of libraries that name a folder of the host where theirs are, which they are made to forget.
    modules : tuple of str
        Glob patterns of libraries loaded at run time, whose own libraries must be in the bundle too.
    aliases : tuple of (str, str, str)
        Glob pattern, and what in the matching names becomes what in the names of links beside them; Debian makes such
        links when a package is installed, and nothing is installed here.
    prune : tuple of str
        Glob patterns of what is deleted after unpacking.
    otherwise : str
        What a person does instead where the bundle cannot be made.
    suite : str
        Release of Debian.
    """

    name: str
    packages: tuple[str, ...]
    without: tuple[str, ...]
    programs: tuple[str, ...]
    library_folders: tuple[str, ...] = ("usr/lib/{triplet}",)
    self_guided: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str, str], ...] = ()
    prune: tuple[str, ...] = ()
    otherwise: str = ""
    suite: str = "trixie"

    @property
    def folder_name(self) -> str:
        """Name of the bundle's folder: the recipe's name and a fingerprint of everything in it."""
        content = {name: value for name, value in asdict(self).items() if name != "otherwise"}
        text = json.dumps([_LAYOUT, content], sort_keys=True)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def unread(self) -> tuple[str, ...]:
        """Glob patterns of everything that is deleted after unpacking."""
        return _NEVER_READ + self.prune


# Tools of maintainer scripts, which never run here, and what only those pull in.
MAINTAINER_TOOLS = (
    "adduser",
    "debconf",
    "init-system-helpers",
    "libc-bin",
    "libdb5.3t64",
    "libpam-runtime",
    "libsasl2-modules-db",
    "locales",
    "openssl",
    "openssl-provider-legacy",
    "perl",
    "perl-base",
    "procps",
    "readline-common",
    "sensible-utils",
    "sysvinit-utils",
    "tzdata",
    "ucf",
)

_POSTGRESQL_BIN = "usr/lib/postgresql/17/bin"
_EXTENSION = "usr/share/postgresql/17/extension"

SERVICES = Recipe(
    name="services",
    packages=("postgresql-17-timescaledb", "postgresql-17-postgis-3", "mosquitto", "mosquitto-clients"),
    without=(
        *MAINTAINER_TOOLS,
        "gnupg",
        "libgdal36",  # rasters: 30 MB of image codecs that no map of feeders needs
        "libllvm19",  # just-in-time compilation: 26 MB, switched off
        "libperl5.40",
        "libsfcgal2",  # three-dimensional geometry
        "libz3-4",
        "postgresql-client-common",
        "postgresql-common",
        "ssl-cert",
    ),
    programs=(
        *(
            f"{_POSTGRESQL_BIN}/{name}"
            for name in ("initdb", "postgres", "psql", "pg_isready", "pg_dump", "pg_restore", "pg_controldata")
        ),
        "usr/sbin/mosquitto",
        "usr/bin/mosquitto_passwd",
        "usr/bin/mosquitto_pub",
        "usr/bin/mosquitto_sub",
    ),
    modules=("usr/lib/postgresql/17/lib/*.so",),
    aliases=((f"{_EXTENSION}/postgis-3*", "postgis-3", "postgis"),),
    otherwise=(
        "Instead, set SOMEL_DATABASE_URL and SOMEL_MQTT_URL to servers that already run, "
        "or start both with `docker compose -f deploy/compose.yaml up -d`."
    ),
    prune=(
        "usr/lib/postgresql/17/lib/bitcode",
        "usr/lib/postgresql/17/lib/llvmjit*",
        "usr/lib/postgresql/17/lib/postgis_raster*",
        "usr/lib/postgresql/17/lib/postgis_sfcgal*",
        "usr/share/postgresql/17/contrib",
        *(
            f"{_EXTENSION}/{name}*"
            for name in (
                "postgis_raster",
                "postgis_sfcgal",
                "postgis_tiger",
                "postgis_topology",
                "address_standardizer",
            )
        ),
        f"{_EXTENSION}/postgis--unpackaged--*",
    ),
)

BROWSER = Recipe(
    name="browser",
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
    without=(
        *MAINTAINER_TOOLS,
        "fontconfig-config",
        "libelf1t64",
        "libgtk-3-0t64",
        "libllvm19",
        "libvulkan1",
        "libx11-data",
        "libz3-4",
        "shared-mime-info",
        "x11-common",
        "x11-utils",
        "xdg-utils",
        "xkb-data",
    ),
    programs=("usr/lib/chromium/chromium-headless-shell",),
    library_folders=("usr/lib/{triplet}", "usr/lib/{triplet}/pulseaudio"),
    self_guided=("usr/lib/*/libpulse*.so.*", "usr/lib/*/pulseaudio/*.so"),
    prune=(
        "usr/lib/*/libgallium*",  # drivers of graphics cards
        "usr/lib/*/gbm",
        "usr/lib/chromium/libVkLayer_khronos_validation*",
        "usr/lib/chromium/libVkICD_mock_icd*",
    ),
    otherwise="Instead, install a Chromium so that `chromium` is on the PATH.",
)
