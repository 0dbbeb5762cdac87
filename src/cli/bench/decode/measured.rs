//! The measurement of `srp bench decode`, which needs models.

use super::super::failed;
use super::super::peer::{Peer, PeerError};
use super::super::samples::{CPU, Sample, Samples, WALL};
use super::{Against, Args, Context, Failure};
use crate::config::DeviceChoice;
use crate::counted::counted;
use crate::device::{Device, Threads};
use crate::exec::own_peak_memory_bytes;
use crate::metrics::flops::cached_inference;
use crate::stages::rehearsal::{Translate, TranslationRehearsal};
use crate::train::{Rehearsal, Scene};
use std::fmt::Write;

/// The peer's program, which stands in the repository as a file of its own.
const CTRANSLATE2: &str = include_str!("../../../../benches/peers/ctranslate2_decode.py");

const HEAD: &str = "program              median ms  quartiles ms     processor ms  sentences/s   tokens/s  peak MiB\n";

/// What translates all sentences when its turn comes.
enum Program {
    Own(Translate),
    Peer(Peer),
}

/// A line of the table.
struct Contender {
    name: String,
    program: Program,
    samples: Samples,
}

/// What every program translates.
struct Amount {
    sentences: usize,
    /// Of all translations together.
    tokens: usize,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let rehearsal = Rehearsal::of(args.shape.name()).map_err(failed)?;
    let precision = args.precision.get();
    let whole = TranslationRehearsal::new(&rehearsal, args.sentences, args.beam, args.batch)
        .in_precision(precision);
    let pruned = args.rate.map(|rate| (rate.get(), whole.pruned(rate)));
    let choice = match args.against {
        // The peer computes on the CPU.
        Some(Against::Ctranslate2) if args.device == DeviceChoice::Auto => DeviceChoice::Cpu,
        _ => args.precision.device(args.device),
    };
    let device = Device::find(choice).map_err(|error| Failure::of_input(error.into()))?;
    let threads = Threads::new(args.threads).map_err(failed)?;

    let own = |name: String, rehearsal: &TranslationRehearsal| {
        let translate = threads
            .run(|| device.run(rehearsal))
            .map_err(|error| Failure::of_input(error.into()))?;
        Ok::<_, Failure>(Contender::new(name, Program::Own(translate)))
    };
    let mut contenders = vec![own("srp".to_owned(), &whole)?];
    if args.against == Some(Against::Ctranslate2) {
        let arguments = arguments(args, &rehearsal.scene, &whole, threads.count());
        let peer = Peer::start(&args.python, CTRANSLATE2, &arguments)?;
        let name = format!("ctranslate2 {}", peer.version);
        contenders.push(Contender::new(name, Program::Peer(peer)));
    }
    if let Some((rate, pruned)) = &pruned {
        contenders.push(own(format!("srp at rate {rate}"), pruned)?);
    }
    // The first turn meets cold caches and empty allocators.
    for counts in std::iter::once(false).chain(vec![true; args.runs.get()]) {
        for contender in &mut contenders {
            contender.take_turn(&threads, counts)?;
        }
    }
    let lengths = whole.sources.iter().map(Vec::len);
    let mut text = format!(
        "{} in {} on {device}, threads {}: {} sentences of {} to {} tokens, translations of {}, \
         beam {}, batch {}, {}\n{HEAD}",
        args.shape.name(),
        precision.name(),
        threads.count(),
        args.sentences,
        lengths.clone().min().unwrap_or(0),
        lengths.max().unwrap_or(0),
        whole.output_len,
        args.beam,
        args.batch,
        counted(args.runs.get(), "run"),
    );
    let amount = Amount {
        sentences: whole.sources.len(),
        tokens: whole.sources.len() * whole.output_len,
    };
    contenders
        .iter()
        .for_each(|contender| text += &contender.line(&amount));
    text += &comparisons(&contenders);
    if let Some((rate, pruned)) = &pruned {
        text += &speed_up(*rate, &contenders, flops(&whole) / flops(pruned));
    }
    Ok(context.out.write_all(text.as_bytes())?)
}

impl Contender {
    fn new(name: String, program: Program) -> Self {
        Self {
            name,
            program,
            samples: Samples::default(),
        }
    }

    fn take_turn(&mut self, threads: &Threads, counts: bool) -> Result<(), PeerError> {
        let sample = match &mut self.program {
            Program::Own(translate) => threads.run(|| Sample::of(translate)),
            Program::Peer(peer) => peer.step()?,
        };
        if counts {
            self.samples.push(sample);
        }
        Ok(())
    }

    /// The most memory that its process has had, in bytes; one process has all models of srp.
    fn memory(&self) -> Option<u64> {
        match &self.program {
            Program::Own(_) => own_peak_memory_bytes(),
            Program::Peer(peer) => Some(peer.memory),
        }
    }

    /// One line of the table.
    fn line(&self, amount: &Amount) -> String {
        let median = self.samples.median(WALL);
        let (low, high) = self.samples.quartiles(WALL);
        let quartiles = format!("{low:.1}-{high:.1}");
        let memory = self.memory();
        let memory = memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string());
        let a_second = |count: usize| count as f64 / median * 1e3;
        format!(
            "{:<20} {median:>9.1}  {quartiles:<15} {:>13.1} {:>12.1} {:>10.0} {memory:>9}\n",
            self.name,
            self.samples.median(CPU),
            a_second(amount.sentences),
            a_second(amount.tokens),
        )
    }
}

/// The whole model of srp against the peer.
fn comparisons(contenders: &[Contender]) -> String {
    let [own, rest @ ..] = contenders else {
        return String::new();
    };
    let peers = rest
        .iter()
        .filter(|contender| matches!(contender.program, Program::Peer(_)));
    peers.fold(String::new(), |mut text, peer| {
        let ratio = |pick| own.samples.median(pick) / peer.samples.median(pick);
        let (wall, cpu) = (ratio(WALL), ratio(CPU));
        writeln!(
            text,
            "srp / ctranslate2: {wall:.3} by the clock, {cpu:.3} of processor time"
        )
        .ok();
        text
    })
}

/// How much faster the pruned model is, which comes last, than the whole one, which comes first.
fn speed_up(rate: f64, contenders: &[Contender], flops: f64) -> String {
    let [whole, .., pruned] = contenders else {
        return String::new();
    };
    let ratio = |pick| whole.samples.median(pick) / pruned.samples.median(pick);
    format!(
        "whole / rate {rate}: {:.3} by the clock, {:.3} of processor time, {flops:.3} of FLOPs\n",
        ratio(WALL),
        ratio(CPU),
    )
}

/// Operations of greedy search for all sentences.
fn flops(rehearsal: &TranslationRehearsal) -> f64 {
    let (shape, target) = (&rehearsal.blueprint.shape, rehearsal.output_len);
    let of = |source: &Vec<u32>| cached_inference(shape, source.len(), target).total() as f64;
    rehearsal.sources.iter().map(of).sum()
}

/// What the peer must know of the model and the sentences.
fn arguments(
    args: &Args,
    scene: &Scene,
    rehearsal: &TranslationRehearsal,
    threads: usize,
) -> Vec<String> {
    let model = &scene.model;
    let lengths = rehearsal
        .sources
        .iter()
        .map(|source| source.len().to_string());
    [
        format!("--d-model={}", model.d_model),
        format!("--d-ff={}", model.d_ff),
        format!("--heads={}", model.heads),
        format!("--layers={}", model.encoder_layers),
        format!("--source-vocab={}", scene.source_vocab),
        format!("--target-vocab={}", scene.target_vocab),
        format!("--positions={}", model.max_positions),
        format!("--lengths={}", lengths.collect::<Vec<_>>().join(",")),
        format!("--output-len={}", rehearsal.output_len),
        format!("--beam={}", args.beam),
        format!("--batch={}", args.batch),
        format!("--threads={threads}"),
        format!("--compute-type={}", args.precision.get().name()),
    ]
    .to_vec()
}
