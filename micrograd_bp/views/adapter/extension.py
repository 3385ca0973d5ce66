"""The extension for VS Code: files of this folder, packed as the editor installs them.

It says which program the editor is to start, and which settings that takes; all else is the adapter's.
"""

import io
import json
import zipfile
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape, quoteattr

DEBUG_ADAPTER = ("-P", "-m", "micrograd_bp", "debug", "--adapter")
"""What the interpreter is started with; with -P it imports nothing from whatever folder the editor happens to be in."""

CONTENT_TYPES = """\
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
    <Default Extension="js" ContentType="application/javascript"/>
    <Default Extension="json" ContentType="application/json"/>
    <Default Extension="md" ContentType="text/markdown"/>
    <Default Extension="png" ContentType="image/png"/>
    <Default Extension="vsixmanifest" ContentType="text/xml"/>
</Types>
"""

MANIFEST = """\
<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
    <Metadata>
        <Identity Language="en-US" Id={name} Version={version} Publisher={publisher}/>
        <DisplayName>{display_name}</DisplayName>
        <Description xml:space="preserve">{description}</Description>
        <Categories>{categories}</Categories>
        <Icon>extension/icon.png</Icon>
        <Properties>
            <Property Id="Microsoft.VisualStudio.Code.Engine" Value={engine}/>
            <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
        </Properties>
    </Metadata>
    <Installation>
        <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
    </Installation>
    <Dependencies/>
    <Assets>
        <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
        <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
        <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/icon.png" Addressable="true"/>
    </Assets>
</PackageManifest>
"""


def vsix(python: str, version: str) -> bytes:
    """The extension as one file, the same for the same arguments.

    Args:
        python: the interpreter that the editor is to start, which has this package.
        version: of the package, and so of the extension.
    """
    folder = files(__package__) / "vscode"
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    package["version"] = version
    (debugger,) = package["contributes"]["debuggers"]
    debugger["runtime"], debugger["runtimeArgs"] = python, list(DEBUG_ADAPTER)
    readme = (folder / "README.md").read_text(encoding="utf-8").replace("{python}", python)
    return _zipped(
        {
            "[Content_Types].xml": CONTENT_TYPES.encode(),
            "extension.vsixmanifest": _manifest(package).encode(),
            "extension/package.json": json.dumps(package, indent=4).encode(),
            "extension/README.md": readme.encode(),
            **{f"extension/{name}": (folder / name).read_bytes() for name in ("extension.js", "icon.png")},
        }
    )


def _manifest(package: dict[str, Any]) -> str:
    return MANIFEST.format(
        **{name: quoteattr(package[name]) for name in ("name", "version", "publisher")},
        engine=quoteattr(package["engines"]["vscode"]),
        display_name=escape(package["displayName"]),
        description=escape(package["description"]),
        categories=escape(",".join(package["categories"])),
    )


def _zipped(contents: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name)  # it has no date of today in it
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
