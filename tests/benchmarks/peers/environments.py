"""Where the peers run: a virtual environment each, and a class path, all from locked packages, made once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fenghuo.embedded import jars
from fenghuo.embedded.kafka import java

HERE = Path(__file__).parent
JAVA_LOCK = HERE / "java.lock.toml"
JAVA_ENDPOINT = "org.apache.kafka:kafka-streams:4.3.1+org.eclipse.jdt:ecj:3.44.0!+org.slf4j:slf4j-nop:1.7.36!"


def python_of(name: str, downloads: Path) -> Path:
    """The interpreter of a peer's environment, made from `<name>.txt` when it is not there (about half a minute)."""
    lock = HERE / f"{name}.txt"
    place = downloads / f"bench-{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True)
        (place / "complete").touch()
    return python


def java_command(source: str, downloads: Path) -> list[str]:
    """How to run a Java program of this folder, compiled by Eclipse's compiler: the packaged Java has none of its own."""
    jars.fetch(downloads, lock_file=JAVA_LOCK)
    class_path = jars.class_path(downloads, JAVA_LOCK)
    program = HERE / f"{source}.java"
    classes = downloads / f"bench-java-{hashlib.sha256(program.read_bytes()).hexdigest()[:16]}"
    if not (classes / f"{source}.class").exists():
        compiler = [str(java()), "-cp", class_path, "org.eclipse.jdt.internal.compiler.batch.Main", "-nowarn"]
        options = ["-source", "17", "-target", "17", "-classpath", class_path, "-d", str(classes)]
        subprocess.run([*compiler, *options, str(program)], check=True)
    return [str(java()), "-Xms512m", "-Xmx512m", "-cp", f"{classes}:{class_path}", source]


def write_java_lock() -> None:
    """Resolve the Java peer's packages anew."""
    with tempfile.TemporaryDirectory() as scratch:
        jars.write_lock(Path(scratch), JAVA_ENDPOINT, JAVA_LOCK, "python -m tests.benchmarks.peers")
