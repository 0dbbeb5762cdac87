//! Tests of the grammar: inflection by hand, the rest by many draws.

use super::*;

#[test]
fn show() {
    let spec = Synthetic {
        seed: 1,
        train: NonZeroUsize::new(6000).unwrap(),
        valid: NonZeroUsize::new(200).unwrap(),
        test: NonZeroUsize::new(1000).unwrap(),
    };
    let corpus = generate(&spec).unwrap();
    for (name, (source, target)) in [
        ("train", &corpus.train),
        ("valid", &corpus.valid),
        ("test", &corpus.test),
    ] {
        std::fs::write(format!("/tmp/m-venv/{name}.de"), source.join("\n") + "\n").unwrap();
        std::fs::write(format!("/tmp/m-venv/{name}.en"), target.join("\n") + "\n").unwrap();
    }
}
