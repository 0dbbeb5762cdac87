//! What the user's two files hold, and how much of it is good for training.

use super::InitError;
use crate::config::{Clean, Language};
use crate::counted::counted;
use crate::exec::Slot;
use crate::plan::default_cleaning;
use crate::text::corpus::Languages;
use crate::text::dataset::{Measured, measure};
use std::path::Path;

/// What two files hold, as an experiment that says nothing of cleaning takes them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    measured: Measured,
    limits: Clean,
}

impl Found {
    /// Reads and cleans the files.
    pub(super) fn of(files: [&Path; 2], languages: &[Language; 2]) -> Result<Self, InitError> {
        let (tokenizer, limits) = default_cleaning()?;
        let [source, target] = languages.each_ref().map(Language::as_str);
        let languages = Languages { source, target };
        let measured = measure(files, languages, tokenizer, &limits, Slot::all_threads())?;
        Ok(Self { measured, limits })
    }

    /// Pairs that an experiment can be made of.
    pub(super) fn pairs(&self) -> usize {
        self.measured.kept
    }

    /// Whether no line is left out.
    pub(super) fn is_all(&self) -> bool {
        self.measured.lines == self.measured.kept
    }

    pub(super) fn words(&self) -> String {
        let Measured {
            lines,
            sentences,
            kept,
        } = self.measured;
        let mut words = counted(lines, "line");
        if sentences < lines {
            let sentences = counted(sentences, "different sentence");
            words += &format!(" and {sentences} with a translation");
        }
        if kept < sentences {
            let Clean {
                min_tokens,
                max_tokens,
                max_ratio,
            } = &self.limits;
            let ratio = max_ratio.get();
            words += &format!(
                ", of which cleaning keeps {kept}: {min_tokens} to {max_tokens} tokens a side, one side at most {ratio} \
                 times as long as the other"
            );
        }
        words
    }
}
