//! Why a stage could not finish.

use miette::Diagnostic;
use std::any::Any;
use std::error::Error;
use std::fmt;

/// Why a stage could not finish: an error with its causes, and perhaps advice.
///
/// It is not itself an [`Error`], so that `?` turns any error into one.
pub struct StageFailure {
    error: Box<dyn Error + Send + Sync>,
    help: Option<String>,
}

/// The stage was asked to stop, and did.
#[derive(Debug, thiserror::Error)]
#[error("the stage was asked to stop")]
struct Stopped;

/// An error made of words, and perhaps a cause.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Said {
    text: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// An error and its causes, outermost first.
pub(crate) fn messages(error: &dyn Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        messages.push(error.to_string());
        cause = error.source();
    }
    messages
}

impl StageFailure {
    /// A failure for which no error type exists.
    pub fn new(text: impl Into<String>) -> Self {
        Self::from(Said {
            text: text.into(),
            source: None,
        })
    }

    /// A failure as another process tells of it: the error and its causes, outermost first, and advice.
    pub(super) fn told(messages: Vec<String>, help: Option<String>) -> Self {
        let said = messages.into_iter().rev().fold(None, |source, text| {
            let said = Said {
                text,
                source: source.map(|said: Said| said.into()),
            };
            Some(said)
        });
        let failure = said.map_or_else(|| Self::new("it failed without a word"), Self::from);
        Self { help, ..failure }
    }

    /// A stage that has stopped because it was asked to.
    pub fn stopped() -> Self {
        Self::from(Stopped)
    }

    /// Whether it is no failure, but a stop that was asked for.
    pub(super) fn is_stop(&self) -> bool {
        self.error.is::<Stopped>()
    }

    /// Keeps the advice that the error carries.
    pub fn diagnostic(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        let help = error.help().map(|help| help.to_string());
        let failure = Self::from(error);
        Self { help, ..failure }
    }

    /// Says what was being done; what was said before becomes the cause.
    #[must_use]
    pub fn context(self, text: impl Into<String>) -> Self {
        let said = Said {
            text: text.into(),
            source: Some(self.error),
        };
        Self {
            error: Box::new(said),
            help: self.help,
        }
    }

    /// Advises the user.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The error and its causes, outermost first.
    pub fn messages(&self) -> Vec<String> {
        messages(&*self.error)
    }

    /// Advice to the user.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What a stage that panicked failed of.
    pub(super) fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let words = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "without a message".to_owned());
        Self::new(format!("the stage panicked: {words}"))
            .with_help("this is a defect of srp, not of the experiment; please report it")
    }

    pub(super) fn into_parts(self) -> (Box<dyn Error + Send + Sync>, Option<String>) {
        (self.error, self.help)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for StageFailure {
    fn from(error: E) -> Self {
        Self {
            error: Box::new(error),
            help: None,
        }
    }
}

impl fmt::Display for StageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages().join(": "))
    }
}

impl fmt::Debug for StageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("no such set")]
    #[diagnostic(help("there is `test`"))]
    struct Advising;

    #[test]
    fn any_error_becomes_a_failure_that_keeps_its_causes() {
        let parse = || -> Result<u8, StageFailure> { Ok("x".parse::<u8>()?) };
        let failure = parse().unwrap_err().context("reading the number");
        assert_eq!(
            failure.to_string(),
            "reading the number: invalid digit found in string"
        );
        assert_eq!(failure.messages().len(), 2);
    }

    #[test]
    fn advice_survives_what_is_said_around_it() {
        let failure = StageFailure::diagnostic(Advising).context("testing");
        let (error, help) = failure.into_parts();
        assert_eq!(error.to_string(), "testing");
        assert_eq!(help.as_deref(), Some("there is `test`"));
    }

    #[test]
    fn a_panic_speaks_whatever_it_carries() {
        let said = |payload: Box<dyn Any + Send>| StageFailure::from_panic(&*payload).to_string();
        assert_eq!(said(Box::new("one")), "the stage panicked: one");
        assert_eq!(said(Box::new("two".to_owned())), "the stage panicked: two");
        assert_eq!(said(Box::new(3)), "the stage panicked: without a message");
    }
}
