//! The measurement of `srp bench train`, which needs models.

use super::super::failed;
use super::super::peer::{Peer, PeerError};
use super::super::samples::{CPU, Sample, Samples, WALL};
use super::{Against, Args, Context, Failure, Precision, Step};
use crate::config;
use crate::counted::counted;
use crate::device::{Device, Threads};
use crate::exec::own_peak_memory_bytes;
use crate::stages::pruning_rehearsal::{PruningRehearsal, RepeatPruning};
use crate::train::Rehearsal;
use std::fmt::Write;

/// The peer's program, which stands in the repository as a file of its own.
const PYTORCH: &str = include_str!("../../../../benches/peers/pytorch_train.py");

/// What does a step when its turn comes.
enum Program<'a> {
    Own(RepeatPruning<'a>, Device),
    Peer(Peer),
}

/// A line of the table.
struct Contender<'a> {
    name: String,
    program: Program<'a>,
    samples: Samples,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut rehearsal = Rehearsal::of(args.shape.name()).map_err(failed)?;
    if let Some(tokens) = args.tokens {
        rehearsal.resize(tokens.get());
    }
    let precision = match args.precision {
        Precision::Float32 => config::TrainingPrecision::Float32,
        Precision::Bfloat16 => config::TrainingPrecision::Bfloat16,
    };
    rehearsal.compute_in(precision);
    let pruning = PruningRehearsal::new(rehearsal.clone()).map_err(failed)?;
    let device = Device::find(args.device).map_err(|error| Failure::of_input(error.into()))?;
    let threads = Threads::new(args.threads).map_err(failed)?;
    let mut contenders = Vec::new();
    if args.step != Step::Pruning {
        let repeat = threads.run(|| device.run(&rehearsal)).map_err(failed)?;
        contenders.push(Contender::new("srp", Program::Own(repeat, device)));
    }
    if args.step != Step::Plain {
        let repeat = threads.run(|| device.run(&pruning)).map_err(failed)?;
        contenders.push(Contender::new("srp, pruning", Program::Own(repeat, device)));
    }
    if let Some(against) = args.against {
        let mut arguments = arguments(&rehearsal, &pruning, args.step, threads.count());
        arguments.push(format!("--device={device}"));
        if args.precision == Precision::Bfloat16 {
            arguments.push("--bf16".to_owned());
        }
        if against == Against::PytorchCompiled {
            arguments.push("--compiled".to_owned());
        }
        let peer = Peer::start(&args.python, PYTORCH, &arguments)?;
        let name = format!("pytorch {}", peer.version);
        contenders.push(Contender::new(&name, Program::Peer(peer)));
    }
    // The first steps meet cold caches and empty allocators.
    for counts in std::iter::once(false).chain(vec![true; args.steps.get()]) {
        for contender in &mut contenders {
            contender.take_turn(&threads, counts)?;
        }
    }
    let tokens = rehearsal.batch().target_tokens;
    let mut text = format!(
        "{} in {} on {device}, threads {}: one training step, {tokens} target tokens, {}\n{HEAD}",
        args.shape.name(),
        precision.name(),
        threads.count(),
        counted(args.steps.get(), "step"),
    );
    contenders
        .iter()
        .for_each(|contender| text += &contender.line(tokens));
    let [first, rest @ ..] = &contenders[..] else {
        unreachable!("one step is always measured")
    };
    for other in rest {
        let ratio = |pick| first.samples.median(pick) / other.samples.median(pick);
        let (wall, cpu) = (ratio(WALL), ratio(CPU));
        let (one, other) = (&first.name, &other.name);
        writeln!(
            text,
            "{one} / {other}: {wall:.3} by the clock, {cpu:.3} of processor time"
        )
        .ok();
    }
    Ok(context.out.write_all(text.as_bytes())?)
}

impl<'a> Contender<'a> {
    fn new(name: &str, program: Program<'a>) -> Self {
        Self {
            name: name.to_owned(),
            program,
            samples: Samples::default(),
        }
    }

    fn take_turn(&mut self, threads: &Threads, counts: bool) -> Result<(), PeerError> {
        let sample = match &mut self.program {
            Program::Own(repeat, _) => threads.run(|| Sample::of(repeat)),
            Program::Peer(peer) => peer.step()?,
        };
        if counts {
            self.samples.push(sample);
        }
        Ok(())
    }

    /// One line of the table. The memory is that of the process, which has all that srp repeats.
    fn line(&self, tokens: usize) -> String {
        let median = self.samples.median(WALL);
        let (low, high) = self.samples.quartiles(WALL);
        let quartiles = format!("{low:.1}-{high:.1}");
        let memory = match &self.program {
            // What burn takes of a GPU it does not say.
            Program::Own(_, device) => own_peak_memory_bytes().filter(|_| *device == Device::Cpu),
            Program::Peer(peer) => Some(peer.memory),
        };
        let memory = memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string());
        format!(
            "{:<20} {median:>9.1}  {quartiles:<15} {:>13.1} {:>10.0} {memory:>9}\n",
            self.name,
            self.samples.median(CPU),
            tokens as f64 / median * 1e3,
        )
    }
}

const HEAD: &str =
    "program              median ms  quartiles ms     processor ms   tokens/s  peak MiB\n";

/// What the peer must know of the model and the batch.
fn arguments(
    rehearsal: &Rehearsal,
    pruning: &PruningRehearsal,
    step: Step,
    threads: usize,
) -> Vec<String> {
    let (scene, model) = (&rehearsal.scene, &rehearsal.scene.model);
    let mut arguments = [
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
    .to_vec();
    // It does the pruning step where that is the only one.
    if let (Step::Pruning, Some(distillation)) = (step, pruning.distillation()) {
        arguments.push(format!("--teacher={}", distillation.weight.get()));
        arguments.push(format!("--temperature={}", distillation.temperature.get()));
    }
    arguments
}
