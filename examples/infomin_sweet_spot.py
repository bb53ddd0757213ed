"""How much should two views share? As much as the task needs, and no more.

A world has 48 hidden numbers; the label depends on the first 8. Two views of a sample share the
first s of them: the rest each view has drawn anew, as an augmentation does that changes what it
should not keep. Encoders are trained to tell which views belong together (InfoNCE, no label seen),
then a logistic regression on 80 labelled samples reads one encoder's output. With too small an s
the label's numbers are lost; with too large a one, eighty labels meet numbers that do not matter.
The accuracy peaks where the views share just what the label needs. Run it as
`python examples/infomin_sweet_spot.py`; it takes about a quarter of a minute.
"""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from consilience.functional.mutual_information import infonce_bound

HIDDEN, NEEDED, LABELLED, BATCH, STEPS = 48, 8, 80, 256, 250
SHARED = (2, 4, 8, 16, 48)


def views(rows: int, shared: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The shared numbers of samples, and two views of them."""
    common = torch.randn(rows, shared, generator=generator)
    own = torch.randn(2, rows, HIDDEN - shared, generator=generator)
    noise = 0.3 * torch.randn(2, rows, HIDDEN, generator=generator)
    one, two = (torch.cat([common, o], dim=1) + n for o, n in zip(own, noise, strict=True))
    return torch.cat([common, own[0]], dim=1), one, two


def encoder(shared: int, mixing: Tensor, seed: int) -> nn.Linear:
    """An encoder trained on pairs of views alone."""
    generator = torch.Generator().manual_seed(seed)
    encode = nn.Linear(HIDDEN, HIDDEN, bias=False)
    with torch.no_grad():
        encode.weight[:] = torch.randn(HIDDEN, HIDDEN, generator=generator) / HIDDEN**0.5
    update = torch.optim.Adam(encode.parameters(), lr=5e-3)
    for _ in range(STEPS):
        _, one, two = views(BATCH, shared, generator)
        za, zb = encode(one @ mixing), encode(two @ mixing)
        scores = -torch.cdist(za, zb).square() / 2
        loss = -(infonce_bound(scores) + infonce_bound(scores.mT)) / 2
        update.zero_grad()
        loss.backward()
        update.step()
    return encode


def accuracy(encode: nn.Module, shared: int, mixing: Tensor, seed: int, repeats: int) -> float:
    """How well 80 labels teach a linear classifier on the encoder's output."""
    generator = torch.Generator().manual_seed(seed)
    found: list[float] = []
    for _ in range(repeats):
        rule = torch.randn(NEEDED, generator=generator)
        hidden, one, _ = views(LABELLED + 1000, shared, generator)
        label = (hidden[:, :NEEDED] @ rule > 0).numpy()
        with torch.no_grad():
            z = encode(one @ mixing).numpy().astype(np.float64)
        probe = LogisticRegression(max_iter=500).fit(z[:LABELLED], label[:LABELLED])
        found.append(float(probe.score(z[LABELLED:], label[LABELLED:])))
    return float(np.mean(found))


def main() -> dict[int, float]:
    generator = torch.Generator().manual_seed(0)
    mixing = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN, generator=generator)).Q
    found: dict[int, float] = {}
    print("shared  accuracy")
    for shared in SHARED:
        encode = encoder(shared, mixing, seed=shared)
        found[shared] = accuracy(encode, shared, mixing, seed=1, repeats=30)
        print(f"{shared:>6}  {found[shared]:.3f}", flush=True)
    best = max(found, key=lambda s: found[s])
    print(f"best where views share {best} numbers; the label needs {NEEDED}")
    return found


if __name__ == "__main__":
    main()
