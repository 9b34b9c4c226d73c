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
pub mod journal;
pub mod letters;
pub mod made;
pub mod memory;
pub mod operators;
mod passwords;
pub mod people;
pub mod policy;
pub mod queue;
pub mod refusal;
pub mod risk;
pub mod roles;
pub mod search;
pub mod services;
pub mod spelling;
pub mod team;
pub mod time;
pub mod who;

pub use ids::*;
pub use refusal::Refusal;
pub use services::{idv, number_match, video, wallet};
pub use time::Moment;

/// Launch forms: due diligence's, and what all of them share.
pub mod launch {
    pub use crate::services::{due_diligence::*, form::*, settings::*};
}

/// The two Danish registers.
pub mod registers {
    pub use crate::services::{
        cpr::{Cpr, Gender},
        pid_cpr::{Pid, PidCprForm, PidCprMatch, check as check_pid_cpr},
        rofus::{FRESH_TIME, RofusCheck, RofusForm, RofusStatus, check as check_rofus, is_stale},
    };
}

/// Declares an enum of fixed choices with the text that is stored, sent and shown in URLs.
///
/// Each choice has a stable `code`; `parse` reads it back and refuses what it does not know.
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $label:expr;)+ }) => {
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
