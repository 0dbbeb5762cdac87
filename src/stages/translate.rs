//! Translating new text with a model artifact.

use super::model_artifact::{self, TEXT};
use super::translation::{TooLong, Translator, Unfinished};
use crate::config::{Checkpoint, DecodingPrecision, Search};
use crate::device::{Device, Work};
use crate::exec::StageFailure;
use crate::kernels::Learning;
use crate::text::dataset::{TargetText, TextPipeline};
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// What to translate with, and how.
#[derive(Debug)]
pub struct Translation<'a> {
    /// The folder of a model artifact.
    pub model: &'a Path,
    /// Which of its checkpoints.
    pub checkpoint: Checkpoint,
    /// How to search.
    pub search: &'a Search,
    /// What affine maps multiply in.
    pub precision: DecodingPrecision,
}

/// Why lines could not be translated.
#[derive(Debug)]
pub enum TranslateError {
    /// The model or a line is at fault.
    Failed(StageFailure),
    /// The translations could not be written.
    Output(io::Error),
}

impl<E: Into<StageFailure>> From<E> for TranslateError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Translates `input` line by line to `output`, as many lines at a time as are searched together.
///
/// # Errors
/// If the folder holds no model, a line is not UTF-8 or too long, or `output` cannot be written.
pub fn translate(
    device: Device,
    translation: &Translation<'_>,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), TranslateError> {
    device.run(OnDevice {
        translation,
        input,
        output,
    })
}

struct OnDevice<'a> {
    translation: &'a Translation<'a>,
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Work for OnDevice<'_> {
    type Output = Result<(), TranslateError>;

    fn run<B: Learning>(self, device: B::Device) -> Self::Output {
        let Translation {
            model: folder,
            checkpoint,
            search,
            precision,
        } = *self.translation;
        let (blueprint, state) = model_artifact::read(folder, checkpoint)?;
        let text = folder.join(TEXT);
        let (pipeline, target) = (TextPipeline::open(&text)?, TargetText::open(&text)?);
        let model = (&blueprint, &state);
        let translator = Translator::<B::InnerBackend>::new(model, search, precision, &device)
            .map_err(StageFailure::diagnostic)?;
        let mut lines = (1..).zip(self.input.lines());
        let mut done = 0;
        loop {
            // Whatever is wrong with a line, those before it are translated.
            let mut wrong: Option<StageFailure> = None;
            let mut sources = Vec::new();
            for (number, line) in lines.by_ref().take(search.batch_sentences.get()) {
                match readable(number, line) {
                    Ok(line) => sources.push(pipeline.encode_source(&line)),
                    Err(error) => {
                        wrong = Some(error);
                        break;
                    }
                }
            }
            let translations = loop {
                if sources.is_empty() {
                    break Vec::new();
                }
                match translator.translate(&sources, |_| ControlFlow::Continue(())) {
                    Ok(translations) => break translations,
                    Err(Unfinished::Stopped) => return Err(StageFailure::stopped().into()),
                    Err(Unfinished::TooLong(error)) => {
                        sources.truncate(error.number - 1);
                        let number = done + error.number;
                        wrong = Some(StageFailure::diagnostic(TooLong { number, ..error }));
                    }
                }
            };
            let texts = sources
                .iter()
                .zip(&translations)
                .map(|(source, translation)| {
                    // A line without a word has no translation, whatever the model makes of its end.
                    let blank = source.len() == 1;
                    match blank {
                        true => String::new(),
                        false => target.plain(&target.hypothesis_tokens(translation)),
                    }
                });
            write(self.output, texts).map_err(TranslateError::Output)?;
            match wrong {
                Some(error) => return Err(error.into()),
                None if sources.is_empty() => return Ok(()),
                None => done += sources.len(),
            }
        }
    }
}

fn readable(number: usize, line: io::Result<String>) -> Result<String, StageFailure> {
    line.map_err(|error| {
        StageFailure::from(error).context(format!("cannot read line {number} of the input"))
    })
}

fn write(output: &mut dyn Write, lines: impl Iterator<Item = String>) -> io::Result<()> {
    for line in lines {
        writeln!(output, "{line}")?;
    }
    output.flush()
}
