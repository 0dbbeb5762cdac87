//! Batches against those of fairseq.

use crate::golden::data::read;
use serde::Deserialize;
use srp::random::Stream;
use srp::text::batching::{Budget, Lengths, Pair, batches, collate, order, within};
use std::path::Path;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    max_tokens: usize,
    max_sentences: Option<usize>,
    required_batch_size_multiple: usize,
    src_tgt_len_including_eos: Vec<(usize, usize)>,
    ordered_indices: Vec<usize>,
    batches: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Collated {
    sources_without_eos: Vec<Vec<i32>>,
    targets_without_eos: Vec<Vec<i32>>,
    id: Vec<usize>,
    src_tokens: Vec<Vec<i32>>,
    prev_output_tokens: Vec<Vec<i32>>,
    target: Vec<Vec<i32>>,
    ntokens: usize,
}

fn lengths(pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<Lengths> {
    let lengths = |(source, target)| Lengths { source, target };
    pairs.into_iter().map(lengths).collect()
}

#[test]
fn batches_are_fairseqs() {
    let Golden { cases } = read("12_batching/case.json");
    assert!(!cases.is_empty());
    for case in cases {
        let lengths = lengths(case.src_tgt_len_including_eos);
        let order = order(&lengths, None);
        assert_eq!(order, case.ordered_indices, "{}", case.kind);
        let budget = Budget {
            max_tokens: case.max_tokens,
            max_sentences: case.max_sentences,
            multiple_of: case.required_batch_size_multiple,
        };
        assert_eq!(
            batches(&order, &lengths, &budget),
            Ok(case.batches),
            "{}",
            case.kind
        );
    }
}

#[test]
fn rows_are_padded_as_fairseq_pads_them() {
    let golden: Collated = read("12_batching/collate.json");
    let with_eos = |sentences: &[Vec<i32>]| -> Vec<Vec<i32>> {
        sentences.iter().map(|s| [&s[..], &[2]].concat()).collect()
    };
    let sources = with_eos(&golden.sources_without_eos);
    let targets = with_eos(&golden.targets_without_eos);
    let pairs: Vec<_> = sources
        .iter()
        .zip(&targets)
        .enumerate()
        .map(|(id, (source, target))| Pair { id, source, target })
        .collect();
    let batch = collate(&pairs);
    assert_eq!(batch.ids, golden.id);
    assert_eq!(batch.source, golden.src_tokens.concat());
    assert_eq!(batch.decoder_input, golden.prev_output_tokens.concat());
    assert_eq!(batch.target, golden.target.concat());
    assert_eq!(batch.target_tokens, golden.ntokens);
    assert_eq!(batch.source.len(), batch.ids.len() * batch.src_len);
    assert_eq!(batch.target.len(), batch.ids.len() * batch.tgt_len);
}

#[test]
fn iwslt_makes_1102_batches() {
    let file = "../shared/data/iwslt14/train_lengths.de-en.txt";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: the lengths of IWSLT'14 are not at {file}");
        return;
    };
    let lengths = lengths(text.lines().map(|line| {
        let (source, target) = line.split_once(' ').unwrap();
        (source.parse().unwrap(), target.parse().unwrap())
    }));
    let order = order(&lengths, Some(&mut Stream::new(1, "ties")));
    let order = within(order, &lengths, 1024);
    let budget = Budget {
        max_tokens: 4096,
        max_sentences: None,
        multiple_of: 8,
    };
    assert_eq!(batches(&order, &lengths, &budget).unwrap().len(), 1102);
}
