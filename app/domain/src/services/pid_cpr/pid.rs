//! The technical identifier of a person in NemID (PID).
//!
//! Source: ZignSec's `MatchPidCpr` and the serial numbers of NemID certificates, which write `PID:`
//! before it. All published ones begin with `9208-2002-2`, the number of the register that gave
//! them out; another beginning is a slip of the hand or another kind of identifier, and the
//! register would answer it with "no match", which reads as a doubt about the customer. NemID ended
//! for citizens in 2023: PIDs come from records of that time.

use serde::{Deserialize, Serialize};

/// A PID as it is sent: `9208-2002-2-` and twelve digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pid(String);

const REGISTER: &str = "9208-2002-2";
/// Digits of each part.
const PARTS: [usize; 4] = [4, 4, 1, 12];

impl Pid {
    /// Reads `9208-2002-2-577168596796`, also with `PID:` before it.
    ///
    /// # Errors
    /// The message beside the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let bare = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("pid:") => text[4..].trim_start(),
            _ => text,
        };
        if bare.is_empty() {
            return Err("Give the customer's PID, for example 9208-2002-2-577168596796.");
        }
        let parts: Vec<&str> = bare.split('-').collect();
        let is_shaped = parts.len() == PARTS.len()
            && parts.iter().zip(PARTS).all(|(part, digits)| {
                part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())
            });
        if !is_shaped {
            return Err(
                "A PID has 4, 4, 1 and 12 digits with hyphens between them, for example 9208-2002-2-577168596796.",
            );
        }
        if !bare.starts_with(REGISTER) {
            return Err(
                "The PID of a person begins with 9208-2002-2. Copy it again from the login or the certificate.",
            );
        }
        Ok(Self(bare.to_owned()))
    }

    /// As it is sent, without `PID:`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `9208-2002-2-••••••••6796`: the last four digits tell two apart and lead to nobody.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{REGISTER}-••••••••{}", &self.0[self.0.len() - 4..])
    }
}

impl std::fmt::Debug for Pid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pid({})", self.masked())
    }
}

impl TryFrom<String> for Pid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Pid> for String {
    fn from(pid: Pid) -> Self {
        pid.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_providers_example_is_read_with_and_without_its_prefix() {
        for text in [
            "9208-2002-2-577168596796",
            " PID:9208-2002-2-577168596796",
            "pid: 9208-2002-2-577168596796 ",
        ] {
            assert_eq!(Pid::parse(text).expect(text).as_str(), "9208-2002-2-577168596796");
        }
    }

    #[test]
    fn other_shapes_and_registers_are_refused() {
        for text in [
            "9208-2002-2-57716859679",
            "9208-2002-2-5771685967960",
            "92082002-2-577168596796",
            "9208-2002-2-57716859679a",
            "9208",
            "PID",
            "é",
        ] {
            assert!(Pid::parse(text).expect_err(text).contains("4, 4, 1 and 12"), "{text}");
        }
        assert!(
            Pid::parse("9208-2001-3-577168596796").expect_err("a register").contains("begins with")
        );
        assert!(Pid::parse("PID: ").expect_err("nothing").contains("Give"));
    }

    proptest! {
        #[test]
        fn every_twelve_digits_are_read_back_and_mostly_hidden(digits in "[0-9]{12}") {
            let pid = Pid::parse(&format!("PID:9208-2002-2-{digits}")).expect("a PID");
            let whole = format!("9208-2002-2-{digits}");
            prop_assert_eq!(pid.as_str(), whole.as_str());
            prop_assert_eq!(&serde_json::from_str::<Pid>(&serde_json::to_string(&pid).expect("text")).expect("read"), &pid);
            let shown = format!("{pid:?} {}", pid.masked());
            prop_assert!(!shown.contains(&digits[..9]), "{}", shown);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}") {
            let _ = Pid::parse(&text);
        }
    }
}
