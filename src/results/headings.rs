//! What columns are called where people read them, and which column they mean by a word.

use super::derived::Derived;

/// What stands above a column.
pub(super) fn heading(name: &str) -> String {
    if let Some((measure, derived)) = Derived::of(name) {
        let measure = heading(measure);
        match derived {
            Derived::Delta => return format!("Δ{measure}"),
            Derived::Times => return format!("{measure} ×"),
            Derived::P => return format!("p of {measure}"),
            Derived::Interval => return format!("{measure} 95 %"),
            Derived::Noise | Derived::Mean | Derived::Deviation | Derived::Known => {}
        }
    }
    match name {
        "bleu" => "BLEU",
        "chrf" => "chrF",
        "asked_ratio" => "asked",
        "parameter_ratio" => "left",
        "flops" => "FLOPs",
        "flops_ratio" => "fewer",
        "speed_up" => "faster",
        "batch_speed_up" => "in batches",
        "seconds" => "time",
        "latency_ms" => "latency",
        "batch_ms" => "batch latency",
        "decode_sentences_per_second" => "sentences/s",
        "decode_tokens_per_second" => "tokens/s",
        other => other,
    }
    .to_owned()
}

/// The one of `names` that is meant by a word: the name, what stands above its column, or either in other letters.
pub fn meant<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    let find = |is: &dyn Fn(&str) -> bool| names.iter().copied().find(|name| is(name));
    find(&|name| name == word)
        .or_else(|| find(&|name| heading(name) == word))
        .or_else(|| find(&|name| folded(name) == folded(word)))
        .or_else(|| find(&|name| folded(&heading(name)) == folded(word)))
}

/// Whether a word that means a column is what stands above it, and not its name.
#[cfg(feature = "tables")]
pub(super) fn is_heading(word: &str, name: &str) -> bool {
    folded(word) != folded(name)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_meant_by_its_name_or_its_heading_in_any_letters() {
        let names = ["BLEU", "bleu", "flops_ratio", "bleu_delta", "dropout_p"];
        for (word, name) in [
            ("bleu", "bleu"),
            ("BLEU", "BLEU"),
            ("fewer", "flops_ratio"),
            ("ΔBLEU", "bleu_delta"),
            ("flops-ratio", "flops_ratio"),
            ("Dropout-P", "dropout_p"),
        ] {
            assert_eq!(meant(word, &names), Some(name), "{word}");
        }
        assert_eq!(meant("belu", &names), None);
    }
}
