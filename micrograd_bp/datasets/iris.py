"""150 iris flowers, measured by Edgar Anderson, 50 of each of three species.

R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7 (1936), table I.
Distributed by the UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, under CC BY 4.0; the copy here has
the values of Fisher's table, where that repository's file differs in two flowers.
"""

import csv
from importlib.resources import files
from typing import NamedTuple


class Iris(NamedTuple):
    """The data set.

    Attributes:
        inputs: for each flower its sepal length, sepal width, petal length and petal width in cm.
        targets: for each flower the index of its species.
        species: the names of the species.
    """

    inputs: list[list[float]]
    targets: list[int]
    species: list[str]


def load_iris() -> Iris:
    """Reads the data set from the package."""
    text = (files("micrograd_bp.datasets") / "iris.csv").read_text(encoding="utf-8")
    _, *rows = csv.reader(text.splitlines())
    species = list(dict.fromkeys(row[-1] for row in rows))
    return Iris(
        inputs=[[float(number) for number in row[:-1]] for row in rows],
        targets=[species.index(row[-1]) for row in rows],
        species=species,
    )
