"""Makes the object of a class, with arguments that are guessed from their names and annotations."""

import inspect
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from micrograd_bp.checks.inputs.guessing import named
from micrograd_bp.checks.inputs.specs import SIZES, Spec, guesses, realize
from micrograd_bp.checks.naming import letters
from micrograd_bp.checks.readers.subject import Subject, required
from micrograd_bp.checks.world import (
    CannotCheck,
    World,
    described,
    globals_read,
    is_array,
    running,
)


def built(subject: Subject) -> Iterator[Any]:
    """The object; where it is yet to be made, with guessed arguments, the usual first.

    Raises:
        CannotCheck: it needs arguments, and none of the guesses works.
    """
    if subject.build is None:
        yield subject.thing
        return
    kind = subject.build
    needed = required(kind)
    failure = ""
    made: Counter[tuple[str, ...]] = Counter()
    letters_of_sizes = [*"DHMCFVTA"]
    options = {name: construction(name, p, letters_of_sizes) for name, p in needed.items()}
    known = {letters(name): value for name, value in globals_read((vars(kind).get("__init__"),))[1].items()}
    own = {name: Spec("value", value=known.get(letters(name))) for name in needed}  # as the file itself calls them
    first = [own] if needed and all(is_array(spec.value) for spec in own.values()) else []
    for chosen in itertools.chain(first, guesses(options, 40)):
        arguments = {name: realize(spec, {**SIZES, "N": 3}, np.random.default_rng(3)) for name, spec in chosen.items()}
        found, module = globals_read((vars(kind).get("__init__"),))
        world = World(None, {}, dict(found), module)
        try:
            with running(world):
                thing = kind(**arguments)
        except (Exception, SystemExit) as error:
            failure = failure or described(error)
            continue
        form = tuple(spec.style for spec in chosen.values())
        if made[form] == 2:
            continue
        made[form] += 1
        yield thing
        if made.total() > 12:
            return
    if not made:
        if not needed:
            raise CannotCheck(f"{kind.__name__}() raises {failure}")
        example = f"    def example():\n        return {kind.__name__}({', '.join('…' for _ in needed)})"
        raise CannotCheck(
            f"{kind.__name__} needs the arguments {', '.join(needed)}, and only you know good ones: add an instance "
            f"or a function to the file, such as\n{example}\nand check FILE.py:example"
        )


SIZE_NAMES = {
    "D": "nin ninputs inputsize inputdim indim infeatures infeats din d dim features numfeatures nfeatures dmodel "
    "embed embeddim inputs in nx fanin normalizedshape size inputunits dimension nfeats nunits neuronsin inputlayer "
    "numinputs inchannels channels inc cin c dims idim inp insize hidden",
    "M": "nout noutputs outputsize outputdim outdim outfeatures dout units nneurons neurons out ny fanout outputunits "
    "m neuronsout numoutputs nclasses numclasses outputlayer odim outsize nouts classes",
    "H": "h hiddensize hiddendim nhidden numhidden hiddenunits hiddens nh hiddenlayer dh dk headdim",
    "F": "outchannels nfilters numfilters filters outc cout f numkernels nkernels",
    "V": "vocabsize vocab v nvocab numembeddings ntokens",
    "T": "seqlen t timesteps sequencelength maxlen",
}


def construction(name: str, parameter: inspect.Parameter, dims: Sequence[str]) -> list[Spec]:
    """What an argument of a constructor may be: a size, an array, a number or a word."""
    word = letters(name)
    for letter, words in SIZE_NAMES.items():
        if (word in words.split() and len(word) > 1) or (parameter.annotation is int and word in words.split()):
            return [Spec("value", value=SIZES[letter]), Spec("value", value=4), Spec("value", value=(SIZES[letter],))]
    if "size" in word and word not in {"kernelsize", "poolsize", "filtersize", "stepsize", "batchsize"}:
        return [Spec("value", value=n) for n in (6, 4)]
    if word in {"sizes", "layers", "layersizes", "layerdims", "dims", "layersdims", "architecture", "shape", "layer"}:
        return [Spec("value", value=value) for value in ([6, 8, 5], (6, 5))]
    if word in {"activation", "act", "activationfunction", "nonlinearity"}:
        return [Spec("value", value=value) for value in ("tanh", "sigmoid", "relu")]
    if word in {"rng", "randomstate", "generator"}:
        return [Spec("value", value=np.random.default_rng(0))]
    if word == "seed":
        return [Spec("value", value=0)]
    specs = named(name, dims, setting=True)
    sizes = [Spec("value", value=n) for n in (6, 8)]
    if len(specs) > 6:  # the first of each style, then the rest of the first ones
        heads = [next(spec for spec in specs if spec.style == style) for style in dict.fromkeys(s.style for s in specs)]
        specs = [specs[0], *heads[1:], *(spec for spec in specs[1:6] if spec not in heads)]
    return specs[:8] + sizes if specs[0].kind != "value" else specs + sizes
