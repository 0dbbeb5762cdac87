//! The detokenizer against sacreMoses.

use crate::golden::data::read;
use serde::Deserialize;
use srp::text::detokenizer::{Rules, detokenize};

#[derive(Deserialize)]
struct Golden {
    en: Vec<Line>,
    de: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    input: String,
    output: String,
}

#[test]
fn text_is_put_together_as_sacremoses_does() {
    let Golden { en, de } = read("13_text/detokenizer_cases.json");
    assert!(!en.is_empty() && !de.is_empty());
    for (lines, language) in [(en, "en"), (de, "de")] {
        for Line { input, output } in lines {
            let got = detokenize(&input, Rules::of_language(language));
            assert_eq!(got, output, "{language}: {input:?}");
        }
    }
}
