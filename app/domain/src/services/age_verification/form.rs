//! The launch form of an age verification: what is typed, what is sent, and what is refused.

use crate::{
    Moment, choices,
    fields::Refused,
    number_match::{Attribute, NumberMatch, check_phone},
    operators::{self, Input, NAME, PHONE, REFERENCE, email, is_on, text, whole_number},
    services::form::{check_birth_date, launch_form, take},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The ages that the contract lets one ask for; countries may allow fewer.
pub const AGES: RangeInclusive<u16> = 0..=120;

choices! {
    /// What may be told of the customer so that the operator can say how well it fits the
    /// subscriber, by its name on the wire.
    pub enum Detail {
        Name = "name", "Full name";
        GivenName = "givenName", "Given name";
        MiddleNames = "middleNames", "Middle names";
        FamilyName = "familyName", "Family name";
        FamilyNameAtBirth = "familyNameAtBirth", "Family name at birth";
        Birthdate = "birthdate", "Birth date";
        IdDocument = "idDocument", "Document number";
        Email = "email", "E-mail address";
    }
}

impl Detail {
    /// The name of its input.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Name => "full_name",
            Self::GivenName => "given_name",
            Self::MiddleNames => "middle_names",
            Self::FamilyName => "family_name",
            Self::FamilyNameAtBirth => "family_name_at_birth",
            Self::Birthdate => "birth_date",
            Self::IdDocument => "id_document",
            Self::Email => "email",
        }
    }

    /// The longest text, in characters. The contract has no limits; these are those of the number
    /// match, which asks the same.
    #[must_use]
    pub const fn max_length(self) -> usize {
        self.compared().max_length()
    }

    /// What a number match calls it.
    const fn compared(self) -> Attribute {
        match self {
            Self::Name => Attribute::Name,
            Self::GivenName => Attribute::GivenName,
            Self::MiddleNames => Attribute::MiddleNames,
            Self::FamilyName => Attribute::FamilyName,
            Self::FamilyNameAtBirth => Attribute::FamilyNameAtBirth,
            Self::Birthdate => Attribute::Birthdate,
            Self::IdDocument => Attribute::IdDocument,
            Self::Email => Attribute::Email,
        }
    }
}

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgeVerificationForm {
    pub customer_reference: String,
    /// The customer's name with us; the operator is told only what `full_name` and its parts hold.
    pub name: String,
    pub connection: String,
    pub phone: String,
    pub age: String,
    pub full_name: String,
    pub given_name: String,
    pub middle_names: String,
    pub family_name: String,
    pub family_name_at_birth: String,
    pub birth_date: String,
    pub id_document: String,
    pub email: String,
    /// A ticked box (`on`), or `yes` in a table.
    pub content_lock: String,
    /// The same.
    pub parental_control: String,
}

launch_form!(AgeVerificationForm: customer_reference, name, connection, phone, age, full_name, given_name, middle_names, family_name, family_name_at_birth, birth_date, id_document, email, content_lock, parental_control);

/// A question that may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeVerification {
    pub customer_reference: String,
    pub name: String,
    /// E.164 with its `+`.
    pub phone: String,
    /// At least so many years.
    pub age: u16,
    /// Only what is told of the customer, as it is sent; may be empty.
    pub identity: BTreeMap<Detail, String>,
    /// Whether the operator is to say if content is locked for the number.
    pub content_lock: bool,
    /// The same for parental control.
    pub parental_control: bool,
}

impl AgeVerification {
    /// The name that the operator is told, with its detail, where it is not the customer's name or
    /// a part of it.
    #[must_use]
    pub fn another_name(&self) -> Option<(Detail, String)> {
        let values =
            self.identity.iter().map(|(detail, text)| (detail.compared(), text.clone())).collect();
        let same = NumberMatch {
            customer_reference: String::new(),
            name: self.name.clone(),
            phone: String::new(),
            values,
        };
        let (attribute, other) = same.another_name()?;
        Some((*Detail::ALL.iter().find(|detail| detail.compared() == attribute)?, other))
    }
}

/// The inputs of the form besides the connection, in their order; also the columns of a table, the
/// first four of them needed.
pub const INPUTS: &[Input] = &[
    REFERENCE,
    NAME,
    PHONE,
    Input {
        name: "age",
        label: "Minimum age",
        hint: "In years, 0 to 120: the operator says whether its subscriber is so old or older. Some countries allow only some ages, for example 18 and more.",
        aliases: &["agethreshold", "age_threshold", "years"],
        example: "18",
    },
    Input {
        name: "full_name",
        label: "Full name",
        hint: Attribute::Name.hint(),
        aliases: &["fullname"],
        example: "Federica Sanchez Arjona",
    },
    Input {
        name: "given_name",
        label: "Given name",
        hint: Attribute::GivenName.hint(),
        aliases: &["givenname"],
        example: "",
    },
    Input {
        name: "middle_names",
        label: "Middle names",
        hint: Attribute::MiddleNames.hint(),
        aliases: &["middlenames"],
        example: "",
    },
    Input {
        name: "family_name",
        label: "Family name",
        hint: Attribute::FamilyName.hint(),
        aliases: &["familyname"],
        example: "",
    },
    Input {
        name: "family_name_at_birth",
        label: "Family name at birth",
        hint: Attribute::FamilyNameAtBirth.hint(),
        aliases: &["familynameatbirth"],
        example: "",
    },
    Input {
        name: "birth_date",
        label: "Birth date",
        hint: "YYYY-MM-DD",
        aliases: &["birthdate"],
        example: "1978-08-22",
    },
    Input {
        name: "id_document",
        label: "Document number",
        hint: "Letters and digits.",
        aliases: &["iddocument"],
        example: "",
    },
    Input {
        name: "email",
        label: "E-mail address",
        hint: Attribute::Email.hint(),
        aliases: &["e-mail"],
        example: "",
    },
    Input {
        name: "content_lock",
        label: "Ask whether content is locked",
        hint: "Not every operator says so.",
        aliases: &["contentlock", "includecontentlock"],
        example: "no",
    },
    Input {
        name: "parental_control",
        label: "Ask whether parental control is on",
        hint: "Not every operator says so.",
        aliases: &["parentalcontrol", "includeparentalcontrol"],
        example: "no",
    },
];

impl AgeVerificationForm {
    /// What was typed of a detail.
    #[must_use]
    pub fn detail(&self, detail: Detail) -> &str {
        match detail {
            Detail::Name => &self.full_name,
            Detail::GivenName => &self.given_name,
            Detail::MiddleNames => &self.middle_names,
            Detail::FamilyName => &self.family_name,
            Detail::FamilyNameAtBirth => &self.family_name_at_birth,
            Detail::Birthdate => &self.birth_date,
            Detail::IdDocument => &self.id_document,
            Detail::Email => &self.email,
        }
    }

    const fn place(&mut self, detail: Detail) -> &mut String {
        match detail {
            Detail::Name => &mut self.full_name,
            Detail::GivenName => &mut self.given_name,
            Detail::MiddleNames => &mut self.middle_names,
            Detail::FamilyName => &mut self.family_name,
            Detail::FamilyNameAtBirth => &mut self.family_name_at_birth,
            Detail::Birthdate => &mut self.birth_date,
            Detail::IdDocument => &mut self.id_document,
            Detail::Email => &mut self.email,
        }
    }
}

impl From<&AgeVerification> for AgeVerificationForm {
    /// The form that would ask this again.
    fn from(question: &AgeVerification) -> Self {
        let ticked = |is_on: bool| if is_on { "on".to_owned() } else { String::new() };
        let mut form = Self {
            customer_reference: question.customer_reference.clone(),
            name: question.name.clone(),
            phone: question.phone.clone(),
            age: question.age.to_string(),
            content_lock: ticked(question.content_lock),
            parental_control: ticked(question.parental_control),
            ..Self::default()
        };
        for (detail, text) in &question.identity {
            text.clone_into(form.place(*detail));
        }
        form
    }
}

/// Checks the form.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &AgeVerificationForm, now: Moment) -> Result<AgeVerification, Refused> {
    let mut refused = form.as_typed();
    let (customer_reference, name) = operators::customer(&mut refused);
    let phone = take(&mut refused, "phone", check_phone(&form.phone));
    let age = whole_number(&form.age, &AGES)
        .and_then(|age| age.ok_or_else(|| "Give the age in years, for example 18.".to_owned()));
    let age = take(&mut refused, "age", age);
    let mut identity = BTreeMap::new();
    for detail in Detail::ALL {
        let told = told(*detail, form.detail(*detail), now);
        identity.extend(take(&mut refused, detail.field(), told).map(|text| (*detail, text)));
    }
    let mut ticked = |field: &str, typed: &str| {
        let is_ticked = is_on(typed).ok_or("Say yes or no, or leave it empty.");
        take(&mut refused, field, is_ticked)
    };
    let content_lock = ticked("content_lock", &form.content_lock);
    let parental_control = ticked("parental_control", &form.parental_control);
    if !refused.is_clean() {
        return Err(refused);
    }
    Ok(AgeVerification {
        customer_reference,
        name,
        phone,
        age,
        identity,
        content_lock,
        parental_control,
    })
}

/// Checks what is told of the customer and gives it as it is sent; an empty one is nothing.
fn told(detail: Detail, typed: &str, now: Moment) -> Result<Option<String>, String> {
    match detail {
        Detail::Birthdate => Ok(check_birth_date(typed, now)?),
        Detail::Email => email(typed, detail.max_length()),
        Detail::Name
        | Detail::GivenName
        | Detail::MiddleNames
        | Detail::FamilyName
        | Detail::FamilyNameAtBirth
        | Detail::IdDocument => text(typed, detail.max_length()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::LaunchForm;
    use proptest::prelude::*;

    const NOW: Moment = 1_795_000_000_000;

    fn form() -> AgeVerificationForm {
        AgeVerificationForm {
            customer_reference: "C-1".into(),
            name: "Federica Sanchez Arjona".into(),
            connection: "c".into(),
            phone: "+34 629-255.833".into(),
            age: " 18 ".into(),
            ..AgeVerificationForm::default()
        }
    }

    /// The request of the specification's example.
    fn persona() -> AgeVerificationForm {
        AgeVerificationForm {
            full_name: "Federica Sanchez Arjona".into(),
            given_name: "Federica".into(),
            family_name: "Sanchez Arjona".into(),
            middle_names: "Sanchez".into(),
            family_name_at_birth: "YYYY".into(),
            birth_date: "1978-08-22".into(),
            id_document: "66666666q".into(),
            email: "federicaSanchez.Arjona@example.com".into(),
            content_lock: "on".into(),
            parental_control: "yes".into(),
            ..form()
        }
    }

    #[test]
    fn the_age_and_the_number_alone_are_a_question() {
        let question = check(&form(), NOW).expect("good");
        assert_eq!(
            (question.age, question.phone.as_str(), question.identity.len()),
            (18, "+34629255833", 0)
        );
        assert!(!question.content_lock && !question.parental_control);
    }

    #[test]
    fn the_persona_of_the_specification_passes_and_becomes_a_form_again() {
        let question = check(&persona(), NOW).expect("good");
        assert_eq!(question.identity.len(), Detail::ALL.len());
        for (detail, text) in &question.identity {
            assert_eq!(text, persona().detail(*detail));
        }
        assert!(question.content_lock && question.parental_control);
        let again =
            AgeVerificationForm { connection: "c".into(), ..AgeVerificationForm::from(&question) };
        assert_eq!(check(&again, NOW).expect("good again"), question);
        let kept = serde_json::to_string(&question).expect("a text");
        assert_eq!(serde_json::from_str::<AgeVerification>(&kept).expect("the same"), question);
    }

    #[test]
    fn ages_are_those_of_the_contract() {
        for age in ["0", "120", "١٨"] {
            assert!(
                check(&AgeVerificationForm { age: age.into(), ..form() }, NOW).is_ok(),
                "{age}"
            );
        }
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (field, typed, words) in [
            ("customer_reference", "a b", "spaces"),
            ("name", "", "name of the person"),
            ("connection", "", "connection"),
            ("phone", "1", "country code"),
            ("age", "", "for example 18"),
            ("age", "121", "from 0 to 120"),
            ("age", "-1", "from 0 to 120"),
            ("age", "18.5", "from 0 to 120"),
            ("full_name", "a\u{202E}b", "invisible"),
            ("given_name", "--", "letter or digit"),
            ("middle_names", "#NAME?", "could not"),
            ("birth_date", "22/08/1978", "YYYY-MM-DD"),
            ("birth_date", "2999-01-01", "future"),
            ("id_document", "1.2E+11", "rounded"),
            ("email", "abc", "name@"),
            ("content_lock", "perhaps", "yes or no"),
            ("parental_control", "2", "yes or no"),
        ] {
            let mut form = persona();
            assert!(form.put(field, typed));
            let refused = check(&form, NOW).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert!(refused.error(field).is_some_and(|m| m.contains(words)), "{refused:?}");
            assert_eq!(refused.values, form.as_typed().values);
            assert_eq!(refused.value(field), typed);
        }
    }

    #[test]
    fn another_name_than_the_customers_is_told_from_parts_of_it() {
        let another = |form: AgeVerificationForm| check(&form, NOW).expect("good").another_name();
        assert_eq!(another(persona()), None);
        assert_eq!(another(form()), None);
        let other = AgeVerificationForm { given_name: "Viktor".into(), ..form() };
        assert_eq!(another(other), Some((Detail::GivenName, "Viktor".to_owned())));
    }

    #[test]
    fn every_input_can_be_filled_by_its_name_and_the_examples_are_good() {
        let mut form = AgeVerificationForm::default();
        for input in INPUTS {
            assert!(form.put(input.name, input.example), "{}", input.name);
            assert_eq!(form.as_typed().value(input.name), input.example);
        }
        assert!(form.put("connection", "c") && !form.put("cpr", "x"));
        assert_eq!(form.as_typed().values.len(), INPUTS.len() + 1);
        check(&form, NOW).expect("the template's line is good");
        for detail in Detail::ALL {
            assert!(
                INPUTS
                    .iter()
                    .any(|input| input.name == detail.field() && input.label == detail.label()),
                "{detail}"
            );
        }
    }

    #[test]
    fn no_column_goes_by_the_name_of_another() {
        for input in INPUTS {
            for name in input.aliases.iter().chain([&input.name]) {
                assert_eq!(
                    INPUTS.iter().filter(|other| other.is_called(name)).count(),
                    1,
                    "{name}"
                );
            }
        }
    }

    proptest! {
        /// Nothing is sent that was not filled, and nothing longer than its limit.
        #[test]
        fn whatever_is_typed_what_is_sent_was_filled_and_fits(field in proptest::sample::select(INPUTS.iter().map(|i| i.name).collect::<Vec<_>>()), typed in "\\PC{0,30}") {
            let mut form = form();
            form.put(field, &typed);
            match check(&form, NOW) {
                Ok(question) => for (detail, text) in &question.identity {
                    prop_assert!(!form.detail(*detail).trim().is_empty() && !text.is_empty() && text.chars().count() <= detail.max_length());
                    prop_assert!(AGES.contains(&question.age));
                },
                Err(refused) => prop_assert_eq!(refused.values, form.as_typed().values),
            }
        }
    }
}
