//! The kernels against themselves on other numbers of threads.

use super::losses::loss_found;
use super::*;

/// Fails unless the work gives the same bits on one, two and three threads.
fn assert_threads_agree(what: &str, work: impl Fn() -> Found + Sync) {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let found: Found = pool.build().unwrap().install(&work);
        let bits = found
            .into_iter()
            .map(|x| x.into_iter().map(f32::to_bits).collect());
        bits.collect::<Vec<Vec<u32>>>()
    };
    let alone = on(1);
    assert!(
        alone == on(2) && alone == on(3),
        "{what} differs between numbers of threads"
    );
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let mut stream = Stream::new(8, "threads");
    let (rows, width, heads, batch) = (672, 160, 4, 32);
    let [x, other] = [(); 2].map(|()| Leaf::random(&mut stream, &[rows, width]));
    let weight = Leaf::random(&mut stream, &[300, width]);
    let bias = Leaf::random(&mut stream, &[300]);
    assert_threads_agree("linear", || {
        linear_found(Cpu::affine, &x, &weight, Some(&bias))
    });
    let vectors = norm_leaves(&mut stream, 2, width);
    let [_, _, gain, offset, c] = vectors;
    let block = [x.clone(), other.clone(), gain, offset, c];
    let mask = Some(Mask::new(0.3, Field::indexed(1, "test", 0)));
    for weighing in [Weighing::ByConnectivity, Weighing::Padded(width + 5)] {
        assert_threads_agree("norm", || {
            norm_found(Cpu::residual_norm, &block, true, weighing, mask)
        });
    }
    let targets: Vec<i32> = (0..rows).map(|_| stream.below(width) as i32).collect();
    let valid = Leaf {
        data: vec![1.0; rows],
        shape: vec![rows, 1],
    };
    assert_threads_agree("loss", || {
        loss_found(Cpu::cross_entropy, &x, &targets, &valid, 1.0)
    });
    let len = rows / batch;
    let (leaves, bias) = attention_leaves(&mut stream, batch, heads, [len, len, 40, 24]);
    assert_threads_agree("attention", || {
        attention_found(Cpu::attend, &leaves, &bias, [batch, heads])
    });
}
