//! What keeps the processors of this machine busy: this process, and all others.

use std::fs;
use std::time::{Duration, Instant};

/// What the threads of this process have had of processors, where `/proc` tells; of those that have not ended.
pub fn own_processor_time() -> Duration {
    let tasks = fs::read_dir("/proc/self/task");
    let nanoseconds = tasks.into_iter().flatten().flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// A moment from which on it is counted what other processes take of the processors.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours {
    since: Instant,
    own: Duration,
    all: Ticks,
}

impl Neighbours {
    /// From now on, where `/proc` tells.
    pub fn watched() -> Option<Self> {
        Some(Self {
            all: Ticks::now()?,
            own: own_processor_time(),
            since: Instant::now(),
        })
    }

    /// The mean number of processors that others have kept busy since then, or a hypervisor has kept from this machine.
    pub fn busy(&self) -> Option<f64> {
        let all = Ticks::now()?.busy_since(self.all)?;
        let own = own_processor_time().saturating_sub(self.own);
        let own = own.as_secs_f64() / self.since.elapsed().as_secs_f64();
        Some((all - own).max(0.0))
    }
}

/// The first lines of `/proc/stat`, in ticks of a length that does not matter here.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ticks {
    processors: usize,
    idle: u64,
    busy: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// The line of all processors holds user, nice, system, idle, iowait, irq, softirq and steal; what guests have, which
    /// follows, is part of the first two.
    fn parse(stat: &str) -> Option<Self> {
        let mut lines = stat.lines().take_while(|line| line.starts_with("cpu"));
        let ticks = lines.next()?.split_whitespace().skip(1).take(8);
        let ticks: Vec<u64> = ticks
            .map(|ticks| ticks.parse().ok())
            .collect::<Option<_>>()?;
        let idle: u64 = ticks.get(3..5)?.iter().sum();
        Some(Self {
            processors: lines.count(),
            idle,
            busy: ticks.iter().sum::<u64>() - idle,
        })
    }

    /// The mean number of processors that were busy since an earlier moment; nothing if no tick has passed.
    fn busy_since(self, earlier: Self) -> Option<f64> {
        let busy = self.busy.saturating_sub(earlier.busy) as f64;
        // Counts of idle time may go back a little.
        let idle = self.idle.saturating_sub(earlier.idle) as f64;
        (busy + idle > 0.0).then(|| self.processors as f64 * busy / (busy + idle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  100 10 40 800 50 1 2 7 99 99\n\
                        cpu0 50 5 20 400 25 1 1 4 99 99\n\
                        cpu1 50 5 20 400 25 0 1 3 99 99\n\
                        intr 7\n";

    #[test]
    fn what_is_neither_idle_nor_waiting_is_busy() {
        let ticks = Ticks::parse(STAT).unwrap();
        let expected = Ticks {
            processors: 2,
            idle: 850,
            busy: 160,
        };
        assert_eq!(ticks, expected);
        assert_eq!(Ticks::parse("cpu 1 2\n"), None);
        assert_eq!(Ticks::parse(""), None);
    }

    #[test]
    fn busy_processors_are_a_share_of_all() {
        let earlier = Ticks::parse(STAT).unwrap();
        let later = Ticks {
            busy: earlier.busy + 30,
            idle: earlier.idle + 10,
            ..earlier
        };
        assert_eq!(later.busy_since(earlier), Some(1.5));
        assert_eq!(earlier.busy_since(earlier), None);
    }

    #[test]
    fn no_more_processors_are_busy_elsewhere_than_there_are() {
        let Some(watched) = Neighbours::watched() else {
            eprintln!("skipped: no /proc/stat");
            return;
        };
        std::thread::sleep(Duration::from_millis(50));
        let busy = watched.busy().unwrap();
        assert!(
            (0.0..=watched.all.processors as f64).contains(&busy),
            "{busy}"
        );
    }
}
