//! The services that the desk can run: one folder each, and one card each, which is all that the
//! rest of the desk knows of it.
//!
//! A new one costs its folder, its `pub mod` and its line in [`kinds!`] here.

pub mod age_verification;
mod card;
pub mod cpr;
pub mod due_diligence;
pub mod form;
pub mod idv;
pub mod number_match;
pub mod pid_cpr;
pub mod rofus;
pub mod settings;
pub mod sim_swap;
pub mod tenure;
pub mod video;
pub mod wallet;

pub use card::{About, Card, Life};
pub use form::LaunchForm;

use crate::choices;

/// Declares the kinds of checks: each with the code that is stored and the card of its service.
macro_rules! kinds {
    ($($variant:ident = $code:literal => $card:expr;)+) => {
        choices! {
            /// Which service was run.
            pub enum Kind { $($variant = $code, $card.label;)+ }
        }
        impl Kind {
            /// What the desk knows of the service.
            #[must_use]
            pub const fn card(self) -> &'static Card {
                match self {
                    $(Self::$variant => &$card,)+
                }
            }
        }
    };
}

kinds! {
    DdKyc = "dd_kyc" => due_diligence::PERSON;
    DdKyb = "dd_kyb" => due_diligence::COMPANY;
    Kya = "kya" => wallet::CARD;
    Idv = "idv" => idv::CARD;
    VideoIdent = "video_ident" => video::CARD;
    NumberMatch = "number_match" => number_match::CARD;
    PidCprMatch = "pid_cpr_match" => pid_cpr::CARD;
    Rofus = "rofus" => rofus::CARD;
    Tenure = "tenure" => tenure::CARD;
    AgeVerification = "age_verification" => age_verification::CARD;
    SimSwap = "sim_swap" => sim_swap::CARD;
}

impl Kind {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The kinds in the order in which they are offered for a launch.
    pub const LAUNCHABLE: &'static [Self] = &launchable();

    /// The letters in the square.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        self.card().letters
    }

    /// The label in a sentence's middle, without what it says of whom: "wallet analysis", "SIM
    /// swap".
    #[must_use]
    pub fn in_a_sentence(self) -> String {
        let label = self.label().split(',').next().unwrap_or_default();
        let is_name = label.chars().nth(1).is_some_and(char::is_uppercase);
        let mut letters = label.chars();
        match letters.next() {
            Some(first) if !is_name => first.to_lowercase().chain(letters).collect(),
            _ => label.to_owned(),
        }
    }

    /// The provider whose words and behaviour the kind follows, in a sentence's middle.
    #[must_use]
    pub const fn provider(self) -> &'static str {
        self.card().provider.in_sentences()
    }
}

/// The kinds by the places on their cards; those of one place as they are listed.
const fn launchable() -> [Kind; Kind::COUNT] {
    let mut kinds = [Kind::ALL[0]; Kind::COUNT];
    let mut at = 0;
    while at < Kind::COUNT {
        let mut to = at;
        while to > 0 && kinds[to - 1].card().place > Kind::ALL[at].card().place {
            kinds[to] = kinds[to - 1];
            to -= 1;
        }
        kinds[to] = Kind::ALL[at];
        at += 1;
    }
    kinds
}

/// What we say of a provider's code, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    pub means: &'static str,
    pub next: &'static str,
}

#[cfg(test)]
mod tests {
    use super::{
        number_match::NumberMatchForm, pid_cpr::PidCprForm, rofus::RofusForm, wallet::WalletForm, *,
    };
    use crate::{
        checks::Band,
        decisions::{Outcome, Reason, reasons},
        findings::Source,
    };
    use serde::{Deserialize, Serialize, de::DeserializeOwned};
    use std::{collections::BTreeSet, fmt::Debug};

    #[test]
    fn services_are_offered_in_their_order() {
        use Kind as K;
        let operators = [K::NumberMatch, K::Tenure, K::AgeVerification, K::SimSwap];
        let all = [
            [K::DdKyc, K::DdKyb, K::Idv, K::VideoIdent].as_slice(),
            &operators,
            &[K::PidCprMatch, K::Rofus, K::Kya],
        ]
        .concat();
        assert_eq!(Kind::LAUNCHABLE, all);
    }

    #[test]
    fn a_service_is_named_in_a_sentence_as_it_is_said() {
        let said: Vec<_> = [Kind::DdKyb, Kind::Idv, Kind::PidCprMatch, Kind::SimSwap, Kind::Kya]
            .map(Kind::in_a_sentence)
            .into();
        assert_eq!(
            said,
            ["due diligence", "ID verification", "PID-CPR match", "SIM swap", "wallet analysis"]
        );
    }

    #[test]
    fn a_card_has_words_hours_and_reasons() {
        let labels: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.label()).collect();
        assert_eq!(labels.len(), Kind::COUNT, "each has a name of its own");
        for kind in Kind::ALL.iter().copied() {
            let card = kind.card();
            assert!(
                card.letters.len() == 2 && card.letters.bytes().all(|b| b.is_ascii_uppercase()),
                "{kind}"
            );
            assert_eq!((card.letters, card.label), (kind.letters(), kind.label()));
            for outcome in Outcome::DECIDED.iter().copied() {
                let all = reasons(kind, outcome);
                assert_eq!(
                    all.iter().collect::<BTreeSet<_>>().len(),
                    all.len(),
                    "{kind} {outcome}: none stands twice"
                );
                assert_eq!(all.last(), Some(&Reason::Other), "{kind} {outcome}");
            }
            assert!(
                Band::ALL
                    .windows(2)
                    .all(|two| card.review.of(Some(two[1])) <= card.review.of(Some(two[0]))),
                "{kind}"
            );
            assert!(
                !(card.life == Life::AtOnce && card.is_told),
                "{kind}: there is nobody left to tell"
            );
        }
    }

    /// Which sources these are is asked of the databases, too: what a card adds must be added
    /// there.
    #[test]
    fn what_must_be_judged_stands_on_the_card_of_a_service_or_is_of_any_check() {
        let of_cards = Kind::ALL.iter().flat_map(|kind| kind.card().must_be_judged);
        let known: BTreeSet<&Source> = of_cards.chain(Source::OF_ANY_CHECK).collect();
        assert_eq!(known, Source::MUST_BE_JUDGED.iter().collect());
        assert!(Kind::ALL.iter().all(|kind| !kind.card().must_be_judged.is_empty()));
    }

    /// As a server function takes it: beside another input, and under the names of its own.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sent<F> {
        retry: String,
        #[serde(flatten)]
        form: F,
    }

    fn is_filled_by_name<F: LaunchForm + Serialize + DeserializeOwned + Debug>(fields: &[&str]) {
        let mut form = F::default();
        for field in fields {
            assert!(form.put(field, &format!("this is {field}")), "{field}");
        }
        let typed = form.as_typed();
        assert_eq!(
            typed.values.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            fields.iter().copied().collect()
        );
        assert!(
            typed.values.iter().all(|(field, text)| *text == format!("this is {field}")),
            "{typed:?}"
        );
        assert_eq!(
            (form.connection(), form.customer_reference()),
            ("this is connection", "this is customer_reference")
        );
        let before = form.clone();
        for other in [
            "",
            "retry",
            "Name",
            "values",
            "values[]",
            "values[later]",
            "values[birthdate",
            "birthdate",
        ] {
            assert!(!form.put(other, "x"), "{other}");
        }
        assert_eq!(form, before, "what has no input changes nothing");
        form.set_connection("c");
        assert_eq!((form.connection(), form.as_typed().value("connection")), ("c", "c"));
        let sent = Sent { retry: "r".into(), form };
        let text = serde_json::to_string(&sent).expect("text");
        assert_eq!(serde_json::from_str::<Sent<F>>(&text).expect("reads"), sent);
        let little: Sent<F> = serde_json::from_str(r#"{"retry":"r","name":"N"}"#).expect("reads");
        assert_eq!((little.form.as_typed().value("name"), little.form.connection()), ("N", ""));
    }

    #[test]
    fn a_launch_form_is_filled_by_the_names_of_its_inputs_and_sent_beside_others() {
        is_filled_by_name::<NumberMatchForm>(&[
            "customer_reference",
            "name",
            "connection",
            "phone",
            "values[birthdate]",
            "values[idDocument]",
        ]);
        is_filled_by_name::<PidCprForm>(&[
            "customer_reference",
            "name",
            "connection",
            "pid",
            "cpr",
        ]);
        is_filled_by_name::<RofusForm>(&[
            "customer_reference",
            "name",
            "connection",
            "cpr",
            "environment_mock",
        ]);
        is_filled_by_name::<WalletForm>(&[
            "customer_reference",
            "name",
            "connection",
            "chain",
            "address",
        ]);
    }
}
