//! What the forms of both Danish registers say.

pub const CPR_HINT: &str = "Ten digits: day, month and year of birth, then four more; the hyphen may be left out. For example 150609-3330. \
     The seventh digit gives the century. No check digit is tested, since numbers are given out that have none.";

pub const NAME_HINT: &str = "For your own records: the register is asked about the numbers alone.";
