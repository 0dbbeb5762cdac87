//! The kernels with gradients: each forward pass keeps what its hand-written backward pass needs.

use super::operation::{Input, differentiable, split};
use super::{
    Attended, Common, Differentiated, dense, differentiate, entries, integers, linear_sizes,
    number, of, optional, primitive, taught, tensor,
};
use crate::config::TrainingPrecision;
use crate::kernels::{CrossEntropy, Kernels, Mask, NormInputs, Weighing, linear, lookup, norm};
use burn::tensor::{Int, Tensor};
use burn_flex::{Flex, FlexTensor};

/// A tensor's place in the graph, and its numbers in order.
fn split_dense<const D: usize>(x: Tensor<Differentiated, D>) -> (Input, FlexTensor) {
    let (input, x) = split(x);
    (input, x.to_contiguous())
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

fn affine(
    x: Tensor<Differentiated, 2>,
    weight: Tensor<Differentiated, 2>,
    bias: Option<Tensor<Differentiated, 1>>,
    precision: TrainingPrecision,
) -> Tensor<Differentiated, 2> {
    let sizes = linear_sizes(&x, &weight);
    let ((x_input, x), (weight_input, weight)) = (split_dense(x), split_dense(weight));
    let (bias_input, bias) = bias.map(split_dense).unzip();
    let y = linear::forward(
        entries(&x),
        entries(&weight),
        optional(&bias),
        sizes,
        precision,
    );
    let y = tensor(y, &[sizes.rows, sizes.outputs]);
    let pull = move |d_y: &[f32], wanted: [bool; 2]| {
        let d_x = || {
            let d_x = linear::backward_x(d_y, entries(&weight), sizes, precision);
            tensor(d_x, &[sizes.rows, sizes.inputs])
        };
        let d_weight = || {
            let d_weight = linear::backward_weight(d_y, entries(&x), sizes, precision);
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

impl Kernels for Differentiated {
    fn lookup(
        table: Tensor<Self, 2>,
        numbers: Tensor<Self, 1, Int>,
        factor: f64,
        trained: Option<Tensor<Self, 2>>,
    ) -> Tensor<Self, 2> {
        let [rows, width] = table.dims();
        let (input, table) = split_dense(table);
        let (numbers, factor) = (integers(numbers.inner()), factor as f32);
        let trained = trained.map(|trained| dense(trained.inner()));
        let y = lookup::forward(entries(&table), width, &numbers, factor);
        let y = tensor(y, &[numbers.len(), width]);
        differentiable([input], y, move |d_y, _| {
            let d_y = d_y.to_contiguous();
            let weights = optional(&trained);
            let d_table = lookup::backward(entries(&d_y), rows, &numbers, factor, weights);
            [Some(tensor(d_table, &[rows, width]))]
        })
    }

    fn affine(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        affine(x, weight, bias, TrainingPrecision::Float32)
    }

    fn affine_bf16(
        x: Tensor<Self, 2>,
        weight: Tensor<Self, 2>,
        bias: Option<Tensor<Self, 1>>,
    ) -> Tensor<Self, 2> {
        affine(x, weight, bias, TrainingPrecision::Bfloat16)
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
