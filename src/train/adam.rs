//! Adam with decoupled weight decay, whose moments can be sliced and frozen with the model (SPEC §11, §13).

use crate::config::{Freeze, Optimizer};
use crate::kernels::Learning;
use crate::kernels::{AdamInputs, AdamRule, Kernels};
use crate::model::Transformer;
use crate::model::state::{Array, State};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;

/// The optimizer of one training run. Everything it keeps is keyed by the parameter's name.
#[derive(Debug)]
pub struct Adam<B: Learning> {
    settings: Optimizer,
    moments: BTreeMap<String, Moments<B>>,
    frozen: Option<Frozen<B>>,
    device: B::Device,
}

/// The moments of one parameter, flat.
#[derive(Debug, Clone)]
struct Moments<B: Learning> {
    first: Tensor<B::InnerBackend, 1>,
    second: Tensor<B::InnerBackend, 1>,
    /// Completed updates of this parameter.
    updates: i32,
}

/// Which entries stand still.
#[derive(Debug)]
struct Frozen<B: Learning> {
    /// For each parameter 1 where it is trained and 0 where it is frozen, flat.
    masks: BTreeMap<String, Tensor<B::InnerBackend, 1>>,
    decay: Freeze,
}

impl<B: Learning> Adam<B> {
    /// An optimizer without history.
    pub fn new(settings: &Optimizer, device: &B::Device) -> Self {
        Self {
            settings: settings.clone(),
            moments: BTreeMap::new(),
            frozen: None,
            device: device.clone(),
        }
    }

    /// Holds still, from the next update on, the entries where `masks` is 0, and forgets their moments.
    pub fn freeze(&mut self, masks: &State, decay: Freeze) {
        let masks: BTreeMap<_, _> = masks
            .iter()
            .map(|(name, mask)| (name.clone(), upload::<B>(mask, &self.device)))
            .collect();
        for (name, moments) in &mut self.moments {
            if let Some(mask) = masks.get(name) {
                moments.first = moments.first.clone() * mask.clone();
                moments.second = moments.second.clone() * mask.clone();
            }
        }
        self.frozen = Some(Frozen { masks, decay });
    }

    /// Sets all entries free.
    pub fn unfreeze(&mut self) {
        self.frozen = None;
    }

    /// Rewrites both moments of every parameter: `change` gets the arrays of all parameters that have been
    /// updated, shaped like the model's, and returns those to go on with.
    ///
    /// # Panics
    /// If a parameter that has been updated is not in `model`, or if `change` makes up a parameter.
    pub fn reshape(&mut self, model: &State, change: impl Fn(&State) -> State) {
        let mut earlier = std::mem::take(&mut self.moments);
        let download = |pick: fn(&Moments<B>) -> &Tensor<B::InnerBackend, 1>| -> State {
            let shaped = earlier.iter().map(|(name, moments)| {
                let shape = model[name].shape.clone();
                let data = Array::of(pick(moments).clone()).data;
                (name.clone(), Array { shape, data })
            });
            change(&shaped.collect())
        };
        let (first, second) = (download(|m| &m.first), download(|m| &m.second));
        for (name, array) in first {
            let Some(before) = earlier.remove(&name) else {
                panic!("`{name}` has no moments to reshape")
            };
            let moments = Moments {
                first: upload::<B>(&array, &self.device),
                second: upload::<B>(&second[&name], &self.device),
                updates: before.updates,
            };
            self.moments.insert(name, moments);
        }
    }

    /// First and second moments of every parameter that has been updated, flat, and the number of its updates.
    pub fn state(&self) -> (State, State, BTreeMap<String, i32>) {
        let all = |pick: fn(&Moments<B>) -> &Tensor<B::InnerBackend, 1>| {
            let arrays = self.moments.iter();
            arrays
                .map(|(name, moments)| (name.clone(), Array::of(pick(moments).clone())))
                .collect()
        };
        let updates = self.moments.iter();
        let updates = updates.map(|(name, moments)| (name.clone(), moments.updates));
        (all(|m| &m.first), all(|m| &m.second), updates.collect())
    }

    /// Goes on from what [`Adam::state`] gave; what is in one of the three only is left out.
    pub(super) fn restore(
        &mut self,
        first: &State,
        second: &State,
        updates: &BTreeMap<String, i32>,
    ) {
        let device = &self.device;
        let moments = updates.iter().filter_map(|(name, &updates)| {
            let moments = Moments {
                first: upload::<B>(first.get(name)?, device),
                second: upload::<B>(second.get(name)?, device),
                updates,
            };
            Some((name.clone(), moments))
        });
        self.moments = moments.collect();
    }

    /// One update: gradients times `factor`, at a learning rate.
    pub fn step(
        &mut self,
        model: Transformer<B>,
        gradients: &mut B::Gradients,
        factor: f64,
        learning_rate: f64,
    ) -> Transformer<B> {
        let mut update = Update {
            adam: self,
            gradients,
            factor,
            learning_rate,
            path: Vec::new(),
        };
        model.map(&mut update)
    }
}

fn upload<B: Learning>(array: &Array, device: &B::Device) -> Tensor<B::InnerBackend, 1> {
    let data = TensorData::new(array.data.clone(), [array.data.len()]);
    Tensor::from_data(data, device)
}

/// Walks the model's parameters and updates each.
struct Update<'a, B: Learning> {
    adam: &'a mut Adam<B>,
    gradients: &'a mut B::Gradients,
    factor: f64,
    learning_rate: f64,
    path: Vec<String>,
}

impl<B: Learning> Update<'_, B> {
    /// The updated entries of one parameter, flat.
    fn apply(
        &mut self,
        name: &str,
        value: Tensor<B::InnerBackend, 1>,
        gradient: Tensor<B::InnerBackend, 1>,
    ) -> Tensor<B::InnerBackend, 1> {
        let settings = &self.adam.settings;
        let (beta1, beta2) = (settings.betas.0.get(), settings.betas.1.get());
        let frozen = self.adam.frozen.as_ref();
        let trained = frozen.and_then(|frozen| frozen.masks.get(name)).cloned();
        let before = self.adam.moments.remove(name);
        let before = before.unwrap_or_else(|| Moments {
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
            updates: 0,
        });
        let updates = before.updates + 1;
        let correction = (1.0 - beta2.powi(updates)).sqrt() / (1.0 - beta1.powi(updates));
        let rule = AdamRule {
            factor: self.factor,
            betas: (beta1, beta2),
            epsilon: settings.epsilon.get(),
            rate: self.learning_rate * correction,
            decay: self.learning_rate * settings.weight_decay.get(),
            frozen_decay: frozen.is_none_or(|frozen| frozen.decay == Freeze::WithDecay),
        };
        let inputs = AdamInputs {
            value,
            gradient,
            moments: [before.first, before.second],
            trained,
        };
        let (value, [first, second]) = B::InnerBackend::adam(inputs, rule);
        let after = Moments {
            first,
            second,
            updates,
        };
        self.adam.moments.insert(name.to_owned(), after);
        value
    }
}

impl<B: Learning> ModuleMapper<B> for Update<'_, B> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let name = self.path.join(".");
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = tensor.grad_remove(self.gradients) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let value = tensor.inner();
        let shape = value.dims();
        let count = value.shape().num_elements();
        let updated = self.apply(&name, value.reshape([count]), gradient.reshape([count]));
        let tensor = Tensor::from_inner(updated.reshape(shape)).require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
}
