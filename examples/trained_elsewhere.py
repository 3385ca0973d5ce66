"""A network that scikit-learn has trained, opened up: why does it take this flower for another kind?

`MLP.from_arrays` takes the fitted classifier as it is. The probabilities agree, and from there on it is a graph like
any other: one can draw where the gradient goes, step through it, and ask which way it came.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from micrograd_bp import MLP, Value, cross_entropy, draw, explain, gradient_report, logsumexp, steps

# 1. Trained there.
iris = load_iris()
flowers, kinds = StandardScaler().fit_transform(iris.data), iris.target
classifier = MLPClassifier(hidden_layer_sizes=(4,), activation="tanh", solver="lbfgs", alpha=0.1, random_state=3)
classifier.fit(flowers, kinds)
print(f"{classifier.score(flowers, kinds):.1%} of the flowers are named right")

# 2. Opened here. The outputs are what goes into the softmax; exp(y - logsumexp(y)) is what comes out of it.
network = MLP.from_arrays(classifier)
for flower, theirs in zip(flowers, classifier.predict_proba(flowers), strict=True):
    outputs = np.array([y.data for y in network(flower)])
    ours = np.exp(outputs - logsumexp(outputs.tolist()))
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-12)
print(f"{network}\nand their probabilities agree for all {len(flowers)}")

# 3. The flower that it gets most wrong, and the gradient of its loss.
certainty = classifier.predict_proba(flowers)[np.arange(len(kinds)), kinds]
worst = int(certainty.argmin())
x = [Value(size, label=name.split(" (")[0]) for name, size in zip(iris.feature_names, flowers[worst], strict=True)]
loss = cross_entropy(network(x), int(kinds[worst]))
loss.label = "loss"
loss.backward()
print(f"\nFlower {worst} is {iris.target_names[kinds[worst]]}, for which it gives {certainty[worst]:.1%}")
for size in sorted(x, key=lambda size: -abs(size.grad)):
    print(f"  {size.label:<13} dloss/d = {size.grad:+.3f}")
print(f"\n{explain(loss, max(x, key=lambda size: abs(size.grad)), paths=4, names=network)}")
print(f"\n{gradient_report(loss, names=network)}")
print(f"\n{next(iter(steps(loss, names=network)))}")

# 4. The slope says what would help: a flower that is a little different in the one direction is named right.
moved = np.array([size.data - 0.02 * size.grad for size in x])
before, after = (classifier.predict_proba([each])[0, kinds[worst]] for each in (flowers[worst], moved))
print(f"\na fiftieth of a step against the gradient: {before:.1%} becomes {after:.1%}")
assert after > before

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
draw(loss, names=network, detail="neurons").render(outfile=pictures / "trained_elsewhere.svg", cleanup=True)

# 5. And back again: a step of training here, and scikit-learn goes on with it.
for parameter in network.parameters():
    parameter.data -= 0.02 * parameter.grad
pairs = network.to_arrays()
classifier.coefs_, classifier.intercepts_ = [w for w, _ in pairs], [b for _, b in pairs]
taught = classifier.predict_proba(flowers[worst : worst + 1])[0, kinds[worst]]
print(f"after one step of training on it: {taught:.1%}")
assert taught > before
