"""How each entry of the corpus is called: its arrays by the names of their gradients, its forward, its backward."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

Arrays = dict[str, np.ndarray]


class Case(NamedTuple):
    """One entry, ready to run."""

    arrays: Arrays
    """What may be moved in place, by the name of the gradient along it."""
    forward: Callable[[], Any]
    """The output, or several: a number for a loss."""
    backward: Callable[[Any], Mapping[str, Any]]
    """The gradients by name, for an upstream gradient; always after `forward`."""


Adapter = Callable[[ModuleType, np.random.Generator], Case]
Make = Callable[[np.random.Generator], Any]


def normal(*shape: int) -> Make:
    return lambda rng: rng.normal(size=shape)


def positive(*shape: int) -> Make:
    return lambda rng: rng.uniform(0.15, 0.85, size=shape)


def whole(below: int, *shape: int) -> Make:
    return lambda rng: rng.integers(0, below, size=shape)


def one_hot(rows: int, classes: int) -> Make:
    return lambda rng: np.eye(classes)[rng.integers(0, classes, size=rows)]


def distribution(rows: int, classes: int) -> Make:
    return lambda rng: rng.dirichlet(np.full(classes, 3.0), size=rows)


def const(value: Any) -> Make:
    return lambda rng: value


def args_of(made: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {name: make(rng) for name, make in made.items()}


def at(root: Any, path: str) -> Any:
    return eval(f"root.{path}", {"root": root})


def layer(
    name: str,
    inputs: Sequence[Make],
    returned: str = "",
    stored: str = "",
    *,
    make: Callable[..., Any] = lambda cls, rng: cls(),
    forward: str = "forward",
    backward: str = "backward",
    output: str = "",
    hands: Callable[[Any, list[Any]], tuple[Any, ...]] = lambda upstream, inputs: (upstream,),
) -> Adapter:
    """A class: `returned` names the inputs' gradients in order, `stored` has `gradient:parameter[:where it is]`."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        np.random.seed(0)
        own = make(getattr(module, name), rng)
        given = [make_input(rng) for make_input in inputs]
        arrays, where = {}, {}
        for spec in stored.split():
            gradient, parameter, *place = spec.split(":")
            where[gradient] = place[0] if place else gradient
            arrays[gradient] = given[0] if parameter == "<" else at(own, parameter)
            if parameter != "<":
                arrays[gradient] += 0.3 * rng.normal(size=arrays[gradient].shape).astype(arrays[gradient].dtype)
        names = returned.split()
        arrays |= {gradient: given[k] for k, gradient in enumerate(names) if gradient != "-"}

        def run() -> Any:
            np.random.seed(1)
            if hasattr(own, "generator"):
                own.generator = np.random.default_rng(3)
            result = getattr(own, forward)(*map(np.copy, given))  # each call has arrays of its own
            return at(own, output) if output else result

        def back(upstream: Any) -> Mapping[str, Any]:
            if hasattr(own, "zero_grad"):
                own.zero_grad()
            result = getattr(own, backward)(*hands(upstream, given))
            values = result if isinstance(result, tuple) else (result,)
            gradients = {n: v for n, v in zip(names, values, strict=False) if n != "-"}
            return gradients | {gradient: at(own, place) for gradient, place in where.items()}

        return Case(arrays, run, back)

    return adapt


def pair(
    name: str, gradients: str, *, suffixes: tuple[str, str] = ("_forward", "_backward"), outputs: int = 1, **made: Make
) -> Adapter:
    """`X_forward(…) → (out, cache)` and `X_backward(dout, cache)`, whose gradients come in order or in a dictionary."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        given = args_of(made, rng)
        cache: list[Any] = []
        arrays = {gradient: given[gradient[1:]] for gradient in gradients.split()}

        def run() -> Any:
            *out, cache[:] = (lambda r: (*r[:outputs], [r[outputs]]))(getattr(module, name + suffixes[0])(**given))
            return out[0] if outputs == 1 else tuple(out)

        def back(upstream: Any) -> Mapping[str, Any]:
            handed = upstream if outputs > 1 else (upstream,)
            result = getattr(module, name + suffixes[1])(*handed, cache[0])
            if isinstance(result, dict):
                return result
            return dict(zip(gradients.split(), result if isinstance(result, tuple) else (result,), strict=True))

        return Case(arrays, run, back)

    return adapt


def function(
    name: str, along: str, loss: Callable[[Any], Any], gradients: Callable[[Any], Mapping[str, Any]], **made: Make
) -> Adapter:
    """One function that gives a loss and its gradients; `along` has `gradient:argument`."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        given = args_of(made, rng)
        arrays = {spec.split(":")[0]: given[spec.split(":")[1]] for spec in along.split()}
        call = getattr(module, name)
        return Case(arrays, lambda: loss(call(**given)), lambda upstream: gradients(call(**given)))

    return adapt


def loss_and(names: str) -> dict[str, Callable[[Any], Any]]:
    """What `(loss, gradient, …)` holds."""
    return {"loss": lambda r: r[0], "gradients": lambda r: dict(zip(names.split(), r[1:], strict=True))}


def prime(name: str, other: str, argument: str, gradient: str, **made: Make) -> Adapter:
    """A loss and its derivative as two functions of the same arguments."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        given = args_of(made, rng)
        return Case(
            {gradient: given[argument]},
            lambda: getattr(module, name)(**given),
            lambda upstream: {gradient: getattr(module, other)(**given)},
        )

    return adapt


def own_step(name: str, inputs: Sequence[Make], returned: str, moved: str = "") -> Adapter:
    """A layer whose backward takes a step itself: with a rate of 1 the parameters move by their gradients."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        np.random.seed(0)
        own = getattr(module, name)()
        given = [make_input(rng) for make_input in inputs]
        parameters = {spec.split(":")[0]: at(own, spec.split(":")[1]) for spec in moved.split()}

        def back(upstream: Any) -> Mapping[str, Any]:
            before = {gradient: array.copy() for gradient, array in parameters.items()}
            gradients = {returned: own.backward(upstream, 1.0)}
            for gradient, array in parameters.items():
                gradients[gradient] = before[gradient] - array
                array[...] = before[gradient]
            return gradients

        return Case({returned: given[0], **parameters}, lambda: own.forward(*given), back)

    return adapt


def _relu_sigmoid(name: str) -> Adapter:
    """`relu(Z) → (A, cache)`, `relu_backward(dA, cache)`."""
    return pair(name, "dZ", suffixes=("", "_backward"), Z=normal(3, 5))


def _network(name: str, loss: str, gradients: str, names: str, inputs: Sequence[Make], unpack: Any) -> Adapter:
    """A network with `params`; `unpack` finds the gradients in what it returns."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        np.random.seed(0)
        own = getattr(module, name)()
        for array in own.params.values():
            array += 0.3 * rng.normal(size=array.shape)
        given = [make_input(rng) for make_input in inputs]
        one = (lambda r: r[0]) if loss == gradients else (lambda r: r)
        return Case(
            {n: own.params[n] for n in names.split()},
            lambda: one(getattr(own, loss)(*given)),
            lambda upstream: unpack(getattr(own, gradients)(*given)),
        )

    return adapt


def _deep(module: ModuleType, rng: np.random.Generator) -> Case:
    parameters = module.parameters
    for array in parameters.values():
        array += 0.3 * rng.normal(size=array.shape)
    features, targets = rng.normal(size=(4, 6)), rng.integers(0, 2, size=(1, 6)).astype(float)
    caches: list[Any] = []

    def run() -> Any:
        output, caches[:] = module.L_model_forward(features, parameters)
        return module.compute_cost(output, targets)

    def back(upstream: Any) -> Mapping[str, Any]:
        output, kept = module.L_model_forward(features, parameters)
        return module.L_model_backward(output, targets, kept)

    return Case({f"d{name}": array for name, array in parameters.items()}, run, back)


def _regularized(module: ModuleType, rng: np.random.Generator) -> Case:
    parameters = module.parameters
    for array in parameters.values():
        array += 0.3 * rng.normal(size=array.shape)
    features, targets = rng.normal(size=(3, 6)), rng.integers(0, 2, size=(1, 6)).astype(float)

    def run() -> Any:
        return module.compute_cost_with_regularization(
            module.forward_propagation(features, parameters)[0], targets, parameters
        )

    def back(upstream: Any) -> Mapping[str, Any]:
        cache = module.forward_propagation(features, parameters)[1]
        return module.backward_propagation_with_regularization(features, targets, cache)

    return Case({f"d{name}": array for name, array in parameters.items()}, run, back)


def _booklet(name: str) -> Adapter:
    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        np.random.seed(0)
        net = getattr(module, name)()
        x, y = rng.normal(size=(net.sizes[0], 1)), rng.uniform(size=(net.sizes[-1], 1))
        arrays = {f"nabla_b[{k}]": b for k, b in enumerate(net.biases)}
        arrays |= {f"nabla_w[{k}]": w for k, w in enumerate(net.weights)}

        def back(upstream: Any) -> Mapping[str, Any]:
            nabla_b, nabla_w = net.backprop(x, y)
            found = {f"nabla_b[{k}]": b for k, b in enumerate(nabla_b)}
            return found | {f"nabla_w[{k}]": w for k, w in enumerate(nabla_w)}

        return Case(arrays, lambda: net.loss(x, y), back)

    return adapt


def _globals(name: str, names: str, given: Mapping[str, Make], pick: Callable[[Any], Sequence[Any]]) -> Adapter:
    """A function that reads its parameters from its module."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        arguments = args_of(given, rng)
        arrays = {f"d{n}": getattr(module, n) for n in names.split()}
        for array in arrays.values():
            array[...] = rng.normal(size=array.shape)  # a notebook may have trained them
        call = getattr(module, name)
        return Case(
            arrays,
            lambda: call(**arguments)[0],
            lambda upstream: dict(zip(arrays, pick(call(**arguments)), strict=True)),
        )

    return adapt


def _autoencoder(module: ModuleType, rng: np.random.Generator) -> Case:
    params, x = module.params, rng.normal(size=(5, 6))
    names = ("gWe", "gbe", "gWd", "gbd")
    return Case(
        dict(zip(names, params, strict=True)),
        lambda: module.objective(params, x),
        lambda upstream: dict(zip(names, module.grad_objective(params, x), strict=True)),
    )


def _prelu(module: ModuleType, rng: np.random.Generator) -> Case:
    own, x, slope = module.PReLU(), rng.normal(size=(5, 3)), np.array(0.25)

    def run() -> Any:
        own.slope = float(slope)
        return own.forward(x)

    return Case({"x": x, "dslope": slope}, run, lambda upstream: {"x": own.backward(upstream), "dslope": own.dslope})


def _propagate(module: ModuleType, rng: np.random.Generator) -> Case:
    w, b, x = rng.normal(size=(3, 1)), np.array(0.3), rng.normal(size=(3, 6))
    y = rng.integers(0, 2, size=(1, 6)).astype(float)
    return Case(
        {"dw": w, "db": b},
        lambda: module.propagate(w, float(b), x, y)[1],
        lambda upstream: module.propagate(w, float(b), x, y)[0],
    )


def _loss_of_series(name: str, targets: Make, predictions: Make) -> Adapter:
    """Per-sample losses, whose mean `calculate` takes; `backward(dvalues, y_true)` is handed the predictions."""
    return layer(
        name,
        [predictions, targets],
        stored="dinputs:<",
        forward="calculate",
        hands=lambda upstream, inputs: (inputs[0], inputs[1]),
    )


def _with_parameters(*shapes: tuple[int, ...]) -> Callable[..., Any]:
    return lambda cls, rng: cls(*(rng.normal(size=shape) for shape in shapes))


def _rnn_cell(module: ModuleType, rng: np.random.Generator) -> Case:
    own = {"Wax": rng.normal(size=(5, 3)), "Waa": rng.normal(size=(5, 5)), "ba": rng.normal(size=(5, 1))}
    xt, a_prev = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    return Case(
        {"dxt": xt, "da_prev": a_prev, **{f"d{name}": array for name, array in own.items()}},
        lambda: module.rnn_cell_forward(xt, a_prev, own)[0],
        lambda upstream: module.rnn_cell_backward(upstream, module.rnn_cell_forward(xt, a_prev, own)[1]),
    )


def _linear(module: ModuleType, rng: np.random.Generator) -> Case:
    """Its dW and db are divided by m, as the course has it: the last layer's gradient comes undivided."""
    a, w, b = rng.normal(size=(3, 6)), rng.normal(size=(4, 3)), rng.normal(size=(4, 1))

    def back(upstream: Any) -> Mapping[str, Any]:
        da_prev, dw, db = module.linear_backward(upstream, module.linear_forward(a, w, b)[1])
        return {"dA_prev": da_prev, "dW": 6 * dw, "db": 6 * db}

    return Case({"dA_prev": a, "dW": w, "db": b}, lambda: module.linear_forward(a, w, b)[0], back)


def elementwise(name: str, derivative: str = "gradient") -> Adapter:
    """An activation: a callable object with its derivative as a method, or two functions of the same number."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        x, function = rng.normal(size=(4, 3)), getattr(module, name)
        if isinstance(function, type):
            function = function()
            slope = function.gradient
        else:
            slope = getattr(module, derivative)
        return Case({"x": x}, lambda: function(x), lambda upstream: {"x": upstream * slope(x)})

    return adapt


def _loss_per_element(name: str, y: Make, predictions: Make) -> Adapter:
    """`loss(y, p)` and `gradient(y, p)`, both a number per element."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        own, targets, p = getattr(module, name)(), y(rng), predictions(rng)
        return Case({"p": p}, lambda: own.loss(targets, p), lambda upstream: {"p": upstream * own.gradient(targets, p)})

    return adapt


def _optimized(module: ModuleType, rng: np.random.Generator) -> Case:
    np.random.seed(0)
    own, x = module.Dense(), rng.normal(size=(5, 4))
    w, w0 = own.W, own.w0

    def run() -> Any:
        own.W, own.w0 = w, w0
        return own.forward_pass(x)

    def back(upstream: Any) -> Mapping[str, Any]:
        run()
        accum_grad = own.backward_pass(upstream)
        rate = own.opt.learning_rate
        return {"accum_grad": accum_grad, "grad_w": (w - own.W) / rate, "grad_w0": (w0 - own.w0) / rate}

    return Case({"accum_grad": x, "grad_w": w, "grad_w0": w0}, run, back)


def _kaggle(module: ModuleType, rng: np.random.Generator) -> Case:
    arrays = {f"d{name}": getattr(module, name) for name in ("W1", "b1", "W2", "b2")}
    x, y = rng.normal(size=(9, 6)), rng.integers(0, 4, size=6)

    def run() -> Any:
        return module.get_loss(module.forward_prop(*arrays.values(), x)[-1], y)

    def back(upstream: Any) -> Mapping[str, Any]:
        states = module.forward_prop(*arrays.values(), x)
        return dict(zip(arrays, module.backward_prop(*states, arrays["dW1"], arrays["dW2"], x, y), strict=True))

    return Case(arrays, run, back)


def _medium(module: ModuleType, rng: np.random.Generator) -> Case:
    np.random.seed(0)
    own = module.NeuralNetwork(rng.normal(size=(5, 3)), rng.uniform(size=(5, 1)))
    arrays = {"d_weights1": own.weights1, "d_weights2": own.weights2}

    def run() -> Any:
        own.feedforward()
        return own.loss()

    def back(upstream: Any) -> Mapping[str, Any]:
        before = {name: array.copy() for name, array in arrays.items()}
        run()
        own.backprop()
        moved = {name: before[name] - array for name, array in arrays.items()}
        for name, array in arrays.items():
            array[...] = before[name]
        return moved

    return Case(arrays, run, back)


def _handed(name: str, features: int) -> Adapter:
    """`forward(x) → (out, cache)`, `backward(dy, cache) → (dx, gradients)`."""

    def adapt(module: ModuleType, rng: np.random.Generator) -> Case:
        own, x, cache = getattr(module, name)(), rng.normal(size=(5, features)), []
        parts = getattr(own, "blocks", [own])
        arrays = {
            f"{k}['{n}']" if len(parts) > 1 else n: getattr(part, n)
            for k, part in enumerate(parts)
            for n in ("W", "b")
            if hasattr(part, n)
        }

        def run() -> Any:
            out, cache[:] = (lambda out, kept: (out, [kept]))(*own.forward(x))
            return out

        def back(upstream: Any) -> Mapping[str, Any]:
            dx, gradients = own.backward(upstream, cache[0])
            if isinstance(gradients, list):
                gradients = {f"{k}['{n}']": v for k, part in enumerate(gradients) for n, v in part.items()}
            return {"x": dx, **gradients}

        return Case({"x": x, **arrays}, run, back)

    return adapt


ONE_ARGUMENT = {"hands": lambda upstream, inputs: ()}
LSTM_WEIGHTS = {f"{k}{g}": normal(5, 8) if k == "W" else normal(5, 1) for g in "fico" for k in "Wb"}

ADAPTERS: dict[str, Adapter] = {
    # the homework of a course: pairs of functions with caches
    "cs_homework/layers.py:affine": pair("affine", "dx dw db", x=normal(4, 2, 3), w=normal(6, 5), b=normal(5)),
    "cs_homework/layers.py:relu": pair("relu", "dx", x=normal(4, 5)),
    "cs_homework/layers.py:affine_relu": pair("affine_relu", "dx dw db", x=normal(4, 6), w=normal(6, 5), b=normal(5)),
    "cs_homework/layers.py:batchnorm": pair(
        "batchnorm",
        "dx dgamma dbeta",
        x=normal(5, 4),
        gamma=normal(4),
        beta=normal(4),
        bn_param=const({"mode": "train"}),
    ),
    "cs_homework/layers.py:layernorm": pair(
        "layernorm", "dx dgamma dbeta", x=normal(4, 6), gamma=normal(6), beta=normal(6)
    ),
    "cs_homework/layers.py:dropout": pair(
        "dropout", "dx", x=normal(4, 5), dropout_param=const({"mode": "train", "p": 0.6, "seed": 1})
    ),
    "cs_homework/layers.py:conv": pair(
        "conv",
        "dx dw db",
        x=normal(2, 2, 5, 5),
        w=normal(2, 2, 3, 3),
        b=normal(2),
        conv_param=const({"stride": 2, "pad": 1}),
    ),
    "cs_homework/layers.py:max_pool": pair("max_pool", "dx", x=normal(2, 2, 4, 4)),
    "cs_homework/layers.py:svm_loss": function("svm_loss", "dx:x", **loss_and("dx"), x=normal(5, 4), y=whole(4, 5)),
    "cs_homework/layers.py:softmax_loss": function(
        "softmax_loss", "dx:x", **loss_and("dx"), x=normal(5, 4), y=whole(4, 5)
    ),
    "cs_homework/rnn_layers.py:rnn_step": pair(
        "rnn_step",
        "dx dprev_h dWx dWh db",
        x=normal(4, 3),
        prev_h=normal(4, 5),
        Wx=normal(3, 5),
        Wh=normal(5, 5),
        b=normal(5),
    ),
    "cs_homework/rnn_layers.py:rnn": pair(
        "rnn", "dx dh0 dWx dWh db", x=normal(2, 3, 4), h0=normal(2, 5), Wx=normal(4, 5), Wh=normal(5, 5), b=normal(5)
    ),
    "cs_homework/rnn_layers.py:word_embedding": pair("word_embedding", "dW", x=whole(6, 2, 4), W=normal(6, 3)),
    "cs_homework/rnn_layers.py:lstm_step": pair(
        "lstm_step",
        "dx dprev_h dprev_c dWx dWh db",
        outputs=2,
        x=normal(4, 3),
        prev_h=normal(4, 5),
        prev_c=normal(4, 5),
        Wx=normal(3, 20),
        Wh=normal(5, 20),
        b=normal(20),
    ),
    "cs_homework/rnn_layers.py:lstm": pair(
        "lstm",
        "dx dh0 dWx dWh db",
        x=normal(2, 3, 4),
        h0=normal(2, 5),
        Wx=normal(4, 20),
        Wh=normal(5, 20),
        b=normal(20),
    ),
    "cs_homework/rnn_layers.py:temporal_affine": pair(
        "temporal_affine", "dx dw db", x=normal(2, 3, 4), w=normal(4, 5), b=normal(5)
    ),
    "cs_homework/rnn_layers.py:temporal_softmax_loss": function(
        "temporal_softmax_loss",
        "dx:x",
        **loss_and("dx"),
        x=normal(2, 3, 4),
        y=whole(4, 2, 3),
        mask=const(np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)),
    ),
    "cs_homework/linear_classifier.py:softmax_loss_naive": function(
        "softmax_loss_naive", "dW:W", **loss_and("dW"), W=normal(4, 3), X=normal(6, 4), y=whole(3, 6), reg=const(0.1)
    ),
    "cs_homework/linear_classifier.py:svm_loss_vectorized": function(
        "svm_loss_vectorized", "dW:W", **loss_and("dW"), W=normal(4, 3), X=normal(6, 4), y=whole(3, 6), reg=const(0.1)
    ),
    "cs_homework/two_layer_net.py:TwoLayerNet": _network(
        "TwoLayerNet", "loss", "loss", "W1 b1 W2 b2", [normal(5, 4), whole(3, 5)], lambda r: r[1]
    ),
    # a series of videos: results are stored, `forward` returns nothing
    "video_series/nn.py:Layer_Dense": layer(
        "Layer_Dense", [normal(4, 3)], stored="dinputs:< dweights:weights dbiases:biases", output="output"
    ),
    "video_series/nn.py:Layer_Dropout": layer("Layer_Dropout", [normal(4, 3)], stored="dinputs:<", output="output"),
    "video_series/nn.py:Activation_ReLU": layer("Activation_ReLU", [normal(4, 3)], stored="dinputs:<", output="output"),
    "video_series/nn.py:Activation_Softmax": layer(
        "Activation_Softmax", [normal(4, 3)], stored="dinputs:<", output="output"
    ),
    "video_series/nn.py:Activation_Sigmoid": layer(
        "Activation_Sigmoid", [normal(4, 3)], stored="dinputs:<", output="output"
    ),
    "video_series/nn.py:Loss_CategoricalCrossentropy": _loss_of_series(
        "Loss_CategoricalCrossentropy", whole(3, 5), distribution(5, 3)
    ),
    "video_series/nn.py:Activation_Softmax_Loss_CategoricalCrossentropy": layer(
        "Activation_Softmax_Loss_CategoricalCrossentropy",
        [normal(5, 3), whole(3, 5)],
        stored="dinputs:<",
        hands=lambda upstream, inputs: (np.exp(inputs[0]) / np.exp(inputs[0]).sum(1, keepdims=True), inputs[1]),
    ),
    "video_series/nn.py:Loss_BinaryCrossentropy": _loss_of_series(
        "Loss_BinaryCrossentropy", whole(2, 5, 3), positive(5, 3)
    ),
    "video_series/nn.py:Loss_MeanSquaredError": _loss_of_series("Loss_MeanSquaredError", normal(5, 3), normal(5, 3)),
    "video_series/nn.py:Loss_MeanAbsoluteError": _loss_of_series("Loss_MeanAbsoluteError", normal(5, 3), normal(5, 3)),
    # a book: classes that are handed their parameters
    "fish/common/layers.py:Relu": layer("Relu", [normal(4, 3)], "dx"),
    "fish/common/layers.py:Sigmoid": layer("Sigmoid", [normal(4, 3)], "dx"),
    "fish/common/layers.py:Affine": layer(
        "Affine", [normal(4, 2, 3)], "dx", "dW:W db:b", make=_with_parameters((6, 5), (5,))
    ),
    "fish/common/layers.py:SoftmaxWithLoss": layer(
        "SoftmaxWithLoss", [normal(5, 3), one_hot(5, 3)], "dx -", **ONE_ARGUMENT
    ),
    "fish/common/layers.py:Dropout": layer("Dropout", [normal(4, 5)], "x"),
    "fish/common/layers.py:BatchNormalization": layer(
        "BatchNormalization", [normal(5, 4)], "x", "dgamma:gamma dbeta:beta", make=_with_parameters((4,), (4,))
    ),
    "fish/common/layers.py:Convolution": layer(
        "Convolution", [normal(2, 2, 5, 5)], "dx", "dW:W db:b", make=_with_parameters((3, 2, 3, 3), (3,))
    ),
    "fish/common/layers.py:Pooling": layer("Pooling", [normal(2, 2, 4, 4)], "x"),
    "fish/two_layer_net.py:TwoLayerNet": _network(
        "TwoLayerNet", "loss", "gradient", "W1 b1 W2 b2", [normal(5, 6), one_hot(5, 4)], lambda r: r
    ),
    "fish/common/time_layers.py:RNN": layer(
        "RNN",
        [normal(4, 3), normal(4, 5)],
        "dx dh_prev",
        "dWx:params[0]:grads[0] dWh:params[1]:grads[1] db:params[2]:grads[2]",
        make=_with_parameters((3, 5), (5, 5), (5,)),
    ),
    "fish/common/time_layers.py:TimeRNN": layer(
        "TimeRNN",
        [normal(2, 4, 3)],
        "dxs",
        "grads[0]:params[0] grads[1]:params[1] grads[2]:params[2]",
        make=_with_parameters((3, 5), (5, 5), (5,)),
    ),
    "fish/common/time_layers.py:Embedding": layer(
        "Embedding", [const(np.array([1, 0, 4, 1, 1]))], "", "dW:params[0]:grads[0]", make=_with_parameters((6, 3))
    ),
    "fish/common/time_layers.py:LSTM": layer(
        "LSTM",
        [normal(4, 3), normal(4, 5), normal(4, 5)],
        "dx dh_prev dc_prev",
        "grads[0]:params[0] grads[1]:params[1] grads[2]:params[2]",
        make=_with_parameters((3, 20), (5, 20), (20,)),
        hands=lambda upstream, inputs: tuple(upstream),
    ),
    # a specialization: samples in columns, dictionaries of parameters and gradients, 1/m inside dW
    "specialization/dnn_app_utils.py:L_model": _deep,
    "specialization/dnn_app_utils.py:linear": _linear,
    "specialization/dnn_app_utils.py:relu": _relu_sigmoid("relu"),
    "specialization/dnn_app_utils.py:sigmoid": _relu_sigmoid("sigmoid"),
    "specialization/logistic.py:propagate": _propagate,
    "specialization/reg_utils.py:": _regularized,
    "specialization/rnn_utils.py:rnn_cell": _rnn_cell,
    "specialization/rnn_utils.py:lstm_cell": pair(
        "lstm_cell",
        "dxt da_prev dc_prev " + " ".join(f"d{n}" for n in LSTM_WEIGHTS),
        outputs=2,
        xt=normal(3, 4),
        a_prev=normal(5, 4),
        c_prev=normal(5, 4),
        **LSTM_WEIGHTS,
    ),
    # a booklet: lists of gradients, one example at a time
    "booklet/network.py:Network": _booklet("Network"),
    "booklet/network.py:QuadraticNetwork": _booklet("QuadraticNetwork"),
    # gists
    "gists/char_rnn.py:lossFun": _globals(
        "lossFun",
        "Wxh Whh Why bh by",
        {"inputs": const([1, 0, 3, 3]), "targets": const([0, 3, 3, 5]), "hprev": normal(7, 1)},
        lambda r: r[1:6],
    ),
    "gists/gru.py:GRUCell": layer(
        "GRUCell", [normal(4, 3), normal(4, 4)], "dx dh", " ".join(f"d{k}{g}:{k}{g}" for g in "zrn" for k in "WUb")
    ),
    "gists/gru.py:GRU": layer(
        "GRU", [normal(2, 3, 3)], "xs", " ".join(f"{k}{g}:cell.{k}{g}:grads['{k}{g}']" for g in "zrn" for k in "WUb")
    ),
    # a typed library: gradients accumulate in parameters
    "modern/minitensor/modules.py:Linear": layer(
        "Linear", [normal(2, 3, 4)], "x", "weight.grad:weight.data bias.grad:bias.data"
    ),
    "modern/minitensor/modules.py:GELU": layer("GELU", [normal(3, 4)], "x"),
    "modern/minitensor/modules.py:SiLU": layer("SiLU", [normal(3, 4)], "x"),
    "modern/minitensor/modules.py:LayerNorm": layer(
        "LayerNorm", [normal(2, 3, 6)], "x", "gamma.grad:gamma.data beta.grad:beta.data"
    ),
    "modern/minitensor/modules.py:RMSNorm": layer("RMSNorm", [normal(3, 5)], "x", "scale.grad:scale.data"),
    "modern/minitensor/modules.py:GroupNorm": layer(
        "GroupNorm", [normal(2, 4, 2, 3)], "dx", "weight.grad:weight.data bias.grad:bias.data"
    ),
    "modern/minitensor/modules.py:Embedding": layer("Embedding", [whole(7, 2, 4)], "", "table.grad:table.data"),
    "modern/minitensor/modules.py:MultiHeadAttention": layer(
        "MultiHeadAttention",
        [normal(2, 3, 6)],
        "dx",
        " ".join(f"{p}_proj.{k}.grad:{p}_proj.{k}.data" for p in ("q", "k", "v", "out") for k in ("weight", "bias")),
    ),
    "modern/minitensor/modules.py:FeedForwardBlock": layer(
        "FeedForwardBlock",
        [normal(3, 4)],
        "x",
        " ".join(
            f"{p}.grad:{p}.data"
            for p in (
                "norm.gamma",
                "norm.beta",
                "fc1.weight",
                "fc1.bias",
                "fc2.weight",
                "fc2.bias",
            )
        ),
    ),
    "modern/minitensor/losses.py:CrossEntropyLoss": layer(
        "CrossEntropyLoss", [normal(5, 4), whole(4, 5)], "logits -", **ONE_ARGUMENT
    ),
    "modern/minitensor/losses.py:BCEWithLogitsLoss": layer(
        "BCEWithLogitsLoss", [normal(5, 2), positive(5, 2)], "logits -", **ONE_ARGUMENT
    ),
    "modern/minitensor/losses.py:HuberLoss": layer(
        "HuberLoss", [normal(5, 4), normal(5, 4)], "prediction -", **ONE_ARGUMENT
    ),
    "modern/minitensor/losses.py:KLDivLoss": layer(
        "KLDivLoss", [normal(5, 4), distribution(5, 4)], "logits -", **ONE_ARGUMENT
    ),
    # a blog: layers take their own step
    "blog/dense.py:Dense": own_step("Dense", [normal(3, 5)], "grad_input", "weights:weights bias:bias"),
    "blog/activations.py:Tanh": own_step("Tanh", [normal(4, 2)], "input"),
    "blog/activations.py:Sigmoid": own_step("Sigmoid", [normal(4, 2)], "input"),
    "blog/activations.py:LeakyReLU": own_step("LeakyReLU", [normal(4, 2)], "input"),
    "blog/activations.py:Softmax": own_step("Softmax", [normal(4, 1)], "input"),
    "blog/convolutional.py:Convolutional": own_step(
        "Convolutional", [normal(2, 5, 5)], "grad_input", "kernels:kernels biases:biases"
    ),
    "blog/losses.py:mse": prime("mse", "mse_prime", "y_pred", "y_pred", y_true=normal(4, 2), y_pred=normal(4, 2)),
    "blog/losses.py:binary_cross_entropy": prime(
        "binary_cross_entropy",
        "binary_cross_entropy_prime",
        "y_pred",
        "y_pred",
        y_true=whole(2, 4, 2),
        y_pred=positive(4, 2),
    ),
    # loops, as in C
    "plain_c/fully_connected.py:FullyConnected": layer("FullyConnected", [normal(3, 4)], "dx", "dw:w db:b"),
    "plain_c/pool_elu.py:AvgPool2D": layer("AvgPool2D", [normal(2, 2, 4, 4)], "dx"),
    "plain_c/pool_elu.py:ELU": layer("ELU", [normal(3, 4)], "dx"),
    # notebooks: parameters are globals, or a list
    "notebooks/mlp_moons.py:loss_and_grads": _globals(
        "loss_and_grads", "W1 b1 W2 b2", {"X": normal(6, 2), "y": whole(2, 6)}, lambda r: r[1]
    ),
    "notebooks/autoencoder.py:objective": _autoencoder,
    # statistics: costs for an optimizer
    "statistics/regression.py:cost_gradient": function(
        "cost_gradient", "grad:theta", **loss_and("grad"), theta=normal(4), X=normal(6, 4), y=whole(2, 6)
    ),
    "statistics/regression.py:linear_cost": prime(
        "linear_cost", "linear_cost_gradient", "theta", "theta", theta=normal(4), X=normal(6, 4), y=normal(6)
    ),
    "statistics/regression.py:poisson_nll": function(
        "poisson_nll", "score:beta", **loss_and("score"), beta=normal(3), X=normal(6, 3), y=whole(4, 6)
    ),
    "statistics/regression.py:softmax_cost": function(
        "softmax_cost",
        "grad:theta",
        **loss_and("grad"),
        theta=normal(12),
        num_classes=const(3),
        data=normal(4, 6),
        labels=whole(3, 6),
    ),
    "statistics/factorization.py:cofi_cost": function(
        "cofi_cost",
        "X_grad:X Theta_grad:Theta",
        **loss_and("X_grad Theta_grad"),
        X=normal(5, 3),
        Theta=normal(4, 3),
        Y=normal(5, 4),
        R=whole(2, 5, 4),
    ),
    # a game: float32, scalars, unusual names, a generator of its own
    "game_engine/nodes.py:Linear32": layer(
        "Linear32",
        [lambda rng: rng.normal(size=(6, 5)).astype(np.float32)],
        "x",
        "kernel:p['kernel']:grads['kernel'] offset:p['offset']:grads['offset']",
    ),
    "game_engine/nodes.py:PReLU": _prelu,
    "game_engine/nodes.py:ScaleShift": layer(
        "ScaleShift", [normal(5, 4)], "dx", "stretch:stretch:grads['stretch'] push:push:grads['push']"
    ),
    "game_engine/nodes.py:Swish": layer("Swish", [normal(5, 3)], "x", "beta:beta:grads['beta']"),
    "game_engine/nodes.py:Noise": layer("Noise", [normal(5, 4)], "x"),
    "game_engine/nodes.py:Maxout": layer("Maxout", [normal(5, 4)], "dx", "dW:W dc:c"),
    # attention
    "transformers/attention.py:scaled_dot_product": pair(
        "scaled_dot_product", "dQ dK dV", Q=normal(3, 4), K=normal(5, 4), V=normal(5, 2)
    ),
    "transformers/attention.py:SelfAttention": layer(
        "SelfAttention", [normal(2, 3, 4)], "x", "dW_q:W_q dW_k:W_k dW_v:W_v"
    ),
    "transformers/attention.py:PositionalEmbedding": layer(
        "PositionalEmbedding", [whole(6, 3, 5)], "", "dwte:wte dwpe:wpe"
    ),
    # columns
    "columns/matlab_port.py:LayerFC": layer(
        "LayerFC", [normal(4, 5)], "X", "gradTheta:Theta gradtheta0:theta0", forward="fprop", backward="bprop"
    ),
    "columns/matlab_port.py:LayerSoftmaxColumns": layer(
        "LayerSoftmaxColumns", [normal(4, 5)], "Z", forward="fprop", backward="bprop"
    ),
    "columns/matlab_port.py:LayerStandardize": layer(
        "LayerStandardize", [normal(4, 5)], "X", forward="fprop", backward="bprop"
    ),
    # a group's code base: gradients in tuples, lists and properties
    "lab/layers.py:Conv1D": layer("Conv1D", [normal(2, 2, 5)], "x", "gradients[0]:filters gradients[1]:bias"),
    "lab/layers.py:ConvFlipped": layer("ConvFlipped", [normal(5, 5)], "image", "dK:K"),
    "lab/layers.py:InstanceNorm2D": layer("InstanceNorm2D", [normal(2, 2, 3, 3)], "x", "grads[0]:g grads[1]:b"),
    "lab/layers.py:FrozenBatchNorm": layer("FrozenBatchNorm", [normal(5, 4)], "x", "dgamma:gamma dbeta:beta"),
    "lab/layers.py:ResidualTanhBlock": layer(
        "ResidualTanhBlock", [normal(5, 4)], "x", "d_theta[0]:theta[0] d_theta[1]:theta[1] d_theta[2]:theta[2]"
    ),
    "lab/layers.py:Bilinear": layer("Bilinear", [normal(5, 3), normal(5, 4)], "d_left d_right", "dM:M"),
    "lab/layers.py:ElmanSequence": layer(
        "ElmanSequence", [normal(4, 2, 3)], "dxs", "dWxh:Wxh dWhh:Whh dbias:bias dh_init:h_init"
    ),
    "lab/layers.py:CosineLoss": layer(
        "CosineLoss", [normal(5, 4), normal(5, 4)], "a -", forward="__call__", backward="gradient", **ONE_ARGUMENT
    ),
    # machine learning from scratch: __call__ and gradient, forward_pass and backward_pass with an optimizer inside
    "ml_scratch/activation_functions.py:Sigmoid": elementwise("Sigmoid"),
    "ml_scratch/activation_functions.py:TanH": elementwise("TanH"),
    "ml_scratch/activation_functions.py:SELU": elementwise("SELU"),
    "ml_scratch/activation_functions.py:SoftPlus": elementwise("SoftPlus"),
    "ml_scratch/loss_functions.py:SquareLoss": _loss_per_element("SquareLoss", normal(5, 2), normal(5, 2)),
    "ml_scratch/loss_functions.py:CrossEntropy": _loss_per_element("CrossEntropy", whole(2, 5, 2), positive(5, 2)),
    "ml_scratch/layers.py:Dense": _optimized,
    "ml_scratch/layers.py:Dropout": layer(
        "Dropout", [normal(4, 5)], "x", forward="forward_pass", backward="backward_pass"
    ),
    "ml_scratch/layers.py:Flatten": layer(
        "Flatten", [normal(2, 3, 2)], "x", forward="forward_pass", backward="backward_pass"
    ),
    # the first notebook that many people read, and the first post
    "kaggle/digits_from_scratch.py:": _kaggle,
    "minimal/medium_post.py:NeuralNetwork": _medium,
    # functions and their derivatives
    "minimal/derivatives.py:sigmoid": elementwise("sigmoid", "sigmoid_derivative"),
    "minimal/derivatives.py:leaky_relu": elementwise("leaky_relu", "leaky_relu_derivative"),
    "minimal/derivatives.py:softsign": elementwise("softsign", "softsign_derivative"),
    "minimal/derivatives.py:mish": elementwise("mish", "mish_derivative"),
    # classes without a state, caches handed around
    "handed/blocks.py:Dense": _handed("Dense", 4),
    "handed/blocks.py:Gaussian": _handed("Gaussian", 4),
    "handed/blocks.py:Gate": _handed("Gate", 6),
    "handed/blocks.py:Sequential": _handed("Sequential", 4),
    "handed/blocks.py:reparameterize": pair(
        "reparameterize",
        "dmu dlog_var dnoise",
        suffixes=("", "_backward"),
        mu=normal(4, 2),
        log_var=normal(4, 2),
        noise=normal(4, 2),
    ),
    "handed/blocks.py:kl_divergence": function(
        "kl_divergence",
        "d_mu:mu d_log_var:log_var",
        **loss_and("d_mu d_log_var"),
        mu=normal(4, 2),
        log_var=normal(4, 2),
    ),
    # images with their channels last
    "vision/ops.py:DepthwiseConv2D": layer("DepthwiseConv2D", [normal(2, 5, 5, 2)], "dx", "w:w:grads['w']"),
    "vision/ops.py:TransposedConv2D": layer(
        "TransposedConv2D", [normal(2, 2, 3, 2)], "dx", "kernel_grad:kernel bias_grad:bias"
    ),
    "vision/ops.py:GlobalAveragePooling": layer("GlobalAveragePooling", [normal(2, 3, 3, 2)], "x"),
    "vision/ops.py:SqueezeExcite": layer("SqueezeExcite", [normal(2, 3, 3, 4)], "x", "ddown:down dup:up"),
    "vision/ops.py:ContrastiveLoss": layer(
        "ContrastiveLoss", [normal(6, 3), normal(6, 3), const(np.array([1, 0, 1, 0, 0, 1]))], "a b -", **ONE_ARGUMENT
    ),
    # more of those above
    "statistics/ex4.py:nn_cost_function": function(
        "nn_cost_function",
        "grad:nn_params",
        **loss_and("grad"),
        nn_params=normal(5 * 4 + 3 * 6),
        input_layer_size=const(3),
        hidden_layer_size=const(5),
        num_labels=const(3),
        X=normal(6, 3),
        y=whole(3, 6),
    ),
    "gists/lstm_dicts.py:LSTM": layer(
        "LSTM",
        [normal(3, 2, 3)],
        "X",
        " ".join(f"{k}{g}:params['{k}{g}']:grads['{k}{g}']" for g in "ifog" for k in "Wb"),
    ),
}
