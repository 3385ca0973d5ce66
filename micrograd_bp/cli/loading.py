"""Finds what `FILE.py:NAME` or `module:NAME` names, as Python would when it runs that file."""

import contextlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any


def find(target: str) -> Any:
    """What `FILE.py:NAME` or `module:NAME` names.

    Raises:
        CannotCheck: there is no such file or name, or it does not import.
    """
    from micrograd_bp.checks import CannotCheck

    file, colon, name = target.rpartition(":")
    if not colon or not file or not name:
        raise CannotCheck(f"{target!r} names no object: expected FILE.py:NAME, such as my_layer.py:MyLayer")
    module = import_file(file)
    thing = module
    for step in name.split("."):
        if not hasattr(thing, step):
            public = [each for each in vars(module) if not each.startswith("_")]
            raise CannotCheck(f"{file} has no {name!r}; it has {', '.join(public) or 'nothing'}")
        thing = getattr(thing, step)
    return thing


def load(target: str) -> Any:
    """The object that `FILE.py:NAME` or `module:NAME` names; a class or function is called.

    Raises:
        CannotCheck: there is no such file or name, it does not import, or it cannot be called without arguments.
    """
    from micrograd_bp.checks import CannotCheck

    thing = find(target)
    file, _, name = target.rpartition(":")
    if not isinstance(thing, type) and not inspect.isroutine(thing):
        return thing
    arguments = needed(thing)
    if arguments:
        example = "    def example():\n        return " + f"{name}({', '.join('…' for _ in arguments)})"
        raise CannotCheck(
            f"{name} needs the arguments {', '.join(arguments)}, and only you know good ones: add an instance or a "
            f"function to the file, such as\n{example}\nand check {file}:example"
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):
            made = thing()
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{name}() raises {last_line(error)}") from error
    if made is None:
        raise CannotCheck(f"{name}() returns nothing: a function that makes the object to check should return it")
    return made


def needed(thing: Any) -> list[str]:
    """The arguments without which it cannot be called."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in kinds]


_names_taken: set[str] = set()
"""The names of the modules that the last `import_file` has made of that file and of those beside it."""


def import_file(file: str) -> Any:
    """The module that a file is, or that has this name.

    Raises:
        CannotCheck: there is none, or it does not import.
    """
    from micrograd_bp.checks import CannotCheck

    path = Path(file)
    # Its own imports find the files beside it, as when Python runs it, those in the working directory and its package.
    roots = [str(path.parent.resolve()), str(Path.cwd()), str(_package_root(path.resolve()))]
    for name in _names_taken:  # a file of another folder may be called alike
        sys.modules.pop(name, None)
    _names_taken.clear()
    before = set(sys.modules)
    sys.path[:0] = roots
    writes_nothing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    # Python takes what it compiled before for a file that was changed within the second and is as long: check would
    # then judge what stood there.
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints is no part of the report
            if path.suffix != ".py":
                return importlib.import_module(file)
            if not path.is_file():
                raise CannotCheck(f"there is no file {file}")
            specification = importlib.util.spec_from_file_location(path.stem, path)
            if specification is None or specification.loader is None:
                raise CannotCheck(f"{file} cannot be imported")
            module = importlib.util.module_from_spec(specification)
            sys.modules[path.stem] = module  # dataclasses look their module up
            _names_taken.add(path.stem)
            specification.loader.exec_module(module)
            return module
    except CannotCheck:
        raise
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{file} does not import: {last_line(error)}") from error
    finally:
        sys.dont_write_bytecode = writes_nothing
        for root in roots:
            sys.path.remove(root)
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "").parent == path.parent.resolve():
                _names_taken.add(name)


def _package_root(file: Path) -> Path:
    """The folder from which a file's package is imported: the first above it without `__init__.py`."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def last_line(error: BaseException) -> str:
    """An exception in a line, with the place in the file."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg}, line {error.lineno}"
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    place = f" (line {lines[-1].lineno} of {Path(lines[-1].filename).name})" if lines else ""
    return f"{type(error).__name__}: {str(error) or 'no message'}{place}"
