//! Lower-casing code point by code point (SPEC §19, step 3).

/// Lowercases a line without looking at neighbours: a capital sigma becomes σ even at the end of a word, where
/// [`str::to_lowercase`] writes ς.
pub fn lowercase(line: &str) -> String {
    let mut lowered = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_ascii() {
            lowered.push(c.to_ascii_lowercase());
        } else {
            lowered.extend(c.to_lowercase());
        }
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::lowercase;

    #[test]
    fn context_does_not_count() {
        assert_eq!(lowercase("ΟΔΟΣ"), "οδοσ");
        assert_eq!(lowercase("İ"), "i\u{307}");
    }
}
