//! Micro-benchmarks of what time goes to: `cargo bench --bench hot_paths -- FILTER`.
//!
//! A kernel stands beside what it replaces, the same operation composed of those of the back end; both run forward and
//! backward, on one thread, at the sizes of the shape `small` of `srp bench train`.

use burn::backend::Autodiff;
use burn::tensor::{Int, Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use srp::config::{Beam, Synthetic};
use srp::device::Device;
use srp::kernels::{AdamInputs, AdamRule, Kernels, Mask, NormInputs, Weighing, composite};
use srp::random::{Field, Stream};
use srp::stages::rehearsal::TranslationRehearsal;
use srp::text::batching::{Budget, Lengths, batches, order};
use srp::text::bpe::{Bpe, Segmenter, count_words};
use srp::text::moses::Moses;
use srp::text::synthetic;
use srp::train::Rehearsal;
use std::hint::black_box;
use std::num::NonZeroUsize;

/// The CPU with gradients.
type Cpu = Autodiff<Flex>;

const SENTENCES: usize = 64;
const LEN: usize = 20;
const ROWS: usize = SENTENCES * LEN;
const WIDTH: usize = 256;
const HEADS: usize = 4;
const VOCAB: usize = 8000;

/// Numbers between -1 and 1; the same ones for the same shape.
fn constant<const D: usize>(shape: [usize; D]) -> Tensor<Cpu, D> {
    let count = shape.iter().product();
    let mut stream = Stream::indexed(1, "benched numbers", count as u64);
    let numbers: Vec<f32> = (0..count)
        .map(|_| (stream.next_f64() * 2.0 - 1.0) as f32)
        .collect();
    Tensor::from_data(TensorData::new(numbers, shape), &FlexDevice)
}

fn leaf<const D: usize>(shape: [usize; D]) -> Tensor<Cpu, D> {
    constant(shape).require_grad()
}

/// Numbers below `below`, drawn.
fn numbers(count: usize, below: usize) -> Tensor<Cpu, 1, Int> {
    let mut stream = Stream::new(2, "benched numbers");
    let numbers: Vec<i32> = (0..count).map(|_| stream.below(below) as i32).collect();
    Tensor::from_data(TensorData::new(numbers, [count]), &FlexDevice)
}

/// Each row weighs as much as a token.
fn valid() -> Tensor<Cpu, 2> {
    Tensor::ones([ROWS, 1], &FlexDevice)
}

/// What flows back through `y` from its sum.
fn back<const D: usize>(y: Tensor<Cpu, D>) {
    black_box(y.sum().backward());
}

/// A kernel in turns with what it is composed of elsewhere.
fn compare(c: &mut Criterion, name: &str, mut kernel: impl FnMut(), mut composed: impl FnMut()) {
    let mut group = c.benchmark_group(name);
    group.bench_function("kernel", |b| b.iter(&mut kernel));
    group.bench_function("composed", |b| b.iter(&mut composed));
    group.finish();
}

fn layer_norm(c: &mut Criterion) {
    let inputs = NormInputs {
        x: leaf([ROWS, WIDTH]),
        sublayer: leaf([ROWS, WIDTH]),
        weight: leaf([WIDTH]),
        bias: leaf([WIDTH]),
        c: Some(Tensor::ones([WIDTH], &FlexDevice).require_grad()),
    };
    let mask = Some(Mask::new(0.3, Field::indexed(1, "benched", 0)));
    for (name, inputs) in [
        ("connectivity", inputs.clone()),
        ("plain", NormInputs { c: None, ..inputs }),
    ] {
        compare(
            c,
            &format!("residual norm, {name}"),
            || {
                back(Cpu::residual_norm(
                    inputs.clone(),
                    Weighing::ByConnectivity,
                    mask,
                ));
            },
            || {
                back(composite::residual_norm(
                    inputs.clone(),
                    Weighing::ByConnectivity,
                    mask,
                ));
            },
        );
    }
}

fn attention(c: &mut Criterion) {
    let heads = || {
        let rows = leaf([SENTENCES, LEN, HEADS, WIDTH / HEADS]);
        rows.swap_dims(1, 2)
    };
    let [queries, keys, values] = [(); 3].map(|()| heads());
    let bias = Tensor::zeros([SENTENCES, 1, 1, LEN], &FlexDevice);
    let inputs = || (queries.clone(), keys.clone(), values.clone(), bias.clone());
    compare(
        c,
        "attention",
        || {
            let (queries, keys, values, bias) = inputs();
            back(Cpu::attend(queries, keys, values, bias, 0.125));
        },
        || {
            let (queries, keys, values, bias) = inputs();
            back(composite::attention(queries, keys, values, bias, 0.125));
        },
    );
}

fn affine(c: &mut Criterion) {
    let (x, weight, bias) = (leaf([ROWS, WIDTH]), leaf([512, WIDTH]), leaf([512]));
    let inputs = || (x.clone(), weight.clone(), Some(bias.clone()));
    compare(
        c,
        "affine map",
        || {
            let (x, weight, bias) = inputs();
            back(Cpu::affine(x, weight, bias));
        },
        || {
            let (x, weight, bias) = inputs();
            back(composite::linear(x, weight, bias));
        },
    );
    c.bench_function("affine map in bfloat16", |b| {
        b.iter(|| {
            let (x, weight, bias) = inputs();
            back(Cpu::affine_bf16(x, weight, bias));
        });
    });
}

fn losses(c: &mut Criterion) {
    let (student, teacher) = (leaf([ROWS, VOCAB]), constant([ROWS, VOCAB]));
    let targets = numbers(ROWS, VOCAB);
    compare(
        c,
        "cross entropy",
        || back(Cpu::cross_entropy(student.clone(), targets.clone(), valid(), 0.1).smoothed),
        || back(composite::cross_entropy(student.clone(), targets.clone(), valid(), 0.1).smoothed),
    );
    compare(
        c,
        "distillation",
        || {
            back(Cpu::distillation(
                student.clone(),
                teacher.clone(),
                valid(),
                10.0,
            ))
        },
        || {
            back(composite::distillation(
                student.clone(),
                teacher.clone(),
                valid(),
                10.0,
            ))
        },
    );
}

fn small_passes(c: &mut Criterion) {
    let (table, rows) = (leaf([VOCAB, WIDTH]), numbers(ROWS, VOCAB));
    compare(
        c,
        "lookup",
        || back(Cpu::lookup(table.clone(), rows.clone(), 16.0, None)),
        || back(composite::lookup(table.clone(), rows.clone(), 16.0, None)),
    );
    let x = leaf([ROWS, WIDTH]);
    let mask = Mask::new(0.3, Field::indexed(1, "benched", 1));
    compare(
        c,
        "dropout",
        || back(Cpu::dropout(x.clone(), mask)),
        || back(composite::dropout(x.clone(), mask)),
    );
}

fn adam(c: &mut Criterion) {
    const ENTRIES: usize = VOCAB * WIDTH;
    let rule = AdamRule {
        factor: 1e-3,
        betas: (0.9, 0.98),
        epsilon: 1e-8,
        rate: 1e-3,
        decay: 1e-4,
        frozen_decay: true,
    };
    let fresh = || constant::<1>([ENTRIES]).inner();
    let trained = Tensor::<Flex, 1>::ones([ENTRIES], &FlexDevice);
    for (name, trained) in [("all trained", None), ("some frozen", Some(trained))] {
        // Tensors that nobody else has, as in training: they are changed where they are.
        let inputs = || AdamInputs {
            value: fresh(),
            gradient: fresh(),
            moments: [fresh(), fresh().abs()],
            trained: trained.clone(),
        };
        let mut group = c.benchmark_group(format!("adam, {name}"));
        group.bench_function("kernel", |b| {
            b.iter_batched(
                inputs,
                |inputs| Flex::adam(inputs, rule),
                BatchSize::PerIteration,
            );
        });
        group.bench_function("composed", |b| {
            b.iter_batched(
                inputs,
                |inputs| composite::adam(inputs, rule),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// Lines of the demonstration's grammar.
fn lines() -> Vec<String> {
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    let spec = Synthetic {
        train: count(2000),
        valid: count(1),
        test: count(1),
        seed: 1,
    };
    let corpus = synthetic::generate(&spec).expect("the grammar has more sentences");
    let lines = corpus.train.pairs();
    lines.map(|(german, _)| german.to_owned()).collect()
}

fn text(c: &mut Criterion) {
    let lines = lines();
    let tokenizer = Moses::new("de");
    let tokens: Vec<String> = lines.iter().map(|line| tokenizer.tokenize(line)).collect();
    let bpe = Bpe::learn(count_words(&tokens, 1), 500);
    let mut group = c.benchmark_group("text");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("tokenise", |b| {
        b.iter(|| {
            lines
                .iter()
                .map(|line| tokenizer.tokenize(line).len())
                .sum::<usize>()
        });
    });
    group.bench_function("apply merges", |b| {
        // Words that were seen before are remembered: each round begins with none.
        b.iter_batched(
            || Segmenter::new(&bpe),
            |mut segmenter| {
                tokens
                    .iter()
                    .map(|line| segmenter.segment(line).len())
                    .sum::<usize>()
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn batching(c: &mut Criterion) {
    let mut stream = Stream::new(3, "benched lengths");
    let mut length = || 4 + stream.below(20) + stream.below(20);
    let lengths: Vec<Lengths> = (0..100_000)
        .map(|_| Lengths {
            source: length(),
            target: length(),
        })
        .collect();
    let budget = Budget {
        max_tokens: 4096,
        max_sentences: None,
        multiple_of: 8,
    };
    c.bench_function("batches of 100,000 pairs", |b| {
        b.iter(|| {
            let mut ties = Stream::new(4, "benched ties");
            batches(&order(&lengths, Some(&mut ties)), &lengths, &budget)
        });
    });
}

fn beam(c: &mut Criterion) {
    let rehearsal = Rehearsal::of("tiny").expect("a shape of its own");
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    let width = Beam::try_from(5_usize).expect("a beam");
    let scene = TranslationRehearsal::new(&rehearsal, count(8), width, count(8));
    let mut translate = Device::Cpu.run(&scene).expect("weights of its own");
    let mut group = c.benchmark_group("beam search, 8 sentences");
    group.throughput(Throughput::Elements(scene.output_len as u64));
    // An element of the throughput is a step: one token of each translation.
    group.bench_function("translate", |b| b.iter(&mut translate));
    group.finish();
}

criterion_group! {
    name = hot_paths;
    config = Criterion::default().sample_size(10);
    targets = layer_norm, attention, affine, losses, small_passes, adam, text, batching, beam
}

fn main() {
    // This thread is the only one that kernels share work with.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.use_current_thread()
        .build_global()
        .expect("nobody has used threads yet");
    hot_paths();
    Criterion::default().configure_from_args().final_summary();
}
