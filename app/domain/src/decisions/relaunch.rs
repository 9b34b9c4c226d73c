//! What a customer's earlier checks of the same kind found: running a check again does not make it
//! unsaid.

use super::Judged;
use crate::{
    Moment,
    checks::{Band, State},
    findings::{Judgement, Source},
};

/// What a check asked of its provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub sources: Vec<Source>,
    /// The number of the search setting, where there is one.
    pub setting: Option<i64>,
    /// The connection whose setting that is; another one's may be anything under the same number.
    pub connection: Option<String>,
}

/// Another check of the same kind about the same customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub id: String,
    pub state: State,
    pub band: Option<Band>,
    pub outcome_at: Moment,
    pub findings: Vec<Judged>,
    pub asked: Asked,
}

impl Earlier {
    fn count(&self, judgement: Judgement) -> usize {
        self.findings.iter().filter(|f| f.judgement == judgement).map(|f| f.count).sum()
    }

    #[must_use]
    pub fn open(&self) -> usize {
        self.count(Judgement::Undecided)
    }

    #[must_use]
    pub fn relevant(&self) -> usize {
        self.count(Judgement::Relevant)
    }
}

/// What was asked less, or otherwise, than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrower {
    /// Sources that were asked then and not now.
    pub without: Vec<Source>,
    /// The setting of then and of now, where they differ; equal numbers are those of two
    /// connections.
    pub setting: Option<(Option<i64>, Option<i64>)>,
}

/// Compares what is asked now with what was asked before.
#[must_use]
pub fn narrower(before: &Asked, now: &Asked) -> Option<Narrower> {
    let without: Vec<Source> =
        before.sources.iter().filter(|s| !now.sources.contains(s)).copied().collect();
    let is_same = before.setting == now.setting && before.connection == now.connection;
    let setting = (!is_same).then_some((before.setting, now.setting));
    (!without.is_empty() || setting.is_some()).then_some(Narrower { without, setting })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_less_or_otherwise_is_named_and_asking_more_is_not() {
        let all = Asked {
            sources: vec![Source::SanctionList, Source::NegativeNews],
            setting: Some(1),
            connection: Some("a".into()),
        };
        let one = Asked { sources: vec![Source::NegativeNews], ..all.clone() };
        let elsewhere = Asked { connection: Some("b".into()), ..all.clone() };
        let other = Asked { setting: Some(2), ..all.clone() };
        assert_eq!(
            narrower(&all, &one),
            Some(Narrower { without: vec![Source::SanctionList], setting: None })
        );
        assert_eq!(
            narrower(&all, &other),
            Some(Narrower { without: vec![], setting: Some((Some(1), Some(2))) })
        );
        assert_eq!(
            narrower(&all, &elsewhere),
            Some(Narrower { without: vec![], setting: Some((Some(1), Some(1))) })
        );
        assert_eq!((narrower(&one, &all), narrower(&all, &all)), (None, None));
    }
}
