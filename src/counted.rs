//! Numbers of things, in words.

/// `1 run`, `2 runs`, `2 batches`, `2 entries`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {}", of_number(number, thing))
}

/// The thing that there are so many of: `run` or `runs`.
pub(crate) fn of_number(number: usize, thing: &str) -> String {
    if number == 1 {
        return thing.to_owned();
    }
    match thing.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if thing.ends_with("tch") => format!("{thing}es"),
        _ => format!("{thing}s"),
    }
}

/// The verb that goes with a number of things.
pub(crate) fn is_or_are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_and_all_other_numbers_are_many() {
        let said: Vec<String> = [0, 1, 2].map(|n| counted(n, "stage")).into();
        assert_eq!(said, ["0 stages", "1 stage", "2 stages"]);
        assert_eq!([0, 1, 2].map(is_or_are), ["are", "is", "are"]);
    }

    #[test]
    fn the_ending_follows_the_spelling() {
        let many = ["entry", "batch", "key", "epoch"].map(|thing| of_number(2, thing));
        assert_eq!(many, ["entries", "batches", "keys", "epochs"]);
    }
}
