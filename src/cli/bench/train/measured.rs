//! The measurement of `srp bench train`, which needs models.

use super::super::failed;
use super::super::peer::Peer;
use super::super::samples::{CPU, Sample, Samples, WALL};
use super::{Against, Args, Context, Failure, Precision};
use crate::config;
use crate::device::{Device, Threads};
use crate::exec::own_peak_memory_bytes;
use crate::train::Rehearsal;
use std::fmt::Write;

/// The peer's program, which stands in the repository as a file of its own.
const PYTORCH: &str = include_str!("../../../../benches/peers/pytorch_train.py");

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut rehearsal = Rehearsal::of(args.shape.name()).map_err(failed)?;
    if let Some(tokens) = args.tokens {
        rehearsal.resize(tokens.get());
    }
    rehearsal.compute_in(match args.precision {
        Precision::Float32 => config::TrainingPrecision::Float32,
        Precision::Bfloat16 => config::TrainingPrecision::Bfloat16,
    });
    let device = Device::find(args.device).map_err(|error| Failure::of_input(error.into()))?;
    let threads = Threads::new(args.threads).map_err(failed)?;
    let mut own = threads.run(|| device.run(&rehearsal)).map_err(failed)?;
    let mut peer = match args.against {
        None => None,
        Some(against) => {
            let mut arguments = arguments(&rehearsal, threads.count());
            arguments.push(format!("--device={device}"));
            if args.precision == Precision::Bfloat16 {
                arguments.push("--bf16".to_owned());
            }
            if against == Against::PytorchCompiled {
                arguments.push("--compiled".to_owned());
            }
            Some(Peer::start(&args.python, PYTORCH, &arguments)?)
        }
    };
    let mut samples = [Samples::default(), Samples::default()];
    // The first steps meet cold caches and empty allocators.
    for counts in std::iter::once(false).chain(vec![true; args.steps.get()]) {
        let sample = threads.run(|| Sample::of(&mut own));
        let answer = peer.as_mut().map(Peer::step).transpose()?;
        if counts {
            samples[0].push(sample);
            answer
                .into_iter()
                .for_each(|answer| samples[1].push(answer));
        }
    }
    let tokens = rehearsal.batch().target_tokens;
    let mut text = format!(
        "{} on {device}, threads {}: one training step, {tokens} target tokens, {} steps\n{HEAD}",
        args.shape.name(),
        threads.count(),
        args.steps,
    );
    // What burn takes of a GPU it does not say.
    let memory = own_peak_memory_bytes().filter(|_| device == Device::Cpu);
    text += &line("srp", &samples[0], tokens, memory);
    if let Some(peer) = &peer {
        let name = format!("pytorch {}", peer.version);
        text += &line(&name, &samples[1], tokens, Some(peer.memory));
        let ratio = |pick| samples[0].median(pick) / samples[1].median(pick);
        let (wall, cpu) = (ratio(WALL), ratio(CPU));
        writeln!(
            text,
            "srp / pytorch: {wall:.3} by the clock, {cpu:.3} of processor time"
        )
        .ok();
    }
    Ok(context.out.write_all(text.as_bytes())?)
}

const HEAD: &str =
    "program              median ms  quartiles ms     processor ms   tokens/s  peak MiB\n";

/// One line of the table.
fn line(name: &str, samples: &Samples, tokens: usize, memory: Option<u64>) -> String {
    let median = samples.median(WALL);
    let (low, high) = samples.quartiles(WALL);
    let quartiles = format!("{low:.1}-{high:.1}");
    let memory = memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string());
    format!(
        "{name:<20} {median:>9.1}  {quartiles:<15} {:>13.1} {:>10.0} {memory:>9}\n",
        samples.median(CPU),
        tokens as f64 / median * 1e3,
    )
}

/// What the peer must know of the model and the batch.
fn arguments(rehearsal: &Rehearsal, threads: usize) -> Vec<String> {
    let (scene, model) = (&rehearsal.scene, &rehearsal.scene.model);
    [
        format!("--d-model={}", model.d_model),
        format!("--d-ff={}", model.d_ff),
        format!("--heads={}", model.heads),
        format!("--layers={}", model.encoder_layers),
        format!("--source-vocab={}", scene.source_vocab),
        format!("--target-vocab={}", scene.target_vocab),
        format!("--sentences={}", scene.sentences),
        format!("--src-len={}", scene.src_len),
        format!("--tgt-len={}", scene.tgt_len),
        format!("--dropout={}", rehearsal.dropout()),
        format!("--label-smoothing={}", rehearsal.label_smoothing()),
        format!("--threads={threads}"),
    ]
    .to_vec()
}
