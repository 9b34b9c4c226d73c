//! What the provider complains about, brought back to the field that caused it.

use super::person::form_field;
use crate::fields::Refused;

/// One entry of an error answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    /// `invalid_model`, `model_not_found`, …; empty when the answer has none.
    pub code: String,
    /// What it says of itself, as it came.
    pub detail: String,
    /// The provider's name of the field, when it blames one.
    pub field: Option<String>,
}

impl Complaint {
    /// The codes that blame what was sent.
    #[must_use]
    pub fn is_about_values(&self) -> bool {
        matches!(self.code.as_str(), "invalid_model" | "validation_error" | "type_error")
            || self.field.is_some()
    }
}

/// Puts each complaint beside the field that caused it; `field_of` turns the provider's names into
/// those of the form's inputs. What blames no field of the form stands above it, with the
/// provider's name of the field before it.
pub fn land(
    refused: &mut Refused,
    complaints: &[Complaint],
    field_of: impl Fn(&str) -> Option<&'static str>,
) {
    let mut above: Vec<String> = Vec::new();
    for complaint in complaints {
        let said = if complaint.detail.is_empty() {
            complaint.code.as_str()
        } else {
            complaint.detail.as_str()
        };
        match complaint.field.as_deref().map(|field| (field, field_of(field))) {
            Some((_, Some(input))) => {
                refused.refuse(input, format!("Solaris refuses this: {said}"))
            }
            Some((field, None)) if !said.contains(field) => above.push(format!("{field}: {said}")),
            _ => above.push(said.to_owned()),
        }
    }
    if !above.is_empty() {
        refused.refuse("", format!("Solaris refuses this: {}", above.join(" · ")));
    }
}

/// The last member of a field's path, and the member that it lies in: `address.line_1`,
/// `/address/line_1` and `address[line_1]` are alike.
pub(super) fn path_of(field: &str) -> (Option<&str>, &str) {
    let mut parts = field.split(['.', '/', '[', ']']).filter(|part| !part.is_empty()).rev();
    let last = parts.next().unwrap_or_default();
    (
        parts.next().filter(|parent| {
            !matches!(*parent, "person" | "identification" | "data" | "attributes")
        }),
        last,
    )
}

impl super::PersonForm {
    /// The form with the provider's complaints beside its fields.
    #[must_use]
    pub fn refused_with(&self, complaints: &[Complaint]) -> Refused {
        let mut refused = self.as_typed();
        land(&mut refused, complaints, form_field);
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::video::PersonForm;

    fn complaint(field: Option<&str>, detail: &str) -> Complaint {
        Complaint {
            code: "invalid_model".into(),
            detail: detail.into(),
            field: field.map(str::to_owned),
        }
    }

    #[test]
    fn each_complaint_lands_on_its_field() {
        let form = PersonForm { first_name: "J@ne".into(), ..PersonForm::default() };
        let refused = form.refused_with(&[
            complaint(Some("country"), "Residency Country is not allowed"),
            complaint(Some("address.postal_code"), "is wrong"),
            complaint(Some("/first_name"), "must not include symbols"),
            complaint(Some("contact_address.city"), "is wrong"),
            complaint(Some("base"), "too many"),
            complaint(None, "no"),
        ]);
        for (field, words) in
            [("country", "Residency"), ("postal_code", "is wrong"), ("first_name", "symbols")]
        {
            assert!(
                refused.error(field).is_some_and(|e| e.contains(words)),
                "{field}: {refused:?}"
            );
        }
        assert_eq!(refused.error("city"), None, "another address is not the customer's address");
        assert_eq!(
            refused.error(""),
            Some("Solaris refuses this: contact_address.city: is wrong · base: too many · no")
        );
        assert_eq!(refused.value("first_name"), "J@ne");
    }

    #[test]
    fn paths_are_read_in_their_notations() {
        for path in
            ["address.line_1", "/address/line_1", "address[line_1]", "person.address.line_1"]
        {
            assert_eq!(path_of(path), (Some("address"), "line_1"), "{path}");
        }
        assert_eq!((path_of("person.first_name"), path_of("")), ((None, "first_name"), (None, "")));
    }
}
