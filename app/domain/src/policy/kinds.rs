//! What a policy says of each kind, stored by its code.

use super::KindPolicy;
use crate::checks::Kind;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

/// What holds for each kind; there is always a word on each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds([KindPolicy; Kind::COUNT]);

impl Kinds {
    pub(super) fn each(of: impl Fn(Kind) -> KindPolicy) -> Self {
        Self(std::array::from_fn(|at| of(Kind::ALL[at])))
    }

    pub(super) const fn of(&self, kind: Kind) -> &KindPolicy {
        &self.0[kind as usize]
    }

    pub(super) const fn of_mut(&mut self, kind: Kind) -> &mut KindPolicy {
        &mut self.0[kind as usize]
    }
}

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Kind::ALL.iter().map(|kind| (kind, self.of(*kind))))
    }
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByCode)
    }
}

/// Reads a map by codes: one that is unknown or stands twice is refused, and one that is missing
/// takes two people.
struct ByCode;

impl<'de> Visitor<'de> for ByCode {
    type Value = Kinds;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what holds for each kind of checks")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kinds, A::Error> {
        // The database says the same of a kind without a floor.
        let mut kinds = Kinds::each(KindPolicy::strictest);
        let mut named = Vec::with_capacity(Kind::COUNT);
        while let Some((kind, holds)) = map.next_entry::<Kind, KindPolicy>()? {
            if named.contains(&kind) {
                return Err(A::Error::custom(format!("{kind} stands twice")));
            }
            named.push(kind);
            *kinds.of_mut(kind) = holds;
        }
        Ok(kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_place() {
        for (at, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind}");
        }
    }
}
