//! Ten seconds of training and translating: whether it works here, and how fast.

use super::Check;

/// Trains and translates the invented sentences of the smallest measured shape, five seconds each.
#[cfg(feature = "nn")]
pub(super) fn checks() -> Vec<Check> {
    match measured::checks(measured::EACH) {
        Ok(checks) => checks.into(),
        Err(error) => {
            let found = format!("failed: {error}");
            vec![Check::fine("training", found).wrong("this should never happen: tell the authors")]
        }
    }
}

/// Says that there is nothing to try.
#[cfg(not(feature = "nn"))]
pub(super) fn checks() -> Vec<Check> {
    let check = Check::fine("training", "not tried: this srp was built without models");
    vec![check.note("build it with the default features")]
}

#[cfg(feature = "nn")]
mod measured {
    use super::super::Check;
    use crate::config::DeviceChoice;
    use crate::device::{Device, Threads};
    use crate::stages::rehearsal::TranslationRehearsal;
    use crate::train::Rehearsal;
    use serde_json::json;
    use std::error::Error;
    use std::num::NonZeroUsize;
    use std::time::{Duration, Instant};

    /// How long each of the two is done.
    pub(super) const EACH: Duration = Duration::from_secs(5);

    /// What is translated at once, and with how many hypotheses.
    const SENTENCES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

    pub(super) fn checks(each: Duration) -> Result<[Check; 2], Box<dyn Error>> {
        let rehearsal = Rehearsal::of("tiny")?;
        let device = Device::find(DeviceChoice::Auto)?;
        let threads = Threads::new(None)?;
        let place = format!("on {device}, {} threads", threads.count());

        let mut update = threads.run(|| device.run(&rehearsal))?;
        let first = threads.run(&mut update);
        let (losses, seconds) = repeated(each, || threads.run(&mut update));
        let rate = (losses.len() * rehearsal.batch().target_tokens) as f64 / seconds;
        let last = losses.last().copied().unwrap_or(first);
        let words = format!(
            "{rate:.0} target tokens a second {place}: {} updates in {seconds:.1} s, loss {first:.2} to {last:.2}",
            losses.len()
        );
        let training = Check::fine("training", words).with(json!({
            "tokens-per-second": rate,
            "updates": losses.len(),
            "seconds": seconds,
            "first-loss": first,
            "last-loss": last,
        }));
        let learns = last < first;

        let beam = rehearsal.search.beam;
        let translation = TranslationRehearsal::new(&rehearsal, SENTENCES, beam, SENTENCES);
        let mut translate = threads.run(|| device.run(&translation))?;
        let expected = SENTENCES.get() * translation.output_len;
        let first = threads.run(&mut translate);
        let (lengths, seconds) = repeated(each, || threads.run(&mut translate));
        let rate = (lengths.len() * SENTENCES.get()) as f64 / seconds;
        let words = format!(
            "{rate:.1} sentences a second {place}: beam {beam}, {} batches of {SENTENCES} in {seconds:.1} s",
            lengths.len()
        );
        let decoding = Check::fine("decoding", words).with(json!({
            "sentences-per-second": rate,
            "batches": lengths.len(),
            "seconds": seconds,
        }));
        let whole = lengths
            .iter()
            .chain([&first])
            .all(|length| *length == expected);
        let advice = "numbers come out wrong here: do not trust this machine, and tell the authors";
        Ok(
            [(training, learns), (decoding, whole)].map(|(check, right)| match right {
                true => check,
                false => check.wrong(advice),
            }),
        )
    }

    /// Does it again and again for so long, once at least; what it gave, and the seconds that it took.
    fn repeated<T>(time: Duration, mut once: impl FnMut() -> T) -> (Vec<T>, f64) {
        let clock = Instant::now();
        let mut given = vec![once()];
        while clock.elapsed() < time {
            given.push(once());
        }
        (given, clock.elapsed().as_secs_f64())
    }

    #[cfg(test)]
    mod tests {
        use super::super::super::Verdict;
        use super::*;

        #[test]
        fn training_learns_and_decoding_ends_everywhere() {
            let checks = checks(Duration::from_millis(50)).unwrap();
            for check in checks {
                assert_eq!(check.verdict, Verdict::Fine, "{check:?}");
            }
        }
    }
}
