"""From a built-in data set to a verdict: do two modalities that are useless alone help together?

Run it as `python examples/first_study.py`; it takes less than a minute on two cores and
writes `runs/first`.
"""

import sys
from pathlib import Path

import consilience as cs


def main(out: Path) -> cs.Study:
    # The label depends on the product of a and b: neither modality alone can tell it.
    samples = cs.datasets.load("synthetic/synergy", n=2000)
    data, new = samples[:1500], samples[1500:]
    print(data)
    print(cs.audit(data))

    study = cs.study(
        data,
        out=out,
        methods=["additive", "low_rank"],
        folds=3,
        seeds=1,
        overwrite=True,
        source={"data": "synthetic/synergy"},
    )
    print(study)

    # The recommended method was fitted on all samples; it is saved in the folder, too.
    model = cs.load(out / "models" / "best")
    print(f"accuracy on new samples: {(model.predict(new) == new.target).mean():.2f}")
    print(f"report: {out / 'report.html'}")
    return study


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/first"))
