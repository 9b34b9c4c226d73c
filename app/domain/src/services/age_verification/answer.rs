//! What an operator's answer about an age says, and what a person must judge in it.

use super::{AgeVerification, words};
use crate::operators::{Sign, Truth, fact, unknown};
use serde::{Deserialize, Serialize};

/// An answer, read. Only the age is always answered; what is missing besides was not said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the subscriber is at least so old as was asked.
    pub age: Truth,
    /// Whether that rests on an identity document, or on what the country allows in its place.
    pub verified: Truth,
    pub score: Score,
    pub content_lock: Truth,
    pub parental_control: Truth,
}

/// How well the identity fits the subscriber, 0 to 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Score {
    /// The operator may leave it out.
    NotSaid,
    Of(u8),
    /// What stands in the score's place and is no whole number from 0 to 100, as it came.
    Unknown(String),
}

impl Score {
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
        match digits.parse::<u8>().ok().filter(|score| is_digits && *score <= 100) {
            Some(score) => Self::Of(score),
            None => Self::Unknown(unknown(said)),
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotSaid => "not said".into(),
            Self::Of(score) => format!("{score} of 100"),
            Self::Unknown(said) => format!("{said}, as it came"),
        }
    }
}

/// What a person must judge, in the order of its weight.
#[must_use]
pub fn signs(answer: &Answer, question: &AgeVerification) -> Vec<Sign> {
    let locks = [
        ("content lock", question.content_lock, &answer.content_lock),
        ("parental control", question.parental_control, &answer.parental_control),
    ];
    let locks = locks
        .into_iter()
        .filter(|(_, is_asked, _)| *is_asked)
        .filter_map(|(what, _, said)| locked(what, said));
    [age(answer, question), verified(answer), score(answer, question)]
        .into_iter()
        .flatten()
        .chain(locks)
        .collect()
}

fn age(answer: &Answer, question: &AgeVerification) -> Option<Sign> {
    let years = question.age;
    let asked = fact("asked", format!("at least {years} years old"));
    match &answer.age {
        Truth::Yes => None,
        Truth::No => Some(Sign::new(
            format!("age {years}"),
            format!("The subscriber of this number is younger than {years}"),
            vec![asked],
            words::WHY_YOUNGER,
            words::NEXT_YOUNGER,
        )),
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => {
            let said = answer.age.words();
            Some(Sign::new(
                format!("age {years}\0{said}"),
                format!("The operator does not say whether the subscriber is {years} or older"),
                vec![asked, fact("answer", said)],
                words::WHY_UNCLEAR,
                words::NEXT_UNCLEAR,
            ))
        }
    }
}

fn verified(answer: &Answer) -> Option<Sign> {
    match &answer.verified {
        // The operator may leave it out; the summary says that it did.
        Truth::Yes | Truth::Missing => None,
        Truth::No => Some(Sign::new(
            "not verified",
            "The age was not compared with an identity document",
            vec![],
            "The operator knows only what it was told when the contract was made. Whoever takes out a contract under another name can have told it anything.",
            "Rest the decision on a document, for example an ID verification.",
        )),
        Truth::NotAvailable | Truth::Unknown(_) => {
            let said = answer.verified.words();
            Some(Sign::new(
                format!("verified\0{said}"),
                "The operator does not say clearly whether the age was compared with a document",
                vec![fact("answer", said)],
                words::WHY_UNCLEAR,
                "Rest the decision on a document, for example an ID verification.",
            ))
        }
    }
}

fn score(answer: &Answer, question: &AgeVerification) -> Option<Sign> {
    let given = words::given(question);
    match &answer.score {
        Score::Of(score) if *score < 100 && !given.is_empty() => Some(Sign::new(
            format!("identity {score}"),
            format!("The identity that was given fits the subscriber by {score} of 100 only"),
            vec![fact("given", given), fact("likeness", answer.score.words())],
            "The contract may be another person's: then its age says nothing of the customer, and it can be a sign that the account is not in the customer's own hands.",
            "Ask for a number match, which says for each detail whether it differs, or ask the customer whose contract it is.",
        )),
        Score::NotSaid if !given.is_empty() => Some(Sign::new(
            "identity not compared",
            "The operator did not compare what it was told of the customer",
            vec![fact("given", given)],
            "Nothing in the answer says that the subscriber is the customer. The contract may be another person's: then its age says nothing of the customer.",
            "Ask for a number match, which says for each detail whether it differs, or ask the customer whose contract it is.",
        )),
        Score::Of(_) | Score::NotSaid => None,
        Score::Unknown(said) => Some(Sign::new(
            format!("identity\0{said}"),
            "The operator gives a likeness that is no number from 0 to 100",
            vec![fact("likeness", answer.score.words())],
            words::WHY_UNCLEAR,
            "Ask for a number match, which says for each detail whether it differs.",
        )),
    }
}

/// A lock that was asked about and is on, or an answer about it that is not understood.
fn locked(what: &str, said: &Truth) -> Option<Sign> {
    match said {
        // Operators may answer it or not; the summary says that they did not.
        Truth::No | Truth::NotAvailable | Truth::Missing => None,
        Truth::Yes => Some(Sign::new(
            what,
            format!("This number has a {what}"),
            vec![],
            "Such a lock is mostly set for a child: who uses the phone may be younger than who holds the contract.",
            "Ask the customer who uses the number, or rest the age on a document.",
        )),
        Truth::Unknown(word) => Some(Sign::new(
            format!("{what}\0{word}"),
            format!(
                "The operator gives an answer about the {what} that this version does not know"
            ),
            vec![fact("answer", word.clone())],
            words::WHY_UNCLEAR,
            words::NEXT_UNCLEAR,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{AgeVerificationForm, check, facts, means, next, summary},
        *,
    };

    fn question(full: bool) -> AgeVerification {
        let mut form = AgeVerificationForm {
            customer_reference: "C-1".into(),
            name: "F".into(),
            connection: "c".into(),
            phone: "+34629255833".into(),
            age: "18".into(),
            ..AgeVerificationForm::default()
        };
        if full {
            form.full_name = "F".into();
            form.birth_date = "1978-08-22".into();
            form.content_lock = "on".into();
            form.parental_control = "on".into();
        }
        check(&form, 1_795_000_000_000).expect("good")
    }

    fn answer() -> Answer {
        Answer {
            age: Truth::Yes,
            verified: Truth::Yes,
            score: Score::Of(100),
            content_lock: Truth::No,
            parental_control: Truth::No,
        }
    }

    #[test]
    fn a_verified_age_with_a_full_likeness_has_no_sign() {
        assert!(signs(&answer(), &question(true)).is_empty());
        assert_eq!(
            summary(&answer(), &question(true)),
            "18 or older, verified, identity 100 of 100"
        );
        let bare = Answer { verified: Truth::Missing, content_lock: Truth::Missing, ..answer() };
        assert!(
            signs(&bare, &question(true)).is_empty(),
            "the contract lets operators leave these out"
        );
        let unasked = Answer { score: Score::NotSaid, ..bare };
        assert!(
            signs(&unasked, &question(false)).is_empty(),
            "nothing was told that could be compared"
        );
        assert_eq!(summary(&unasked, &question(false)), "18 or older, verification not said");
    }

    #[test]
    fn an_identity_that_was_told_and_not_compared_must_be_judged() {
        let unsaid = Answer { score: Score::NotSaid, ..answer() };
        let signs = signs(&unsaid, &question(true));
        assert_eq!(signs.len(), 1);
        assert_eq!(signs[0].title, "The operator did not compare what it was told of the customer");
        assert!(signs[0].facts.contains(&fact("given", "full name, birth date")), "{signs:?}");
        assert_eq!(
            summary(&unsaid, &question(true)),
            "18 or older, verified, identity not compared"
        );
    }

    #[test]
    fn a_lock_that_was_asked_about_and_not_answered_is_named() {
        for silent in [Truth::Missing, Truth::NotAvailable] {
            let silent =
                Answer { content_lock: silent.clone(), parental_control: silent, ..answer() };
            assert_eq!(
                summary(&silent, &question(true)),
                "18 or older, verified, identity 100 of 100, content lock not said, parental control not said"
            );
            assert_eq!(
                summary(&silent, &question(false)),
                "18 or older, verified, identity 100 of 100"
            );
        }
    }

    #[test]
    fn a_summary_quotes_no_word_of_the_operator_and_the_findings_do() {
        let odd = || Truth::of(Some("Federica"));
        let odd = Answer {
            age: odd(),
            verified: odd(),
            score: Score::of(Some("Federica")),
            content_lock: odd(),
            parental_control: odd(),
        };
        assert_eq!(
            summary(&odd, &question(true)),
            "age with an unknown answer, verification with an unknown answer, identity with an unknown answer, \
             content lock with an unknown answer, parental control with an unknown answer"
        );
        assert_eq!(format!("{:?}", facts(&odd, &question(true))).matches("Federica").count(), 5);
        assert!(
            signs(&odd, &question(true))
                .iter()
                .all(|sign| format!("{sign:?}").contains("Federica"))
        );
    }

    #[test]
    fn each_answer_that_speaks_against_the_customer_is_a_sign() {
        for (against, words) in [
            (Answer { age: Truth::No, ..answer() }, "younger than 18"),
            (Answer { verified: Truth::No, ..answer() }, "not compared with an identity document"),
            (Answer { score: Score::Of(90), ..answer() }, "90 of 100"),
            (Answer { score: Score::Of(0), ..answer() }, "0 of 100"),
            (Answer { content_lock: Truth::Yes, ..answer() }, "content lock"),
            (Answer { parental_control: Truth::Yes, ..answer() }, "parental control"),
        ] {
            let signs = signs(&against, &question(true));
            assert_eq!(signs.len(), 1, "{words}");
            assert!(
                signs[0].title.contains(words)
                    && signs[0].facts.iter().any(|(name, _)| name == "why it matters"),
                "{signs:?}"
            );
        }
    }

    #[test]
    fn a_likeness_is_judged_beside_an_identity_that_was_given_only() {
        let ninety = Answer { score: Score::Of(90), ..answer() };
        assert!(signs(&ninety, &question(false)).is_empty());
        let given = signs(&ninety, &question(true));
        assert!(given[0].facts.contains(&fact("given", "full name, birth date")), "{given:?}");
    }

    #[test]
    fn what_was_not_asked_about_locks_is_not_judged() {
        let locked = Answer {
            content_lock: Truth::Yes,
            parental_control: Truth::Unknown("x".into()),
            ..answer()
        };
        assert!(signs(&locked, &question(false)).is_empty());
    }

    #[test]
    fn what_is_not_understood_is_never_clean() {
        let odd = || Truth::of(Some("[true]"));
        for unclear in [
            Answer { age: odd(), ..answer() },
            Answer { age: Truth::Missing, ..answer() },
            Answer { age: Truth::NotAvailable, ..answer() },
            Answer { verified: odd(), ..answer() },
            Answer { score: Score::of(Some("high")), ..answer() },
            Answer { content_lock: odd(), ..answer() },
            Answer { parental_control: odd(), ..answer() },
        ] {
            assert_eq!(signs(&unclear, &question(true)).len(), 1, "{unclear:?}");
        }
        let missing = Answer { age: Truth::Missing, ..answer() };
        assert!(summary(&missing, &question(true)).starts_with("age not answered"));
        assert!(
            means(&missing, &question(true)).contains("confirms nothing")
                && next(&missing).contains("something else")
        );
    }

    #[test]
    fn a_score_is_a_whole_number_of_its_scale() {
        for (said, read) in [
            ("0", Score::Of(0)),
            ("100", Score::Of(100)),
            ("90.0", Score::Of(90)),
            (" 7 ", Score::Of(7)),
        ] {
            assert_eq!(Score::of(Some(said)), read);
        }
        for odd in ["101", "-1", "+5", "90.5", "90.", ".0", "", "[90]", "high", "1e2"] {
            assert_eq!(Score::of(Some(odd)), Score::Unknown(odd.to_owned()));
        }
        assert_eq!(Score::of(None), Score::NotSaid);
    }

    #[test]
    fn signs_of_one_answer_have_names_of_their_own() {
        let worst = Answer {
            age: Truth::No,
            verified: Truth::No,
            score: Score::Of(1),
            content_lock: Truth::Yes,
            parental_control: Truth::Yes,
        };
        let signs = signs(&worst, &question(true));
        let names: std::collections::BTreeSet<&str> =
            signs.iter().map(|s| s.name.as_str()).collect();
        assert_eq!((signs.len(), names.len()), (5, 5));
        assert_eq!(
            summary(&worst, &question(true)),
            "younger than 18, not verified, identity 1 of 100, content lock, parental control"
        );
    }
}
