//! Probity's vocabulary and rules.
//!
//! Pure functions and plain types: no I/O, no clock, no framework. Whatever needs the time is
//! given it as `Moment`. Compiled for the server and for the browser, so nothing secret lives here.

pub mod checks;
pub mod connections;
pub mod countries;
pub mod dates;
pub mod decisions;
pub mod devices;
pub mod fields;
pub mod findings;
mod ids;
pub mod idv;
pub mod journal;
pub mod launch;
pub mod letters;
pub mod made;
pub mod number_match;
pub mod operators;
mod passwords;
pub mod people;
pub mod policy;
pub mod queue;
pub mod refusal;
pub mod registers;
pub mod risk;
pub mod roles;
pub mod search;
pub mod services;
pub mod spelling;
pub mod team;
pub mod time;
pub mod video;
pub mod wallet;
pub mod who;

pub use ids::*;
pub use refusal::Refusal;
pub use time::Moment;

/// Declares an enum of fixed choices with the text that is stored, sent and shown in URLs.
///
/// Each choice has a stable `code`; `parse` reads it back and refuses what it does not know.
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $code)] $variant,)+ }
        impl $name {
            /// Every choice, in the order it is shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The stable text that is stored and sent.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The words that people read.
            #[must_use]
            pub const fn label(self) -> &'static str { match self { $(Self::$variant => $label,)+ } }
            /// Reads a stored or submitted code.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.code()) }
        }
    };
}
