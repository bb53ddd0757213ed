"""Shoulder exercises seen by a smart watch: accelerometer and gyroscope."""

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.recipe import Arrays, Files, Recipe
from consilience.data.datasets.wheels import Wheel
from consilience.data.unpickling import read_pickled_npy

STEPS = 200
"""Steps of a window: 4 s at 50 Hz."""

_WHEEL = Wheel(
    "seglearn", "1.2.5", "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd"
)


def _build(files: Files) -> Arrays:
    held = read_pickled_npy(files("seglearn/data/watch_dataset.npy"), "watch_dataset.npy").item()
    recordings = [np.asarray(recording, dtype=np.float32) for recording in held["X"]]
    counts = np.array([len(recording) // STEPS for recording in recordings])
    windows = np.concatenate(
        [r[: n * STEPS].reshape(n, STEPS, 6) for r, n in zip(recordings, counts, strict=True)]
    )
    source = np.repeat(np.arange(len(recordings)), counts)
    place = np.concatenate([np.arange(n) for n in counts])
    return {
        "accelerometer": windows[:, :, :3],
        "gyroscope": windows[:, :, 3:],
        "exercise": np.asarray(held["y_labels"])[held["y"]][source],
        "subject": np.asarray(held["subject"])[source],
        "id": np.array([f"{r}.{w}" for r, w in zip(source, place, strict=True)]),
    }


def _assemble(arrays: Arrays, target: str) -> MultimodalData:
    return MultimodalData(
        {name: arrays[name] for name in ("accelerometer", "gyroscope")},
        arrays[target],
        groups=arrays["subject"],
        ids=arrays["id"],
    )


WATCH = Recipe(
    card=Card(
        name="watch",
        title="Seven shoulder exercises of ten people, from a smart watch",
        rows=1149,
        modalities={"accelerometer": (STEPS, 3), "gyroscope": (STEPS, 3)},
        target="exercise (7 classes: ABD, ER, FEL, IR, PEN, ROW, TRAP)",
        groups="subject (10)",
        licence="BSD-3-Clause",
        source=f"package seglearn 1.2.5, file {_WHEEL.filename}",
        citation=(
            "D. M. Burns, N. Leung, M. Hardisty, C. M. Whyne, P. Henry, S. McLachlin: Shoulder "
            "Physiotherapy Exercise Recognition: Machine Learning the Inertial Signals from a "
            "Smartwatch, 2018, arXiv:1802.01489"
        ),
        notes=(
            "140 recordings at 50 Hz, cut from their start into whole windows of 200 steps (4 s) "
            "that do not overlap; the rest of each recording is left out. Channels of the "
            "accelerometer: ax, ay, az; of the gyroscope: wx, wy, wz. Ids are recording.window."
        ),
        wheel_sha256=_WHEEL.sha256,
    ),
    wheel=_WHEEL,
    build=_build,
    assemble=_assemble,
    targets=("exercise",),
)
