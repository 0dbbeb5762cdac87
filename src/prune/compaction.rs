//! Cutting groups out of a model, and holding still what will be cut (SPEC §11, §12).

use crate::config::OutputProjection;
use crate::groups::{GroupName, Groups, Side};
use crate::model::Blueprint;
use crate::model::parameters::{Axis, AxisSizes, parameters, parameters_of};
use crate::model::state::{Array, State};
use crate::shape::Shape;

/// The entries of groups of these sizes that are not removed, ascending.
pub fn complement(removed: &Groups<Vec<usize>>, sizes: &Groups<usize>) -> Groups<Vec<usize>> {
    removed.map(|name, removed| {
        let mut stays = vec![true; *sizes.get(name)];
        for &index in removed {
            stays[index] = false;
        }
        (0..stays.len()).filter(|&index| stays[index]).collect()
    })
}

/// The original columns that stay when `kept` of the current ones do.
pub fn kept_after(columns: &[usize], kept: &[usize]) -> Vec<usize> {
    kept.iter().map(|&index| columns[index]).collect()
}

/// The blueprint of the model that keeps these entries.
pub fn slice_blueprint(blueprint: &Blueprint, kept: &Groups<Vec<usize>>) -> Blueprint {
    let sizes = kept.map(|_, kept| kept.len());
    Blueprint {
        shape: blueprint.shape.with_groups(&sizes),
        encoder_columns: kept_after(
            &blueprint.encoder_columns,
            kept.get(GroupName::Embedding(Side::Encoder)),
        ),
        decoder_columns: kept_after(
            &blueprint.decoder_columns,
            kept.get(GroupName::Embedding(Side::Decoder)),
        ),
        ..blueprint.clone()
    }
}

/// The same arrays with only the kept entries: parameters, or one number for each. Arrays left empty are dropped.
pub fn slice_state(state: &State, kept: &Groups<Vec<usize>>) -> State {
    // The projection is listed in any case: the state of a tied model has none.
    let (encoder, decoder) = (kept.encoder.layers.len(), kept.decoder.layers.len());
    parameters(encoder, decoder, OutputProjection::Separate)
        .into_iter()
        .filter_map(|parameter| {
            let array = state.get(&parameter.name)?;
            let sliced =
                parameter
                    .axes
                    .iter()
                    .enumerate()
                    .fold(array.clone(), |array, (axis, &group)| match group {
                        Axis::Group(name) => array.select(axis, kept.get(name)),
                        Axis::Vocabulary(_) => array,
                    });
            (!sliced.data.is_empty()).then_some((parameter.name, sliced))
        })
        .collect()
}

/// For each parameter, 1 where the entry stays and 0 where slicing will remove it.
pub fn freeze_masks(shape: &Shape, kept: &Groups<Vec<usize>>) -> State {
    let sizes = AxisSizes::new(shape);
    let ones = |axis: Axis| {
        let mut line = vec![1.0; sizes.size(axis)];
        if let Axis::Group(name) = axis {
            line.fill(0.0);
            for &index in kept.get(name) {
                line[index] = 1.0;
            }
        }
        line
    };
    parameters_of(shape)
        .into_iter()
        .map(|parameter| {
            let data = parameter.axes.iter().fold(vec![1.0_f32], |outer, &axis| {
                let line = ones(axis);
                outer
                    .iter()
                    .flat_map(|&a| line.iter().map(move |&b| a * b))
                    .collect()
            });
            let shape = sizes.shape(&parameter);
            (parameter.name, Array { shape, data })
        })
        .collect()
}
