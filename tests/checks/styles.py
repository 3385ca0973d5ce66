"""Right dense layers as different people write them. Each takes its sizes, an activation and a random generator."""

import numpy as np

ACTIVATIONS = {
    "sigmoid": (lambda z: 1.0 / (1.0 + np.exp(-z)), lambda z, a: a * (1.0 - a)),
    "tanh": (np.tanh, lambda z, a: 1.0 - a**2),
    "relu": (lambda z: np.maximum(0, z), lambda z, a: (z > 0) * 1.0),
    "relu by a mask": (lambda z: z * (z > 0), lambda z, a: np.where(a > 0, 1.0, 0.0)),
    "linear": (lambda z: z, lambda z, a: np.ones(z.shape)),
    "leaky": (lambda z: np.where(z > 0, z, 0.1 * z), lambda z, a: np.where(z > 0, 1.0, 0.1)),
    "softplus": (lambda z: np.log1p(np.exp(z)), lambda z, a: 1.0 / (1.0 + np.exp(-z))),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1.0), lambda z, a: np.where(z > 0, 1.0, a + 1.0)),
    "silu": (
        lambda z: z / (1.0 + np.exp(-z)),
        lambda z, a: (1.0 + np.exp(-z) + z * np.exp(-z)) / (1.0 + np.exp(-z)) ** 2,
    ),
    "square": (lambda z: z**2, lambda z, a: 2.0 * z),
    "sine": (np.sin, lambda z, a: np.cos(z)),
}


class Plain:
    def __init__(self, n_in, n_out, activation, rng):
        self.W = rng.normal(size=(n_in, n_out)) * 0.3
        self.b = rng.normal(size=n_out) * 0.1
        self.f, self.f_prime = ACTIVATIONS[activation]

    def forward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        self.a = self.f(self.z)
        return self.a

    def backward(self, d_output):
        d_z = d_output * self.f_prime(self.z, self.a)
        self.dW = self.x.T @ d_z
        self.db = d_z.sum(axis=0)
        return d_z @ self.W.T


class CamelCase:
    def __init__(self, n_in, n_out, activation, rng):
        self.weights = rng.uniform(-1, 1, (n_in, n_out))
        self.biases = np.zeros((1, n_out))
        self.activation, self.activationDerivative = ACTIVATIONS[activation]

    def forward(self, inputs):
        self.inputs = inputs
        self.z = np.dot(inputs, self.weights) + self.biases
        self.output = self.activation(self.z)
        return self.output

    def backward(self, dLossWrtOutput):  # noqa: N803
        dLossWrtZ = dLossWrtOutput * self.activationDerivative(self.z, self.output)  # noqa: N806
        self.dWeights = np.dot(self.inputs.T, dLossWrtZ)
        self.dBiases = np.sum(dLossWrtZ, axis=0, keepdims=True)
        self.dLossWrtInput = np.dot(dLossWrtZ, self.weights.T)
        return self.dLossWrtInput


class Transposed:
    def __init__(self, n_in, n_out, activation, rng):
        self.weight = rng.normal(size=(n_out, n_in))
        self.bias = rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]

    def __call__(self, x):
        self.saved = x, x @ self.weight.T + self.bias
        return self.f(self.saved[1])

    def backward(self, grad_output):
        x, z = self.saved
        delta = grad_output * self.g(z, self.f(z))
        self.weight_grad = np.einsum("no,ni->oi", delta, x)
        self.bias_grad = np.einsum("no->o", delta)
        return np.einsum("no,oi->ni", delta, self.weight)


class Columns:
    def __init__(self, n_in, n_out, activation, rng):
        self.W = rng.normal(size=(n_out, n_in))
        self.b = rng.normal(size=(n_out, 1))
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, A_prev):  # noqa: N803
        self.A_prev = A_prev
        self.Z = self.W.dot(A_prev) + self.b
        self.A = self.f(self.Z)
        return self.A

    def backward(self, dA):  # noqa: N803
        dZ = dA * self.g(self.Z, self.A)  # noqa: N806
        self.dW = dZ.dot(self.A_prev.T)
        self.db = np.sum(dZ, axis=1, keepdims=True)
        return self.W.T.dot(dZ)


class SingleSample:
    def __init__(self, n_in, n_out, activation, rng):
        self.w = rng.normal(size=(n_out, n_in))
        self.b = rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, x):
        self.x = x
        self.z = self.w @ x + self.b
        return self.f(self.z)

    def backward(self, d_out):
        delta = d_out * self.g(self.z, self.f(self.z))
        self.grad_w = np.outer(delta, self.x)
        self.grad_b = delta.copy()
        return self.w.T @ delta


class Dictionaries:
    def __init__(self, n_in, n_out, activation, rng):
        self.params = {"W": rng.normal(size=(n_in, n_out)), "b": rng.normal(size=n_out)}
        self.grads = {}
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, X):  # noqa: N803
        self.cache = {"X": X, "Z": X @ self.params["W"] + self.params["b"]}
        return self.f(self.cache["Z"])

    def backward(self, dout):
        dz = dout * self.g(self.cache["Z"], self.f(self.cache["Z"]))
        self.grads["W"] = self.cache["X"].T @ dz
        self.grads["b"] = dz.sum(0)
        return dz @ self.params["W"].T


class Lists:
    def __init__(self, n_in, n_out, activation, rng):
        self.params = [rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)]
        self.grads = [np.zeros((n_in, n_out)), np.zeros(n_out)]
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, x):
        W, b = self.params  # noqa: N806
        self.x, self.z = x, np.matmul(x, W) + b
        return self.f(self.z)

    def backward(self, dout):
        W, _ = self.params  # noqa: N806
        dz = dout * self.g(self.z, self.f(self.z))
        self.grads[0][...] = self.x.T @ dz
        self.grads[1][...] = dz.sum(axis=0)
        return dz @ W.T


class ReturnsAll:
    def __init__(self, n_in, n_out, activation, rng):
        self.W, self.b = rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, x):
        z = x @ self.W + self.b
        return self.f(z), (x, z)

    def backward(self, dout, cache):
        x, z = cache
        dz = dout * self.g(z, self.f(z))
        return dz @ self.W.T, x.T @ dz, dz.sum(0)


class ReturnsDictionary(ReturnsAll):
    def backward(self, dout, cache):
        d_inputs, d_weights, d_biases = super().backward(dout, cache)
        return {"dWeights": d_weights, "dBiases": d_biases, "dLossWrtInput": d_inputs}


class TakesTheStep:
    def __init__(self, n_in, n_out, activation, rng):
        self.weights = rng.normal(size=(n_out, n_in))
        self.bias = rng.normal(size=(n_out, 1))
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, input):
        self.input = input
        self.z = np.dot(self.weights, self.input) + self.bias
        return self.f(self.z)

    def backward(self, output_gradient, learning_rate):
        delta = output_gradient * self.g(self.z, self.f(self.z))
        input_gradient = np.dot(self.weights.T, delta)
        self.weights -= learning_rate * np.dot(delta, self.input.T)
        self.bias -= learning_rate * delta.sum(axis=1, keepdims=True)
        return input_gradient


class NoBias:
    def __init__(self, n_in, n_out, activation, rng):
        self.kernel = rng.normal(size=(n_in, n_out))
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, x):
        self.x = np.array(x)
        self.z = np.tensordot(x, self.kernel, 1)
        return self.f(self.z)

    def backprop(self, upstream):
        dz = upstream * self.g(self.z, self.f(self.z))
        self.dkernel = np.tensordot(self.x, dz, axes=(0, 0))
        return np.inner(dz, self.kernel)


class InPlace:
    def __init__(self, n_in, n_out, activation, rng):
        self.W, self.b = rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x):
        self.x = x.copy()
        z = self.x @ self.W
        z += self.b
        self.z = z
        return self.f(z)

    def backward(self, grad):
        grad = grad.copy()
        grad *= self.g(self.z, self.f(self.z))
        self.dW[:] = self.x.T @ grad
        np.sum(grad, axis=0, out=self.db)
        return grad @ self.W.T


class SinglePrecision:
    def __init__(self, n_in, n_out, activation, rng):
        self.W = rng.normal(size=(n_in, n_out)).astype(np.float32)
        self.b = rng.normal(size=n_out).astype(np.float32)
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, x):
        self.x = np.asarray(x, dtype=np.float32)
        self.z = (self.x @ self.W + self.b).astype(np.float32)
        return self.f(self.z)

    def backward(self, g):
        dz = (g * self.g(self.z, self.f(self.z))).astype(np.float32)
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T.astype(np.float32)


class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)


class ParameterObjects:
    def __init__(self, n_in, n_out, activation, rng):
        self.weight, self.bias = Parameter(rng.normal(size=(n_in, n_out))), Parameter(rng.normal(size=n_out))
        self.f, self.g = ACTIVATIONS[activation]

    def zero_grad(self):
        for parameter in (self.weight, self.bias):
            parameter.grad[...] = 0.0

    def forward(self, x):
        self.x, self.z = x, x @ self.weight.value + self.bias.value
        return self.f(self.z)

    def backward(self, grad):
        grad = grad * self.g(self.z, self.f(self.z))
        self.weight.grad += self.x.T @ grad
        self.bias.grad += grad.sum(axis=0)
        return grad @ self.weight.value.T


class Loops:
    """Its forward writes into arrays of floats, which no Value fits into."""

    def __init__(self, n_in, n_out, activation, rng):
        self.weights, self.biases = rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]

    def forward(self, inputs):
        self.inputs = inputs
        self.z = np.zeros((len(inputs), self.weights.shape[1]))
        for n, sample in enumerate(inputs):
            for j in range(self.weights.shape[1]):
                self.z[n, j] = sum(x * w for x, w in zip(sample, self.weights[:, j], strict=True)) + self.biases[j]
        return self.f(self.z)

    def backward(self, d_output):
        d_z = d_output * self.g(self.z, self.f(self.z))
        self.grad_weights, self.grad_biases = np.zeros_like(self.weights), np.zeros_like(self.biases)
        d_inputs = np.zeros(self.inputs.shape)
        for n in range(len(d_z)):
            for j in range(d_z.shape[1]):
                self.grad_biases[j] += d_z[n, j]
                for i in range(self.inputs.shape[1]):
                    self.grad_weights[i, j] += self.inputs[n, i] * d_z[n, j]
                    d_inputs[n, i] += d_z[n, j] * self.weights[i, j]
        return d_inputs


class Dropout(Plain):
    """Drops outputs at random, with the global generator."""

    def forward(self, x):
        self.mask = (np.random.rand(len(x), self.W.shape[1]) > 0.3) / 0.7
        return super().forward(x) * self.mask

    def backward(self, d_output):
        return super().backward(d_output * self.mask)


class Properties:
    """Keeps its weights private and hands out copies, as `micrograd_bp.matrix` does."""

    def __init__(self, n_in, n_out, activation, rng):
        self._w = rng.normal(size=(n_in, n_out))
        self._b = rng.normal(size=n_out)
        self.f, self.g = ACTIVATIONS[activation]
        self.d_weights = self.d_biases = None

    @property
    def weights(self):
        return self._w.copy()

    @weights.setter
    def weights(self, values):
        self._w = np.array(values)

    @property
    def biases(self):
        return self._b.copy()

    @biases.setter
    def biases(self, values):
        self._b = np.array(values)

    def forward(self, x):
        print("forward", x.shape)
        self.x, self.z = x, x @ self._w + self._b
        return self.f(self.z)

    def backward(self, d_output):
        print("backward")
        d_z = d_output * self.g(self.z, self.f(self.z))
        self.d_weights, self.d_biases = self.x.T @ d_z, d_z.sum(axis=0)
        return d_z @ self._w.T


STYLES = (
    *(Plain, CamelCase, Transposed, Columns, SingleSample, Dictionaries, Lists, ReturnsAll, ReturnsDictionary),
    *(TakesTheStep, NoBias, InPlace, SinglePrecision, ParameterObjects, Loops, Dropout, Properties),
)
