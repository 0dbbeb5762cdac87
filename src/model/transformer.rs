//! The whole model, and how it is put together from a blueprint and numbers.

use super::decoder::{Decoder, DecoderCache};
use super::encoder::Encoder;
use super::input::{Source, Target};
use super::layer_norm::NormRule;
use super::parameters::{AxisSizes, parameters_of};
use super::state::{Array, State};
use super::{Blueprint, Pass};
use crate::kernels::Kernels;
use crate::shape::Shape;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use std::collections::BTreeMap;

/// An encoder-decoder Transformer of the shape that its blueprint says.
#[derive(Module, Debug)]
pub struct Transformer<B: Backend> {
    encoder: Encoder<B>,
    decoder: Decoder<B>,
    #[module(skip)]
    rule: NormRule,
}

/// Numbers that do not fit a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A parameter is not there.
    #[error("tensor `{name}` is missing, expected with shape {expected:?}")]
    Missing {
        /// The parameter.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor is there that the model does not have.
    #[error("tensor `{0}` does not belong to this model")]
    Extra(String),
    /// A parameter has another shape.
    #[error("tensor `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The parameter.
        name: String,
        /// The shape it has.
        found: Vec<usize>,
        /// The shape it should have.
        expected: Vec<usize>,
    },
}

impl<B: Kernels> Transformer<B> {
    /// Puts a model together.
    ///
    /// Tensors of empty groups may be left out of `state`.
    ///
    /// # Errors
    /// If a tensor is missing, of another shape, or not of this model.
    pub fn from_state(
        blueprint: &Blueprint,
        state: &State,
        device: &B::Device,
    ) -> Result<Self, LoadError> {
        check(blueprint, state)?;
        let loader = Loader {
            blueprint,
            state,
            device,
        };
        Ok(Self {
            encoder: Encoder::load(&loader, blueprint),
            decoder: Decoder::load(&loader, blueprint),
            rule: NormRule {
                mode: blueprint.layer_norm,
                original_d_model: blueprint.shape.original_d_model,
            },
        })
    }

    /// All parameters, off the device.
    pub fn to_state(&self) -> State {
        let mut collector = Collector {
            path: Vec::new(),
            state: State::new(),
        };
        self.visit(&mut collector);
        collector.state
    }

    /// Encodes a batch.
    ///
    /// # Shapes
    /// - returns: `[batch * src_len, d_model]`
    pub fn encode(&self, source: &Source<B>, pass: Pass<'_, B>) -> Tensor<B, 2> {
        self.encoder.forward(source, self.rule, pass)
    }

    /// Scores every token of the dictionary at every target position.
    ///
    /// # Shapes
    /// - returns: `[batch * tgt_len, vocab]`
    pub fn forward(
        &self,
        source: &Source<B>,
        target: &Target<B>,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let memory = self.encode(source, pass);
        let features = self
            .decoder
            .forward(target, &memory, source, self.rule, pass);
        self.decoder.project(features, pass)
    }

    /// An empty cache for [`Self::step`].
    ///
    /// # Shapes
    /// - `memory`: `[batch * src_len, d_model]`, from [`Self::encode`]
    pub fn cache(&self, memory: &Tensor<B, 2>, source: &Source<B>) -> DecoderCache<B> {
        self.decoder.cache(memory, source)
    }

    /// Scores every token of the dictionary as the next of every hypothesis.
    ///
    /// # Shapes
    /// - `tokens`: `[batch * beam]`, the newest token of each hypothesis
    /// - returns: `[batch * beam, vocab]`
    pub fn step(
        &self,
        tokens: Tensor<B, 1, Int>,
        cache: &mut DecoderCache<B>,
        pass: Pass<'_, B>,
    ) -> Tensor<B, 2> {
        let features = self.decoder.step(tokens, cache, self.rule, pass);
        self.decoder.project(features, pass)
    }
}

/// Checks that a state holds what a blueprint asks for: [`Transformer::from_state`] without the model.
///
/// # Errors
/// If a tensor is missing, of another shape, or not of this model.
pub fn check(blueprint: &Blueprint, state: &State) -> Result<(), LoadError> {
    let found = state.iter().map(|(name, array)| (name, &array.shape));
    check_shapes(&blueprint.shape, found)
}

/// Compares named tensors with those of a model of this shape. Tensors of empty groups may be left out.
pub(super) fn check_shapes<'a>(
    shape: &Shape,
    found: impl Iterator<Item = (&'a String, &'a Vec<usize>)>,
) -> Result<(), LoadError> {
    let sizes = AxisSizes::new(shape);
    let mut unknown: BTreeMap<_, _> = found.collect();
    for parameter in parameters_of(shape) {
        let expected = sizes.shape(&parameter);
        match unknown.remove(&parameter.name) {
            Some(found) if *found != expected => {
                return Err(LoadError::Shape {
                    name: parameter.name,
                    found: found.clone(),
                    expected,
                });
            }
            None if !expected.contains(&0) => {
                return Err(LoadError::Missing {
                    name: parameter.name,
                    expected,
                });
            }
            _ => {}
        }
    }
    match unknown.into_keys().next() {
        Some(extra) => Err(LoadError::Extra(extra.clone())),
        None => Ok(()),
    }
}

/// Hands out the tensors of a checked state.
pub(super) struct Loader<'a, B: Backend> {
    blueprint: &'a Blueprint,
    state: &'a State,
    device: &'a B::Device,
}

impl<B: Backend> Loader<'_, B> {
    /// The parameter of this name; none if it belongs to an empty group.
    pub(super) fn parameter<const D: usize>(&self, name: &str) -> Option<Param<Tensor<B, D>>> {
        let array = self
            .state
            .get(name)
            .filter(|array| !array.data.is_empty())?;
        let data = TensorData::new(array.data.clone(), array.shape.clone());
        Some(Param::from_tensor(Tensor::from_data(data, self.device)))
    }

    /// The parameter of this name, which no pruning can empty.
    pub(super) fn present<const D: usize>(&self, name: &str) -> Param<Tensor<B, D>> {
        match self.parameter(name) {
            Some(parameter) => parameter,
            None => panic!("`{name}` is empty: a side keeps at least one embedding dimension"),
        }
    }

    pub(super) fn device(&self) -> &B::Device {
        self.device
    }

    pub(super) fn heads(&self) -> usize {
        self.blueprint.shape.heads
    }

    pub(super) fn original_d_model(&self) -> usize {
        self.blueprint.shape.original_d_model
    }

    pub(super) fn original_d_head(&self) -> usize {
        self.blueprint.shape.original_d_head()
    }

    pub(super) fn max_positions(&self) -> usize {
        self.blueprint.max_positions
    }
}

/// Collects parameters by their paths.
struct Collector {
    path: Vec<String>,
    state: State,
}

impl<B: Backend> ModuleVisitor<B> for Collector {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.state
            .insert(self.path.join("."), Array::of(param.val()));
    }
}
