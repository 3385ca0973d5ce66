"""What somebody types who has seen a lecture on micrograd: from memory, without a label, a name or a base class."""

import math
import random

from micrograd_bp import Value, draw, write_page

# An expression.
a = Value(2.0)
b = Value(-3.0)
c = Value(10.0)
e = a * b
d = e + c
f = Value(-2.0)
L = d * f
draw(L).render("expression_before.svg", cleanup=True)
L.backward()
draw(L).render("expression.svg", cleanup=True)
write_page(L, "expression.html")
L_grads = [v.grad for v in (a, b, c, d, e, f)]

for leaf in (a, b, c, f):
    leaf.data += 0.01 * leaf.grad
nudged = ((a * b + c) * f).data

# A value that is used twice.
double = a + a
a.grad = 0.0
double.backward()
twice = a.grad

# A neuron, with tanh, and with tanh made of exp.
x1 = Value(2.0)
x2 = Value(0.0)
w1 = Value(-3.0)
w2 = Value(1.0)
bias = Value(6.8813735870195432)
n = x1 * w1 + x2 * w2 + bias
o = n.tanh()
o.backward()
draw(o).render("neuron.svg", cleanup=True)
write_page(o, "neuron.html")
o_grads = [v.grad for v in (x1, w1, x2, w2)]

for leaf in (x1, w1, x2, w2, bias):
    leaf.grad = 0.0
n = x1 * w1 + x2 * w2 + bias
e = (2 * n).exp()
o2 = (e - 1) / (e + 1)
o2.backward()
draw(o2).render("neuron_of_exp.svg", cleanup=True)
write_page(o2, "neuron_of_exp.html")
o2_grads = [v.grad for v in (x1, w1, x2, w2)]


# Classes.
class Neuron:
    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh()

    def parameters(self):
        return [*self.w, self.b]


class Layer:
    def __init__(self, nin, nout):
        self.neurons = [Neuron(nin) for _ in range(nout)]

    def __call__(self, x):
        outs = [neuron(x) for neuron in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP:
    def __init__(self, nin, nouts):
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1]) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


random.seed(1337)
unit = Neuron(2)([2.0, 3.0])
unit.backward()
draw(unit).render("unit.svg", cleanup=True)

net = MLP(3, [4, 4, 1])
answer = net([2.0, 3.0, -1.0])
answer.backward()
draw(answer).render("network.svg", cleanup=True)
write_page(answer, "network.html")

# Training.
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
losses = []
for _ in range(20):
    ypred = [net(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
    for p in net.parameters():
        p.grad = 0.0
    loss.backward()
    for p in net.parameters():
        p.data += -0.1 * p.grad
    losses.append(loss.data)
draw(loss).render("loss.svg", cleanup=True)
write_page(loss, "loss.html")
assert math.isfinite(losses[-1])
