//! The engine that translates on the CPU proposes what the model of tensors does, whatever the shape.

use crate::golden::tensors::{Cpu, DEVICE};
use crate::pruning_laws::{selection, trained};
use burn::tensor::Tensor;
use srp::config::{Architecture, DecodingPrecision};
use srp::decode::{
    Continuation, End, Engine, Proposals, Proposer, Rules, Session, Tensors, Vectors,
};
use srp::model::state::State;
use srp::model::{Blueprint, Connectivity, Pass, Transformer};
use srp::prune::{complement, slice_blueprint, slice_state};
use srp::random::Stream;

/// Tokens below this one have a meaning of their own.
const FIRST_WORD: usize = 4;

/// Steps that are compared.
const STEPS: usize = 4;

fn one_of(stream: &mut Stream, numbers: &[usize]) -> usize {
    numbers[stream.below(numbers.len())]
}

/// A model of any sizes around those of vectors, perhaps pruned, so that groups are uneven or empty.
fn model(stream: &mut Stream) -> (Blueprint, State) {
    let heads = 1 + stream.below(3);
    let architecture = format!(
        r#"
        d-model = {}
        d-ff = {}
        heads = {heads}
        encoder-layers = {}
        decoder-layers = {}
        layer-norm = "{}"
        max-positions = 16
        output-projection = "{}"
        "#,
        heads * one_of(stream, &[6, 15, 16, 17, 33]),
        one_of(stream, &[1, 15, 16, 31, 70]),
        1 + stream.below(2),
        1 + stream.below(2),
        ["weighted", "unweighted"][stream.below(2)],
        ["tied", "separate"][stream.below(2)],
    );
    let architecture: Architecture = toml::from_str(&architecture).unwrap();
    let vocab = |stream: &mut Stream| one_of(stream, &[11, 16, 33, 100]);
    let blueprint = Blueprint::unpruned(&architecture, vocab(stream), vocab(stream));
    let state = trained(&blueprint, stream);
    if stream.below(3) == 0 {
        return (blueprint, state);
    }
    let sizes = blueprint.shape.groups();
    let stays = complement(&selection(&sizes, heads, stream), &sizes);
    (
        slice_blueprint(&blueprint, &stays),
        slice_state(&state, &stays),
    )
}

/// Connectivity between its bounds, or none.
fn connectivity(blueprint: &Blueprint, stream: &mut Stream) -> Option<Vectors> {
    (stream.below(2) == 0).then(|| {
        let sizes = blueprint.shape.groups();
        sizes.map(|_, &size| {
            (0..size)
                .map(|_| 0.2 + 0.8 * stream.next_f64() as f32)
                .collect()
        })
    })
}

fn tensors_of(vectors: &Vectors) -> Connectivity<Cpu> {
    vectors.map(|_, c| (!c.is_empty()).then(|| Tensor::from_floats(c.as_slice(), &DEVICE)))
}

/// Sentences of any length, with their ends.
fn sentences(count: usize, vocab: usize, stream: &mut Stream) -> Vec<Vec<u32>> {
    let mut word = |_| (FIRST_WORD + stream.below(vocab - FIRST_WORD)) as u32;
    let lengths = (0..count).map(|sentence| 1 + 5 * sentence % 13);
    lengths
        .map(|len| (0..len).map(&mut word).chain([2]).collect())
        .collect()
}

/// What is done with both: tokens of every row at every step, and who goes on from whom.
struct Course {
    sentences: Vec<Vec<u32>>,
    steps: Vec<(Vec<u32>, Vec<usize>, Vec<usize>)>,
}

impl Course {
    /// Beams of two, in which hypotheses split and die; a sentence leaves after the second step.
    fn new(blueprint: &Blueprint, stream: &mut Stream) -> Self {
        let shape = &blueprint.shape;
        let sentences = sentences(3, shape.source_vocab, stream);
        let mut left = sentences.len();
        let mut beam = 1;
        let mut steps = Vec::new();
        for step in 0..STEPS {
            let mut token = |_| match step {
                0 => 2,
                _ => (FIRST_WORD + stream.below(shape.target_vocab - FIRST_WORD)) as u32,
            };
            let newest = (0..left * beam).map(&mut token).collect();
            let places: Vec<usize> = match step {
                1 => vec![0, 2],
                _ => (0..left).collect(),
            };
            let rows = places
                .iter()
                .flat_map(|&place| [place * beam, place * beam + beam - 1]);
            let rows: Vec<usize> = match step {
                2 => rows.map(|row| row / 2 * 2).collect(),
                _ => rows.collect(),
            };
            (left, beam) = (places.len(), 2);
            steps.push((newest, places, rows));
        }
        Self { sentences, steps }
    }

    /// All proposals of all steps.
    fn follow(&self, proposer: &mut impl Proposer, count: usize) -> Vec<Proposals> {
        let sentences: Vec<&[u32]> = self.sentences.iter().map(Vec::as_slice).collect();
        proposer.begin(&sentences);
        let step = |(newest, places, rows): &(Vec<u32>, Vec<usize>, Vec<usize>)| {
            let proposals = proposer.propose(newest, RULES, count);
            proposer.go_on(places, rows);
            proposals
        };
        self.steps.iter().map(step).collect()
    }
}

const RULES: Rules = Rules {
    end: End::Allowed,
    unknown_penalty: 0.5,
};

/// Log-probabilities by token.
fn by_token(row: &[Continuation]) -> Vec<(u32, f32)> {
    let mut row: Vec<_> = row.iter().map(|c| (c.token, c.log_probability)).collect();
    row.sort_by_key(|&(token, _)| token);
    row
}

#[test]
fn the_engine_proposes_what_the_tensors_do() {
    let mut stream = Stream::new(21, "engine");
    for case in 0..150 {
        let (blueprint, state) = model(&mut stream);
        let vectors = connectivity(&blueprint, &mut stream);
        let course = Course::new(&blueprint, &mut stream);
        let every_word = blueprint.shape.target_vocab - 1;
        let engine = Engine::new(&blueprint, &state, vectors.as_ref());
        let found = course.follow(&mut engine.session(), every_word);
        let transformer = Transformer::<Cpu>::from_state(&blueprint, &state, &DEVICE).unwrap();
        let connectivity = vectors.as_ref().map(tensors_of);
        let pass = Pass {
            connectivity: connectivity.as_ref(),
            ..Pass::plain()
        };
        let expected = course.follow(&mut Tensors::new(&transformer, pass, &DEVICE), every_word);
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found.rows().count(), expected.rows().count());
            for (found, expected) in found.rows().zip(expected.rows()) {
                let (found, expected) = (by_token(found), by_token(expected));
                let largest = expected.iter().fold(1.0_f32, |a, (_, b)| a.max(b.abs()));
                for (a, b) in found.iter().zip(&expected) {
                    let near = a.0 == b.0 && (a.1 - b.1).abs() <= 1e-4 * largest;
                    assert!(near, "case {case}, step {step}: {a:?}, expected {b:?}");
                }
            }
        }
    }
}

#[test]
fn the_best_are_those_of_all_in_their_order() {
    let mut stream = Stream::new(22, "engine");
    for _ in 0..30 {
        let (blueprint, state) = model(&mut stream);
        let course = Course::new(&blueprint, &mut stream);
        let engine = Engine::new(&blueprint, &state, None);
        let every_word = blueprint.shape.target_vocab - 1;
        let all = course.follow(&mut engine.session(), every_word);
        let best = course.follow(&mut engine.session(), 4);
        for (all, best) in all.iter().zip(&best) {
            for (all, best) in all.rows().zip(best.rows()) {
                assert_eq!(best, &all[..4]);
                let falling =
                    |pair: &[Continuation]| pair[0].log_probability >= pair[1].log_probability;
                assert!(all.windows(2).all(falling));
            }
        }
    }
}

#[test]
#[should_panic(expected = "a sentence without a token")]
fn a_sentence_needs_a_token() {
    let (blueprint, state) = model(&mut Stream::new(25, "engine"));
    let engine = Engine::new(&blueprint, &state, None);
    engine.session().begin(&[&[5, 2], &[]]);
}

/// Rounding to 127ths moves a product by about a hundredth of its size, and the maps of a model one after another by some
/// hundredths. What no bound can hold is a layer norm of values that hardly differ, which tells one from another by their
/// rounding: groups of two or three entries are such, so that the claim is about most rows, not all.
#[test]
fn integers_propose_nearly_what_floats_do() {
    let mut stream = Stream::new(24, "engine");
    let (mut near, mut all) = (0, 0);
    for _ in 0..150 {
        let (blueprint, state) = model(&mut stream);
        let vectors = connectivity(&blueprint, &mut stream);
        let course = Course::new(&blueprint, &mut stream);
        let every_word = blueprint.shape.target_vocab - 1;
        let propose = |precision| {
            let engine = Engine::in_precision(&blueprint, &state, vectors.as_ref(), precision);
            course.follow(&mut engine.session(), every_word)
        };
        let floats = propose(DecodingPrecision::Float32);
        let integers = propose(DecodingPrecision::Int8);
        for (floats, integers) in floats.iter().zip(&integers) {
            for (floats, integers) in floats.rows().zip(integers.rows()) {
                all += 1;
                near += usize::from(distance(&by_token(floats), &by_token(integers)) < NEAR);
            }
        }
    }
    assert!(20 * near >= 19 * all, "{near} of {all} rows are near");
}

/// Root of the mean square that log-probabilities of integers may be off by, beside how they spread.
const NEAR: f32 = 0.1;

/// How far one row is from another, beside how it spreads.
fn distance(row: &[(u32, f32)], other: &[(u32, f32)]) -> f32 {
    let mean = row.iter().map(|x| x.1).sum::<f32>() / row.len() as f32;
    let spread: f32 = row.iter().map(|x| (x.1 - mean).powi(2)).sum();
    let off: f32 = row
        .iter()
        .zip(other)
        .map(|(x, y)| (x.1 - y.1).powi(2))
        .sum();
    (off / spread).sqrt()
}

#[test]
fn no_bit_depends_on_which_sentences_are_translated_together() {
    let mut stream = Stream::new(23, "engine");
    for _ in 0..30 {
        let (blueprint, state) = model(&mut stream);
        for precision in [DecodingPrecision::Float32, DecodingPrecision::Int8] {
            let engine = Engine::in_precision(&blueprint, &state, None, precision);
            let sentences = sentences(5, blueprint.shape.source_vocab, &mut stream);
            let mut session = engine.session();
            let first = |session: &mut Session<'_>, sentences: &[&[u32]]| {
                session.begin(sentences);
                let found = session.propose(&vec![2; sentences.len()], RULES, 5);
                found.rows().map(<[_]>::to_vec).collect::<Vec<_>>()
            };
            let all: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
            let together = first(&mut session, &all);
            let alone = all
                .iter()
                .flat_map(|&sentence| first(&mut session, &[sentence]));
            assert!(together.into_iter().eq(alone));
        }
    }
}
