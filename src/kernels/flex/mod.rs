//! The kernels on burn's CPU back end: tensors to slices and back, with and without gradients.

mod operation;

use super::softmax::{Bias, Heads, HeadsPlace, Inputs};
use super::{
    AdamInputs, AdamRule, CrossEntropy, Kernels, Mask, NormInputs, Weighing, adam, cross_entropy,
    distillation, dropout, linear, norm, softmax,
};
use burn::backend::Autodiff;
use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};
use operation::{Input, differentiable, split};

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

/// A tensor's place in the graph, and its numbers in order.
fn split_dense<const D: usize>(x: Tensor<Differentiated, D>) -> (Input, FlexTensor) {
    let (input, x) = split(x);
    (input, x.to_contiguous())
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
    let targets = targets.into_primitive().to_contiguous();
    let valid = dense(valid);
    // Ids are as wide as the back end's integers, or as the data that they were made of.
    let targets: Vec<i32> = targets.into_data().convert::<i32>().iter().collect();
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

/// A loss as a tensor in the graph, whose gradient with respect to `input` is known.
fn loss(input: Input, loss: f64, gradient: FlexTensor) -> Tensor<Differentiated, 1> {
    differentiable([input], number(loss), move |d_loss, _| {
        // Nearly always 1: the loss is what is minimised, or a term of it.
        let factor = entries(&d_loss.to_contiguous())[0];
        let gradient = of::<2>(gradient.clone());
        [Some(primitive(match factor == 1.0 {
            true => gradient,
            false => gradient * factor,
        }))]
    })
}

/// A number as a tensor.
fn number(x: f64) -> FlexTensor {
    tensor(vec![x as f32], &[1])
}

impl Kernels for Flex {
    fn affine(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        let sizes = linear_sizes(&x, &weight);
        let (x, weight, bias) = (dense(x), dense(weight), bias.map(dense));
        let y = linear::forward(entries(&x), entries(&weight), optional(&bias), sizes);
        of(tensor(y, &[sizes.rows, sizes.outputs]))
    }

    fn attend(
        queries: Tensor<Self, 4>,
        keys: Tensor<Self, 4>,
        values: Tensor<Self, 4>,
        bias: Tensor<Self, 4>,
        factor: f64,
    ) -> Tensor<Self, 4> {
        let attended = Attended {
            queries: primitive(queries),
            keys: primitive(keys),
            values: primitive(values),
            factor: factor as f32,
        };
        of(attended.forward(bias).0)
    }

    fn dropout(x: Tensor<Self, 2>, mask: Mask) -> Tensor<Self, 2> {
        let shape = x.dims();
        let mut y = own(primitive(x));
        dropout::apply(&mut y, mask);
        of(tensor(y, &shape))
    }

    fn residual_norm(
        inputs: NormInputs<Self>,
        weighing: Weighing,
        mask: Option<Mask>,
    ) -> Tensor<Self, 2> {
        let shape = inputs.x.dims();
        let common = Common {
            weight: dense(inputs.weight),
            bias: dense(inputs.bias),
            c: inputs.c.map(dense),
            weighing,
            mask,
        };
        let (x, sublayer) = (dense(inputs.x), dense(inputs.sublayer));
        let (y, _) = norm::forward(entries(&x), entries(&sublayer), common.shared());
        of(tensor(y, &shape))
    }

    fn cross_entropy(
        scores: Tensor<Self, 2>,
        targets: Tensor<Self, 1, Int>,
        valid: Tensor<Self, 2>,
        smoothing: f64,
    ) -> CrossEntropy<Self> {
        let (sums, _) = differentiate(primitive(scores), targets, valid, smoothing);
        CrossEntropy {
            smoothed: of(number(sums.smoothed)),
            nll: of(number(sums.nll)),
        }
    }

    fn distillation(
        student: Tensor<Self, 2>,
        teacher: Tensor<Self, 2>,
        valid: Tensor<Self, 2>,
        temperature: f64,
    ) -> Tensor<Self, 1> {
        let teacher = primitive(teacher);
        of(number(
            taught(&dense(student), teacher, &dense(valid), temperature).0,
        ))
    }

    fn adam(inputs: AdamInputs<Self>, rule: AdamRule) -> (Tensor<Self, 1>, [Tensor<Self, 1>; 2]) {
        let shape = inputs.value.dims();
        let (value, trained) = (dense(inputs.value), inputs.trained.map(dense));
        let mut gradient = own(primitive(inputs.gradient));
        let [mut first, mut second] = inputs.moments.map(|moment| own(primitive(moment)));
        let moments = [&mut first[..], &mut second[..]];
        adam::update(
            &mut gradient,
            entries(&value),
            moments,
            optional(&trained),
            rule,
        );
        let tensor = |entries| of(tensor(entries, &shape));
        (tensor(gradient), [first, second].map(tensor))
    }
}

impl Kernels for Differentiated {
    fn affine(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        let sizes = linear_sizes(&x, &weight);
        let ((x_input, x), (weight_input, weight)) = (split_dense(x), split_dense(weight));
        let (bias_input, bias) = bias.map(split_dense).unzip();
        let y = linear::forward(entries(&x), entries(&weight), optional(&bias), sizes);
        let y = tensor(y, &[sizes.rows, sizes.outputs]);
        let pull = move |d_y: &[f32], wanted: [bool; 2]| {
            let d_x = || {
                let d_x = linear::backward_x(d_y, entries(&weight), sizes);
                tensor(d_x, &[sizes.rows, sizes.inputs])
            };
            let d_weight = || {
                let d_weight = linear::backward_weight(d_y, entries(&x), sizes);
                tensor(d_weight, &[sizes.outputs, sizes.inputs])
            };
            [wanted[0].then(d_x), wanted[1].then(d_weight)]
        };
        match bias_input {
            None => differentiable([x_input, weight_input], y, move |d_y, wanted| {
                pull(entries(&d_y.to_contiguous()), wanted)
            }),
            Some(bias_input) => {
                let inputs = [x_input, weight_input, bias_input];
                differentiable(inputs, y, move |d_y, [x, weight, bias]| {
                    let d_y = d_y.to_contiguous();
                    let d_y = entries(&d_y);
                    let d_bias = || tensor(linear::backward_bias(d_y, sizes), &[sizes.outputs]);
                    let [d_x, d_weight] = pull(d_y, [x, weight]);
                    [d_x, d_weight, bias.then(d_bias)]
                })
            }
        }
    }

    fn attend(
        queries: Tensor<Self, 4>,
        keys: Tensor<Self, 4>,
        values: Tensor<Self, 4>,
        bias: Tensor<Self, 4>,
        factor: f64,
    ) -> Tensor<Self, 4> {
        let [(q_input, queries), (k_input, keys), (v_input, values)] =
            [queries, keys, values].map(split);
        let attended = Attended {
            queries,
            keys,
            values,
            factor: factor as f32,
        };
        let (mixed, weights) = attended.forward(bias.inner());
        differentiable([q_input, k_input, v_input], mixed, move |d_mixed, _| {
            attended.backward(&weights, &d_mixed).map(Some)
        })
    }

    fn dropout(x: Tensor<Self, 2>, mask: Mask) -> Tensor<Self, 2> {
        let (input, x) = split::<2>(x);
        let y = Flex::dropout(of(x), mask);
        differentiable([input], primitive(y), move |d_y, _| {
            [Some(primitive(Flex::dropout(of(d_y), mask)))]
        })
    }

    fn residual_norm(
        inputs: NormInputs<Self>,
        weighing: Weighing,
        mask: Option<Mask>,
    ) -> Tensor<Self, 2> {
        let shape = inputs.x.dims();
        let [(x_input, x), (sublayer_input, sublayer)] =
            [inputs.x, inputs.sublayer].map(split_dense);
        let [(weight_input, weight), (bias_input, bias)] =
            [inputs.weight, inputs.bias].map(split_dense);
        let (c_input, c) = inputs.c.map(split_dense).unzip();
        let common = Common {
            weight,
            bias,
            c,
            weighing,
            mask,
        };
        let (y, saved) = norm::forward(entries(&x), entries(&sublayer), common.shared());
        let y = tensor(y, &shape);
        let pull = move |d_y: FlexTensor| {
            let d = norm::backward(entries(&d_y.to_contiguous()), &saved, common.shared());
            let d_x = tensor(d.x, &shape);
            let d_sublayer = d.sublayer.map(|d| tensor(d, &shape));
            let d_sublayer = d_sublayer.unwrap_or_else(|| d_x.clone());
            let [d_weight, d_bias, d_c] = [d.weight, d.bias, d.c].map(|d| tensor(d, &shape[1..]));
            ([d_x, d_sublayer, d_weight, d_bias].map(Some), Some(d_c))
        };
        match c_input {
            None => {
                let inputs = [x_input, sublayer_input, weight_input, bias_input];
                differentiable(inputs, y, move |d_y, _| pull(d_y).0)
            }
            Some(c_input) => {
                let inputs = [x_input, sublayer_input, weight_input, bias_input, c_input];
                differentiable(inputs, y, move |d_y, _| {
                    let ([d_x, d_sublayer, d_weight, d_bias], d_c) = pull(d_y);
                    [d_x, d_sublayer, d_weight, d_bias, d_c]
                })
            }
        }
    }

    fn cross_entropy(
        scores: Tensor<Self, 2>,
        targets: Tensor<Self, 1, Int>,
        valid: Tensor<Self, 2>,
        smoothing: f64,
    ) -> CrossEntropy<Self> {
        let shape = scores.dims();
        let (input, scores) = split(scores);
        let (sums, gradient) = differentiate(scores, targets.inner(), valid.inner(), smoothing);
        CrossEntropy {
            smoothed: loss(input, sums.smoothed, tensor(gradient, &shape)),
            nll: Tensor::from_inner(of(number(sums.nll))),
        }
    }

    fn distillation(
        student: Tensor<Self, 2>,
        teacher: Tensor<Self, 2>,
        valid: Tensor<Self, 2>,
        temperature: f64,
    ) -> Tensor<Self, 1> {
        let shape = student.dims();
        let (input, student) = split_dense(student);
        let teacher = primitive(teacher.inner());
        let (distance, gradient) = taught(&student, teacher, &dense(valid.inner()), temperature);
        loss(input, distance, tensor(gradient, &shape))
    }
}
