//! Colours and strokes: one style sheet, with values for paper or with the variables of a page.

use std::fmt::Write;

/// Series that have a colour of their own; more begin again with the first.
pub const SERIES: usize = 8;

/// What has a colour: its name, and the colour on white paper. Those of series stand out from white by 3 to 1 at least.
const PAPER: [(&str, &str); 5 + SERIES] = [
    ("paper", "#ffffff"),
    ("ink", "#1c2430"),
    ("muted", "#5b6675"),
    ("grid", "#e3e7ec"),
    ("line", "#9aa5b3"),
    ("s0", "#0b6bcb"),
    ("s1", "#c2410c"),
    ("s2", "#15803d"),
    ("s3", "#9333ea"),
    ("s4", "#0e7490"),
    ("s5", "#be185d"),
    ("s6", "#854d0e"),
    ("s7", "#475569"),
];

/// The rules of every figure; `$name` is a colour.
const RULES: &str = "\
.figure text{font-family:Ubuntu,'Ubuntu Light',system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:$ink}
.figure .heading{font-size:16px}
.figure .muted{fill:$muted}
.figure .onlight{fill:#1c2430}
.figure .ondark{fill:#ffffff}
.figure .paper{fill:$paper}
.figure .grid{stroke:$grid;stroke-width:1}
.figure .axis{stroke:$line;stroke-width:1}
.figure .mark{fill-opacity:.45;stroke-width:1.75}
.figure .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.figure .dashed{stroke-dasharray:5 4}
.figure .spread{fill:none;stroke-width:1.25;stroke-opacity:.7}
.figure .front{fill:none;stroke:$muted;stroke-width:1.5;stroke-dasharray:2 4;stroke-linecap:round}
.figure .limit{stroke:$line;stroke-width:1;stroke-dasharray:1 4}
.figure .box{fill:$paper;stroke:$line;stroke-width:1}
.figure .arrow{fill:none;stroke:$line;stroke-width:1.25}
.figure .head{fill:$line}
.figure .nothing{fill:none;stroke:$line;stroke-width:1;stroke-dasharray:3 3}
";

/// The style sheet of all figures; `colour` gives the value of each named colour, such as a variable of the page.
pub fn style(colour: impl Fn(&str) -> String) -> String {
    let mut rules = RULES.to_owned();
    for series in 0..SERIES {
        // Writing to a string cannot fail.
        writeln!(
            rules,
            ".figure .f{series}{{fill:$s{series}}}\n.figure .l{series}{{stroke:$s{series}}}"
        )
        .ok();
    }
    PAPER.iter().fold(rules, |rules, (name, _)| {
        rules.replace(&format!("${name}"), &colour(name))
    })
}

/// The style sheet for white paper.
pub(super) fn paper_style() -> String {
    style(|wanted| {
        let found = PAPER.iter().find(|(name, _)| *name == wanted);
        found.map_or_else(String::new, |(_, colour)| (*colour).to_owned())
    })
}

/// A colour for a share from 0 to 1, and the class of text that can be read on it.
pub(super) fn shade(share: f64) -> (String, &'static str) {
    // From a warm light tone, where all but nothing is left, to a deep blue.
    const STOPS: [[f64; 3]; 4] = [
        [253.0, 236.0, 214.0],
        [158.0, 202.0, 225.0],
        [49.0, 130.0, 189.0],
        [8.0, 64.0, 129.0],
    ];
    let place = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (place.floor() as usize).min(STOPS.len() - 2);
    let part = place - below as f64;
    let channel = |i: usize| STOPS[below][i] + part * (STOPS[below + 1][i] - STOPS[below][i]);
    let [red, green, blue] = [0, 1, 2].map(|i| channel(i).round() as u8);
    let class = if luminance([red, green, blue]) < 0.22 {
        "ondark"
    } else {
        "onlight"
    };
    (format!("#{red:02x}{green:02x}{blue:02x}"), class)
}

/// How bright a colour is, from 0 to 1, as WCAG 2 counts it. White text has the higher contrast on what is darker than
/// about 0.22, dark text on the rest.
fn luminance(channels: [u8; 3]) -> f64 {
    let linear = |channel: u8| match f64::from(channel) / 255.0 {
        dark if dark <= 0.04045 => dark / 12.92,
        light => ((light + 0.055) / 1.055).powf(2.4),
    };
    let [red, green, blue] = channels.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_of_the_rules_is_given() {
        assert!(!paper_style().contains('$'), "{}", paper_style());
        assert!(style(|name| format!("var(--{name})")).contains("fill:var(--ink)"));
    }

    #[test]
    fn text_on_a_shade_is_the_one_that_stands_out() {
        assert_eq!(shade(0.0), ("#fdecd6".to_owned(), "onlight"));
        assert_eq!(shade(1.0), ("#084081".to_owned(), "ondark"));
    }
}
