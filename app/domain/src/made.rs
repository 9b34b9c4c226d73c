//! How a decision was made, and what it stood on then: the way, the risk, the telling.

use crate::{
    Refusal,
    checks::{Band, Telling},
    choices,
};

choices! {
    /// Where somebody made a decision. Stored by code.
    pub enum Way {
        Page = "page", "on the check's page";
        Bulk = "bulk", "together with others, on the page for several checks";
        Api = "api", "through the API";
    }
}

/// A risk as it was when a decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskThen {
    /// An older version made the decision, and nothing tells it any more.
    NotRecorded,
    /// The check had no score.
    NoScore,
    Scored(i64, Band),
}

impl RiskThen {
    /// The risk of a check that has this score, if it has one.
    #[must_use]
    pub fn of(score: Option<i64>) -> Self {
        score.map_or(Self::NoScore, |score| Self::Scored(score, Band::of(score)))
    }

    /// As it is stored: the score, −1 for none, and the band. What was not recorded has neither.
    #[must_use]
    pub const fn stored(self) -> (Option<i64>, Option<Band>) {
        match self {
            Self::NotRecorded => (None, None),
            Self::NoScore => (Some(-1), None),
            Self::Scored(score, band) => (Some(score), Some(band)),
        }
    }

    /// Reads what was stored. A band that this program does not know is that of the score.
    #[must_use]
    pub fn read(score: Option<i64>, band: Option<&str>) -> Self {
        match score {
            None => Self::NotRecorded,
            Some(score @ 0..) => {
                Self::Scored(score, band.and_then(Band::parse).unwrap_or_else(|| Band::of(score)))
            }
            Some(_) => Self::NoScore,
        }
    }
}

/// How the telling of one decision went, whatever is told of later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TellingThen {
    /// An older version made the decision, and nothing tells it any more.
    NotRecorded,
    /// An overturn took its place before it had left.
    Replaced,
    Was(Telling),
}

impl TellingThen {
    /// The words that people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotRecorded => "not recorded",
            Self::Replaced => "overturned before the provider was told",
            Self::Was(telling) => telling.label(),
        }
    }
}

/// Whether a check may be decided together with others: its maker opened it with all its evidence,
/// or the policy in force names its kind.
///
/// # Errors
/// Neither.
pub const fn may_decide_in_bulk(is_opened: bool, is_named_by_policy: bool) -> Result<(), Refusal> {
    if is_opened || is_named_by_policy { Ok(()) } else { Err(Refusal::NotOpened) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_risk_is_read_as_it_was_stored() {
        for risk in [
            RiskThen::NotRecorded,
            RiskThen::NoScore,
            RiskThen::of(Some(0)),
            RiskThen::of(Some(58)),
            RiskThen::of(Some(100)),
        ] {
            let (score, band) = risk.stored();
            assert_eq!(RiskThen::read(score, band.map(Band::code)), risk);
        }
    }

    #[test]
    fn a_band_stays_what_it_was_when_bands_are_drawn_anew() {
        assert_eq!(RiskThen::read(Some(58), Some("high")), RiskThen::Scored(58, Band::High));
        assert_eq!(
            RiskThen::read(Some(58), Some("of another version")),
            RiskThen::Scored(58, Band::Medium)
        );
    }

    #[test]
    fn what_was_not_opened_is_decided_in_bulk_only_where_the_policy_says_so() {
        assert_eq!(may_decide_in_bulk(false, false), Err(Refusal::NotOpened));
        assert!(may_decide_in_bulk(true, false).is_ok() && may_decide_in_bulk(false, true).is_ok());
    }
}
