//! What Solaris itself thinks of a person: screening, risk and vetting, which all three must be
//! green.
//!
//! Source: Solaris API reference, person: `screening_progress`, `risk_classification_status`,
//! `customer_vetting_status`. Which values are green is our reading of their names.

use crate::choices;

/// How one of the three stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Green,
    /// Still open: nobody decided, or something is asked of the customer.
    Open,
    Red,
}

choices! {
    /// Whether the person was found on lists.
    pub enum Screening {
        NotScreened = "NOT_SCREENED", "not screened yet";
        PotentialMatch = "POTENTIAL_MATCH", "possible hit on a list";
        Accepted = "SCREENED_ACCEPTED", "screened and accepted";
        Declined = "SCREENED_DECLINED", "screened and declined";
    }
}

choices! {
    /// How risky Solaris finds the person.
    pub enum Risk {
        NotScored = "NOT_SCORED", "not scored yet";
        PotentialRisk = "POTENTIAL_RISK", "possible risk";
        NormalRisk = "NORMAL_RISK", "normal risk";
        InformationRequested = "INFORMATION_REQUESTED", "information requested";
        InformationReceived = "INFORMATION_RECEIVED", "information received";
        RiskAccepted = "RISK_ACCEPTED", "risk accepted";
        RiskRejected = "RISK_REJECTED", "risk rejected";
        CustomerUnresponsive = "CUSTOMER_UNRESPONSIVE", "the customer does not answer";
        ScoringNotRequired = "SCORING_NOT_REQUIRED", "no scoring needed";
    }
}

choices! {
    /// Whether the person passed Solaris's vetting.
    pub enum Vetting {
        NotVetted = "NOT_VETTED", "not vetted yet";
        NoMatch = "NO_MATCH", "no match";
        PotentialMatch = "POTENTIAL_MATCH", "possible match";
        InformationRequested = "INFORMATION_REQUESTED", "information requested";
        InformationReceived = "INFORMATION_RECEIVED", "information received";
        RiskAccepted = "RISK_ACCEPTED", "risk accepted";
        RiskRejected = "RISK_REJECTED", "risk rejected";
        CustomerUnresponsive = "CUSTOMER_UNRESPONSIVE", "the customer does not answer";
        VettingNotRequired = "VETTING_NOT_REQUIRED", "no vetting needed";
    }
}

impl Screening {
    #[must_use]
    pub const fn light(self) -> Light {
        match self {
            Self::NotScreened | Self::PotentialMatch => Light::Open,
            Self::Accepted => Light::Green,
            Self::Declined => Light::Red,
        }
    }
}

impl Risk {
    #[must_use]
    pub const fn light(self) -> Light {
        match self {
            Self::NormalRisk | Self::RiskAccepted | Self::ScoringNotRequired => Light::Green,
            Self::NotScored
            | Self::PotentialRisk
            | Self::InformationRequested
            | Self::InformationReceived
            | Self::CustomerUnresponsive => Light::Open,
            Self::RiskRejected => Light::Red,
        }
    }
}

impl Vetting {
    #[must_use]
    pub const fn light(self) -> Light {
        match self {
            Self::NoMatch | Self::RiskAccepted | Self::VettingNotRequired => Light::Green,
            Self::NotVetted
            | Self::PotentialMatch
            | Self::InformationRequested
            | Self::InformationReceived
            | Self::CustomerUnresponsive => Light::Open,
            Self::RiskRejected => Light::Red,
        }
    }
}

/// A value of one of the three lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word<T> {
    Known(T),
    /// The answer does not have it.
    Missing,
    /// A value that this version does not know, as it came.
    Unknown(String),
}

impl<T> Word<T> {
    fn of(text: Option<&str>, parse: fn(&str) -> Option<T>) -> Self {
        match text {
            None | Some("") => Self::Missing,
            Some(word) => parse(word).map_or_else(|| Self::Unknown(word.to_owned()), Self::Known),
        }
    }

    fn light(&self, of: impl Fn(&T) -> Light) -> Light {
        match self {
            Self::Known(value) => of(value),
            Self::Missing | Self::Unknown(_) => Light::Open,
        }
    }

    const fn odd(&self) -> Option<&str> {
        match self {
            Self::Unknown(word) => Some(word.as_str()),
            Self::Known(_) | Self::Missing => None,
        }
    }

    fn words(&self, of: impl Fn(&T) -> &'static str) -> String {
        match self {
            Self::Known(value) => of(value).to_owned(),
            Self::Missing => "not given".into(),
            Self::Unknown(word) => format!("unknown value {word}"),
        }
    }
}

/// The three together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub screening: Word<Screening>,
    pub risk: Word<Risk>,
    pub vetting: Word<Vetting>,
}

impl Standing {
    /// Reads the person's three members.
    #[must_use]
    pub fn of(screening: Option<&str>, risk: Option<&str>, vetting: Option<&str>) -> Self {
        Self {
            screening: Word::of(screening, Screening::parse),
            risk: Word::of(risk, Risk::parse),
            vetting: Word::of(vetting, Vetting::parse),
        }
    }

    /// Whether the person may be onboarded: all three are green, and nothing missing or unknown is.
    #[must_use]
    pub fn is_onboardable(&self) -> bool {
        self.lights() == [Light::Green; 3]
    }

    /// Screening, risk, vetting.
    #[must_use]
    pub fn lights(&self) -> [Light; 3] {
        [
            self.screening.light(|s| s.light()),
            self.risk.light(|r| r.light()),
            self.vetting.light(|v| v.light()),
        ]
    }

    /// Name, words and light of each of the three.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, String, Light); 3] {
        let [screening, risk, vetting] = self.lights();
        [
            ("Screening", self.screening.words(|s| s.label()), screening),
            ("Risk", self.risk.words(|r| r.label()), risk),
            ("Vetting", self.vetting.words(|v| v.label()), vetting),
        ]
    }

    /// Name and value of what has a value that this version does not know.
    pub fn unknown(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("Screening", self.screening.odd()),
            ("Risk", self.risk.odd()),
            ("Vetting", self.vetting.odd()),
        ];
        all.into_iter().filter_map(|(name, odd)| Some((name, odd?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_three_greens_onboard() {
        let of = |s, r, v| Standing::of(Some(s), Some(r), Some(v));
        for (risk, vetting) in [
            ("NORMAL_RISK", "NO_MATCH"),
            ("RISK_ACCEPTED", "RISK_ACCEPTED"),
            ("SCORING_NOT_REQUIRED", "VETTING_NOT_REQUIRED"),
        ] {
            assert!(of("SCREENED_ACCEPTED", risk, vetting).is_onboardable(), "{risk} {vetting}");
        }
        assert!(!of("NOT_SCREENED", "NORMAL_RISK", "NO_MATCH").is_onboardable());
        assert!(!of("SCREENED_ACCEPTED", "POTENTIAL_RISK", "NO_MATCH").is_onboardable());
        assert!(!of("SCREENED_ACCEPTED", "NORMAL_RISK", "POTENTIAL_MATCH").is_onboardable());
        assert!(
            !Standing::of(Some("SCREENED_ACCEPTED"), Some("NORMAL_RISK"), None).is_onboardable()
        );
        let new = Standing::of(Some("NOT_SCREENED"), Some("NOT_SCORED"), Some("NOT_VETTED"));
        assert_eq!(new.lights(), [Light::Open; 3]);
        assert_eq!(
            of("SCREENED_DECLINED", "RISK_REJECTED", "RISK_REJECTED").lights(),
            [Light::Red; 3]
        );
        assert_eq!(
            of("ODD", "NORMAL_RISK", "NO_MATCH").rows()[0],
            ("Screening", "unknown value ODD".into(), Light::Open)
        );
        assert_eq!(
            of("ODD", "NORMAL_RISK", "").unknown().collect::<Vec<_>>(),
            [("Screening", "ODD")]
        );
        assert_eq!((Screening::ALL.len(), Risk::ALL.len(), Vetting::ALL.len()), (4, 9, 9));
    }

    proptest! {
        #[test]
        fn an_unknown_word_is_never_green(word in "\\PC{0,20}") {
            let standing = Standing::of(Some(&word), Some(&word), Some(&word));
            prop_assert!(!standing.is_onboardable());
        }
    }
}
