//! What commands print. Whoever reads may stop reading at any time (`probity config | head -1`):
//! then nothing more is said, and the command ends as it would have.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// A line on standard output.
pub fn line(words: impl Display) {
    // There is nobody to tell that nobody listens.
    writeln!(io::stdout().lock(), "{words}").ok();
}

/// A line on standard error.
pub fn complaint(words: impl Display) {
    writeln!(io::stderr().lock(), "{words}").ok();
}
