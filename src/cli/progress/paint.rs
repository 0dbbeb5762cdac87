//! Colours, where they are wanted.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Paint {
    on: bool,
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Look {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Moving,
}

impl Look {
    /// The number that terminals know it by.
    fn code(self) -> Option<u8> {
        match self {
            Self::Plain => None,
            Self::Strong => Some(1),
            Self::Faint => Some(2),
            Self::Good => Some(32),
            Self::Bad => Some(31),
            Self::Moving => Some(36),
        }
    }
}

impl Paint {
    #[cfg(test)]
    pub(in crate::cli) const OFF: Self = Self { on: false };

    /// What suits stderr.
    pub(in crate::cli) fn of_stderr() -> Self {
        Self::by(io::stderr().is_terminal(), |name| env::var_os(name))
    }

    /// What suits stdout.
    pub(in crate::cli) fn of_stdout() -> Self {
        Self::by(io::stdout().is_terminal(), |name| env::var_os(name))
    }

    /// What the usual variables say, the first of them that says anything: `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`,
    /// `TERM`. Otherwise a terminal is given colours.
    fn by(terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let on = if set("NO_COLOR").is_some() {
            false
        } else if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            true
        } else {
            let refused = set("CLICOLOR").is_some_and(|value| value == "0")
                || set("TERM").is_some_and(|value| value == "dumb");
            terminal && !refused
        };
        Self { on }
    }

    /// The text in that look.
    pub(in crate::cli) fn paint(self, look: Look, text: &str) -> String {
        match look.code().filter(|_| self.on && !text.is_empty()) {
            Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(terminal: bool, set: &[(&str, &str)]) -> bool {
        let variable = |name: &str| {
            let mut set = set.iter();
            Some(set.find(|(known, _)| *known == name)?.1.into())
        };
        Paint::by(terminal, variable).on
    }

    #[test]
    fn terminals_are_given_colours_and_variables_have_the_last_word() {
        assert!(by(true, &[]) && !by(false, &[]));
        assert!(!by(true, &[("NO_COLOR", "1")]));
        assert!(by(true, &[("NO_COLOR", "")]), "empty means not set");
        assert!(by(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!by(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!by(true, &[("CLICOLOR", "0")]));
        assert!(!by(true, &[("TERM", "dumb")]));
        let both = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
        assert!(!by(true, &both), "who wants none gets none");
    }

    #[test]
    fn text_is_untouched_without_colours() {
        assert_eq!(Paint::OFF.paint(Look::Bad, "x"), "x");
        assert_eq!(Paint { on: true }.paint(Look::Bad, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Paint { on: true }.paint(Look::Plain, "x"), "x");
    }
}
