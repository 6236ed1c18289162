"""Makes a Python environment hold what the requirement files pin; does nothing when it already does.

    python scripts/environment.py [--only] .venv requirements/main.txt requirements/test.txt

With ``--only`` an environment that holds other files' packages too is made anew (the speech worker's: the CPU
and the GPU build of one library overwrite each other). Runs on the standard library alone, before anything is
installed. Two files tell the states apart:

* the *stamp* inside the environment has the digests of what was installed and is written last: what is in it
  is complete;
* the *mark* beside the environment says that an installation is under way. Found at the start, it means that
  one was cut off, perhaps in the middle of a package, and the environment is made anew.

A lock beside the environment lets one installation run at a time; the next one then finds it done. An
environment that is a symbolic link is somebody's own and is used as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STAMP = "coachsite-installed.json"

Stamp = dict[str, str]
"""Requirement file -> SHA-256 of its content."""


class EnvironmentFailed(Exception):
    """The environment could not be made. The text is one line that says what to do."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Install pinned requirements into an environment.")
    parser.add_argument("--only", action="store_true", help="nothing else may be in the environment")
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    try:
        if not options.folder.is_symlink():
            with _lock(options.folder) as lock:
                ensure(options.folder, options.files, only=options.only, lock=lock)
    except EnvironmentFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def ensure(folder: Path, files: list[Path], *, only: bool, lock: int) -> None:
    """Installs what is missing. Raises :class:`EnvironmentFailed`."""
    wanted = {file.as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    stamp = _read_stamp(folder)
    missing = [name for name in wanted if stamp.get(name) != wanted[name]]
    usable, foreign = _usable(folder), only and stamp.keys() - wanted.keys()
    if usable and not missing and not foreign:
        return
    _mark(folder).touch()
    if not usable or foreign:
        _create(folder)
        stamp, missing = {}, list(wanted)
    names = ", ".join(missing)
    print(f"Installing {names} into {folder} (once; this can take minutes) ...", flush=True)
    (folder / STAMP).unlink(missing_ok=True)
    # The pins are complete, so nothing may be resolved: that is what keeps torch out.
    command = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--no-input"]
    command += [
        "--disable-pip-version-check",
        "--no-deps",
        *(part for name in missing for part in ("-r", name)),
    ]
    # pip inherits the lock: if this process is killed, the next one waits until pip has ended too.
    code = subprocess.run(command, check=False, pass_fds=(lock,)).returncode
    if code != 0:
        if code > 0:  # pip took back what it had begun; killed (below 0), it did not
            _write_stamp(folder, {name: digest for name, digest in stamp.items() if name not in missing})
        raise EnvironmentFailed(f"pip could not install {names} (see above): does it reach a package index?")
    _write_stamp(folder, {**stamp, **wanted})


def _usable(folder: Path) -> bool:
    """Whether there is a whole environment of this Python's version."""
    if _unfinished(folder) or not _python(folder).exists():
        return False
    code = "import pip, sys; print(sys.version_info[:2])"
    answer = subprocess.run([str(_python(folder)), "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == str(sys.version_info[:2])


def _unfinished(folder: Path) -> bool:
    return _mark(folder).exists() and not (folder / STAMP).exists()


def _create(folder: Path) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        hint = "on Debian and Ubuntu install the package python3-venv"
        raise EnvironmentFailed(f"{sys.executable} could not make {folder}: {hint}")


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _mark(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.installing"


def _read_stamp(folder: Path) -> Stamp:
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(folder: Path, stamp: Stamp) -> None:
    fresh = folder / f"{STAMP}.new"
    fresh.write_text(json.dumps(stamp, indent=1, sort_keys=True) + "\n")
    fresh.replace(folder / STAMP)
    _mark(folder).unlink(missing_ok=True)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[int]:
    try:
        import fcntl
    except ImportError as exc:
        raise EnvironmentFailed("this needs Linux or macOS; on Windows use WSL") from exc
    with (folder.parent / f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another installation into {folder} ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
