//! The budget solved on whole entries: at most the asked share of the parameters stays, and hardly less.
//!
//! The quadratic of SPEC §6 gives one ratio for all groups, and rounding every group down undershoots the rate: by
//! several percent where heads are narrow. Here dimensions and head dimensions are rounded either way, and neurons,
//! which are the smallest entries, fill what room is left.

use super::Counts;
use super::budget::{keep_ratio, parameters_at, total_neurons};
use super::selection::neurons_in_order;
use crate::config::{Budget, PruneStage};
use crate::groups::{GroupName, Groups, Side};
use crate::shape::Shape;
use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// What a round is to leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal<'a> {
    /// The model before any pruning.
    pub original: &'a Shape,
    /// The share of its parameters that all rounds together leave.
    pub rate: f64,
    /// The round, from 1.
    pub round: usize,
    /// All rounds.
    pub rounds: usize,
    /// Which groups are pruned.
    pub stage: PruneStage,
}

impl Goal<'_> {
    /// What is left of a share after this round, if every round keeps as much of what it finds (SPEC §6).
    fn after_round(&self, share: f64) -> f64 {
        share.powf(self.round as f64 / self.rounds as f64)
    }
}

/// A rate that cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{target} parameters are asked for, but {least} are left when every group that can go is gone"
)]
pub struct OutOfReach {
    /// Parameters that may stay.
    pub target: u64,
    /// Parameters that cannot go.
    pub least: u64,
}

/// Sizes that a round could leave, neurons apart.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    encoder_dims: usize,
    decoder_dims: usize,
    qk_per_head: usize,
    vo_per_head: usize,
}

/// The counts to remove from a model of this shape, whose neurons go in the order of `scores`.
///
/// Stage 1 has no neurons to make up for its rounding with. It takes the nearest dimensions if stage 2 can then meet
/// the rate, and those that stage 0 would take if not.
///
/// # Errors
/// If the rate cannot be reached, whatever is removed.
pub fn removed_within(
    current: &Shape,
    scores: &Groups<Vec<f32>>,
    goal: Goal<'_>,
) -> Result<Counts, OutOfReach> {
    let order = neurons_in_order(scores);
    let now = Sizes::of(current);
    let fit = match goal.stage {
        PruneStage::Embedding => dimensions(current, goal, &order),
        PruneStage::Inner => Search::inner(current, goal, &order).fit(current),
        PruneStage::Everything => Search::everything(goal, &order).fit(current),
    };
    fit.map(|fit| now.counts_to(fit.sizes, fit.gone))
        .ok_or_else(|| OutOfReach {
            target: (goal.rate * goal.original.parameters() as f64) as u64,
            least: now.least(goal.stage).without_neurons(current).parameters(),
        })
}

/// The dimensions that stage 1 leaves.
fn dimensions(current: &Shape, goal: Goal<'_>, order: &[(GroupName, usize)]) -> Option<Fit> {
    let everything = Search::everything(goal, order);
    let now = Sizes::of(current);
    let nearest = (goal.original.original_d_model as f64 * everything.ratio).round() as usize;
    let nearest = now.with_dims(nearest, nearest);
    let narrowed = nearest.applied(current);
    let inner = Search::inner(&narrowed, goal, order);
    let lands = inner
        .fit(&narrowed)
        .is_some_and(|fit| fit.room <= inner.most_room);
    let sizes = match lands {
        true => nearest,
        false => {
            let all = everything.fit(current)?.sizes;
            now.with_dims(all.encoder_dims, all.decoder_dims)
        }
    };
    Some(Fit {
        sizes,
        gone: 0,
        room: 0,
    })
}

/// What sizes are looked for.
struct Search<'a> {
    original: &'a Shape,
    stage: PruneStage,
    /// The share of their original sizes that the groups of the stage are to keep.
    ratio: f64,
    /// Parameters that may stay.
    target: u64,
    /// Parameters that a fit may stay below that without wasting room.
    most_room: u64,
    /// The neurons in the order in which they go.
    order: &'a [(GroupName, usize)],
}

impl<'a> Search<'a> {
    /// For stage 0: the ratio of SPEC §6.
    fn everything(goal: Goal<'a>, order: &'a [(GroupName, usize)]) -> Self {
        let original = goal.original;
        let ratio = goal.after_round(keep_ratio(original, goal.rate, Budget::Exact));
        Self::new(goal, PruneStage::Everything, ratio, order, |ratio| {
            parameters_at(original, ratio)
        })
    }

    /// For stage 2: the widths are what they are, and the parameters a linear function of the ratio that all other
    /// groups keep.
    fn inner(current: &Shape, goal: Goal<'a>, order: &'a [(GroupName, usize)]) -> Self {
        let with_inner = |keep: bool| {
            let original = goal.original.groups();
            let sizes = current.groups().map(|name, &size| match name {
                GroupName::Embedding(_) => size,
                _ if keep => *original.get(name),
                _ => 0,
            });
            current.with_groups(&sizes).parameters() as f64
        };
        let (least, most) = (with_inner(false), with_inner(true));
        let all = goal.rate * goal.original.parameters() as f64;
        let ratio = goal.after_round(((all - least) / (most - least)).clamp(0.0, 1.0));
        Self::new(goal, PruneStage::Inner, ratio, order, |ratio| {
            least + (most - least) * ratio
        })
    }

    /// `parameters` are those of a model that keeps a ratio, whole or not.
    fn new(
        goal: Goal<'a>,
        stage: PruneStage,
        ratio: f64,
        order: &'a [(GroupName, usize)],
        parameters: impl Fn(f64) -> f64,
    ) -> Self {
        let all = goal.original.parameters() as f64;
        let target = match goal.round == goal.rounds {
            true => goal.rate * all,
            false => parameters(ratio),
        };
        Self {
            original: goal.original,
            stage,
            ratio,
            target: target as u64,
            most_room: (all * LARGEST_SHORTFALL) as u64,
            order,
        }
    }

    /// The sizes that a stage leaves, and the neurons that it removes.
    fn fit(&self, current: &Shape) -> Option<Fit> {
        let least = Sizes::of(current).least(self.stage);
        if least.without_neurons(current).parameters() > self.target {
            return None;
        }
        let near = |slack| Around {
            ratio: self.ratio,
            slack,
            less: 0,
        };
        (0..=MOST_SLACK)
            .find_map(|slack| {
                let fit = self.best(current, near(slack));
                fit.filter(|fit| fit.room <= self.most_room)
            })
            .or_else(|| {
                let down = |less| Around {
                    less,
                    ..near(MOST_SLACK)
                };
                let mut steps = 0..=self.original.original_d_model;
                steps.find_map(|less| self.best(current, down(less)))
            })
    }

    /// Of the sizes in some range, first those that use the room that there is, then those whose neurons keep the
    /// same share as all else.
    fn best(&self, current: &Shape, around: Around) -> Option<Fit> {
        let share = self.ratio * total_neurons(self.original) as f64;
        let worth = |fit: &Fit| {
            let wasted = fit.room.saturating_sub(self.most_room) as f64;
            let imbalance = ((self.order.len() - fit.gone) as f64 - share).abs();
            (wasted, imbalance)
        };
        Sizes::of(current)
            .candidates(self.original, self.stage, around)
            .into_iter()
            .filter_map(|sizes| {
                let (gone, parameters) = self.neurons_to_remove(&sizes.applied(current))?;
                Some(Fit {
                    sizes,
                    gone,
                    room: self.target - parameters,
                })
            })
            .min_by(|a, b| worth(a).partial_cmp(&worth(b)).unwrap_or(Ordering::Equal))
    }

    /// How many neurons must go until few enough parameters stay, and how many those are; nothing if all neurons are
    /// too few.
    fn neurons_to_remove(&self, shape: &Shape) -> Option<(usize, u64)> {
        // A row and a bias of the first matrix, a column of the second.
        let cost = |side: Side| match side {
            Side::Encoder => 2 * shape.encoder.d_model as u64 + 1,
            Side::Decoder => 2 * shape.decoder.d_model as u64 + 1,
        };
        let mut parameters = shape.parameters();
        let neurons = shape.groups();
        let mut of_neurons = 0;
        for (name, &size) in neurons.iter() {
            if let GroupName::FeedForward(side, _) = name {
                of_neurons += cost(side) * size as u64;
            }
        }
        if parameters - of_neurons > self.target {
            return None;
        }
        let mut gone = 0;
        while parameters > self.target {
            let &(name, _) = self.order.get(gone)?;
            if let GroupName::FeedForward(side, _) = name {
                parameters -= cost(side);
            }
            gone += 1;
        }
        Some((gone, parameters))
    }
}

/// How far from the nearest whole sizes is looked for a fit that wastes nothing.
const MOST_SLACK: usize = 2;

/// Where sizes are looked for.
#[derive(Debug, Clone, Copy)]
struct Around {
    /// The share of the original sizes.
    ratio: f64,
    /// Beyond the whole sizes next to it, either way.
    slack: usize,
    /// All of it so much lower.
    less: usize,
}

impl Around {
    fn sizes(self, original: usize) -> RangeInclusive<usize> {
        let exact = original as f64 * self.ratio;
        let down = |size: usize, by: usize| size.saturating_sub(by);
        let least = down(exact.floor() as usize, self.slack + self.less);
        least..=down(exact.ceil() as usize + self.slack, self.less)
    }
}

/// How much of the original parameters a fit may leave unused where another one does not.
const LARGEST_SHORTFALL: f64 = 0.005;

/// Sizes that leave few enough parameters.
struct Fit {
    sizes: Sizes,
    /// Neurons that must go for it.
    gone: usize,
    /// Parameters below the target.
    room: u64,
}

impl Sizes {
    fn of(shape: &Shape) -> Self {
        let head = shape.encoder.layers.first().map(|l| l.self_attention);
        let per_head = |total: Option<usize>| total.unwrap_or(0) / shape.heads;
        Self {
            encoder_dims: shape.encoder.d_model,
            decoder_dims: shape.decoder.d_model,
            qk_per_head: per_head(head.map(|a| a.qk)),
            vo_per_head: per_head(head.map(|a| a.vo)),
        }
    }

    /// At most so many dimensions on either side, and at least one.
    fn with_dims(self, encoder: usize, decoder: usize) -> Self {
        Self {
            encoder_dims: encoder.clamp(1, self.encoder_dims),
            decoder_dims: decoder.clamp(1, self.decoder_dims),
            ..self
        }
    }

    /// The sizes that a stage could leave, where they are looked for.
    fn candidates(self, original: &Shape, stage: PruneStage, around: Around) -> Vec<Self> {
        let heads = around.sizes(original.original_d_head());
        let dims = around.sizes(original.original_d_model);
        let widths: Vec<Self> = match stage {
            PruneStage::Inner => vec![self],
            _ => dims
                .clone()
                .flat_map(|encoder| {
                    dims.clone()
                        .map(move |decoder| self.with_dims(encoder, decoder))
                })
                .collect(),
        };
        let with_heads = |sizes: Self| {
            let pairs = heads
                .clone()
                .flat_map(|qk| heads.clone().map(move |vo| (qk, vo)));
            pairs.map(move |(qk, vo)| Self {
                qk_per_head: qk.min(self.qk_per_head),
                vo_per_head: vo.min(self.vo_per_head),
                ..sizes
            })
        };
        widths.into_iter().flat_map(with_heads).collect()
    }

    /// The smallest sizes that a stage can leave.
    fn least(self, stage: PruneStage) -> Self {
        let dims = match stage {
            PruneStage::Inner => self,
            _ => self.with_dims(1, 1),
        };
        Self {
            qk_per_head: 0,
            vo_per_head: 0,
            ..dims
        }
    }

    /// What must go to come from here to `next`.
    fn counts_to(self, next: Self, neurons: usize) -> Counts {
        Counts {
            encoder_dims: self.encoder_dims - next.encoder_dims,
            decoder_dims: self.decoder_dims - next.decoder_dims,
            neurons,
            qk_per_head: self.qk_per_head - next.qk_per_head,
            vo_per_head: self.vo_per_head - next.vo_per_head,
        }
    }

    /// The shape with these sizes, and all its neurons.
    fn applied(self, shape: &Shape) -> Shape {
        shape.with_groups(&shape.groups().map(|name, &size| match name {
            GroupName::Embedding(Side::Encoder) => self.encoder_dims,
            GroupName::Embedding(Side::Decoder) => self.decoder_dims,
            GroupName::Qk(..) => self.qk_per_head * shape.heads,
            GroupName::Vo(..) => self.vo_per_head * shape.heads,
            GroupName::FeedForward(..) => size,
        }))
    }

    /// The shape with these sizes, and no neurons.
    fn without_neurons(self, shape: &Shape) -> Shape {
        let shape = self.applied(shape);
        shape.with_groups(&shape.groups().map(|name, &size| match name {
            GroupName::FeedForward(..) => 0,
            _ => size,
        }))
    }
}
