//! Every trained tensor of a model: its name, the groups that its axes belong to, and how it starts out.
//!
//! This one table (SPEC §2, §12) says which shapes a checkpoint must have, what slicing removes from each tensor,
//! what freezing holds still, and how a fresh model is drawn.

use super::embedding::PAD;
use super::state::{Array, State};
use crate::config::OutputProjection;
use crate::groups::{AttentionModule, GroupName, Groups, Side};
use crate::random::Stream;
use crate::shape::Shape;

/// The name of the output projection, where it is not tied.
pub(super) const OUTPUT_PROJECTION: &str = "decoder.output_projection.weight";

/// What the entries along an axis of a parameter stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// One entry for each connectivity parameter of this group.
    Group(GroupName),
    /// One entry for each dictionary entry of this side.
    Vocabulary(Side),
}

/// How a parameter of a fresh model is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Initial {
    /// Normal with the standard deviation 1/sqrt(columns).
    Normal,
    /// [`Initial::Normal`], but the row of the padding token is zero.
    Embedding,
    /// Uniform within the Xavier bound times `gain`.
    Xavier { gain: f64 },
    /// Uniform within 1/sqrt(fan-in).
    FanIn(Axis),
    /// All the same.
    Constant(f32),
}

/// One trained tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name (SPEC §2).
    pub name: String,
    /// Its axes: rows and columns of a matrix, or the entries of a vector.
    pub axes: Vec<Axis>,
    initial: Initial,
}

/// All parameters of a model of this shape, in the order of the forward pass.
pub fn parameters_of(shape: &Shape) -> Vec<Parameter> {
    parameters(
        shape.encoder.layers.len(),
        shape.decoder.layers.len(),
        shape.output_projection,
    )
}

/// All parameters of a model with so many layers, in the order of the forward pass.
pub fn parameters(
    encoder_layers: usize,
    decoder_layers: usize,
    output_projection: OutputProjection,
) -> Vec<Parameter> {
    let mut list = Listing(Vec::new());
    for (side, layers) in [
        (Side::Encoder, encoder_layers),
        (Side::Decoder, decoder_layers),
    ] {
        let width = Axis::Group(GroupName::Embedding(side));
        let embedding = vec![Axis::Vocabulary(side), width];
        list.push(
            format!("{side}.embed_tokens.weight"),
            embedding,
            Initial::Embedding,
        );
        for layer in 0..layers {
            list.attention(side, layer, AttentionModule::SelfAttention);
            if side == Side::Decoder {
                list.attention(side, layer, AttentionModule::CrossAttention);
            }
            let prefix = format!("{side}.layers.{layer}");
            let neurons = Axis::Group(GroupName::FeedForward(side, layer));
            list.linear(
                &format!("{prefix}.fc1"),
                neurons,
                width,
                Initial::FanIn(width),
            );
            list.linear(
                &format!("{prefix}.fc2"),
                width,
                neurons,
                Initial::FanIn(neurons),
            );
            list.layer_norm(&format!("{prefix}.final_layer_norm"), width);
        }
    }
    match output_projection {
        OutputProjection::Tied => {}
        OutputProjection::Separate => list.push(
            OUTPUT_PROJECTION.to_owned(),
            vec![
                Axis::Vocabulary(Side::Decoder),
                Axis::Group(GroupName::Embedding(Side::Decoder)),
            ],
            Initial::Normal,
        ),
    }
    list.0
}

struct Listing(Vec<Parameter>);

impl Listing {
    fn push(&mut self, name: String, axes: Vec<Axis>, initial: Initial) {
        self.0.push(Parameter {
            name,
            axes,
            initial,
        });
    }

    /// A weight drawn as said, and a bias within 1/sqrt(fan-in).
    fn linear(&mut self, prefix: &str, rows: Axis, columns: Axis, weight: Initial) {
        self.push(format!("{prefix}.weight"), vec![rows, columns], weight);
        self.push(
            format!("{prefix}.bias"),
            vec![rows],
            Initial::FanIn(columns),
        );
    }

    fn layer_norm(&mut self, prefix: &str, width: Axis) {
        self.push(
            format!("{prefix}.weight"),
            vec![width],
            Initial::Constant(1.0),
        );
        self.push(
            format!("{prefix}.bias"),
            vec![width],
            Initial::Constant(0.0),
        );
    }

    fn attention(&mut self, side: Side, layer: usize, module: AttentionModule) {
        let prefix = format!("{side}.layers.{layer}.{module}");
        let query_width = Axis::Group(GroupName::Embedding(side));
        let memory_width = match module {
            AttentionModule::SelfAttention => query_width,
            AttentionModule::CrossAttention => Axis::Group(GroupName::Embedding(Side::Encoder)),
        };
        let qk = Axis::Group(GroupName::Qk(side, layer, module));
        let vo = Axis::Group(GroupName::Vo(side, layer, module));
        let input = Initial::Xavier {
            gain: std::f64::consts::FRAC_1_SQRT_2,
        };
        self.linear(&format!("{prefix}.q_proj"), qk, query_width, input);
        self.linear(&format!("{prefix}.k_proj"), qk, memory_width, input);
        self.linear(&format!("{prefix}.v_proj"), vo, memory_width, input);
        self.push(
            format!("{prefix}.out_proj.weight"),
            vec![query_width, vo],
            Initial::Xavier { gain: 1.0 },
        );
        self.push(
            format!("{prefix}.out_proj.bias"),
            vec![query_width],
            Initial::Constant(0.0),
        );
        self.layer_norm(&format!("{prefix}_layer_norm"), query_width);
    }
}

/// The sizes that the axes of parameters have in a model of a certain shape.
#[derive(Debug, Clone)]
pub struct AxisSizes {
    groups: Groups<usize>,
    source_vocab: usize,
    target_vocab: usize,
}

impl AxisSizes {
    /// Those of a model of this shape.
    pub fn new(shape: &Shape) -> Self {
        Self {
            groups: shape.groups(),
            source_vocab: shape.source_vocab,
            target_vocab: shape.target_vocab,
        }
    }

    /// Entries along an axis.
    pub fn size(&self, axis: Axis) -> usize {
        match axis {
            Axis::Group(name) => *self.groups.get(name),
            Axis::Vocabulary(Side::Encoder) => self.source_vocab,
            Axis::Vocabulary(Side::Decoder) => self.target_vocab,
        }
    }

    /// The shape of a parameter: `[rows, columns]` or `[entries]`.
    pub fn shape(&self, parameter: &Parameter) -> Vec<usize> {
        parameter.axes.iter().map(|&axis| self.size(axis)).collect()
    }
}

/// Draws a fresh model (SPEC §2). Each tensor has a random stream of its own, named after it.
pub fn initial_state(shape: &Shape, seed: u64) -> State {
    let sizes = AxisSizes::new(shape);
    parameters_of(shape)
        .into_iter()
        .map(|parameter| {
            let shape = sizes.shape(&parameter);
            let mut stream = Stream::new(seed, &parameter.name);
            let data = draw(&parameter, &shape, &sizes, &mut stream);
            (parameter.name, Array { shape, data })
        })
        .collect()
}

fn draw(
    parameter: &Parameter,
    shape: &[usize],
    sizes: &AxisSizes,
    stream: &mut Stream,
) -> Vec<f32> {
    let count = shape.iter().product();
    match parameter.initial {
        Initial::Constant(value) => vec![value; count],
        Initial::FanIn(axis) => uniform(1.0 / (sizes.size(axis) as f64).sqrt(), count, stream),
        Initial::Xavier { gain } => {
            let bound = gain * (6.0 / shape.iter().sum::<usize>() as f64).sqrt();
            uniform(bound, count, stream)
        }
        Initial::Normal => normal(1.0 / (shape[1] as f64).sqrt(), count, stream),
        Initial::Embedding => {
            let columns = shape[1];
            let mut data = normal(1.0 / (columns as f64).sqrt(), count, stream);
            data[PAD * columns..(PAD + 1) * columns].fill(0.0);
            data
        }
    }
}

/// Numbers between `-bound` and `bound`.
fn uniform(bound: f64, count: usize, stream: &mut Stream) -> Vec<f32> {
    (0..count)
        .map(|_| ((2.0 * stream.next_f64() - 1.0) * bound) as f32)
        .collect()
}

/// Numbers around 0 with this standard deviation.
fn normal(deviation: f64, count: usize, stream: &mut Stream) -> Vec<f32> {
    (0..count)
        .map(|_| (standard_normal(stream) * deviation) as f32)
        .collect()
}

/// A standard normal number, after Box and Muller.
fn standard_normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * (1.0 - stream.next_f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * stream.next_f64()).cos()
}
