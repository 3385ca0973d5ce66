"""What an argument may be, by its name: the usual shapes and kinds of numbers first."""

import re
from collections.abc import Sequence
from typing import Any

from micrograd_bp.checks.inputs.specs import Spec
from micrograd_bp.checks.naming import LR, PREDICTION, STATES, SWITCH, TARGETS, WEIGHTS, letters


def features(dims: Sequence[str]) -> list[Spec]:
    """What an input may be, if these are the sizes that it could have."""
    specs = [Spec("float", f"N {d}", "rows") for d in dims]
    specs += [Spec("float", f"{d} N", "columns") for d in dims]
    specs += [Spec("unit", f"N {d}", "rows") for d in dims[:2]]
    specs += [
        Spec("float", shape.format(d), "sequence") for d in dims for shape in ("N T {}", "T N {}", "N {} T", "T {} N")
    ]
    channels = ["A"] if "D" in dims else dims
    specs += [Spec("float", f"N {d} I J", "images") for d in channels]
    specs += [Spec("float", f"N I J {d}", "images") for d in channels]
    specs += [Spec("index", f"N T:{d}", "sequence") for d in dims[:2]] + [
        Spec("index", f"N:{d}", "rows") for d in dims[:2]
    ]
    specs += [Spec("float", f"T {d}", "single") for d in dims]
    specs += [Spec("float", shape.format(d), "single") for d in dims for shape in ("{}", "{} 1", "1 {}")]
    specs += [Spec("index", f"T:{d}", "single") for d in dims[:1]]
    specs += [Spec("float", shape.format(d), "single") for d in channels for shape in ("{} I J", "I J {}")]
    specs += [Spec("float", "I J", "single")]
    return [*specs, Spec("float", "", "single")]


def targets(classes: Sequence[str]) -> list[Spec]:
    """One-hot rows and labels first, then probabilities, then anything."""
    specs = []
    for c in classes:
        specs += [
            Spec("onehot", f"N {c}", "rows"),
            Spec("labels", f"N:{c}", "rows"),
            Spec("onehot", f"{c} N", "columns"),
        ]
    for c in classes:
        specs += [Spec("probability", f"N {c}", "rows"), Spec("probability", f"{c} N", "columns")]
        specs += [Spec("float", f"N {c}", "rows"), Spec("float", f"{c} N", "columns")]
        specs += [Spec("labels", f"N T:{c}", "sequence"), Spec("onehot", f"N T {c}", "sequence")]
        specs += [Spec("float", f"N T {c}", "sequence")]
        specs += [
            Spec("onehot", f"{c}", "single"),
            Spec("onehot", f"{c} 1", "single"),
            Spec("labels", f":{c}", "single"),
        ]
        specs += [
            Spec("float", f"{c}", "single"),
            Spec("float", f"{c} 1", "single"),
            Spec("labels", f"T:{c}", "single"),
        ]
    specs += [Spec("binary", "N", "rows"), Spec("binary", "N 1", "rows"), Spec("binary", "1 N", "columns")]
    specs += [
        Spec("sign", "N", "rows"),
        Spec("sign", "N 1", "rows"),
        Spec("float", "N", "rows"),
        Spec("float", "N 1", "rows"),
    ]
    return [*specs, Spec("labels", "N 1:C", "rows"), Spec("float", "1 N", "columns"), Spec("float", "", "single")]


WEIGHT_SHAPES = {
    "rows": ["D M", "M D", "D", "D 1", "1 D"],
    "columns": ["M D", "D M", "1 D", "D 1"],
    "images": ["F A K K", "K K A F", "F A 3 3", "3 3 A F"],
    "sequence": ["D M", "V D", "D D"],
    "single": ["M D", "D M", "D", "K K", "F K K", "3 3"],
}
BY_NAME = {
    "w1": ["D H", "H D"], "w2": ["H C", "C H"], "b1": ["H", "1 H", "H 1"], "b2": ["C", "1 C", "C 1"],
    "wx": ["D H", "D 4H", "D 3H", "H D"], "wh": ["H H", "H 4H", "H 3H"], "wxh": ["H D", "D H"], "whh": ["H H"],
    "why": ["C H", "H C"], "bh": ["H", "H 1", "1 H"], "by": ["C", "C 1", "1 C"], "bx": ["H", "H 1"],
    "wax": ["H D"], "waa": ["H H"], "wya": ["C H"], "ba": ["H 1", "H"], "wy": ["C H"],
    "wf": ["H H+D", "H+D H"], "wi": ["H H+D", "H+D H"], "wc": ["H H+D", "H+D H"], "wg": ["H H+D", "H+D H"],
    "wo": ["H H+D", "H+D H", "H D", "D D"], "bf": ["H 1", "H"], "bi": ["H 1", "H"], "bc": ["H 1", "H"],
    "bg": ["H 1", "H"], "bo": ["H 1", "H", "D"],
    "wq": ["D H", "D D"], "wk": ["D H", "D D"], "wv": ["D H", "D D"],
    "u": ["H D", "D H"], "v": ["C H", "H C"], "b": [],
}  # fmt: skip
CHAIN = "DHMC"


def _style(shape: str) -> str:
    """Whether weights or biases of this shape go with columns."""
    words = shape.split()
    if len(words) == 2 and all(word in CHAIN for word in words) and words[0] != words[1]:
        return "" if CHAIN.index(words[0]) < CHAIN.index(words[1]) else "columns"
    return "columns" if words[-1:] == ["1"] else ""


BIASES = ["M", "H", "1", "", "1 M", "M 1", "F", "C", "4H", "D", "1 D", "3H", "1 1 1 F", "1 F 1 1", "F 1"]
SCALES = ["D", "1 D", "D 1", "1 D 1 1", "1 1 1 D", ""]
STATE_SHAPES = {
    "rows": ["N H", "N D"],
    "columns": ["H N", "H 1"],
    "single": ["H", "H 1", "1 H"],
    "sequence": ["N H", "H N"],
}


def named(
    name: str, dims: Sequence[str], *, scale: Sequence[str] = (), setting: bool = False, first: bool = True
) -> list[Spec]:
    """What an argument with this name may be, the usual first.

    Args:
        name: of the parameter.
        dims: sizes known of the object that it is for; the usual letters for a function.
        scale: what a source says about strings that the argument is compared with.
        setting: whether it is one of the settings of a layer, such as a probability.
        first: whether it is what comes in; others may be parameters under any name.
    """
    word = letters(name)
    if setting and word in {"p", "seed"}:
        return [Spec("value", value={"p": 0.4, "seed": 0}[word])]
    if word in SWITCH:
        values = [True, "train"] if word != "mode" else ["train", True]
        return [Spec("value", value=value) for value in [*scale[:1], *values]]
    if scale and word not in TARGETS:
        return [Spec("value", value=value) for value in scale]
    if word in TARGETS:
        return targets([d for d in dims if d in ("C",)] or [*reversed(dims)])
    if word in PREDICTION:
        classes = ["C"] if "C" in dims else list(dims)
        kinds = ("float", "unit") if word in {"logits", "scores", "score"} else ("probability", "unit", "float")
        shapes = [(f"N {c}", "rows") for c in classes] + [(f"{c} N", "columns") for c in classes]
        shapes += [("N", "rows"), ("N 1", "rows"), ("1 N", "columns")] + [(f"N T {c}", "sequence") for c in classes]
        shapes += [(f"N {c} I J", "images") for c in classes]
        shapes += [(f"{c}", "single") for c in classes] + [(f"{c} 1", "single") for c in classes]
        return [Spec(kind, shape, style) for kind in kinds for shape, style in shapes]
    exact = BY_NAME.get(word) if dims[:1] == ["D"] and word not in {"u", "v"} else None
    if exact:
        return [Spec("float", shape, _style(shape)) for shape in exact]
    ints: dict[str, list[Any]] = {
        "stride": [1, 2], "pad": [0, 1], "padding": [1, 0, "same", "valid"], "pool": [2], "poolsize": [2], "size": [2],
        "kernelsize": [3, 2], "filtersize": [3], "k": [2], "f": [2], "poolheight": [2], "poolwidth": [2], "poolh": [2],
        "poolw": [2], "strides": [1], "nheads": [2], "numheads": [2], "heads": [2], "h": [2] if word == "heads" else [],
        "numclasses": [5], "nclasses": [5], "axis": [0], "seqlen": [4],
    }  # fmt: skip
    if ints.get(word) and not (len(name) == 1 and name.isupper()):
        return [Spec("value", value=value) for value in ints[word]]
    numbers = {
        "reg": 0.3, "lam": 0.3, "lambda": 0.3, "lambd": 0.3, "lmbda": 0.3, "l2": 0.3, "l2reg": 0.3, "weightdecay": 0.3,
        "eps": 1e-5, "epsilon": 1e-5, "p": 0.4, "keepprob": 0.7, "dropout": 0.4, "rate": 0.4, "dropoutratio": 0.4,
        "dropoutrate": 0.4, "ratio": 0.4, "momentum": 0.9, "delta": 0.7, "slope": 0.1, "negativeslope": 0.1,
        "gain": 1.3, "temperature": 1.7, "scale": 1.3, "margin": 1.0, "prob": 0.4, "pkeep": 0.7,
    }  # fmt: skip
    if word in numbers:
        return [Spec("value", value=numbers[word])]
    if word in LR and word != "alpha":
        return [Spec("value", value=0.5)]
    if word == "alpha":
        return [Spec("value", value=0.3), *features(dims)]
    if word == "r":  # which ratings are known
        return [Spec("binary", shape) for shape in ("T M", "T D", "N M", "N C")]
    if word.endswith("mask"):
        return [Spec("value", value=None), Spec("binary", "N T"), Spec("binary", "T T")]
    if (
        word.endswith(("param", "params", "parameters", "hparameters", "config", "conf", "options", "weights"))
        and word != "weights"
    ):
        return [Spec("value", value={})]
    if word in STATES:
        return [Spec("float", shape, style) for style, shapes in STATE_SHAPES.items() for shape in shapes] + (
            [Spec("float", f"N {d}", "rows") for d in dims]
            + [Spec("float", f"{d} N", "columns") for d in dims]
            + [Spec("float", d, "single") for d in dims]
            + [Spec("float", f"{d} 1", "single") for d in dims]
            if "H" not in dims
            else []
        )
    if word in WEIGHTS or re.match(r"[WUV](_|[A-Z0-9])|(w|weights?)_", name):
        return [Spec("float", shape, style) for style, shapes in WEIGHT_SHAPES.items() for shape in shapes]
    if word in {"b", "bias", "biases", "intercept"}:
        styles = {"M 1": "columns", "F": "images"}
        return [Spec("float", shape, styles.get(shape, "")) for shape in BIASES]
    if word in {"gamma", "beta", "shift", "gain", "g"}:
        return [Spec("positive" if word == "gamma" else "float", shape) for shape in SCALES]
    if word in {"q", "query", "key", "value", "k", "v", "queries", "keys", "values"}:
        return [Spec("float", shape) for shape in ("N T D", "T D", "N 2 T D", "N D")]
    return features(dims) + [Spec("float", d) for d in dims[: 0 if first else 3]]
