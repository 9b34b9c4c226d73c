//! How long the machine itself stands still: a virtual one is held up by whoever shares it, and a tail is that, too.

use super::{CORES, pin};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// How long is looked.
const TIME: Duration = Duration::from_secs(1);
/// Between two looks at the clock; what takes longer is no look at the clock.
const STEP: Duration = Duration::from_micros(500);

/// What a machine did not do while every core was busy.
pub struct Stalls {
    /// Of the time, on the worst core.
    pub share: f64,
    longest: Duration,
}

impl Stalls {
    /// Keeps every core busy with looking at the clock.
    pub fn look() -> Self {
        let cores: Vec<_> = (0..*CORES).map(|core| std::thread::spawn(move || Self::of_core(core))).collect();
        let each = cores.into_iter().map(|core| core.join().expect("no panic"));
        each.max_by(|a, b| a.share.total_cmp(&b.share)).expect("a core")
    }

    fn of_core(core: usize) -> Self {
        pin(core);
        let begun = Instant::now();
        let (mut last, mut lost, mut longest) = (begun, Duration::ZERO, Duration::ZERO);
        while last - begun < TIME {
            let now = Instant::now();
            if now - last > STEP {
                lost += now - last;
                longest = longest.max(now - last);
            }
            last = now;
        }
        Self { share: lost.as_secs_f64() / (last - begun).as_secs_f64(), longest }
    }
}

impl fmt::Display for Stalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} %, the longest {:.1} ms", self.share * 100.0, self.longest.as_secs_f64() * 1e3)
    }
}
