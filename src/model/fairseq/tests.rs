//! What is taken from tensors in memory, and what is refused.

use super::*;
use crate::groups::GroupName;
use crate::model::parameters::initial_state;
use pytorch_reader::DType;

const SOURCE_VOCAB: usize = 7;
const TARGET_VOCAB: usize = 9;

pub(super) fn architecture(output_projection: OutputProjection) -> Architecture {
    let architecture: Architecture = toml::from_str(
        r#"
        d-model = 8
        d-ff = 6
        heads = 2
        encoder-layers = 1
        decoder-layers = 2
        layer-norm = "weighted"
        max-positions = 16
        "#,
    )
    .unwrap();
    Architecture {
        output_projection,
        ..architecture
    }
}

fn unpruned(output_projection: OutputProjection) -> Blueprint {
    Blueprint::unpruned(&architecture(output_projection), SOURCE_VOCAB, TARGET_VOCAB)
}

fn floats(shape: &[usize], data: Vec<f32>) -> Raw {
    Raw {
        shape: shape.to_vec(),
        dtype: DType::F32,
        numbers: Numbers::Floats(data),
    }
}

fn integers(data: &[i64]) -> Raw {
    Raw {
        shape: vec![data.len()],
        dtype: DType::I64,
        numbers: Numbers::Integers(data.to_vec()),
    }
}

/// The tensors of a model of this shape.
fn tensors(shape: &Shape) -> Tensors {
    initial_state(shape, 1)
        .into_iter()
        .map(|(name, array)| (name, floats(&array.shape, array.data)))
        .collect()
}

/// A whole unpruned tied model, changed.
fn changed(change: impl FnOnce(&mut Tensors)) -> Result<(Blueprint, State), Problem> {
    let unpruned = unpruned(OutputProjection::Tied);
    let mut tensors = tensors(&unpruned.shape);
    change(&mut tensors);
    model(tensors, unpruned)
}

/// What is wrong with a whole unpruned tied model that was changed.
fn problem(change: impl FnOnce(&mut Tensors)) -> String {
    changed(change).unwrap_err().to_string()
}

/// A tensor of zeros.
fn zeros(shape: &[usize]) -> Raw {
    floats(shape, vec![0.0; shape.iter().product()])
}

fn put(name: &str, raw: Raw) -> impl FnOnce(&mut Tensors) {
    move |tensors| {
        tensors.insert(name.to_owned(), raw);
    }
}

/// The model's encoder cut to columns 1, 2 and 5; whether the tensors say so is left to `mask`.
fn narrow(mask: Option<Raw>) -> Result<(Blueprint, State), Problem> {
    let unpruned = unpruned(OutputProjection::Tied);
    let mut sizes = unpruned.shape.groups();
    sizes.encoder.embedding = 3;
    let mut tensors = tensors(&unpruned.shape.with_groups(&sizes));
    if let Some(mask) = mask {
        tensors.insert("encoder.pos_emb_mask".to_owned(), mask);
    }
    model(tensors, unpruned)
}

#[test]
fn an_unpruned_model_is_taken_as_it_is() {
    for kind in [OutputProjection::Tied, OutputProjection::Separate] {
        let unpruned = unpruned(kind);
        let state = initial_state(&unpruned.shape, 1);
        let taken = model(tensors(&unpruned.shape), unpruned.clone()).unwrap();
        assert_eq!(taken, (unpruned, state));
    }
}

#[test]
fn what_is_no_parameter_is_dropped() {
    let (_, state) = changed(|tensors| {
        for (name, raw) in [
            ("encoder.version", zeros(&[1])),
            ("decoder.version", zeros(&[1])),
            (
                "encoder.embed_positions._float_tensor",
                floats(&[1], vec![f32::NAN]),
            ),
            ("decoder.embed_positions._float_tensor", zeros(&[1])),
            ("encoder.embedding_c", floats(&[8], vec![1.0; 8])),
            (
                "decoder.layers.1.encoder_attn_vo_c",
                floats(&[8], vec![1.0; 8]),
            ),
            ("decoder.layers.1.fc_c", floats(&[6], vec![1.0; 6])),
            ("decoder.pos_emb_mask", integers(&[0, 1, 2, 3, 4, 5, 6, 7])),
        ] {
            tensors.insert(name.to_owned(), raw);
        }
        let copy = tensors[TARGET_TABLE].clone();
        tensors.insert(OUTPUT_PROJECTION.to_owned(), copy);
    })
    .unwrap();
    let expected = initial_state(&unpruned(OutputProjection::Tied).shape, 1);
    assert_eq!(state, expected);
}

#[test]
fn sizes_and_columns_of_a_cut_model_come_from_its_tensors() {
    let unpruned = unpruned(OutputProjection::Separate);
    let mut sizes = unpruned.shape.groups();
    sizes.encoder.embedding = 3;
    sizes.encoder.layers[0].self_attention.qk = 4;
    sizes.decoder.layers[0].cross_attention.vo = 2;
    sizes.decoder.layers[1].feed_forward = 5;
    let shape = unpruned.shape.with_groups(&sizes);
    let mut tensors = tensors(&shape);
    tensors.insert("encoder.pos_emb_mask".to_owned(), integers(&[1, 2, 5]));
    let (blueprint, state) = model(tensors, unpruned.clone()).unwrap();
    assert_eq!(blueprint.shape, shape);
    assert_eq!(blueprint.original, unpruned.shape);
    assert_eq!(blueprint.encoder_columns, [1, 2, 5]);
    assert_eq!(blueprint.decoder_columns, unpruned.decoder_columns);
    assert_eq!(state, initial_state(&shape, 1));
}

#[test]
fn a_group_without_tensors_was_pruned_completely_where_srp_made_the_checkpoint() {
    let fc = |tensors: &mut Tensors| {
        for part in ["fc1.weight", "fc1.bias", "fc2.weight"] {
            tensors.remove(&format!("encoder.layers.0.{part}"));
        }
    };
    for (name, raw) in [
        ("decoder.pos_emb_mask", integers(&[0, 1, 2, 3, 4, 5, 6, 7])),
        ("decoder.layers.1.fc_c", floats(&[6], vec![1.0; 6])),
        ("encoder.layers.0.fc1.weight", zeros(&[0, 8])),
        ("encoder.layers.0.fc2.weight", zeros(&[8, 0])),
        ("encoder.layers.0.fc_c", zeros(&[0])),
    ] {
        let (blueprint, state) = changed(|tensors| {
            fc(tensors);
            tensors.insert(name.to_owned(), raw);
        })
        .unwrap();
        assert_eq!(blueprint.shape.encoder.layers[0].d_ff, 0, "{name}");
        assert!(!state.contains_key(name));
    }
    // An empty tensor says nothing of the groups of others.
    let other = problem(|tensors| {
        fc(tensors);
        let keys = [
            "q_proj.weight",
            "q_proj.bias",
            "k_proj.weight",
            "k_proj.bias",
        ];
        for part in keys {
            tensors.insert(format!("decoder.layers.0.self_attn.{part}"), zeros(&[0]));
        }
    });
    for message in [problem(fc), other] {
        assert_eq!(
            message,
            "tensor `encoder.layers.0.fc1.weight` is missing, expected with shape [6, 8]"
        );
    }
}

#[test]
fn groups_with_empty_tensors_were_pruned_completely() {
    let (blueprint, state) = changed(|tensors| {
        tensors.insert("decoder.layers.0.fc1.weight".to_owned(), zeros(&[0, 8]));
        tensors.insert("decoder.layers.0.fc1.bias".to_owned(), zeros(&[0]));
        tensors.remove("decoder.layers.0.fc2.weight");
        for part in [
            "q_proj.weight",
            "q_proj.bias",
            "k_proj.weight",
            "k_proj.bias",
        ] {
            tensors.insert(format!("encoder.layers.0.self_attn.{part}"), zeros(&[0]));
        }
    })
    .unwrap();
    assert_eq!(blueprint.shape.decoder.layers[0].d_ff, 0);
    assert_eq!(blueprint.shape.encoder.layers[0].self_attention.qk, 0);
    assert_eq!(blueprint.shape.encoder.layers[0].self_attention.vo, 8);
    assert!(!state.contains_key("decoder.layers.0.fc1.weight"));
    assert!(state.contains_key("decoder.layers.0.fc2.bias"));
}

#[test]
fn a_missing_tensor_is_named() {
    for (name, shape) in [
        ("encoder.embed_tokens.weight", "[7, 8]"),
        ("encoder.layers.0.self_attn.q_proj.weight", "[8, 8]"),
        ("decoder.layers.1.fc1.weight", "[6, 8]"),
        ("decoder.layers.1.fc2.bias", "[8]"),
        ("decoder.layers.0.encoder_attn.out_proj.weight", "[8, 8]"),
    ] {
        let message = problem(|tensors| {
            tensors.remove(name);
        });
        assert_eq!(
            message,
            format!("tensor `{name}` is missing, expected with shape {shape}")
        );
    }
    let separate = unpruned(OutputProjection::Separate);
    let message = model(tensors(&unpruned(OutputProjection::Tied).shape), separate).unwrap_err();
    assert_eq!(
        message.to_string(),
        "tensor `decoder.output_projection.weight` is missing, expected with shape [9, 8]"
    );
}

#[test]
fn a_tensor_that_no_model_has_is_named() {
    let message = problem(put("encoder.layers.0.self_attn.gate", zeros(&[2])));
    assert_eq!(
        message,
        "tensor `encoder.layers.0.self_attn.gate` does not belong to this model"
    );
}

#[test]
fn a_wrong_shape_says_what_decides_the_right_one() {
    let message = problem(put(
        "decoder.layers.0.encoder_attn.k_proj.weight",
        zeros(&[8, 5]),
    ));
    assert_eq!(
        message,
        "tensor `decoder.layers.0.encoder_attn.k_proj.weight` has shape [8, 5], expected [8, 8]: \
         `decoder.layers.0.encoder_attn.q_proj.weight` has 8 rows, `encoder.embed_tokens.weight` has 8 columns"
    );
    let message = problem(put("encoder.layers.0.fc1.weight", zeros(&[6])));
    assert!(
        message.contains("has shape [6], expected [6, 8]"),
        "{message}"
    );
    let message = problem(put("encoder.embedding_c", floats(&[7], vec![1.0; 7])));
    assert!(
        message.contains("`encoder.embedding_c` has shape [7], expected [8]"),
        "{message}"
    );
    let separate = unpruned(OutputProjection::Separate);
    let mut tensors = tensors(&separate.shape);
    tensors.insert(OUTPUT_PROJECTION.to_owned(), zeros(&[11, 8]));
    let message = model(tensors, separate).unwrap_err().to_string();
    assert!(
        message.contains("the target dictionary has 9 symbols"),
        "{message}"
    );
}

#[test]
fn a_dictionary_of_another_size_is_named() {
    assert_eq!(
        problem(put("encoder.embed_tokens.weight", zeros(&[11, 8]))),
        "the source dictionary has 7 symbols, the checkpoint's table `encoder.embed_tokens.weight` 11 rows"
    );
    assert_eq!(
        problem(put("decoder.embed_tokens.weight", zeros(&[11, 8]))),
        "the target dictionary has 9 symbols, the checkpoint's table `decoder.embed_tokens.weight` 11 rows"
    );
}

#[test]
fn a_group_larger_than_the_original_names_the_key() {
    for (name, shape, words) in [
        (
            "encoder.embed_tokens.weight",
            [7, 12],
            "12 columns, more than `d-model` = 8",
        ),
        (
            "encoder.layers.0.self_attn.v_proj.weight",
            [10, 8],
            "10 rows, more than `d-model` = 8",
        ),
        (
            "encoder.layers.0.fc1.weight",
            [9, 8],
            "9 rows, more than `d-ff` = 6",
        ),
    ] {
        assert_eq!(
            problem(put(name, zeros(&shape))),
            format!("tensor `{name}` has {words}")
        );
    }
}

#[test]
fn rows_that_heads_cannot_share_are_refused() {
    assert_eq!(
        problem(put(
            "decoder.layers.1.encoder_attn.q_proj.weight",
            zeros(&[5, 8])
        )),
        "tensor `decoder.layers.1.encoder_attn.q_proj.weight` has 5 rows, no multiple of `heads` = 2"
    );
}

#[test]
fn another_number_of_layers_names_the_key() {
    let message = problem(put("encoder.layers.1.fc1.weight", zeros(&[6, 8])));
    assert_eq!(message, "the encoder has 2 layers, `encoder-layers` says 1");
    let message = problem(|tensors| tensors.retain(|name, _| !name.contains("r.layers.1.")));
    assert_eq!(message, "the decoder has 1 layers, `decoder-layers` says 2");
}

#[test]
fn a_narrow_model_without_columns_is_refused() {
    assert_eq!(
        narrow(None).unwrap_err().to_string(),
        "the encoder is 3 wide, `d-model` says 8, and no `encoder.pos_emb_mask` says what was kept"
    );
}

#[test]
fn columns_must_be_different_in_range_and_as_many_as_the_width() {
    assert_eq!(
        narrow(Some(integers(&[5, 0, 7])))
            .unwrap()
            .0
            .encoder_columns,
        [5, 0, 7]
    );
    for wrong in [
        &[1_i64, 2, 8][..],
        &[1, 2, 2],
        &[-1, 2, 5],
        &[1, 2],
        &[1, 2, 5, 6],
    ] {
        assert_eq!(
            narrow(Some(integers(wrong))).unwrap_err().to_string(),
            "tensor `encoder.pos_emb_mask` must be 3 different columns below 8",
            "{wrong:?}"
        );
    }
    assert_eq!(
        narrow(Some(zeros(&[3]))).unwrap_err().to_string(),
        "tensor `encoder.pos_emb_mask` holds F32, expected integers"
    );
}

#[test]
fn a_model_in_the_middle_of_pruning_is_refused() {
    let mut fading = vec![1.0; 8];
    fading[3] = 0.25;
    assert_eq!(
        problem(put("decoder.layers.0.self_attn_qk_c", floats(&[8], fading))),
        "tensor `decoder.layers.0.self_attn_qk_c` is not all 1: the checkpoint was saved while pruning, before its \
         model was cut"
    );
}

#[test]
fn a_tied_model_with_another_projection_is_refused() {
    assert_eq!(
        problem(put(OUTPUT_PROJECTION, zeros(&[9, 8]))),
        "tensor `decoder.output_projection.weight` is not the decoder's embedding table: set `output-projection = \
         \"separate\"`"
    );
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for wrong in [f32::NAN, f32::INFINITY] {
        let name = "encoder.layers.0.fc2.bias";
        let mut data = vec![0.0; 8];
        data[5] = wrong;
        assert_eq!(
            problem(put(name, floats(&[8], data))),
            format!("tensor `{name}` holds a number that is not finite")
        );
    }
}

#[test]
fn a_parameter_of_integers_is_refused() {
    assert_eq!(
        problem(put("encoder.layers.0.fc2.bias", integers(&[0; 8]))),
        "tensor `encoder.layers.0.fc2.bias` holds I64, expected floating-point numbers"
    );
}

#[test]
fn other_kinds_of_models_are_refused_in_words() {
    for (name, words) in [
        ("encoder.layer_norm.weight", "pre-norm"),
        ("decoder.layer_norm.bias", "pre-norm"),
        (
            "decoder.layernorm_embedding.weight",
            "layer norm on its embeddings",
        ),
        (
            "encoder.embed_positions.weight",
            "learned positions; srp's are sinusoidal",
        ),
        ("decoder.adaptive_softmax.head.weight", "adaptive softmax"),
        (
            "encoder.layers.0.self_attn.in_proj_weight",
            "queries, keys and values in one tensor",
        ),
    ] {
        let message = problem(put(name, zeros(&[8])));
        assert!(
            message.starts_with(&format!("tensor `{name}` is of a ")),
            "{message}"
        );
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn an_architecture_that_cannot_be_is_refused() {
    let mut unpruned = unpruned(OutputProjection::Tied);
    unpruned.original.heads = 3;
    // Three heads share what is left of the 8 rows, but never shared those.
    let sizes = unpruned.original.groups().map(|name, &size| match name {
        GroupName::Qk(..) | GroupName::Vo(..) => 6,
        _ => size,
    });
    let tensors = tensors(&unpruned.original.with_groups(&sizes));
    let message = model(tensors, unpruned).unwrap_err().to_string();
    assert!(message.contains("no multiple of the heads"), "{message}");
}
