//! The shapes of experiments that planning is measured on.

use std::fmt;

/// How the stages of an experiment hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Shape {
    /// Each stage comes after the one before it.
    Chain,
    /// All stages but the first come after the first.
    Fan,
    /// Two stages, and four after them at each point of a sweep, as in an experiment of this program.
    Sweep,
}

/// The stages that a sweep repeats at each point, one after the other.
pub(super) const SWEPT: [&str; 4] = ["prune1", "prune2", "finetune", "test"];

/// The stages before them.
pub(super) const SHARED: [&str; 2] = ["preprocess", "pretrain"];

/// A stage of an experiment, and the one that it comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    /// Its name, unlike that of any other stage.
    pub(super) name: String,
    /// The stage that it reads; the first one reads a file.
    pub(super) after: Option<String>,
}

impl Shape {
    /// The points of a sweep with at least so many stages.
    pub(super) fn points(stages: usize) -> usize {
        let swept = stages.saturating_sub(SHARED.len());
        swept.div_ceil(SWEPT.len()).max(1)
    }

    /// At least so many stages, no more than the shape needs; parents come before their children.
    pub(super) fn stages(self, stages: usize) -> Vec<Stage> {
        let numbered = |number: usize| format!("s{number}");
        let stage = |name: String, after: Option<String>| Stage { name, after };
        match self {
            Self::Chain => (0..stages.max(1))
                .map(|n| stage(numbered(n), n.checked_sub(1).map(numbered)))
                .collect(),
            Self::Fan => (0..stages.max(1))
                .map(|n| stage(numbered(n), (n > 0).then(|| numbered(0))))
                .collect(),
            Self::Sweep => {
                let [first, second] = SHARED.map(str::to_owned);
                let mut all = vec![stage(first.clone(), None)];
                all.push(stage(second.clone(), Some(first)));
                for point in 0..Self::points(stages) {
                    let mut after = second.clone();
                    for name in SWEPT {
                        let name = format!("{name}_{point}");
                        all.push(stage(name.clone(), Some(after)));
                        after = name;
                    }
                }
                all
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "chain",
            Self::Fan => "fan",
            Self::Sweep => "sweep",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_the_stages_that_were_asked_for_or_a_few_more() {
        for (shape, asked, expected) in [
            (Shape::Chain, 3, 3),
            (Shape::Fan, 10, 10),
            (Shape::Sweep, 10, 10),
            (Shape::Sweep, 11, 14),
            (Shape::Sweep, 1, 6),
        ] {
            assert_eq!(shape.stages(asked).len(), expected, "{shape} of {asked}");
        }
    }

    #[test]
    fn stages_come_after_others_as_the_shape_says() {
        let arrows = |shape: Shape, stages| -> Vec<String> {
            let stages = shape.stages(stages).into_iter();
            let arrows = stages.filter_map(|stage| Some(stage.after? + " " + &stage.name));
            arrows.collect()
        };
        assert_eq!(arrows(Shape::Chain, 3), ["s0 s1", "s1 s2"]);
        assert_eq!(arrows(Shape::Fan, 3), ["s0 s1", "s0 s2"]);
        let sweep = arrows(Shape::Sweep, 10);
        assert_eq!(sweep[5], "pretrain prune1_1");
        assert_eq!(sweep[8], "finetune_1 test_1");
    }
}
