//! Clocks, and what is made of their readings.

use std::time::{Duration, Instant};

/// How often both sides take turns.
pub const ROUNDS: usize = 5;
/// How many calls each side makes in a round.
pub const PER_ROUND: usize = 200;

/// Microseconds of each call.
pub fn times(count: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    (0..count)
        .map(|at| {
            let started = Instant::now();
            call(at);
            micros(started)
        })
        .collect()
}

/// As [`times`], with a pause between two calls: what a decision sets going in the background is
/// over before the next one, as it is when people decide.
pub fn spaced(count: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    (0..count)
        .flat_map(|at| {
            std::thread::sleep(Duration::from_millis(15));
            times(1, |_| call(at))
        })
        .collect()
}

/// Microseconds of each call for as long as `time` lasts.
pub fn times_for(time: Duration, mut call: impl FnMut()) -> Vec<f64> {
    let (began, mut all) = (Instant::now(), Vec::new());
    while began.elapsed() < time {
        all.extend(times(1, |_| call()));
    }
    all
}

/// Microseconds since.
pub fn micros(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6
}

pub fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

pub fn median(times: &[f64]) -> f64 {
    percentile(times, 0.5)
}

pub fn percentile(times: &[f64], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}
