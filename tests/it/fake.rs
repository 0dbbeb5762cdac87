//! A plan of three stages, and a runner that writes a few bytes instead of training.

use srp::cache::{ArtifactDir, Key};
use srp::config::{Attempts, OutputProjection, Resources, StageName, StageSpec};
use srp::exec::{Inputs, Runner, StageFailure, Turn, Watcher, Workplace};
use srp::metrics::report::{DecodeSpeed, FixedBatch, TestReport};
use srp::plan::{Node, NodeId, Parent, Plan, Point};
use srp::shape::{
    AttentionShape, DecoderLayerShape, DecoderShape, EncoderLayerShape, EncoderShape, Shape,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

/// A corpus, a model trained on it, and a test of the model.
pub(crate) const STAGES: &str = r#"
    [corpus.preprocess]
    source-language = "de"
    target-language = "en"
    tokenizer = "moses"
    case = "lower"
    clean = { min-tokens = 1, max-tokens = 175, max-ratio = 1.5 }
    bpe = { merges = 100 }
    dictionaries = { multiple-of = 8 }
    corpus.files = { folder = "data", train = "train", valid = "valid", test = { test = "test" } }

    [dense.pretrain]
    corpus = "corpus"
    seed = 1
    [dense.pretrain.model]
    d-model = 16
    d-ff = 32
    heads = 2
    encoder-layers = 1
    decoder-layers = 1
    layer-norm = "weighted"
    max-positions = 64
    [dense.pretrain.training]
    epochs = 2
    dropout = 0.3
    label-smoothing = 0.1
    batching = { max-tokens = 128, multiple-of = 8 }
    optimizer = { betas = [0.9, 0.98], epsilon = 1e-8, weight-decay = 1e-4 }
    learning-rate.inverse-sqrt = { peak = 5e-4, warmup-steps = 10 }
    [dense.pretrain.training.validation]
    every-epochs = 1
    [dense.pretrain.training.validation.search]
    beam = 5
    length-penalty = 1.0
    max-length-a = 1.2
    max-length-b = 10
    min-length = 1
    unknown-penalty = 0.0
    batch-sentences = 16

    [final.test]
    corpus = "corpus"
    model = "dense"
    checkpoint = "best"
    split = "test"
    flops-length = 50
    [final.test.search]
    beam = 5
    length-penalty = 1.0
    max-length-a = 1.2
    max-length-b = 10
    min-length = 1
    unknown-penalty = 0.0
    batch-sentences = 16
"#;

/// An experiment file with [`STAGES`].
pub(crate) fn toy() -> String {
    let stages = STAGES
        .lines()
        .map(|line| match line.trim().strip_prefix('[') {
            Some(table) => format!("[stages.{table}\n"),
            None => format!("{line}\n"),
        });
    "[experiment]\ntitle = \"A toy\"\nseed = 7\n".to_owned() + &stages.collect::<String>()
}

/// The stages of a text like [`STAGES`], by name.
pub(crate) fn stages(text: &str) -> BTreeMap<String, StageSpec> {
    toml::from_str(text).unwrap()
}

/// The plan of [`STAGES`] after replacing some of its text; labels are names.
pub(crate) fn plan_with(replacements: &[(&str, &str)]) -> Plan {
    let mut text = STAGES.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "no {from}");
        text = text.replace(from, to);
    }
    let mut nodes: Vec<Node> = Vec::new();
    // Names happen to sort parents first.
    for (name, spec) in stages(&text) {
        let position = |of: &str| nodes.iter().position(|node| node.label == of).unwrap();
        let parents = spec.inputs().into_iter().map(|input| Parent {
            key: input.key,
            node: NodeId(position(&input.stage.0.0)),
        });
        nodes.push(Node {
            label: name.clone(),
            names: BTreeSet::from([StageName(name)]),
            parents: parents.collect(),
            attempts: Attempts::default(),
            spec,
        });
    }
    let stages = nodes.iter().enumerate();
    let stages = stages.map(|(i, node)| (StageName(node.label.clone()), NodeId(i)));
    Plan {
        name: "toy".to_owned(),
        title: "A toy".to_owned(),
        source: None,
        request: None,
        resources: Resources::default(),
        points: vec![Point {
            params: BTreeMap::new(),
            stages: stages.collect(),
        }],
        nodes,
    }
}

/// The plan of [`STAGES`].
pub(crate) fn plan() -> Plan {
    plan_with(&[])
}

type Work = dyn Fn(&StageSpec, &Inputs, &mut ArtifactDir) -> Result<(), StageFailure> + Sync;

/// Writes bytes that depend on config and inputs, unless told otherwise, and remembers what ran.
pub(crate) struct Fake {
    pub(crate) revision: u32,
    pub(crate) outside_files: Vec<PathBuf>,
    pub(crate) work: Box<Work>,
    ran: Mutex<Vec<&'static str>>,
}

impl Default for Fake {
    fn default() -> Self {
        Self::working(|spec, inputs, out| write(&digest_of(spec, inputs)?, out))
    }
}

impl Fake {
    /// Does this instead.
    pub(crate) fn working(
        work: impl Fn(&StageSpec, &Inputs, &mut ArtifactDir) -> Result<(), StageFailure>
        + Sync
        + 'static,
    ) -> Self {
        Self {
            revision: 1,
            outside_files: Vec::new(),
            work: Box::new(work),
            ran: Mutex::default(),
        }
    }

    /// The kinds of the stages that ran since the last call.
    pub(crate) fn take_ran(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.ran.lock().unwrap())
    }
}

/// Bytes that differ when the config or the content of an input differs.
pub(crate) fn digest_of(spec: &StageSpec, inputs: &Inputs) -> Result<String, StageFailure> {
    let mut text = serde_json::to_string(spec)?;
    for input in spec.inputs() {
        text += &fs::read_to_string(inputs.path(input.key)?.join("made.txt"))?;
    }
    Ok(blake3::hash(text.as_bytes()).to_string())
}

/// Writes the one file that [`digest_of`] reads.
pub(crate) fn write(text: &str, out: &mut ArtifactDir) -> Result<(), StageFailure> {
    fs::write(out.content("made.txt"), text)?;
    Ok(())
}

impl Runner for Fake {
    fn revision(&self, _: &StageSpec) -> u32 {
        self.revision
    }

    fn outside_files(&self, spec: &StageSpec) -> Result<Vec<PathBuf>, StageFailure> {
        Ok(match spec {
            StageSpec::Preprocess(_) => self.outside_files.clone(),
            _ => Vec::new(),
        })
    }

    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure> {
        self.ran.lock().unwrap().push(spec.kind());
        place.account.device = Some("fake".to_owned());
        place.progress.phase("working");
        place.progress.step(1, Some(1), "loss 1.0");
        (self.work)(spec, place.inputs, place.out)
    }
}

/// The plan of [`STAGES`] swept over two seeds; the corpus is shared.
pub(crate) fn sweep() -> Plan {
    let mut swept = plan();
    let stages = swept.points[0].stages.clone();
    swept.points.clear();
    let corpus = swept.nodes.remove(0);
    swept.nodes = vec![corpus];
    for seed in [1, 2] {
        let mut point = plan_with(&[("seed = 1", &format!("seed = {seed}"))]);
        let shift = swept.nodes.len() - 1;
        let moved = |id: NodeId| NodeId(if id.0 == 0 { 0 } else { id.0 + shift });
        for mut node in point.nodes.drain(1..) {
            node.label += &format!("@seed={seed}");
            for parent in &mut node.parents {
                parent.node = moved(parent.node);
            }
            swept.nodes.push(node);
        }
        let stages = stages.iter().map(|(name, id)| (name.clone(), moved(*id)));
        swept.points.push(Point {
            params: BTreeMap::from([("seed".to_owned(), toml::Value::Integer(seed))]),
            stages: stages.collect(),
        });
    }
    swept
}

/// A runner whose test stages leave a report: BLEU is 20 and a fraction that depends on the model.
pub(crate) fn reporting() -> Fake {
    Fake::working(|spec, inputs, out| {
        let digest = digest_of(spec, inputs)?;
        if matches!(spec, StageSpec::Preprocess(_)) {
            for (language, line) in [("de", "ein test"), ("en", "a test")] {
                fs::write(out.content(&format!("test.{language}.txt")), line)?;
            }
        }
        if matches!(spec, StageSpec::Test(_)) {
            fs::write(out.content("hypotheses.txt"), translations(&digest))?;
            fs::write(out.content("references.txt"), translations(&"0".repeat(12)))?;
            let fraction = f64::from(u8::from_str_radix(&digest[..2], 16)?) / 256.0;
            let report = serde_json::to_vec(&report(20.0 + fraction))?;
            fs::write(out.content("report.json"), report)?;
            let speed = speed_of(20.0 + fraction);
            fs::write(out.record("decode.json"), serde_json::to_vec(&speed)?)?;
        }
        write(&digest, out)
    })
}

/// Twelve translations, each with a mistake that a hexadecimal digit chooses; 0 is none.
fn translations(digits: &str) -> String {
    const WORDS: [&str; 8] = ["the", "old", "man", "reads", "a", "book", "to", "children"];
    let line = |(i, digit): (usize, char)| {
        let mut words: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
        words.push(format!("{i}"));
        let wrong = digit.to_digit(16).unwrap() as usize;
        if wrong > 0 {
            words[wrong % WORDS.len()] = "thing".to_owned();
        }
        words.join(" ") + "\n"
    };
    digits.chars().take(12).enumerate().map(line).collect()
}

pub(crate) fn report(bleu: f64) -> TestReport {
    let attention = AttentionShape { qk: 8, vo: 8 };
    let encoder = EncoderLayerShape {
        self_attention: attention,
        d_ff: 16,
    };
    let decoder = DecoderLayerShape {
        self_attention: attention,
        cross_attention: attention,
        d_ff: 16,
    };
    let shape = Shape {
        original_d_model: 16,
        heads: 2,
        source_vocab: 100,
        target_vocab: 80,
        output_projection: OutputProjection::Tied,
        encoder: EncoderShape {
            d_model: 8,
            layers: vec![encoder],
        },
        decoder: DecoderShape {
            d_model: 8,
            layers: vec![decoder],
        },
    };
    TestReport {
        split: "test".to_owned(),
        sentences: 12,
        bleu,
        bleu_signature: "case:lc|tok:13a".to_owned(),
        chrf: 45.125,
        chrf_signature: "nc:6|nw:0".to_owned(),
        tokenized_bleu: bleu + 1.0,
        parameters: shape.parameters(),
        original_parameters: 2 * shape.parameters(),
        parameter_ratio: 0.5,
        flops: 1_234_567,
        flops_length: 50,
        shape,
    }
}

pub(crate) fn speed() -> DecodeSpeed {
    speed_of(0.0)
}

/// No two models are as fast.
fn speed_of(bleu: f64) -> DecodeSpeed {
    DecodeSpeed {
        sentences: 12,
        seconds: 0.5,
        sentences_per_second: 24.0,
        tokens_per_second: 240.0,
        threads: 1,
        device: "fake".to_owned(),
        other_load: Some(0.0),
        fixed_batches: [1, 128].map(|batch| fixed_batch(batch, bleu)).to_vec(),
    }
}

fn fixed_batch(batch: usize, bleu: f64) -> FixedBatch {
    FixedBatch {
        batch,
        sentences: 128,
        runs: 5,
        median_ms: 4.0 + bleu / 128.0,
        least_ms: 3.0,
        most_ms: 5.0,
    }
}

/// Keeps the notes of a run.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

impl Notes {
    /// The notes since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Watcher for Notes {
    fn started(&self, _: &Turn<'_>) {}
    fn finished(&self, _: &Turn<'_>, _: f64) {}
    fn cached(&self, _: &Turn<'_>, _: Key) {}
    fn failed(&self, _: &Turn<'_>, _: &StageFailure) {}
    fn phase(&self, _: &Turn<'_>, _: &str) {}
    fn stage_note(&self, _: &Turn<'_>, line: &str) {
        self.note(line);
    }
    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}
