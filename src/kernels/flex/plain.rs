//! The kernels without gradients.

use super::{
    Attended, Common, dense, differentiate, entries, integers, linear_sizes, number, of, optional,
    own, primitive, taught, tensor,
};
use crate::config::TrainingPrecision;
use crate::kernels::{
    AdamInputs, AdamRule, CrossEntropy, Kernels, Mask, NormInputs, Weighing, adam, dropout, linear,
    lookup, norm,
};
use burn::tensor::{Int, Tensor};
use burn_flex::Flex;

fn affine(
    x: Tensor<Flex, 2>,
    weight: Tensor<Flex, 2>,
    bias: Option<Tensor<Flex, 1>>,
    precision: TrainingPrecision,
) -> Tensor<Flex, 2> {
    let sizes = linear_sizes(&x, &weight);
    let (x, weight, bias) = (dense(x), dense(weight), bias.map(dense));
    let (x, weight) = (entries(&x), entries(&weight));
    let y = linear::forward(x, weight, optional(&bias), sizes, precision);
    of(tensor(y, &[sizes.rows, sizes.outputs]))
}

impl Kernels for Flex {
    fn lookup(
        table: Tensor<Self, 2>,
        numbers: Tensor<Self, 1, Int>,
        factor: f64,
        _trained: Option<Tensor<Self, 2>>,
    ) -> Tensor<Self, 2> {
        let [_, width] = table.dims();
        let (table, numbers) = (dense(table), integers(numbers));
        let y = lookup::forward(entries(&table), width, &numbers, factor as f32);
        of(tensor(y, &[numbers.len(), width]))
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
