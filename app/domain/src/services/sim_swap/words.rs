//! An answer about a SIM card in a reviewer's words.

use super::{Answer, Ask, LastChange, Period, SimSwap};
use crate::{
    fields::thousands,
    operators::{Truth, UNKNOWN_IN_CLEAR, fact},
    time,
};

pub(super) const WHY_CHANGED: &str = "Whoever has the new card gets the calls and codes of this number: so accounts that are protected by text messages are taken over. A new contract, a number that moved to another operator and a second card count as a change, too.";
pub(super) const NEXT_CHANGED: &str = "Reach the customer another way than by this number, and ask whether they changed their SIM card and when. Send no code to the number before.";
pub(super) const WHY_UNCLEAR: &str = "An answer that is not understood confirms nothing.";
pub(super) const WHY_NO_PERIOD: &str = "No change is good news only for a time that is known.";
pub(super) const NEXT_UNCLEAR: &str = "Ask again another way, by hours instead of the date or the other way round, or rest the decision on something else and say so.";

/// `1 hour`, `2,400 hours`.
pub(super) fn hours(hours: u16) -> String {
    if hours == 1 {
        "1 hour".to_owned()
    } else {
        format!("{} hours", thousands(usize::from(hours)))
    }
}

/// `1 day`, `120 days`.
pub(super) fn days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// What was asked, in words.
pub(super) fn asked(question: &SimSwap) -> String {
    match question.ask {
        Ask::Within(_) => format!("changed {}", question.ask.in_words()),
        Ask::Date => format!("the {}", question.ask.in_words()),
    }
}

/// The answer in the words of the queue; they stay in clear, so what is not understood is not
/// quoted.
#[must_use]
pub fn summary(answer: &Answer, question: &SimSwap) -> String {
    let within = || match question.ask {
        Ask::Within(number) => hours(number),
        Ask::Date => "the time that was asked".to_owned(),
    };
    match answer {
        Answer::Within(Truth::Yes) => format!("SIM changed within {}", within()),
        Answer::Within(Truth::No) => format!("no SIM change within {}", within()),
        Answer::Within(truth @ (Truth::NotAvailable | Truth::Missing | Truth::Unknown(_))) => {
            format!("SIM change {}", truth.in_clear())
        }
        Answer::Last { change, period } => match (change, period) {
            (LastChange::At(at), _) => format!("SIM last changed on {}", time::utc_date(*at)),
            (LastChange::NotInPeriod, Period::Days(number)) => {
                format!("no SIM change in {}", days(*number))
            }
            (LastChange::NotInPeriod, Period::NotSaid) => {
                "no SIM change in a time that the operator does not say".to_owned()
            }
            (LastChange::NotInPeriod, Period::Unknown(_)) => {
                "no SIM change in a time that is not understood".to_owned()
            }
            (LastChange::Missing, _) => "SIM change not answered".to_owned(),
            (LastChange::Unknown(_), _) => format!("SIM change {UNKNOWN_IN_CLEAR}"),
        },
    }
}

/// What the answer says, as name and text, for the page of the check.
#[must_use]
pub fn facts(answer: &Answer, question: &SimSwap) -> Vec<(String, String)> {
    let (change, period) = match answer {
        Answer::Within(truth) => {
            let name = match question.ask {
                Ask::Within(number) => format!("Changed within {}", hours(number)),
                Ask::Date => "Changed".to_owned(),
            };
            return vec![fact(&name, truth.words())];
        }
        Answer::Last { change, period } => (change, period),
    };
    let change = match change {
        LastChange::At(at) => time::utc_minute(*at),
        LastChange::NotInPeriod => "none that the operator still knows of".to_owned(),
        LastChange::Missing => "not answered".to_owned(),
        LastChange::Unknown(said) => format!("unknown answer: {said}"),
    };
    let period = match period {
        Period::NotSaid => "not said".to_owned(),
        Period::Days(number) => days(*number),
        Period::Unknown(said) => format!("{said}, as it came"),
    };
    vec![fact("Last change", change), fact("The operator looks back", period)]
}

/// What the answer means for the reviewer.
#[must_use]
pub fn means(answer: &Answer) -> String {
    match answer {
        Answer::Within(Truth::Yes) => WHY_CHANGED.to_owned(),
        Answer::Within(Truth::No) => {
            "The number is on the same SIM card as before the hours that were asked about. What was before is not in the answer.".to_owned()
        }
        Answer::Last { change: LastChange::At(_), .. } => {
            format!(
                "Since then the number is on the same SIM card. Where the card was not changed at all, this is when it was first used. {WHY_CHANGED}"
            )
        }
        Answer::Last { change: LastChange::NotInPeriod, period } => {
            let how_long = match period {
                Period::Days(number) => format!("It looks back {}; what was before is not in the answer.", days(*number)),
                Period::NotSaid => "It does not say how long that is; what was before is not in the answer.".to_owned(),
                Period::Unknown(_) => "How long that is could not be understood.".to_owned(),
            };
            format!("The operator knows of no change in the time for which it may keep this. {how_long}")
        }
        Answer::Within(Truth::NotAvailable | Truth::Missing | Truth::Unknown(_))
        | Answer::Last { change: LastChange::Missing | LastChange::Unknown(_), .. } => WHY_UNCLEAR.to_owned(),
    }
}

/// What comes next for the reviewer.
#[must_use]
pub fn next(answer: &Answer) -> &'static str {
    match answer {
        Answer::Within(Truth::Yes) => NEXT_CHANGED,
        Answer::Within(Truth::No) => "Nothing more is needed for the SIM card.",
        Answer::Last { change: LastChange::At(_), .. } => {
            "Compare the day with what else changed at the customer's account then; a change of the last days is a finding below."
        }
        Answer::Last { change: LastChange::NotInPeriod, period } if !period.is_long_enough() => {
            NEXT_UNCLEAR
        }
        Answer::Last { change: LastChange::NotInPeriod, .. } => {
            "Nothing more is needed for the time that the operator looks back to. If that is too short for you, ask the customer."
        }
        Answer::Within(Truth::NotAvailable | Truth::Missing | Truth::Unknown(_))
        | Answer::Last { change: LastChange::Missing | LastChange::Unknown(_), .. } => NEXT_UNCLEAR,
    }
}
