//! The nearest of the words that would have been right.

/// The one of `known` that `typed` was probably meant to be, if any is near enough.
pub(crate) fn nearest<'k>(
    typed: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&folded(typed), &folded(word)), word))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// Advice for `typed`: the nearest of `known` if one is near, and all of them, called `what`.
pub(crate) fn advice<'k>(
    typed: &str,
    what: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let all = match known.as_slice() {
        [] => format!("there are no {what}"),
        some => format!("{what}: {}", some.join(", ")),
    };
    match nearest(typed, known) {
        Some(word) => format!("did you mean `{word}`? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_recognised_and_other_words_are_not() {
        let known = ["dropout", "label-smoothing", "epochs"];
        assert_eq!(nearest("epoch", known), Some("epochs"));
        assert_eq!(nearest("label_smoothing", known), Some("label-smoothing"));
        assert_eq!(nearest("Droput", known), Some("dropout"));
        assert_eq!(nearest("temperature", known), None);
    }
}
