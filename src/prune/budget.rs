//! How many entries of each kind of group must go for a compression rate (SPEC §6).

use crate::config::{Budget, PruneStage};
use crate::shape::Shape;
use serde::{Deserialize, Serialize};

/// Numbers of connectivity parameters, by the kinds of groups that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Embedding dimensions of the encoder.
    pub encoder_dims: usize,
    /// Embedding dimensions of the decoder.
    pub decoder_dims: usize,
    /// Feed-forward neurons of all layers together.
    pub neurons: usize,
    /// Query and key dimensions of each head of each attention module.
    pub qk_per_head: usize,
    /// Value dimensions of each head of each attention module.
    pub vo_per_head: usize,
}

/// The ratio r that every kind of group keeps, so that `rate` of all parameters stay: the positive root of
/// `a r² + b r = rate (a + b)`, with `a` the parameters that shrink along both axes and `b` those along one.
pub fn keep_ratio(original: &Shape, rate: f64, formula: Budget) -> f64 {
    let (a, b) = terms(original, formula);
    ((b * b + 4.0 * a * rate * (a + b)).sqrt() - b) / (2.0 * a)
}

/// The parameters of a model all of whose groups have `ratio` of their original sizes, whole or not.
pub(super) fn parameters_at(original: &Shape, ratio: f64) -> f64 {
    let (a, b) = terms(original, Budget::Exact);
    a * ratio * ratio + b * ratio
}

/// The share of the current sizes that one of `iterations` rounds removes.
pub fn pruned_fraction(original: &Shape, rate: f64, iterations: usize, formula: Budget) -> f64 {
    1.0 - keep_ratio(original, rate, formula).powf(1.0 / iterations as f64)
}

/// The quadratic and the linear coefficient of the parameter count.
fn terms(original: &Shape, formula: Budget) -> (f64, f64) {
    let d = original.original_d_model;
    let (encoder, decoder) = (original.encoder.layers.len(), original.decoder.layers.len());
    let modules = encoder + 2 * decoder;
    let neurons = total_neurons(original);
    let quadratic = 4 * d * d * modules + 2 * d * neurons;
    let counted_modules = match formula {
        Budget::Exact | Budget::Integer => modules,
        Budget::Reference => 1,
    };
    let linear = (original.source_vocab + original.target_vocab * original.target_matrices()) * d
        + 2 * d * (2 * encoder + 3 * decoder)
        + 3 * d * counted_modules
        + d * modules
        + neurons
        + d * (encoder + decoder);
    (quadratic as f64, linear as f64)
}

/// Feed-forward neurons of all layers.
pub(super) fn total_neurons(shape: &Shape) -> usize {
    let encoder: usize = shape.encoder.layers.iter().map(|l| l.d_ff).sum();
    encoder + shape.decoder.layers.iter().map(|l| l.d_ff).sum::<usize>()
}

/// Whether all attention modules are as wide as the first, which the counts of a round take for granted. Pruning keeps
/// them so; a model from elsewhere need not be.
pub fn heads_agree(shape: &Shape) -> bool {
    let encoder = shape.encoder.layers.iter().map(|l| l.self_attention);
    let decoder = shape.decoder.layers.iter();
    let decoder = decoder.flat_map(|l| [l.self_attention, l.cross_attention]);
    let all: Vec<_> = encoder.chain(decoder).collect();
    all.windows(2).all(|pair| pair[0] == pair[1])
}

/// What one round removes from a model of this shape; every side keeps at least one dimension.
///
/// The widths of heads are read off the first encoder layer: all heads of a model have the same.
pub fn removed(current: &Shape, fraction: f64, stage: PruneStage) -> Counts {
    let share = |size: usize| (size as f64 * fraction).ceil() as usize;
    let dims = |size: usize| share(size).min(size.saturating_sub(1));
    let embedding = Counts {
        encoder_dims: dims(current.encoder.d_model),
        decoder_dims: dims(current.decoder.d_model),
        ..Counts::default()
    };
    let head = current
        .encoder
        .layers
        .first()
        .map(|layer| layer.self_attention);
    let per_head = |total: Option<usize>| share(total.unwrap_or(0) / current.heads);
    let inner = Counts {
        neurons: share(total_neurons(current)),
        qk_per_head: per_head(head.map(|a| a.qk)),
        vo_per_head: per_head(head.map(|a| a.vo)),
        ..Counts::default()
    };
    match stage {
        PruneStage::Embedding => embedding,
        PruneStage::Inner => inner,
        PruneStage::Everything => Counts {
            encoder_dims: embedding.encoder_dims,
            decoder_dims: embedding.decoder_dims,
            ..inner
        },
    }
}
