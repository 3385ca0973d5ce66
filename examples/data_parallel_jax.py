"""Past one machine, JAX is the engine: one training step over two devices, each with half of the flowers.

The two devices are threads of this machine's processor here. On two graphics cards, or on machines that
`jax.distributed` has joined, the same lines run; only the mesh is larger.
"""

import os

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"  # before JAX
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from collections.abc import Mapping

import numpy as np

from micrograd_bp import MLP, Value, compile, cross_entropy
from micrograd_bp.datasets import load_iris, standardize, stratified_split

try:
    import jax
    from jax.sharding import AxisType, NamedSharding, PartitionSpec
except ImportError:
    raise SystemExit("This example takes JAX: pip install jax") from None

jax.config.update("jax_enable_x64", True)

# One flower's loss, made of Values, becomes a pure function of (parameters, flowers, species). The parameters are a
# tree, as JAX calls it: the arrays W0, b0, W1 and b1 by their names.
network = MLP(4, [8, 3], activation="tanh", rng=0)
flower, species = [Value(0.0) for _ in range(4)], [Value(1 / 3) for _ in range(3)]
scores = network(flower)
program = compile(
    cross_entropy(scores, species),
    inputs={"flowers": flower, "species": species},
    parameters=network.parameters(),
    outputs={"scores": scores},
)
function = program.to_jax()
Tree = Mapping[str, jax.typing.ArrayLike]


@jax.jit
def step(parameters: Tree, flowers: jax.typing.ArrayLike, species: jax.typing.ArrayLike) -> tuple[Tree, jax.Array]:
    """A step of gradient descent."""
    loss, gradient = function(parameters, flowers, species)
    return jax.tree.map(lambda numbers, slopes: numbers - 0.5 * slopes, parameters, gradient), loss


def train(parameters: Tree, flowers: jax.typing.ArrayLike, species: jax.typing.ArrayLike, steps: int = 300) -> Tree:
    """Steps with all flowers."""
    for number in range(steps):
        # One step at a time: in a queue of steps, JAX's threads for several devices of one processor may wait for ever.
        parameters, loss = jax.block_until_ready(step(parameters, flowers, species))
        if number % 100 == 0 or number == steps - 1:
            print(f"  step {number:3}  loss {loss:.6f}")
    return parameters


iris = load_iris()
chosen, held_out = stratified_split(iris.targets, 0.32, seed=0)  # leaves 51 flowers for each device
flowers, unseen = map(
    np.array, standardize([iris.inputs[place] for place in chosen], [iris.inputs[place] for place in held_out])
)
kinds = np.eye(3)[[iris.targets[place] for place in chosen]]

# The samples are laid out over the devices; the parameters are on each of them.
mesh = jax.make_mesh((2,), ("samples",), axis_types=(AxisType.Auto,))
by_samples, everywhere = NamedSharding(mesh, PartitionSpec("samples")), NamedSharding(mesh, PartitionSpec())
shards = jax.device_put(flowers, by_samples)
print(f"{len(flowers)} flowers over {len(mesh.devices)} devices:")
for shard in shards.addressable_shards:
    print(f"  {shard.device}: {len(shard.data)} flowers")
on_two = train(jax.device_put(program.parameter_arrays, everywhere), shards, jax.device_put(kinds, by_samples))

print("The same on one device:")
on_one = train(program.parameter_arrays, flowers, kinds)

difference = max(float(np.abs(np.asarray(on_two[name]) - np.asarray(on_one[name])).max()) for name in on_one)
print(f"Largest difference between the two in any of {len(network.parameters())} parameters: {difference:.1e}")
assert difference < 1e-12

program.parameter_arrays = on_two
program.store()
answers = np.argmax(program.predict(unseen)["scores"], axis=1)
accuracy = np.mean(answers == [iris.targets[place] for place in held_out])
print(f"Held-out accuracy: {accuracy:.1%} of {len(unseen)} flowers; the network of Values has the parameters now.")
assert accuracy > 0.9
