//! Translating new text with a model artifact.

use super::model_artifact::{self, TEXT};
use super::translation::Translator;
use crate::config::{Checkpoint, Search};
use crate::device::{Device, Work};
use crate::exec::StageFailure;
use crate::model::{Pass, Transformer};
use crate::text::dataset::{TargetText, TextPipeline};
use burn::module::AutodiffModule;
use burn::tensor::backend::AutodiffBackend;
use std::io::{BufRead, Write};
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
) -> Result<(), StageFailure> {
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
    type Output = Result<(), StageFailure>;

    fn run<B: AutodiffBackend>(self, device: B::Device) -> Self::Output {
        let Translation {
            model: folder,
            checkpoint,
            search,
        } = *self.translation;
        let (blueprint, state) = model_artifact::read(folder, checkpoint)?;
        let model = Transformer::<B>::from_state(&blueprint, &state, &device)?.valid();
        let text = folder.join(TEXT);
        let (pipeline, target) = (TextPipeline::open(&text)?, TargetText::open(&text)?);
        let translator = Translator {
            model: &model,
            max_positions: blueprint.max_positions,
            search,
            pass: Pass::plain(),
            device: &device,
        };
        let mut lines = self.input.lines();
        let mut done = 0;
        loop {
            let block: Vec<String> = lines
                .by_ref()
                .take(search.batch_sentences.get())
                .collect::<Result<_, _>>()
                .map_err(|error| {
                    StageFailure::from(error).context(format!("cannot read past line {done}"))
                })?;
            if block.is_empty() {
                return Ok(());
            }
            let sources: Vec<Vec<u32>> = block
                .iter()
                .map(|line| pipeline.encode_source(line))
                .collect();
            for translation in translator.translate(&sources, |_| {})? {
                writeln!(
                    self.output,
                    "{}",
                    target.plain(&target.hypothesis_tokens(&translation))
                )?;
            }
            self.output.flush()?;
            done += block.len();
        }
    }
}
