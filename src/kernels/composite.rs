//! The kernels composed of operations that every back end has: what the defaults of [`Kernels`](super::Kernels) call, and
//! what benches hold the hand-written ones against.

use super::norm::SMALLEST_VARIANCE;
use super::{AdamInputs, AdamRule, CrossEntropy, LAYER_NORM_EPSILON, Mask, NormInputs, Weighing};
use crate::random::Field;
use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{DType, ElementConversion, FloatDType, Int, IntDType, Tensor, backend::Backend};

/// [`Kernels::lookup`](super::Kernels::lookup) of any back end.
pub fn lookup<B: Backend>(
    table: Tensor<B, 2>,
    numbers: Tensor<B, 1, Int>,
    factor: f64,
    trained: Option<Tensor<B, 2>>,
) -> Tensor<B, 2> {
    let rows = table.select(0, numbers);
    let rows = match trained {
        Some(trained) => {
            let constant = rows.clone().detach();
            constant.clone() + (rows - constant) * trained
        }
        None => rows,
    };
    rows * factor
}

/// [`Kernels::affine`](super::Kernels::affine) of any back end.
pub fn linear<B: Backend>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 2>,
    bias: Option<Tensor<B, 1>>,
) -> Tensor<B, 2> {
    shifted(x.matmul(weight.transpose()), bias)
}

pub(super) fn linear_bf16<B: Backend>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 2>,
    bias: Option<Tensor<B, 1>>,
) -> Tensor<B, 2> {
    let rounded = |x: Tensor<B, 2>| x.cast(FloatDType::BF16);
    let y = rounded(x).matmul(rounded(weight).transpose());
    shifted(y.cast(FloatDType::F32), bias)
}

fn shifted<B: Backend>(y: Tensor<B, 2>, bias: Option<Tensor<B, 1>>) -> Tensor<B, 2> {
    match bias {
        Some(bias) => y + bias.unsqueeze::<2>(),
        None => y,
    }
}

/// [`Kernels::attend`](super::Kernels::attend) of any back end.
pub fn attention<B: Backend>(
    queries: Tensor<B, 4>,
    keys: Tensor<B, 4>,
    values: Tensor<B, 4>,
    bias: Tensor<B, 4>,
    factor: f64,
) -> Tensor<B, 4> {
    let scores = (queries * factor).matmul(keys.swap_dims(2, 3)) + bias;
    softmax(scores, 3).matmul(values)
}

/// [`Kernels::dropout`](super::Kernels::dropout) of any back end.
///
/// The mask is drawn where the tensor lies, and is the one that [`Mask::factor`] gives entry by entry.
pub fn dropout<B: Backend>(x: Tensor<B, 2>, mask: Mask) -> Tensor<B, 2> {
    let shape = x.dims();
    let drawn = numbers_at_places::<B>(mask.field, shape.iter().product(), &x.device());
    let dropped = drawn.lower_elem(i64::from(mask.threshold));
    (x * mask.scale).mask_fill(dropped.reshape(shape), 0.0)
}

/// The numbers of a field at the first `count` places, as 32-bit integers without a sign: [`Field::at`] on tensors.
fn numbers_at_places<B: Backend>(
    field: Field,
    count: usize,
    device: &B::Device,
) -> Tensor<B, 1, Int> {
    let word = |x: u32| Tensor::<B, 1, Int>::full([1], i64::from(x), (device, DType::U32));
    let folded = |z: Tensor<B, 1, Int>, bits: i64| {
        z.clone()
            .bitwise_xor(z.bitwise_right_shift_scalar(bits.elem()))
    };
    let [first, second] = Field::MULTIPLIERS.map(i64::from);
    let [low, high] = field.key().map(word);
    let places = Tensor::<B, 1, Int>::arange(0..count as i64, device).cast(IntDType::U32);
    let z = folded(places.bitwise_xor(low), 16).mul_scalar(first);
    let z = folded(z.bitwise_xor(high), 15).mul_scalar(second);
    folded(z, 16)
}

/// [`Kernels::residual_norm`](super::Kernels::residual_norm) of any back end.
pub fn residual_norm<B: Backend>(
    inputs: NormInputs<B>,
    weighing: Weighing,
    mask: Option<Mask>,
) -> Tensor<B, 2> {
    let NormInputs {
        x,
        sublayer,
        weight,
        bias,
        c,
    } = inputs;
    let sublayer = match mask {
        Some(mask) => dropout(sublayer, mask),
        None => sublayer,
    };
    let x = x + sublayer;
    let c = c.map(|c| c.unsqueeze::<2>());
    let (centred, variance) = match (weighing, &c) {
        (Weighing::ByConnectivity, Some(c)) => weighted(x, c.clone()),
        (Weighing::ByConnectivity, None) => {
            let width = x.dims()[1];
            with_divisor(x, width)
        }
        (Weighing::Padded(width), Some(c)) => with_divisor(x * c.clone(), width),
        (Weighing::Padded(width), None) => with_divisor(x, width),
    };
    let deviation = variance.clamp_min(SMALLEST_VARIANCE).sqrt() + LAYER_NORM_EPSILON;
    let y = centred / deviation * weight.unsqueeze::<2>() + bias.unsqueeze::<2>();
    match c {
        Some(c) => y * c,
        None => y,
    }
}

/// Deviations from the mean and their variance, each dimension weighed by its connectivity parameter.
fn weighted<B: Backend>(x: Tensor<B, 2>, c: Tensor<B, 2>) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let total = c.clone().sum_dim(1);
    let mean = (x.clone() * c.clone()).sum_dim(1) / total.clone();
    let centred = x - mean;
    let variance = (centred.clone().square() * c).sum_dim(1) / total;
    (centred, variance)
}

/// Deviations from the mean and their variance as if the row went on with zeros up to `divisor` entries.
fn with_divisor<B: Backend>(x: Tensor<B, 2>, divisor: usize) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let missing = divisor - x.dims()[1];
    let divisor = divisor as f64;
    let mean = x.clone().sum_dim(1) / divisor;
    let centred = x - mean.clone();
    let variance = centred.clone().square().sum_dim(1) / divisor;
    match missing {
        0 => (centred, variance),
        _ => (
            centred,
            variance + mean.square() * (missing as f64 / divisor),
        ),
    }
}

/// [`Kernels::cross_entropy`](super::Kernels::cross_entropy) of any back end.
pub fn cross_entropy<B: Backend>(
    scores: Tensor<B, 2>,
    targets: Tensor<B, 1, Int>,
    valid: Tensor<B, 2>,
    smoothing: f64,
) -> CrossEntropy<B> {
    let [_, vocab] = scores.dims();
    let each = smoothing / (vocab as f64 - 1.0);
    let highest = scores.clone().detach().max_dim(1);
    let log_total = (scores.clone() - highest.clone()).exp().sum_dim(1).log() + highest;
    let right = scores.clone().gather(1, targets.unsqueeze_dim(1));
    let nll = (log_total.clone() - right) * valid.clone();
    let all = (log_total * vocab as f64 - scores.sum_dim(1)) * valid;
    let nll = nll.sum();
    CrossEntropy {
        smoothed: nll.clone() * (1.0 - smoothing - each) + all.sum() * each,
        nll: nll.detach(),
    }
}

/// [`Kernels::distillation`](super::Kernels::distillation) of any back end.
pub fn distillation<B: Backend>(
    student: Tensor<B, 2>,
    teacher: Tensor<B, 2>,
    valid: Tensor<B, 2>,
    temperature: f64,
) -> Tensor<B, 1> {
    let teacher = teacher.detach() / temperature;
    let expected = softmax(teacher.clone(), 1);
    let difference = log_softmax(teacher, 1) - log_softmax(student / temperature, 1);
    ((expected * difference).sum_dim(1) * valid).sum() * (temperature * temperature)
}

/// [`Kernels::adam`](super::Kernels::adam) of any back end.
pub fn adam<B: Backend>(
    inputs: AdamInputs<B>,
    rule: AdamRule,
) -> (Tensor<B, 1>, [Tensor<B, 1>; 2]) {
    let AdamInputs {
        value,
        gradient,
        moments: [first, second],
        trained,
    } = inputs;
    let gradient = gradient * rule.factor;
    let gradient = match &trained {
        Some(trained) => gradient * trained.clone(),
        None => gradient,
    };
    let first = first * rule.betas.0 + gradient.clone() * (1.0 - rule.betas.0);
    let second = second * rule.betas.1 + gradient.square() * (1.0 - rule.betas.1);
    let decaying = match trained {
        Some(trained) if !rule.frozen_decay => value.clone() * trained,
        _ => value.clone(),
    };
    let direction = first.clone() / (second.clone().sqrt() + rule.epsilon);
    let value = value - decaying * rule.decay - direction * rule.rate;
    (value, [first, second])
}
