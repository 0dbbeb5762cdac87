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
            let block = lines.by_ref().take(search.batch_sentences.get());
            let sources = block
                .map(|(number, line)| Ok(pipeline.encode_source(&readable(number, line)?)))
                .collect::<Result<Vec<Vec<u32>>, StageFailure>>()?;
            if sources.is_empty() {
                return Ok(());
            }
            let translations = translator
                .translate(&sources, |_| ControlFlow::Continue(()))
                .map_err(|error| match error {
                    Unfinished::TooLong(error) => StageFailure::diagnostic(TooLong {
                        number: done + error.number,
                        ..error
                    }),
                    Unfinished::Stopped => StageFailure::stopped(),
                })?;
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
            done += sources.len();
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
