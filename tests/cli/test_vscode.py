"""`micrograd-bp debug --vscode`: the extension, as the editor unpacks it."""

import json
import os
import struct
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from micrograd_bp import __version__
from micrograd_bp.cli import main
from micrograd_bp.views.adapter.extension import vsix

from ..views.adapter.client import RefusalError
from ..views.adapter.editor import ROOT, adapter

SCHEMA = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"


@pytest.fixture
def extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["debug", "--vscode"]) == 0
    return tmp_path / "micrograd-bp.vsix"


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def package_of(path: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads(unpacked(path)["extension/package.json"])
    return package


def test_it_is_written_and_the_one_command_that_installs_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["debug", "--vscode"]) == 0
    written, command = capsys.readouterr().out.splitlines()
    assert written == "wrote micrograd-bp.vsix; this installs it:"
    assert command.split() == ["code", "--install-extension", "micrograd-bp.vsix"]
    assert [file.name for file in tmp_path.iterdir()] == ["micrograd-bp.vsix"]


def test_every_file_is_in_it_and_has_a_type(extension: Path) -> None:
    contents = unpacked(extension)
    here = {path.name for path in (files("micrograd_bp.views.adapter") / "vscode").iterdir()}
    assert set(contents) == {"[Content_Types].xml", "extension.vsixmanifest", *(f"extension/{name}" for name in here)}
    typed = {each.get("Extension") for each in ElementTree.fromstring(contents["[Content_Types].xml"])}
    assert {name.rpartition(".")[2] for name in contents} - {"xml"} == typed


def test_the_manifest_says_what_the_package_says(extension: Path) -> None:
    contents, package = unpacked(extension), package_of(extension)
    manifest = ElementTree.fromstring(contents["extension.vsixmanifest"])
    identity = manifest.find(f".//{SCHEMA}Identity")
    assert identity is not None
    assert [identity.get(name) for name in ("Id", "Publisher", "Version")] == [
        "micrograd-bp",
        "micrograd-bp",
        __version__,
    ]
    assert [package[name] for name in ("name", "publisher", "version")] == ["micrograd-bp", "micrograd-bp", __version__]
    assert manifest.findtext(f".//{SCHEMA}DisplayName") == package["displayName"]
    assert manifest.findtext(f".//{SCHEMA}Description") == package["description"]
    properties = {
        each.get("Id", "").rpartition(".")[2]: each.get("Value") for each in manifest.iter(f"{SCHEMA}Property")
    }
    assert properties == {"Engine": package["engines"]["vscode"], "ExtensionKind": ",".join(package["extensionKind"])}
    assets = [each.get("Path") for each in manifest.iter(f"{SCHEMA}Asset")]
    assert len(assets) == 3
    assert set(assets) <= set(contents)


def test_the_editor_starts_the_adapter_of_the_python_that_wrote_it(extension: Path) -> None:
    (debugger,) = package_of(extension)["contributes"]["debuggers"]
    assert f"\n    {sys.executable}\n" in unpacked(extension)["extension/README.md"].decode()
    assert debugger["runtime"] == sys.executable
    (extension.parent / "micrograd_bp.py").write_text(
        "raise RuntimeError('whatever lies where the editor is')", "utf-8"
    )
    asked = b'{"seq": 1, "type": "request", "command": "initialize", "arguments": {}}'
    answered = subprocess.run(
        [debugger["runtime"], *debugger["runtimeArgs"]],
        input=b"Content-Length: %d\r\n\r\n%b" % (len(asked), asked),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert b'"supportsStepBack": true' in answered.stdout


def test_any_path_of_a_python_survives(tmp_path: Path) -> None:
    python = 'C:\\Program Files\\"Müller" & <Söhne>\\python.exe'
    path = tmp_path / "other.vsix"
    path.write_bytes(vsix(python, "1.2.3"))
    (debugger,) = package_of(path)["contributes"]["debuggers"]
    assert debugger["runtime"] == python
    assert python in unpacked(path)["extension/README.md"].decode()


def test_what_the_package_names_is_there(extension: Path) -> None:
    package, contents = package_of(extension), unpacked(extension)
    (debugger,) = package["contributes"]["debuggers"]
    assert f"extension/{package['main'].removeprefix('./')}" in contents
    assert package["activationEvents"] == [f"onDebugResolve:{debugger['type']}"]
    icon = contents[f"extension/{package['icon']}"]
    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", icon[16:24]) == (128, 128)


def test_the_configurations_offered_are_ones_that_it_takes(extension: Path) -> None:
    (debugger,) = package_of(extension)["contributes"]["debuggers"]
    offered = [*debugger["initialConfigurations"], *(each["body"] for each in debugger["configurationSnippets"])]
    assert {each["request"] for each in offered} == set(debugger["configurationAttributes"])
    for configuration in offered:
        assert configuration["type"] == debugger["type"]
        attributes = debugger["configurationAttributes"][configuration["request"]]
        assert set(configuration) - {"name", "type", "request"} <= set(attributes["properties"])
        if configuration["request"] == "launch":
            assert ("program" in configuration) != ("target" in configuration)
        else:
            assert set(attributes["required"]) <= set(configuration)


PACKAGE = json.loads((files("micrograd_bp.views.adapter") / "vscode" / "package.json").read_text(encoding="utf-8"))
SETTINGS = PACKAGE["contributes"]["debuggers"][0]["configurationAttributes"]["launch"]["properties"]
WRONG = {"string": (1, "a text"), "array": ("x", "a list"), "boolean": ("x", "true or false")}
"""For each kind of setting something of another kind, and what the adapter wants instead."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_settings_that_it_offers_are_those_that_the_adapter_reads(setting: str) -> None:
    wrong, wanted = WRONG[SETTINGS[setting]["type"]]
    expression = {} if setting in ("program", "target") else {"target": "tanh(w)", "args": ["w=1"]}
    with adapter() as (editor, _):
        editor.ask("initialize")
        with pytest.raises(RefusalError, match=f"{setting} is {wanted}, got {wrong!r}"):
            editor.ask("launch", **{**expression, setting: wrong})


def test_the_readme_shows_the_configurations_that_the_editor_begins_with(extension: Path) -> None:
    readme = unpacked(extension)["extension/README.md"].decode()
    shown = json.loads(readme.partition("```json")[2].partition("```")[0])
    (debugger,) = package_of(extension)["contributes"]["debuggers"]
    assert shown["configurations"] == debugger["initialConfigurations"]


def test_it_is_the_same_each_time_and_replaces_an_older_one(extension: Path) -> None:
    first = extension.read_bytes()
    extension.write_bytes(b"an older one")
    assert main(["debug", "--vscode"]) == 0
    assert extension.read_bytes() == first


def test_where_it_cannot_be_written_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "micrograd-bp.vsix").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["debug", "--vscode"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert " ".join(printed.err.split()).startswith("micrograd-bp debug: cannot write ")
    assert [file.name for file in tmp_path.iterdir()] == ["micrograd-bp.vsix"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["debug"], "what is to be debugged?"),
        (["debug", "train.py", "--vscode"], "--vscode goes without a target"),
    ],
)
def test_it_is_either_the_extension_or_something_to_debug(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"micrograd-bp debug: {words}\n"
