"""Makes paired_bootstrap.json anew: `python make.py`, with sacrebleu 2.6.0 and numpy 2.4.6.

Sentences are drawn from a few words; each system replaces or drops words of its own choice.
"""

import json
import os
import random
from pathlib import Path

words = random.Random(16)
NOUNS = "man woman child dog letter book house river teacher song".split()
VERBS = "reads sees finds writes hears takes".split()
ADJECTIVES = "old small green quiet new".split()


def noun_phrase():
    adjective = words.choice(ADJECTIVES + [None] * 3)
    return " ".join(word for word in ("the", adjective, words.choice(NOUNS)) if word)


def sentence():
    text = f"{noun_phrase()} {words.choice(VERBS)} {noun_phrase()}"
    if words.random() < 0.4:
        text += f", and {noun_phrase()} {words.choice(VERBS)} {noun_phrase()}"
    return text.capitalize() + "."


def translated(text, wrong):
    kept = []
    for word in text.split():
        chance = words.random()
        if chance < wrong / 2:
            continue
        kept.append(words.choice(NOUNS) if chance < wrong else word)
    return " ".join(kept)


references = [sentence() for _ in range(60)]
systems = {
    "baseline": [translated(text, 0.20) for text in references],
    "much better": [translated(text, 0.05) for text in references],
    "hardly better": [translated(text, 0.18) for text in references],
    "worse": [translated(text, 0.30) for text in references],
}

tests = []
for seed, samples in ((12345, 1000), (7, 200)):
    os.environ["SACREBLEU_SEED"] = str(seed)
    from sacrebleu.metrics import BLEU, CHRF
    from sacrebleu.significance import PairedTest

    metrics = {"bleu": BLEU(references=[references]), "chrf": CHRF(references=[references])}
    test = PairedTest(list(systems.items()), metrics, references=None, test_type="bs", n_samples=samples)
    _, scores = test()
    names = scores.pop("System")
    for metric, results in scores.items():
        for name, result in zip(names, results):
            tests.append(
                {
                    "metric": "bleu" if metric == "BLEU" else "chrf",
                    "system": name,
                    "seed": seed,
                    "samples": samples,
                    "score": float(result.score),
                    "p_value": result.p_value,
                    "mean": float(result.mean),
                    "half_width": float(result.ci),
                }
            )

case = {"references": references, "systems": systems, "tests": tests}
path = Path(__file__).with_name("paired_bootstrap.json")
path.write_text(json.dumps(case, indent=1) + "\n")
