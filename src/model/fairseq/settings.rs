//! What the configuration in a checkpoint must say, where it says anything.

use super::checkpoint::Settings;
use super::error::Problem;
use crate::config::Architecture;
use pytorch_reader::PickleValue;

/// Compares the configuration that a model was trained with to what srp would make of its tensors: values that change
/// what a model computes, and no shape.
///
/// # Errors
/// The first value that makes it another model.
pub(super) fn check(settings: &Settings, architecture: &Architecture) -> Result<(), Problem> {
    let heads = PickleValue::Int(architecture.heads.get() as i64);
    let no = PickleValue::Bool(false);
    let relu = PickleValue::String("relu".to_owned());
    let as_heads = "`heads` says so";
    let post_norm = "srp's layer norms come after each block (post-norm)";
    let sinusoidal = "srp's positions are sinusoidal";
    for (key, expected, reason) in [
        ("encoder_attention_heads", &heads, as_heads),
        ("decoder_attention_heads", &heads, as_heads),
        ("encoder_normalize_before", &no, post_norm),
        ("decoder_normalize_before", &no, post_norm),
        ("encoder_learned_pos", &no, sinusoidal),
        ("decoder_learned_pos", &no, sinusoidal),
        ("no_token_positional_embeddings", &no, sinusoidal),
        (
            "no_scale_embedding",
            &no,
            "srp scales embeddings by the root of their width",
        ),
        (
            "activation_fn",
            &relu,
            "srp's feed-forward blocks have ReLU",
        ),
    ] {
        match settings.get(key) {
            None | Some(PickleValue::None) => {}
            Some(found) if found == expected => {}
            Some(found) => {
                return Err(Problem::Setting {
                    key,
                    found: word(found),
                    expected: word(expected),
                    reason,
                });
            }
        }
    }
    Ok(())
}

fn word(value: &PickleValue) -> String {
    match value {
        PickleValue::Bool(value) => value.to_string(),
        PickleValue::Int(value) => value.to_string(),
        PickleValue::String(value) => format!("\"{value}\""),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputProjection;
    use crate::model::fairseq::tests::architecture;

    #[test]
    fn a_configuration_of_another_model_names_both_values() {
        let architecture = architecture(OutputProjection::Tied);
        let yes = PickleValue::Bool(true);
        for (key, value, words) in [
            (
                "encoder_attention_heads",
                PickleValue::Int(4),
                "= 4, expected 2: `heads` says so",
            ),
            (
                "decoder_attention_heads",
                PickleValue::Int(1),
                "= 1, expected 2: `heads` says so",
            ),
            (
                "encoder_normalize_before",
                yes.clone(),
                "= true, expected false: srp's layer norms",
            ),
            (
                "decoder_normalize_before",
                yes.clone(),
                "= true, expected false: srp's layer norms",
            ),
            (
                "encoder_learned_pos",
                yes.clone(),
                "= true, expected false: srp's positions",
            ),
            (
                "decoder_learned_pos",
                yes.clone(),
                "= true, expected false: srp's positions",
            ),
            (
                "no_token_positional_embeddings",
                yes.clone(),
                "= true, expected false: srp's positions",
            ),
            (
                "no_scale_embedding",
                yes,
                "= true, expected false: srp scales embeddings",
            ),
            (
                "activation_fn",
                PickleValue::String("gelu".to_owned()),
                "= \"gelu\", expected \"relu\": srp's feed-forward",
            ),
        ] {
            let settings = [(key.to_owned(), value)].into();
            let message = check(&settings, &architecture).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("the model was trained with `{key}` {words}")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_configuration_that_agrees_or_is_silent_is_fine() {
        let architecture = architecture(OutputProjection::Tied);
        let settings = [
            ("encoder_attention_heads", PickleValue::Int(2)),
            ("decoder_learned_pos", PickleValue::Bool(false)),
            ("activation_fn", PickleValue::None),
            ("dropout", PickleValue::Float(0.3)),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value)).into();
        check(&settings, &architecture).unwrap();
    }
}
