"""A coordinator trained by two processes, for `test_coordination_training.py`.

    python two_towers.py FOLDER

forks once; both train on the same samples, each its part of every batch, and write their
embeddings to FOLDER; the first then trains alone and writes those too.
"""

import os
import sys
from pathlib import Path

import numpy as np
from torch import distributed

from consilience.data.container import MultimodalData
from consilience.estimators.coordination import Coordinator


def train(seed: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(90, 3))
    data = MultimodalData({n: latent @ rng.normal(size=(3, 5)) for n in ("left", "right")})
    model = Coordinator(
        dim=4, hidden=8, dropout=0.0, batch_size=24, max_epochs=3, random_state=seed
    )
    return np.concatenate(list(model.fit(data).transform(data).values()))


def main(folder: Path) -> None:
    child = os.fork()
    rank = 0 if child else 1
    store = f"file://{folder / 'store'}"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    np.save(folder / f"{rank}.npy", train(7 + rank))
    distributed.destroy_process_group()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    np.save(folder / "alone.npy", train(7))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
