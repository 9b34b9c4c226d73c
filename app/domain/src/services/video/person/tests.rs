use super::*;
use proptest::prelude::*;

const NOW: Moment = 1_795_000_000_000;

fn form() -> PersonForm {
    PersonForm {
        customer_reference: "C-000123".into(),
        connection: "c".into(),
        salutation: "MS".into(),
        first_name: " Jane".into(),
        last_name: "Doe".into(),
        birth_date: "1992-12-11".into(),
        nationality: "DEU".into(),
        line_1: "Amrumerstrasse".into(),
        line_2: "14".into(),
        postal_code: "13353".into(),
        city: "Berlin".into(),
        state: String::new(),
        country: "de".into(),
        mobile_number: "+49 30 1234567".into(),
        terms_conditions_signed_at: "2022-01-01T00:00:00.000Z".into(),
        data_terms_signed_at: "2022-01-01T00:00Z".into(),
    }
}

fn error_at(form: &PersonForm, field: &str) -> String {
    let refused = check_person(form, NOW).expect_err("must be refused");
    assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field], "{refused:?}");
    assert_eq!(refused.values, form.as_typed().values, "nothing typed may be lost");
    refused.errors[field].clone()
}

#[test]
fn a_good_form_becomes_a_person() {
    let person = check_person(&form(), NOW).expect("good");
    assert_eq!(
        (person.first_name.as_str(), person.nationality.as_str(), person.address.country.as_str()),
        ("Jane", "DE", "DE")
    );
    assert_eq!(person.mobile_number, "+49301234567");
    assert_eq!(person.address.state, None);
    assert_eq!(time::iso(person.terms_conditions_signed_at), "2022-01-01T00:00:00.000Z");
    assert_eq!(person.data_terms_signed_at, person.terms_conditions_signed_at);
    let again = PersonForm { connection: "c".into(), ..PersonForm::from(&person) };
    assert_eq!(check_person(&again, NOW), Ok(person));
}

#[test]
fn every_mandatory_field_is_asked_for() {
    let refused = check_person(&PersonForm::default(), NOW).expect_err("empty");
    let named: Vec<&str> = refused.errors.keys().map(String::as_str).collect();
    let all: Vec<String> =
        form().as_typed().values.into_keys().filter(|field| field != "state").collect();
    assert_eq!(named, all.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn each_field_is_refused_beside_its_cause() {
    assert!(
        error_at(&PersonForm { first_name: "J@ne".into(), ..form() }, "first_name")
            .contains("symbols")
    );
    assert!(
        error_at(&PersonForm { last_name: "x".repeat(51), ..form() }, "last_name").contains("50")
    );
    assert!(
        error_at(&PersonForm { birth_date: "11.12.1992".into(), ..form() }, "birth_date")
            .contains("YYYY-MM-DD")
    );
    assert!(
        error_at(&PersonForm { birth_date: "2999-01-01".into(), ..form() }, "birth_date")
            .contains("future")
    );
    assert!(
        error_at(&PersonForm { nationality: "XX".into(), ..form() }, "nationality")
            .contains("list")
    );
    assert!(
        error_at(&PersonForm { country: "FR".into(), ..form() }, "country").contains("Germany")
    );
    assert!(
        error_at(&PersonForm { postal_code: "1335".into(), ..form() }, "postal_code")
            .contains("5 digits")
    );
    assert!(
        error_at(&PersonForm { line_2: "-".into(), ..form() }, "line_2").contains("house number")
    );
    assert!(
        error_at(&PersonForm { city: "a\u{202E}b".into(), ..form() }, "city").contains("invisible")
    );
    assert!(
        error_at(&PersonForm { mobile_number: "030 1234567".into(), ..form() }, "mobile_number")
            .contains('+')
    );
    assert!(
        error_at(&PersonForm { salutation: "Dr".into(), ..form() }, "salutation")
            .contains("Choose")
    );
    let field = "data_terms_signed_at";
    assert!(
        error_at(
            &PersonForm { data_terms_signed_at: "2022-01-01T00:00:00+01:00".into(), ..form() },
            field
        )
        .contains("UTC")
    );
    assert!(
        error_at(
            &PersonForm { data_terms_signed_at: "2099-01-01T00:00:00Z".into(), ..form() },
            field
        )
        .contains("future")
    );
    assert!(
        error_at(
            &PersonForm { data_terms_signed_at: "1999-12-31T00:00:00Z".into(), ..form() },
            field
        )
        .contains("long ago")
    );
}

#[test]
fn provider_fields_find_their_inputs() {
    let form = form().as_typed();
    for (provider, input) in [
        ("country", Some("country")),
        ("address.line_1", Some("line_1")),
        ("address", Some("line_1")),
        ("data_terms_signed_at", Some("data_terms_signed_at")),
        ("contact_address.city", None),
        ("birth_city", None),
        ("base", None),
        ("", None),
    ] {
        assert_eq!(form_field(provider), input, "{provider}");
        assert!(input.is_none_or(|input| form.values.contains_key(input)), "{provider}");
    }
}

#[test]
fn moments_of_other_zones_are_not_utc() {
    for same in [
        "2019-01-01T00:00:00Z",
        "2019-01-01T00:00",
        "2019-01-01 00:00 UTC",
        "2019-01-01T00:00:00.0+00:00",
    ] {
        assert_eq!(parse_utc(same), time::parse_date("2019-01-01"), "{same}");
    }
    assert_eq!(parse_utc("1970-01-01T00:00:00.05Z"), Some(50));
    for wrong in [
        "2019-01-01",
        "2019-01-01T24:00Z",
        "2019-02-30T00:00Z",
        "2019-01-01T00:00:00+02:00",
        "2019-01-01T0:0Z",
        "2019-01-01T00:00:00.Z",
        "é",
        "",
    ] {
        assert_eq!(parse_utc(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_moment_reads_back_as_it_is_written(at in 946_684_800_000_i64..NOW) {
        prop_assert_eq!(parse_utc(&time::iso(at)), Some(at));
    }

    #[test]
    fn no_text_of_a_moment_panics(text in "\\PC{0,30}|[0-9TZ:. +-]{0,30}") {
        let _ = parse_utc(&text);
    }

    #[test]
    fn numbers_that_pass_are_e164(text in "[+0-9 ()./-]{0,22}") {
        if let Ok(person) = check_person(&PersonForm { mobile_number: text, ..form() }, NOW) {
            let digits = person.mobile_number.strip_prefix('+').expect("a plus");
            prop_assert!((5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0'));
        }
    }
}
