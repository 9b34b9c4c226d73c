//! The program's allocator, and how it is asked for what it keeps (`.cargo/config.toml` says how long that is).

use tikv_jemalloc_ctl::{Access, AsName, arenas};

/// A page is many small texts that live for a millisecond, a picture a few large blocks that must go back to the system.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Gives all memory that is free back to the system at once.
///
/// An arena that is told to keep nothing gives back what it has; then it keeps again for as long as it did.
pub fn give_back() {
    for arena in 0..arenas::narenas::read().unwrap_or(0) {
        let keeps_ms = format!("arena.{arena}.dirty_decay_ms\0");
        let keeps_ms = keeps_ms.as_str().name();
        // An arena that nobody has used yet has nothing to tell or to give.
        let Ok(before): Result<isize, _> = keeps_ms.read() else { continue };
        if let Err(error) = keeps_ms.write(0_isize).and_then(|()| keeps_ms.write(before)) {
            tracing::warn!(%error, arena, "what is free was not given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory of this process, in bytes.
    fn resident() -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
        4_096 * statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number")
    }

    #[test]
    fn what_is_free_goes_back_and_arenas_keep_on_as_before() {
        // Whatever the settings are: here arenas keep what is free.
        for arena in 0..arenas::narenas::read().expect("a number") {
            format!("arena.{arena}.dirty_decay_ms\0").as_str().name().write(10_000_isize).ok();
        }
        let keeps_ms = || -> isize { "arena.0.dirty_decay_ms\0".name().read().expect("a number") };
        let before = keeps_ms();
        drop((0..1_000).map(|_| vec![1_u8; 64 * 1024]).collect::<Vec<_>>());
        let kept = resident();
        give_back();
        assert!(resident() + 32_000_000 < kept, "{} of {kept} bytes are left", resident());
        assert!(before > 0);
        assert_eq!(keeps_ms(), before);
    }
}
