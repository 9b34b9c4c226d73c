//! What an operator's answer about a SIM card says, and what a person must judge in it.

use super::{Ask, SimSwap, words};
use crate::{
    Moment,
    operators::{Sign, Truth, fact, unknown},
    time,
};
use serde::{Deserialize, Serialize};

/// A change that is younger than this when the answer comes must be judged.
pub const FRESH_TIME: i64 = 7 * time::DAY;

/// No SIM card is older (1991): an earlier moment stands where a database has none, and must not
/// look like a card that was never changed.
const FIRST_CARD: Moment = 662_688_000_000;

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Whether the card was changed within the hours that were asked.
    Within(Truth),
    Last {
        change: LastChange,
        period: Period,
    },
}

/// When the card was changed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastChange {
    /// Then; where it never was, when it was first used.
    At(Moment),
    /// `null`: not in the time that the operator looks back to, which is not never.
    NotInPeriod,
    /// The answer does not speak of it.
    Missing,
    /// What is no moment, as it came.
    Unknown(String),
}

impl LastChange {
    /// A moment that an operator gave, as it was read and as it came.
    #[must_use]
    pub fn at(moment: Moment, said: &str) -> Self {
        if (FIRST_CARD..time::NEVER).contains(&moment) {
            Self::At(moment)
        } else {
            Self::unknown(said)
        }
    }

    /// A text that is no moment.
    #[must_use]
    pub fn unknown(said: &str) -> Self {
        Self::Unknown(unknown(said))
    }
}

/// How far back the operator looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// The operator may leave it out.
    NotSaid,
    Days(u32),
    /// What is no number of days, as it came.
    Unknown(String),
}

impl Period {
    /// Reads the member of the answer as text; digits after the point say nothing when they are
    /// zeros.
    #[must_use]
    pub fn of(said: Option<&str>) -> Self {
        let Some(said) = said.map(str::trim) else { return Self::NotSaid };
        let digits = match said.split_once('.') {
            Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
            _ => said,
        };
        let is_digits = digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse::<u32>().ok().filter(|_| is_digits) {
            Some(days) => Self::Days(days),
            None => Self::Unknown(unknown(said)),
        }
    }

    /// Whether it is known, and reaches back as far as a change must be judged.
    #[must_use]
    pub fn is_long_enough(&self) -> bool {
        match self {
            Self::Days(days) => i64::from(*days) * time::DAY >= FRESH_TIME,
            Self::NotSaid | Self::Unknown(_) => false,
        }
    }
}

/// What a person must judge in an answer that came at `came`: the moment of its evidence, so that
/// the answer has the same signs whenever it is read again.
#[must_use]
pub fn signs(answer: &Answer, question: &SimSwap, came: Moment) -> Vec<Sign> {
    let asked = fact("asked", words::asked(question));
    let sign = match answer {
        Answer::Within(truth) => within(truth, question, asked, came),
        Answer::Last { change: LastChange::At(at), .. } => dated(*at, asked, came),
        Answer::Last { change: LastChange::NotInPeriod, period } => not_in(period, asked),
        Answer::Last { change: LastChange::Missing, .. } => Some(unclear("not answered", asked)),
        Answer::Last { change: LastChange::Unknown(said), .. } => {
            Some(unclear(&format!("unknown answer: {said}"), asked))
        }
    };
    sign.into_iter().collect()
}

fn within(
    truth: &Truth,
    question: &SimSwap,
    asked: (String, String),
    came: Moment,
) -> Option<Sign> {
    match truth {
        Truth::No => None,
        Truth::Yes => {
            let hours = match question.ask {
                Ask::Within(hours) => words::hours(hours),
                Ask::Date => "the time that was asked".to_owned(),
            };
            let title = format!("The SIM card of this number was changed within {hours}");
            // The day is part of the name: a change that somebody judged harmless says nothing of
            // the next one.
            let name = format!("within {hours} before {}", time::utc_date(came));
            Some(Sign::new(name, title, vec![asked], words::WHY_CHANGED, words::NEXT_CHANGED))
        }
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => {
            Some(unclear(&truth.words(), asked))
        }
    }
}

fn dated(at: Moment, asked: (String, String), came: Moment) -> Option<Sign> {
    let age = came.saturating_sub(at);
    let day = time::utc_date(at);
    if age >= FRESH_TIME {
        return None;
    }
    let known = vec![asked, fact("last change", time::utc_minute(at))];
    // Clocks of others may run ahead; a day is granted.
    if age < -time::DAY {
        let title = format!(
            "The operator says that the SIM card was changed on {day}, which has not come yet"
        );
        return Some(Sign::new(
            format!("future {at}"),
            title,
            known,
            words::WHY_UNCLEAR,
            words::NEXT_UNCLEAR,
        ));
    }
    let title = format!(
        "The SIM card of this number was changed {} before the answer, on {day}",
        time::in_words(age.max(0))
    );
    Some(Sign::new(format!("at {at}"), title, known, words::WHY_CHANGED, words::NEXT_CHANGED))
}

/// No change in a period confirms what the period has, and no more.
fn not_in(period: &Period, asked: (String, String)) -> Option<Sign> {
    match period {
        Period::Days(_) if period.is_long_enough() => None,
        // The contract lets the operator leave it out; nobody knows then how long nothing happened.
        Period::NotSaid => Some(Sign::new(
            "period not said",
            "The operator does not say for which time it knows of no SIM change",
            vec![asked, fact("looks back", "not said")],
            words::WHY_NO_PERIOD,
            words::NEXT_UNCLEAR,
        )),
        Period::Days(days) => Some(Sign::new(
            format!("period {days}"),
            format!("The operator looks back {} only", words::days(*days)),
            vec![asked, fact("looks back", words::days(*days))],
            "A change before that is not in the answer, and the first days after one are when accounts are taken over.",
            words::NEXT_UNCLEAR,
        )),
        Period::Unknown(said) => Some(Sign::new(
            format!("period\0{said}"),
            "The operator says in a way that this version does not know how far back it looks",
            vec![asked, fact("looks back", format!("{said}, as it came"))],
            words::WHY_NO_PERIOD,
            words::NEXT_UNCLEAR,
        )),
    }
}

fn unclear(said: &str, asked: (String, String)) -> Sign {
    let title = "The operator does not say whether the SIM card was changed";
    Sign::new(
        format!("unclear\0{said}"),
        title,
        vec![asked, fact("answer", said)],
        words::WHY_UNCLEAR,
        words::NEXT_UNCLEAR,
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::{facts, means, next, summary},
        *,
    };

    const CAME: Moment = 1_795_000_000_000;

    fn question(ask: Ask) -> SimSwap {
        SimSwap {
            customer_reference: "C-1".into(),
            name: "F".into(),
            phone: "+346661113334".into(),
            ask,
        }
    }

    fn of(answer: &Answer) -> Vec<Sign> {
        let ask = if matches!(answer, Answer::Within(_)) { Ask::Within(240) } else { Ask::Date };
        signs(answer, &question(ask), CAME)
    }

    fn last(change: LastChange, period: Period) -> Answer {
        Answer::Last { change, period }
    }

    fn ago(age: i64) -> Answer {
        last(LastChange::At(CAME - age), Period::NotSaid)
    }

    #[test]
    fn a_change_within_the_hours_is_a_sign_of_an_account_taken_over() {
        let signs = of(&Answer::Within(Truth::Yes));
        assert_eq!(signs.len(), 1);
        assert_eq!(signs[0].title, "The SIM card of this number was changed within 240 hours");
        assert!(
            signs[0]
                .facts
                .iter()
                .any(|(name, text)| name == "why it matters" && text.contains("taken over"))
        );
        assert!(of(&Answer::Within(Truth::No)).is_empty());
        let one = super::signs(&Answer::Within(Truth::Yes), &question(Ask::Within(1)), CAME);
        assert!(one[0].title.ends_with("within 1 hour"), "{}", one[0].title);
    }

    #[test]
    fn a_judged_change_says_nothing_of_the_next_one() {
        let at = |came| {
            super::signs(&Answer::Within(Truth::Yes), &question(Ask::Within(240)), came)[0]
                .name
                .clone()
        };
        assert_eq!(at(CAME), at(CAME + 1), "read again, it is the same");
        assert_ne!(at(CAME), at(CAME + 30 * time::DAY));
        assert_ne!(of(&ago(time::DAY))[0].name, of(&ago(2 * time::DAY))[0].name);
    }

    #[test]
    fn a_date_is_a_sign_while_it_is_less_than_seven_days_old() {
        for (age, is_sign) in [
            (0, true),
            (time::HOUR, true),
            (FRESH_TIME - 1, true),
            (FRESH_TIME, false),
            (900 * time::DAY, false),
        ] {
            assert_eq!(!of(&ago(age)).is_empty(), is_sign, "{age}");
        }
        assert!(
            of(&ago(3 * time::DAY))[0].title.contains("3 days before the answer, on 2026-11-1")
        );
        // A clock that runs ahead makes it no less a change.
        assert!(of(&ago(-time::HOUR))[0].title.contains("was changed 0 s before"));
        assert!(of(&ago(-2 * time::DAY))[0].title.contains("has not come yet"));
    }

    #[test]
    fn nothing_in_the_monitored_period_is_not_never() {
        let none = last(LastChange::NotInPeriod, Period::Days(120));
        assert!(of(&none).is_empty());
        assert_eq!(summary(&none, &question(Ask::Date)), "no SIM change in 120 days");
        let unsaid = last(LastChange::NotInPeriod, Period::NotSaid);
        assert_eq!(
            summary(&unsaid, &question(Ask::Date)),
            "no SIM change in a time that the operator does not say"
        );
        assert!(means(&unsaid).contains("does not say how long"));
        for answer in [&none, &unsaid] {
            let words =
                [summary(answer, &question(Ask::Date)), means(answer), next(answer).to_owned()]
                    .concat();
            assert!(!words.contains("never"), "{words}");
        }
    }

    #[test]
    fn no_change_is_good_news_only_for_a_time_that_is_known_and_long_enough() {
        let none = |period| last(LastChange::NotInPeriod, period);
        let unsaid = of(&none(Period::NotSaid));
        assert_eq!(unsaid.len(), 1);
        assert_eq!(
            unsaid[0].title,
            "The operator does not say for which time it knows of no SIM change"
        );
        for (period, words) in [
            (Period::NotSaid, "Ask again"),
            (Period::Days(6), "Ask again"),
            (Period::of(Some("soon")), "Ask again"),
            (Period::Days(7), "Nothing more"),
        ] {
            let answer = none(period);
            assert!(next(&answer).starts_with(words), "{answer:?}: {}", next(&answer));
            assert_eq!(of(&answer).is_empty(), words == "Nothing more", "{answer:?}");
        }
    }

    #[test]
    fn a_summary_quotes_no_word_of_the_operator_and_the_findings_do() {
        for (odd, words) in [
            (Answer::Within(Truth::of(Some("Federica"))), "SIM change with an unknown answer"),
            (
                last(LastChange::unknown("Federica"), Period::NotSaid),
                "SIM change with an unknown answer",
            ),
            (
                last(LastChange::NotInPeriod, Period::of(Some("Federica"))),
                "no SIM change in a time that is not understood",
            ),
        ] {
            let question = question(if matches!(odd, Answer::Within(_)) {
                Ask::Within(240)
            } else {
                Ask::Date
            });
            assert_eq!(summary(&odd, &question), words);
            let kept = [format!("{:?}", facts(&odd, &question)), format!("{:?}", of(&odd))];
            assert!(kept.iter().all(|kept| kept.contains("Federica")), "{kept:?}");
        }
    }

    #[test]
    fn a_period_that_is_too_short_or_odd_must_be_judged() {
        for (said, is_sign) in [
            ("0", true),
            ("6", true),
            ("7", false),
            ("120.0", false),
            ("-1", true),
            ("[120]", true),
            ("soon", true),
        ] {
            let answer = last(LastChange::NotInPeriod, Period::of(Some(said)));
            assert_eq!(!of(&answer).is_empty(), is_sign, "{said}");
        }
        assert_eq!(Period::of(None), Period::NotSaid);
        assert_eq!(Period::of(Some("+7")), Period::Unknown("+7".into()));
    }

    #[test]
    fn what_is_not_understood_is_never_clean() {
        let odd = [
            Answer::Within(Truth::Missing),
            Answer::Within(Truth::NotAvailable),
            Answer::Within(Truth::of(Some("[false]"))),
            last(LastChange::Missing, Period::Days(120)),
            last(LastChange::unknown("2024-09-18T07:37:53"), Period::NotSaid),
        ];
        for answer in odd {
            assert_eq!(of(&answer).len(), 1, "{answer:?}");
            let question = question(if matches!(answer, Answer::Within(_)) {
                Ask::Within(240)
            } else {
                Ask::Date
            });
            assert!(
                summary(&answer, &question).starts_with("SIM change "),
                "{}",
                summary(&answer, &question)
            );
            assert!(
                means(&answer).contains("confirms nothing")
                    && !facts(&answer, &question).is_empty()
            );
        }
    }

    #[test]
    fn a_moment_before_the_first_card_stands_for_none_and_is_no_old_change() {
        for odd in [0, FIRST_CARD - 1, -62_135_596_800_000, time::NEVER, i64::MAX] {
            assert_eq!(LastChange::at(odd, "x"), LastChange::Unknown("x".into()));
        }
        assert_eq!(LastChange::at(FIRST_CARD, "x"), LastChange::At(FIRST_CARD));
        assert_eq!(time::utc_date(FIRST_CARD), "1991-01-01");
    }
}
