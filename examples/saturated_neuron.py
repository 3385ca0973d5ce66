"""Why a saturated neuron does not learn: a page on which one tries it, and the same in numbers.

The neuron tanh(w·x + b) shall give 1 for x = -1 and -1 for x = 1. With w = 5 it gives the opposite, as wrong as can be,
and yet it stays so: where tanh is flat, next to nothing of the gradient comes through. On the page one presses *Learn*
and waits in vain, makes w smaller with the slider, sees the gradient come back, and presses *Learn* again.
"""

from pathlib import Path

from micrograd_bp import SGD, ModelObjective, Neuron, Training, Value, mse, write_page

inputs, targets = [[-1.0], [1.0]], [1.0, -1.0]


def neuron_with(w: float) -> Neuron:
    """The neuron with this weight and no bias."""
    neuron = Neuron(1, activation="tanh")
    neuron.w[0].data, neuron.b.data = w, 0.0
    neuron.w[0].label, neuron.b.label = "w", "b"
    return neuron


def loss_of(neuron: Neuron) -> Value:
    """The mean squared error on the two samples."""
    loss = mse([neuron(row) for row in inputs], targets)
    loss.label = "loss"
    return loss


for w in (5.0, 2.0, 0.5):
    neuron = neuron_with(w)
    before = loss_of(neuron)
    before.backward()
    gradient = neuron.w[0].grad
    training = Training(ModelObjective(neuron, mse), SGD(lr=0.1), inputs, targets)
    after = training.run(epochs=100)[-1]
    print(f"w = {w:g}: the loss is {before.data:.3g}, its gradient along w {gradient:.3g}; after 100 steps {after:.3g}")
    assert (after < 0.1) is (w < 5.0)

page = write_page(
    loss_of(neuron_with(5.0)),
    Path(__file__).parent / "pictures" / "saturated_neuron.html",
    title="Why does this neuron not learn? Press Learn; then make w smaller, and press it again",
    detail="values",
    data=(inputs, targets),
)
print(f"Try it in a browser: {Path(page).parent.name}/{Path(page).name}")
