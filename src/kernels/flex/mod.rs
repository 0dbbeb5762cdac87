//! The kernels on burn's CPU back end: tensors to slices and back, with and without gradients.

mod differentiated;
mod operation;
mod plain;

use super::softmax::{Bias, Heads, HeadsPlace, Inputs};
use super::{Mask, Weighing, cross_entropy, distillation, linear, norm, softmax};
use burn::backend::Autodiff;
use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};

/// The CPU with gradients.
type Differentiated = Autodiff<Flex>;

/// Entries as a tensor.
fn tensor(entries: Vec<f32>, shape: &[usize]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(entries, shape.to_vec()))
}

/// The tensor of a primitive.
fn of<const D: usize>(primitive: FlexTensor) -> Tensor<Flex, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

/// The primitive of a tensor.
fn primitive<const D: usize>(x: Tensor<Flex, D>) -> FlexTensor {
    x.into_primitive().tensor()
}

/// The primitive of a tensor, its entries in order.
fn dense<const D: usize>(x: Tensor<Flex, D>) -> FlexTensor {
    primitive(x).to_contiguous()
}

/// The entries of a tensor whose entries are in order.
fn entries(x: &FlexTensor) -> &[f32] {
    x.storage()
}

/// The entries of what may not be there.
fn optional(x: &Option<FlexTensor>) -> Option<&[f32]> {
    x.as_ref().map(entries)
}

/// The entries, which nobody else has afterwards; copied only if somebody else has them now.
fn own(x: FlexTensor) -> Vec<f32> {
    let data = x.into_data();
    match data.into_vec() {
        Ok(entries) => entries,
        Err(error) => panic!("a tensor of 32-bit floats holds something else: {error:?}"),
    }
}

/// The entries of a vector of integers, which are as wide as the data that they were made of.
fn integers(x: Tensor<Flex, 1, Int>) -> Vec<i32> {
    x.into_data().convert::<i32>().iter().collect()
}

/// Sizes of an affine map.
fn linear_sizes<B: burn::tensor::backend::Backend>(
    x: &Tensor<B, 2>,
    weight: &Tensor<B, 2>,
) -> linear::Sizes {
    let ([rows, inputs], [outputs, _]) = (x.dims(), weight.dims());
    linear::Sizes {
        rows,
        inputs,
        outputs,
    }
}

/// `[batch, heads, len, width]` wherever it lies.
fn heads(x: &FlexTensor) -> Heads<'_> {
    let layout = x.layout();
    let shape = layout.shape();
    let strides = layout.strides();
    Heads {
        entries: entries(x),
        place: HeadsPlace {
            sizes: std::array::from_fn(|axis| shape[axis]),
            // The split of rows into heads makes no negative ones.
            strides: std::array::from_fn(|axis| strides[axis].unsigned_abs()),
            start: layout.start_offset(),
        },
    }
}

/// An array at [`HeadsPlace::joined`] as a tensor `[batch, heads, len, width]`.
fn joined(entries: Vec<f32>, [batch, heads, len, width]: [usize; 4]) -> FlexTensor {
    tensor(entries, &[batch, len, heads, width]).permute(&[0, 2, 1, 3])
}

/// The inputs of attention as primitives.
#[derive(Clone)]
struct Attended {
    queries: FlexTensor,
    keys: FlexTensor,
    values: FlexTensor,
    factor: f32,
}

impl Attended {
    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            queries: heads(&self.queries),
            keys: heads(&self.keys),
            values: heads(&self.values),
            factor: self.factor,
        }
    }

    /// The mixed values, and the weights that they are mixed with.
    fn forward(&self, bias: Tensor<Flex, 4>) -> (FlexTensor, Vec<f32>) {
        let len = bias.dims()[2];
        let bias = dense(bias);
        let entries = entries(&bias);
        let (mixed, weights) = softmax::forward(self.inputs(), Bias { entries, len });
        (joined(mixed, self.inputs().mixed().sizes), weights)
    }

    fn backward(&self, weights: &[f32], d_mixed: &FlexTensor) -> [FlexTensor; 3] {
        let inputs = self.inputs();
        let [queries, keys, values] = softmax::backward(inputs, weights, heads(d_mixed));
        [
            joined(queries, inputs.queries.place.sizes),
            joined(keys, inputs.keys.place.sizes),
            joined(values, inputs.values.place.sizes),
        ]
    }
}

/// The vectors that rows of a residual block have in common, as primitives.
struct Common {
    weight: FlexTensor,
    bias: FlexTensor,
    c: Option<FlexTensor>,
    weighing: Weighing,
    mask: Option<Mask>,
}

impl Common {
    fn shared(&self) -> norm::Shared<'_> {
        norm::Shared {
            weight: entries(&self.weight),
            bias: entries(&self.bias),
            c: optional(&self.c),
            weighing: self.weighing,
            mask: self.mask,
        }
    }
}

/// The loss, and the scores' gradient.
fn differentiate(
    scores: FlexTensor,
    targets: Tensor<Flex, 1, Int>,
    valid: Tensor<Flex, 2>,
    smoothing: f64,
) -> (cross_entropy::Sums, Vec<f32>) {
    let mut scores = own(scores);
    let (targets, valid) = (integers(targets), dense(valid));
    let sums = cross_entropy::differentiate(&mut scores, &targets, entries(&valid), smoothing);
    (sums, scores)
}

/// What a student loses against its teacher, and the gradient of its scores.
fn taught(
    student: &FlexTensor,
    teacher: FlexTensor,
    valid: &FlexTensor,
    temperature: f64,
) -> (f64, Vec<f32>) {
    let mut scores = own(teacher);
    let (student, valid) = (entries(student), entries(valid));
    let loss = distillation::differentiate(student, &mut scores, valid, temperature);
    (loss, scores)
}

/// A number as a tensor.
fn number(x: f64) -> FlexTensor {
    tensor(vec![x as f32], &[1])
}
