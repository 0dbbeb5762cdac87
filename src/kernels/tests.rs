//! The kernels against what they stand for, values and gradients, on random shapes; and against themselves on other
//! numbers of threads and with other vectors.

mod losses;
mod same_bits;

use super::*;
use crate::random::{Field, Stream};
use burn::backend::Autodiff;
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexDevice};

type Cpu = Autodiff<Flex>;

/// An input or a parameter: what is differentiated for.
#[derive(Debug, Clone)]
struct Leaf {
    data: Vec<f32>,
    shape: Vec<usize>,
}

impl Leaf {
    fn random(stream: &mut Stream, shape: &[usize]) -> Self {
        let count = shape.iter().product();
        let number = |_| (stream.next_f64() * 4.0 - 2.0) as f32;
        Self {
            data: (0..count).map(number).collect(),
            shape: shape.to_vec(),
        }
    }

    fn constant<const D: usize>(&self) -> Tensor<Cpu, D> {
        Tensor::from_data(
            TensorData::new(self.data.clone(), self.shape.clone()),
            &FlexDevice,
        )
    }

    fn tensor<const D: usize>(&self) -> Tensor<Cpu, D> {
        self.constant().require_grad()
    }
}

fn numbers<const D: usize>(x: Tensor<Flex, D>) -> Vec<f32> {
    x.into_data().into_vec().unwrap()
}

/// Values first, then the gradients of a weighted sum of them.
type Found = Vec<Vec<f32>>;

/// Gathers what a computation found.
struct Gathered(Found, burn::backend::autodiff::grads::Gradients);

impl Gathered {
    /// The values of `y`, and what flows back from a sum of them in which each weighs something else.
    fn of<const D: usize>(y: Tensor<Cpu, D>) -> Self {
        let weights = Leaf::random(&mut Stream::new(9, "weights"), &y.dims());
        let loss = (y.clone() * weights.constant()).sum();
        Self(vec![numbers(y.inner())], loss.backward())
    }

    fn gradient<const D: usize>(mut self, leaf: &Tensor<Cpu, D>) -> Self {
        self.0.push(numbers(leaf.grad(&self.1).unwrap()));
        self
    }
}

/// Fails unless both found the same, up to rounding of the largest number.
fn assert_alike(fused: &Found, composed: &Found, what: &str) {
    assert_eq!(fused.len(), composed.len());
    for (index, (fused, composed)) in fused.iter().zip(composed).enumerate() {
        assert_eq!(fused.len(), composed.len(), "{what}, {index}");
        let largest = composed.iter().fold(0.1_f32, |a, b| a.max(b.abs()));
        for (a, b) in fused.iter().zip(composed) {
            let close = (a - b).abs() <= 2e-5 * largest;
            assert!(close, "{what}, output {index}: {a} is not {b}");
        }
    }
}

/// Small sizes, and sizes around the widths of vectors, which pruning leaves of rounder ones.
fn size(stream: &mut Stream) -> usize {
    [1, 2, 3, 5, 15, 16, 17, 31, 33, 48, 49, 70][stream.below(12)]
}

fn mask(stream: &mut Stream) -> Option<Mask> {
    let field = Field::indexed(stream.next_u64(), "test", 0);
    (stream.below(2) == 0).then(|| Mask::new(0.3, field))
}

#[test]
fn lookups_are_what_they_are_composed_of() {
    type Lookup =
        fn(Tensor<Cpu, 2>, Tensor<Cpu, 1, Int>, f64, Option<Tensor<Cpu, 2>>) -> Tensor<Cpu, 2>;
    let mut stream = Stream::new(12, "lookup");
    for _ in 0..60 {
        let [count, rows, width] = std::array::from_fn(|_| size(&mut stream));
        let table = Leaf::random(&mut stream, &[rows, width]);
        let numbers: Vec<i32> = (0..count).map(|_| stream.below(rows) as i32).collect();
        let mut trained = Leaf::random(&mut stream, &[count, 1]);
        for trained in &mut trained.data {
            *trained = stream.below(2) as f32;
        }
        let found = |kernel: Lookup, trained: Option<&Leaf>| {
            let table = table.tensor();
            let numbers = Tensor::from_data(TensorData::new(numbers.clone(), [count]), &FlexDevice);
            let trained = trained.map(Leaf::constant);
            Gathered::of(kernel(table.clone(), numbers, 1.5, trained))
                .gradient(&table)
                .0
        };
        for trained in [None, Some(&trained)] {
            let (fused, composed) = (
                found(Cpu::lookup, trained),
                found(composite::lookup, trained),
            );
            assert_alike(
                &fused,
                &composed,
                &format!("{count} of {rows} rows of {width}"),
            );
        }
    }
}

type Linear = fn(Tensor<Cpu, 2>, Tensor<Cpu, 2>, Option<Tensor<Cpu, 1>>) -> Tensor<Cpu, 2>;

fn linear_found(kernel: Linear, x: &Leaf, weight: &Leaf, bias: Option<&Leaf>) -> Found {
    let (x, weight, bias) = (x.tensor(), weight.tensor(), bias.map(Leaf::tensor));
    let y = kernel(x.clone(), weight.clone(), bias.clone());
    let found = Gathered::of(y).gradient(&x).gradient(&weight);
    match bias {
        Some(bias) => found.gradient(&bias).0,
        None => found.0,
    }
}

#[test]
fn affine_maps_are_what_they_are_composed_of() {
    let mut stream = Stream::new(1, "linear");
    for _ in 0..60 {
        let [rows, inputs, outputs] = std::array::from_fn(|_| size(&mut stream));
        let x = Leaf::random(&mut stream, &[rows, inputs]);
        let weight = Leaf::random(&mut stream, &[outputs, inputs]);
        let bias = Leaf::random(&mut stream, &[outputs]);
        for bias in [None, Some(&bias)] {
            let fused = linear_found(Cpu::affine, &x, &weight, bias);
            let composed = linear_found(composite::linear, &x, &weight, bias);
            assert_alike(
                &fused,
                &composed,
                &format!("{rows} rows, {inputs} to {outputs}"),
            );
        }
    }
}

#[test]
fn affine_maps_in_bfloat16_are_those_of_rounded_numbers() {
    let mut stream = Stream::new(13, "bfloat16");
    for _ in 0..20 {
        let [rows, inputs, outputs] = std::array::from_fn(|_| size(&mut stream));
        let x = Leaf::random(&mut stream, &[rows, inputs]);
        let weight = Leaf::random(&mut stream, &[outputs, inputs]);
        let bias = Leaf::random(&mut stream, &[outputs]);
        let exact = linear_found(Cpu::affine, &x, &weight, Some(&bias));
        let written = linear_found(Cpu::affine_bf16, &x, &weight, Some(&bias));
        let composed = linear_found(composite::linear_bf16, &x, &weight, Some(&bias));
        // Two factors with eight bits of mantissa; what is composed rounds products as well.
        for (rounded, roundings) in [(written, 2.0), (composed, 3.0)] {
            assert_ne!(rounded, exact);
            for (rounded, exact) in rounded.iter().zip(&exact) {
                assert_eq!(rounded.len(), exact.len());
                let largest = exact.iter().fold(0.1_f32, |a, b| a.max(b.abs()));
                let close = |(a, b): (&f32, &f32)| (a - b).abs() <= roundings / 256.0 * largest;
                assert!(
                    rounded.iter().zip(exact).all(close),
                    "{rounded:?} {exact:?}"
                );
            }
        }
    }
}

#[test]
fn a_map_of_what_is_not_trained_gives_gradients_to_the_rest() {
    let mut stream = Stream::new(2, "linear");
    let (x, weight) = (
        Leaf::random(&mut stream, &[5, 3]),
        Leaf::random(&mut stream, &[4, 3]),
    );
    let leaf = weight.tensor();
    let y = Cpu::affine(x.constant(), leaf.clone(), None);
    let found = Gathered::of(y).gradient(&leaf).0;
    let all = linear_found(composite::linear, &x, &weight, None);
    assert_alike(
        &found,
        &vec![all[0].clone(), all[2].clone()],
        "constant input",
    );
}

type Attention =
    fn(Tensor<Cpu, 4>, Tensor<Cpu, 4>, Tensor<Cpu, 4>, Tensor<Cpu, 4>, f64) -> Tensor<Cpu, 4>;

/// Rows as heads, the way the model splits them.
fn split(x: &Tensor<Cpu, 2>, batch: usize, heads: usize) -> Tensor<Cpu, 4> {
    let [rows, width] = x.dims();
    let split = x
        .clone()
        .reshape([batch, rows / batch, heads, width / heads]);
    split.swap_dims(1, 2)
}

fn attention_found(kernel: Attention, leaves: &[Leaf; 3], bias: &Leaf, sizes: [usize; 2]) -> Found {
    let [batch, heads] = sizes;
    let leaves = leaves.each_ref().map(Leaf::tensor::<2>);
    let [queries, keys, values] = leaves.each_ref().map(|x| split(x, batch, heads));
    let mixed = kernel(queries, keys, values, bias.constant(), 0.4);
    let [_, _, len, width] = mixed.dims();
    let joined = mixed.swap_dims(1, 2).reshape([batch * len, heads * width]);
    let [queries, keys, values] = &leaves;
    Gathered::of(joined)
        .gradient(queries)
        .gradient(keys)
        .gradient(values)
        .0
}

fn attention_leaves(
    stream: &mut Stream,
    batch: usize,
    heads: usize,
    sizes: [usize; 4],
) -> ([Leaf; 3], Leaf) {
    let [len, memory_len, qk, vo] = sizes;
    let mut leaf = |len: usize, width: usize| Leaf::random(stream, &[batch * len, heads * width]);
    let leaves = [leaf(len, qk), leaf(memory_len, qk), leaf(memory_len, vo)];
    let bias_len = if stream.below(2) == 0 { 1 } else { len };
    let mut bias = Leaf::random(stream, &[batch, 1, bias_len, memory_len]);
    for (index, bias) in bias.data.iter_mut().enumerate() {
        // Forbidden positions, but never all of a row.
        *bias = if index % memory_len > 0 && stream.below(4) == 0 {
            -1e9
        } else {
            0.0
        };
    }
    (leaves, bias)
}

#[test]
fn attention_is_what_it_is_composed_of() {
    let mut stream = Stream::new(3, "attention");
    for _ in 0..60 {
        let [batch, heads] = std::array::from_fn(|_| 1 + stream.below(4));
        let sizes = std::array::from_fn(|_| size(&mut stream).min(33));
        let (leaves, bias) = attention_leaves(&mut stream, batch, heads, sizes);
        let fused = attention_found(Cpu::attend, &leaves, &bias, [batch, heads]);
        let composed = attention_found(composite::attention, &leaves, &bias, [batch, heads]);
        assert_alike(
            &fused,
            &composed,
            &format!("{batch} sentences, {heads} heads, {sizes:?}"),
        );
    }
}

type Norm = fn(NormInputs<Cpu>, Weighing, Option<Mask>) -> Tensor<Cpu, 2>;

/// Of a block's end: input, sub-layer, weight, bias, connectivity.
fn norm_found(
    kernel: Norm,
    leaves: &[Leaf; 5],
    active: bool,
    weighing: Weighing,
    mask: Option<Mask>,
) -> Found {
    let [x, sublayer, weight, bias, c] = leaves;
    let inputs = NormInputs {
        x: x.tensor(),
        sublayer: sublayer.tensor(),
        weight: weight.tensor(),
        bias: bias.tensor(),
        c: active.then(|| c.tensor()),
    };
    let y = kernel(inputs.clone(), weighing, mask);
    let found = Gathered::of(y)
        .gradient(&inputs.x)
        .gradient(&inputs.sublayer);
    let found = found.gradient(&inputs.weight).gradient(&inputs.bias);
    match inputs.c {
        Some(c) => found.gradient(&c).0,
        None => found.0,
    }
}

fn norm_leaves(stream: &mut Stream, rows: usize, width: usize) -> [Leaf; 5] {
    let mut leaves = [
        [rows, width],
        [rows, width],
        [1, width],
        [1, width],
        [1, width],
    ]
    .map(|shape| Leaf::random(stream, if shape[0] == 1 { &shape[1..] } else { &shape }));
    leaves[0].shape = vec![rows, width];
    leaves[1].shape = vec![rows, width];
    // Connectivity is between 0 and 1, and as a rule 0 or 1.
    for c in &mut leaves[4].data {
        *c = [0.0, 1.0, 1.0, 0.3][stream.below(4)];
    }
    leaves[4].data[0] = 1.0;
    leaves
}

#[test]
fn the_end_of_a_block_is_what_it_is_composed_of() {
    let mut stream = Stream::new(4, "norm");
    for _ in 0..120 {
        // Of a few dimensions nearly all is rounding: their deviations are nearly the same.
        let (rows, width) = (size(&mut stream), size(&mut stream).max(15));
        let leaves = norm_leaves(&mut stream, rows, width);
        let mask = mask(&mut stream);
        let missing = stream.below(3) * 7;
        for weighing in [Weighing::ByConnectivity, Weighing::Padded(width + missing)] {
            for active in [false, true] {
                let fused = norm_found(Cpu::residual_norm, &leaves, active, weighing, mask);
                let composed =
                    norm_found(composite::residual_norm, &leaves, active, weighing, mask);
                let what =
                    format!("{rows} rows of {width}, {weighing:?}, active: {active}, {mask:?}");
                assert_alike(&fused, &composed, &what);
            }
        }
    }
}

#[test]
fn a_row_without_spread_gives_finite_numbers() {
    let flat = |shape: &[usize]| Leaf {
        data: vec![0.5; shape.iter().product()],
        shape: shape.to_vec(),
    };
    let leaves = [
        flat(&[3, 17]),
        flat(&[3, 17]),
        flat(&[17]),
        flat(&[17]),
        flat(&[17]),
    ];
    for weighing in [Weighing::ByConnectivity, Weighing::Padded(17)] {
        let found = norm_found(Cpu::residual_norm, &leaves, true, weighing, None);
        assert!(found.concat().iter().all(|x| x.is_finite()), "{found:?}");
    }
}

#[test]
fn dropout_is_what_it_is_composed_of() {
    let mut stream = Stream::new(6, "dropout");
    for _ in 0..40 {
        let shape = [size(&mut stream), size(&mut stream)];
        let x = Leaf::random(&mut stream, &shape);
        let mask = Mask::new(0.3, Field::indexed(stream.next_u64(), "test", 0));
        let found = |kernel: fn(Tensor<Cpu, 2>, Mask) -> Tensor<Cpu, 2>| {
            let x = x.tensor();
            Gathered::of(kernel(x.clone(), mask)).gradient(&x).0
        };
        assert_eq!(found(Cpu::dropout), found(composite::dropout));
    }
}

#[test]
fn updates_are_what_they_are_composed_of() {
    let mut stream = Stream::new(7, "adam");
    for round in 0..40 {
        let mut leaf = || Leaf::random(&mut stream, &[1 + 37 * round]);
        let [value, gradient, first, mut second] = [(); 4].map(|()| leaf());
        second.data.iter_mut().for_each(|x| *x = x.abs());
        let mut trained = leaf();
        trained
            .data
            .iter_mut()
            .for_each(|x| *x = f32::from(*x > 0.0));
        for (trained, frozen_decay) in [
            (None, true),
            (Some(&trained), true),
            (Some(&trained), false),
        ] {
            let rule = AdamRule {
                factor: 0.5,
                betas: (0.9, 0.98),
                epsilon: 1e-8,
                rate: 1e-2,
                decay: 1e-1,
                frozen_decay,
            };
            let inputs = || AdamInputs {
                value: value.constant::<1>().inner(),
                gradient: gradient.constant().inner(),
                moments: [first.constant().inner(), second.constant().inner()],
                trained: trained.map(|trained| trained.constant().inner()),
            };
            let found = |(value, [first, second]): (Tensor<Flex, 1>, [_; 2])| {
                [value, first, second].map(numbers).to_vec()
            };
            let (fused, composed) = (Flex::adam(inputs(), rule), composite::adam(inputs(), rule));
            assert_alike(&found(fused), &found(composed), &format!("{round}"));
        }
    }
}
