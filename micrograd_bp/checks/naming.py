"""What names say: of an argument, what to hand over; of an array, whether it is another one's gradient.

Names only decide where numbers do not.
"""

import functools
import re

TARGETS = frozenset(
    (
        "y t target targets label labels ytrue truth ys yt expected observed actual onehot ylabels targety "
        "yreal ground groundtruth tgt gt desired answer answers correct"
    ).split()
)
PREDICTION = frozenset(
    (
        "prediction predictions pred preds ypred yhat yp predicted output outputs out al aout a2 probs prob p "
        "probabilities logits scores score estimate yprob ypredicted yest hypothesis"
    ).split()
)
CACHE = frozenset(("cache caches cached ctx context saved tape memory store stored activations cachelist").split())
LR = frozenset(["lr", "learningrate", "eta", "stepsize", "rate", "step", "alpha", "lrate", "learnrate"])
INPUTS = frozenset(
    ("x xs input inputs data aprev features batch images image idx indices ids tokens words feature").split()
)
SWITCH = frozenset(("training train istraining trainflag trainflg istrain trainmode mode phase isgradcheck").split())
STATISTICS = ("running", "moving", "mean", "var", "std", "mu", "sigma", "mask", "ema", "avg")
"""How the names of arrays begin or end that are measured or drawn, not learned."""
HYPER = frozenset(("eps epsilon momentum decay lr learningrate eta seed tol rho beta1 beta2 clip maxnorm").split())

GRADIENT_BEFORE = (
    *"dlosswrt dlosswith dlossd dlossby dloss dcostd dlwrt dldl dld dl djd ded dj".split(),
    *("gradientsof", "gradientof", "gradients", "gradient", "gradsof", "gradof", "gradwrt", "grads", "grad", "nabla"),
    *("delta", "partial", "dd", "d", "g"),
)
GRADIENT_AFTER = ("gradients", "gradient", "grads", "grad", "delta", "derivative", "update", "dot", "bar")
GRADIENTS = frozenset(("grad grads gradient gradients dparams gradparams gparams g d nabla deltas returned").split())
CONTAINER = re.compile(r"grad|nabla|delta|d(params?|parameters|theta|weights?|w|state)?\d*$|g\d*$")
"""What an object or a dictionary is called that holds gradients: `gamma` holds none."""
SAME = (
    frozenset(["w", "weights", "weight", "kernel", "kernels", "theta", "wts", "weightmatrix", "filters", "filter"]),
    frozenset(["b", "biases", "bias", "biasvector", "intercept", "offset"]),
    frozenset(["x", "input", "inputs", "xs", "data", "aprev", "inp", "in", "prev", "features"]),
    frozenset(["h", "hprev", "prevh", "h0", "hiddenprev", "aprev", "a0", "hidden", "hstate"]),
    frozenset(["c", "cprev", "prevc", "c0", "cellprev", "cell"]),
)

STATES = frozenset(
    ("h hprev prevh h0 hidden aprevious a0 state hstate sprev c cprev prevc c0 prevstate hinit dh0").split()
)
WEIGHTS = frozenset(("w weights weight kernel kernels theta filters filter embedding table emb").split())
FORWARD_METHODS = tuple(
    (
        "forward forward_pass feed_forward feedforward fprop forward_propagation forward_prop forwardpass forwardprop "
        "__call__ call predict"
    ).split()
)
BACKWARD_METHODS = tuple(
    (
        "backward backward_pass backprop backpropagate bprop back backward_propagation back_propagation backward_prop "
        "backpropagation backwardpass backwardprop bwd"
    ).split()
)
GRADIENT_METHODS = tuple(
    (
        "gradient gradients compute_gradients compute_gradient get_gradients grad grads loss_and_grad loss_and_grads "
        "loss_and_gradient loss_and_gradients value_and_grad calc_gradient"
    ).split()
)
LOSS_METHODS = tuple(
    (
        "loss compute_loss cost compute_cost loss_function cost_function calculate_loss calc_loss get_loss criterion "
        "objective loss_fn cross_entropy cross_entropy_loss mse mse_loss mean_squared_error binary_cross_entropy nll"
    ).split()
)
"""The methods of people that run forward, run backward, give gradients, and give a loss, the usual first."""


def letters(name: str) -> str:
    """A name without case and signs: `dLoss_dW1` is `dlossdw1`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_upstream(name: str) -> bool:
    """Whether an argument of a backward takes an upstream gradient, by its name."""
    word = letters(name)
    return word not in {"data", "dim", "debug", "dropout", "gamma", "gain", "depth", "dtype", "groups"} and bool(
        re.match(r"(d|grad|delta|upstream|err|top|nabla|g$|gout|gy|gz|next)", word)
        or re.search(r"(grad|delta|error)", word)
    )


def is_parameter(name: str) -> bool:
    """Whether an argument is one that is learned, by its name."""
    word = letters(name).rstrip("0123456789")
    return word[:1] in {"w", "b", "u"} or word.startswith(("theta", "gamma", "beta", "param", "coef", "kernel", "v"))


def is_statistic(place: str) -> bool:
    """Whether an array is measured or drawn, by its name."""
    word = letters(parts(place)[-1])
    return word.startswith(STATISTICS) or word.endswith(STATISTICS)


def parts(place: str) -> list[str]:
    """A place as single steps: `layers[0].dW` is layers, 0, dW."""
    return [step.strip("'\"") for step in re.findall(r"[^.\[\]]+", place)]


def stems(name: str) -> list[str]:
    """What a name may be the gradient of: `dgamma` of `gamma`; nothing for one that is no gradient's."""
    word = letters(name)
    found = [word[len(before) :] for before in GRADIENT_BEFORE if word.startswith(before)]
    found += [word[: -len(after)] for after in GRADIENT_AFTER if word.endswith(after)]
    return [stem for stem in found if stem]


def alike(one: str, other: str) -> bool:
    """Whether two names name the same array: `W1` and `weights1`."""
    one, other = letters(one), letters(other)
    if one == other:
        return True
    (a, i), (b, j) = (re.fullmatch(r"(.*?)(\d*)", word).groups() for word in (one, other))  # type: ignore[union-attr]
    return i == j and any(a in words and b in words for words in SAME)


@functools.lru_cache(maxsize=4096)
def relation(candidate: str, array: str) -> int:
    """How much says that `candidate` is the place of the gradient of what is at `array`: 0 nothing, 4 everything."""
    theirs, its = parts(candidate), parts(array)
    if not theirs or not its:
        return 0
    if len(theirs) > 1 and theirs[:-1] == its[:-1] and letters(theirs[-1]) in GRADIENTS:
        return 4  # layer.weight.grad, layer.weight.data
    words = [step for step in theirs if not step.isdigit()]
    named = [step for step in its if not step.isdigit()]
    numbers = [step for step in theirs if step.isdigit()]
    same_numbers = numbers == [step for step in its if step.isdigit()]
    last, name = (words or [""])[-1], (named or [""])[-1]
    container = any(letters(step) in GRADIENTS or CONTAINER.match(letters(step)) for step in words[:-1])
    if any(letters(stem) == letters(name) for stem in stems(last)) or (container and letters(last) == letters(name)):
        return 4 if same_numbers else 2
    if any(alike(stem, name) for stem in stems(last)) or (container and alike(last, name)):
        return 3 if same_numbers else 1
    if letters(last) in GRADIENTS and letters(name) in {"params", "parameters", "theta", "p"} and same_numbers:
        return 3
    return 0
