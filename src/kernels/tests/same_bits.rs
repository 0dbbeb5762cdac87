//! The kernels against themselves: on other numbers of threads, and as lesser processors would compute.

use super::losses::{distillation_found, loss_found};
use super::*;
use crate::kernels::simd::{LEVELS, Level, best, limited_to};

/// A kernel on numbers of its own: what it found.
type Work = Box<dyn Fn() -> Found + Sync>;

/// Every kernel, on matrices that are large enough to be shared by threads and do not end where vectors do.
fn all() -> Vec<(&'static str, Work)> {
    let mut stream = Stream::new(8, "threads");
    let (rows, width, heads, batch) = (672, 163, 4, 32);
    let [x, other] = [(); 2].map(|()| Leaf::random(&mut stream, &[rows, width]));
    let weight = Leaf::random(&mut stream, &[300, width]);
    let bias = Leaf::random(&mut stream, &[300]);
    let [_, _, gain, offset, c] = norm_leaves(&mut stream, 2, width);
    let block = [x.clone(), other.clone(), gain, offset, c];
    let mask = Mask::new(0.3, Field::indexed(1, "test", 0));
    let targets: Vec<i32> = (0..rows).map(|_| stream.below(width) as i32).collect();
    let valid = Leaf {
        data: vec![1.0; rows],
        shape: vec![rows, 1],
    };
    let len = rows / batch;
    let (leaves, attended) = attention_leaves(&mut stream, batch, heads, [len, len, 40, 24]);
    let mut works: Vec<(&'static str, Work)> = Vec::new();
    let mut add = |name, work: Work| works.push((name, work));
    for (name, weighing) in [
        ("norm by connectivity", Weighing::ByConnectivity),
        ("padded norm", Weighing::Padded(width + 5)),
    ] {
        let block = block.clone();
        let find = move || norm_found(Cpu::residual_norm, &block, true, weighing, Some(mask));
        add(name, Box::new(find));
    }
    let numbers = targets.clone();
    let table = other.clone();
    add(
        "lookup",
        Box::new(move || {
            let table = table.tensor();
            let numbers = Tensor::from_data(TensorData::new(numbers.clone(), [rows]), &FlexDevice);
            Gathered::of(Cpu::lookup(table.clone(), numbers, 1.5, None))
                .gradient(&table)
                .0
        }),
    );
    let dropped = x.clone();
    add(
        "dropout",
        Box::new(move || {
            let x = dropped.tensor();
            Gathered::of(Cpu::dropout(x.clone(), mask)).gradient(&x).0
        }),
    );
    let updated = [&x, &other].map(|x| Leaf {
        data: x.data.clone(),
        shape: vec![x.data.len()],
    });
    add("adam", Box::new(move || updates_found(&updated)));
    let scores = x.clone();
    let (right, weights) = (targets, valid.clone());
    add(
        "cross entropy",
        Box::new(move || loss_found(Cpu::cross_entropy, &scores, &right, &weights, 1.0)),
    );
    let scores = x.clone();
    add(
        "distillation",
        Box::new(move || distillation_found(Cpu::distillation, [&scores, &other], &valid, 10.0)),
    );
    add(
        "attention",
        Box::new(move || attention_found(Cpu::attend, &leaves, &attended, [batch, heads])),
    );
    for (name, kernel) in [
        ("affine map", Cpu::affine as Linear),
        ("affine map in bfloat16", Cpu::affine_bf16),
    ] {
        let (x, weight, bias) = (x.clone(), weight.clone(), bias.clone());
        let find = move || linear_found(kernel, &x, &weight, Some(&bias));
        add(name, Box::new(find));
    }
    works
}

/// One update of Adam, once with all entries trained and once with some frozen.
fn updates_found([value, gradient]: &[Leaf; 2]) -> Found {
    let rule = AdamRule {
        factor: 0.5,
        betas: (0.9, 0.98),
        epsilon: 1e-8,
        rate: 1e-2,
        decay: 1e-1,
        frozen_decay: true,
    };
    let tensor = |leaf: &Leaf| leaf.constant::<1>().inner();
    let frozen = tensor(gradient).greater_elem(0.0).float();
    [None, Some(frozen)]
        .into_iter()
        .flat_map(|trained| {
            let (value, moments) = Flex::adam(
                AdamInputs {
                    value: tensor(value),
                    gradient: tensor(gradient),
                    moments: [tensor(value), tensor(value).abs()],
                    trained,
                },
                rule,
            );
            [value].into_iter().chain(moments).map(numbers)
        })
        .collect()
}

fn bits(found: Found) -> Vec<Vec<u32>> {
    let bits = found
        .into_iter()
        .map(|x| x.into_iter().map(f32::to_bits).collect());
    bits.collect()
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    for (name, work) in all() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            bits(pool.build().unwrap().install(&work))
        };
        let alone = on(1);
        assert!(
            alone == on(2) && alone == on(3),
            "{name} differs between numbers of threads"
        );
    }
}

#[test]
fn no_bit_depends_on_the_width_of_vectors() {
    let (here, missing): (Vec<Level>, Vec<Level>) =
        LEVELS.iter().partition(|level| **level <= best());
    if !missing.is_empty() {
        eprintln!("this processor has no {missing:?}: only {here:?} are compared");
    }
    for (name, work) in all() {
        let widest = bits(work());
        for &level in &here {
            assert!(
                bits(limited_to(level, &work)) == widest,
                "{name} on {level:?} differs from {:?}",
                best()
            );
        }
    }
}
