//! What the host of a virtual machine withholds from it, as its kernel counts it.

use std::{fmt, fs::read_to_string};

/// Part of the time of all cores in which they had something to do and were not let.
pub struct Withheld(f64);

impl Withheld {
    /// While something is done.
    pub fn during<T>(what: impl FnOnce() -> T) -> (T, Self) {
        let before = Self::ticks();
        let done = what();
        let after = Self::ticks();
        let (withheld, all) = (after.0 - before.0, after.1 - before.1);
        (done, Self(withheld as f64 / all.max(1) as f64))
    }

    pub const fn share(&self) -> f64 {
        self.0
    }

    /// Ticks withheld, and all there were; see proc_stat(5).
    fn ticks() -> (u64, u64) {
        let stat = read_to_string("/proc/stat").expect("Linux");
        let ticks: Vec<u64> = stat
            .lines()
            .next()
            .expect("a line")
            .split_whitespace()
            .skip(1)
            .take(8)
            .flat_map(str::parse)
            .collect();
        (ticks.get(7).copied().unwrap_or_default(), ticks.iter().sum())
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} % of the cores withheld", self.0 * 100.0)
    }
}
