use super::*;
use proptest::prelude::*;

const NOW: Moment = 1_795_000_000_000;

fn form(values: &[(&str, &str)]) -> NumberMatchForm {
    NumberMatchForm {
        customer_reference: "C-1".into(),
        name: "Federica Sanchez Arjona".into(),
        connection: "c".into(),
        phone: "+34 629-255.833".into(),
        values: values
            .iter()
            .map(|(code, text)| ((*code).to_owned(), (*text).to_owned()))
            .collect(),
    }
}

fn sent(code: &str, text: &str) -> Result<String, String> {
    check(&form(&[(code, text)]), Version::V04, NOW)
        .map(|launch| launch.values.into_values().next().expect("a value"))
        .map_err(|refused| {
            refused
                .error(&format!("values[{code}]"))
                .expect("a message beside the field")
                .to_owned()
        })
}

#[test]
fn only_what_is_filled_is_sent() {
    let launch = check(
        &form(&[
            ("givenName", " Federica  "),
            ("familyName", "  "),
            ("country", "Japan"),
            ("email", ""),
        ]),
        Version::V02,
        NOW,
    )
    .expect("good");
    assert_eq!(launch.phone, "+34629255833");
    let values: Vec<(&str, &str)> =
        launch.values.iter().map(|(a, v)| (a.code(), v.as_str())).collect();
    assert_eq!(values, [("givenName", "Federica"), ("country", "JP")]);
    let again = NumberMatchForm { connection: "c".into(), ..NumberMatchForm::from(&launch) };
    assert_eq!(check(&again, Version::V02, NOW).expect("good again"), launch);
}

#[test]
fn another_name_than_the_customers_is_told_from_parts_of_it() {
    let another = |name: &str, values: &[(&str, &str)]| {
        let form = NumberMatchForm { name: name.into(), ..form(values) };
        check(&form, Version::V04, NOW).expect("good").another_name()
    };
    for (name, values) in [
        ("Jürgen Müller", &[("name", "MUELLER Juergen")][..]),
        ("Federica Sanchez Arjona", &[("givenName", "Federica"), ("familyName", "Sanchez Arjona")]),
        ("Federica Sanchez Arjona", &[("familyName", "Arjona")]),
        ("Anna Maria Berg", &[("givenName", "Anna"), ("familyName", "Berg")]),
        ("王又曾", &[("givenName", "又曾"), ("familyName", "王")]),
        ("王又曾", &[("familyName", "王")]),
        ("김민준", &[("givenName", "민준"), ("familyName", "김")]),
        ("Anna Maria Berg", &[("middleNames", "Maria")]),
        (
            "Berg, Anna Maria",
            &[("givenName", "Anna"), ("middleNames", "MARIA"), ("familyName", "Berg")],
        ),
        ("Suhartono", &[("givenName", "SUHARTONO")]),
        ("Anna Berg", &[("familyNameAtBirth", "Popović"), ("birthdate", "1980-01-02")]),
    ] {
        assert_eq!(another(name, values), None, "{name}: {values:?}");
    }
    for (name, values, field, asked) in [
        ("Anna Berg", &[("name", "Viktor Sawenkow")][..], Attribute::Name, "Viktor Sawenkow"),
        ("Anna Berg", &[("name", "Anna Sawenkow")], Attribute::Name, "Anna Sawenkow"),
        ("Anna Berg", &[("givenName", "Viktor")], Attribute::GivenName, "Viktor"),
        (
            "Anna Berg",
            &[("givenName", "Anna"), ("familyName", "Bergmann")],
            Attribute::FamilyName,
            "Anna Bergmann",
        ),
        ("王又曾", &[("familyName", "李")], Attribute::FamilyName, "李"),
        ("Anna Berg", &[("middleNames", "Viktor")], Attribute::MiddleNames, "Viktor"),
        (
            "Anna Berg",
            &[("givenName", "Anna"), ("middleNames", "Viktor")],
            Attribute::MiddleNames,
            "Anna Viktor",
        ),
        ("Suhartono", &[("familyName", "Tono")], Attribute::FamilyName, "Tono"),
        ("Madonna", &[("givenName", "a")], Attribute::GivenName, "a"),
        ("Σωκράτης", &[("givenName", "Σω")], Attribute::GivenName, "Σω"),
        ("Владимир", &[("givenName", "Мир")], Attribute::GivenName, "Мир"),
    ] {
        assert_eq!(another(name, values), Some((field, asked.to_owned())), "{name}: {values:?}");
    }
}

#[test]
fn phone_numbers_of_other_keyboards_and_spreadsheets_are_told_apart() {
    for typed in ["+٣٤ ٦٢٩ ٢٥٥ ٨٣٣", "＋３４６２９２５５８３３", "+34629255833"]
    {
        assert_eq!(check_phone(typed).as_deref(), Ok("+34629255833"), "{typed}");
    }
    for (typed, words) in [
        ("3.46E+10", "rounded"),
        ("'+34629255833", "apostrophe"),
        ("+3462\u{200B}9", "invisible"),
        ("\u{202A}+34629255833\u{202C}", "invisible"),
    ] {
        assert!(check_phone(typed).is_err_and(|m| m.contains(words)), "{typed}");
    }
}

#[test]
fn what_a_spreadsheet_did_to_a_cell_is_asked_of_nobody() {
    for (code, text, words) in [
        ("idDocument", "1.23457E+11", "rounded"),
        ("postalCode", "'01234", "apostrophe"),
        ("familyName", "#NAME?", "could not"),
        ("birthdate", "1,9E+7", "rounded"),
    ] {
        assert!(sent(code, text).is_err_and(|m| m.contains(words)), "{code} {text}");
    }
    assert_eq!(sent("familyName", "'t Hooft").as_deref(), Ok("'t Hooft"));
}

#[test]
fn texts_leave_composed_and_visible() {
    assert_eq!(sent("givenName", "Zoe\u{308}").as_deref(), Ok("Zoë"));
    for hidden in ["Zo\u{AD}e", "a\u{200B}b", "Zoe\u{FE0F}", "\u{3164}", "Zoe\u{E0041}"] {
        assert!(sent("givenName", hidden).is_err_and(|m| m.contains("invisible")), "{hidden:?}");
    }
    assert!(sent("email", "a\u{200B}@example.com").is_err_and(|m| m.contains("U+200B")));
    assert_eq!(sent("country", "Deutschland").as_deref(), Ok("DE"));
}

#[test]
fn the_number_alone_is_nothing_to_compare() {
    for values in [&[][..], &[("givenName", " "), ("email", "")]] {
        let refused = check(&form(values), Version::V04, NOW).expect_err("nothing to compare");
        assert!(refused.error("").is_some_and(|m| m.contains("at least one")), "{refused:?}");
    }
    assert!(
        check(&form(&[("bankAccountNumber", "IBAN:NL59")]), Version::V04, NOW)
            .expect_err("unknown")
            .error("")
            .is_some()
    );
}

#[test]
fn the_persona_of_the_specification_passes_in_both_versions() {
    let persona = form(&[
        ("idDocument", "66666666q"),
        ("name", "Federica Sanchez Arjona"),
        ("givenName", "Federica"),
        ("familyName", "Sanchez Arjona"),
        ("nameKanaHankaku", "federica"),
        ("nameKanaZenkaku", "Ｆｅｄｅｒｉｃａ"),
        ("middleNames", "Sanchez"),
        ("familyNameAtBirth", "YYYY"),
        ("address", "Tokyo-to Chiyoda-ku Iidabashi 3-10-10"),
        ("streetName", "Nicolas Salmeron"),
        ("streetNumber", "4"),
        ("postalCode", "1028460"),
        ("region", "Tokyo"),
        ("locality", "ZZZZ"),
        ("country", "JP"),
        ("houseNumberExtension", "VVVV"),
        ("birthdate", "1978-08-22"),
        ("email", "abc@example.com"),
        ("gender", "MALE"),
    ]);
    for version in Version::ALL {
        let launch = check(&persona, *version, NOW).expect("good");
        assert_eq!(launch.values.len(), 19);
        for (code, text) in &persona.values {
            assert_eq!(&launch.values[&Attribute::parse(code).expect("known")], text);
        }
    }
}

#[test]
fn what_a_version_does_not_know_is_refused_there() {
    for (code, text) in [
        ("nationality", "ES"),
        ("idDocumentType", "passport"),
        ("idDocumentExpiryDate", "2030-01-01"),
        ("cityOfBirth", "Madrid"),
        ("countryOfBirth", "ES"),
    ] {
        let refused = check(&form(&[(code, text)]), Version::V02, NOW).expect_err(code);
        assert_eq!(
            refused.errors.keys().collect::<Vec<_>>(),
            [&format!("values[{code}]")],
            "{refused:?}"
        );
        assert!(refused.errors.values().all(|m| m.contains("0.2") && m.contains("0.4")));
        assert_eq!(sent(code, text).as_deref(), Ok(text));
    }
}

#[test]
fn formats_are_explained_beside_the_field() {
    for (code, text, words) in [
        ("birthdate", "22/08/1978", "YYYY-MM-DD"),
        ("birthdate", "1978-02-30", "does not exist"),
        ("birthdate", "2999-01-01", "future"),
        ("idDocumentExpiryDate", "2030-13-01", "does not exist"),
        ("idDocumentExpiryDate", "soon", "YYYY-MM-DD"),
        ("country", "XX", "list"),
        ("nationality", "Atlantis", "list"),
        ("gender", "male", "list"),
        ("idDocumentType", "PASSPORT", "list"),
        ("email", "abc", "name@"),
        ("email", "@example.com", "name@"),
        ("email", "a@example", "name@"),
        ("email", "a@.com", "name@"),
        ("email", "a b@example.com", "name@"),
        ("nameKanaHankaku", "フェデリカ", "half-width"),
        ("nameKanaZenkaku", "ﾌｪﾃﾞﾘｶ", "full-width"),
        ("nameKanaZenkaku", "Federica", "full-width"),
        ("name", "a\u{202E}b", "invisible"),
        ("streetNumber", "--", "letter or digit"),
        ("postalCode", "123456789012345678901", "20 characters"),
    ] {
        let why = sent(code, text).expect_err(text);
        assert!(why.contains(words), "{code} {text}: {why}");
    }
    for (code, text, value) in [
        ("country", "esp", "ES"),
        ("nationality", "côte d'ivoire", "CI"),
        ("countryOfBirth", "392", "JP"),
        ("nameKanaHankaku", "ﾌｪﾃﾞﾘｶ ｻﾝﾁｪｽ", "ﾌｪﾃﾞﾘｶ ｻﾝﾁｪｽ"),
        ("nameKanaZenkaku", "フェデリカ サンチェス", "フェデリカ\u{3000}サンチェス"),
        ("nameKanaZenkaku", "フェデリカ・サンチェスー", "フェデリカ・サンチェスー"),
        ("gender", "OTHER", "OTHER"),
        ("email", "\"a@b\"@example.com", "\"a@b\"@example.com"),
        ("idDocumentExpiryDate", "2019-01-01", "2019-01-01"),
    ] {
        assert_eq!(sent(code, text).as_deref(), Ok(value), "{code} {text}");
    }
}

#[test]
fn phone_numbers_are_international() {
    for (text, words) in [
        ("", "Give"),
        ("629255833", "country code"),
        ("0034629255833", "Begin with +"),
        ("+34629255833a", "digits only"),
        ("+٣٤٦٢½", "digits only"),
        ("+0629255833", "begins with 0"),
        ("+44 (0)20 7946 0000", "brackets"),
        ("+1234", "5 to 15"),
        ("+1234567890123456", "5 to 15"),
    ] {
        let why = check_phone(text).expect_err(text);
        assert!(why.contains(words), "{text}: {why}");
    }
    for text in ["+12345", "+123456789012345"] {
        assert_eq!(check_phone(text).as_deref(), Ok(text));
    }
}

#[test]
fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
    let good = form(&[("email", "a@example.com")]);
    for (form, field) in [
        (
            NumberMatchForm { customer_reference: String::new(), ..good.clone() },
            "customer_reference",
        ),
        (NumberMatchForm { name: String::new(), ..good.clone() }, "name"),
        (NumberMatchForm { connection: String::new(), ..good.clone() }, "connection"),
        (NumberMatchForm { phone: "1".into(), ..good.clone() }, "phone"),
        (form(&[("email", "x"), ("name", "Another name than ours")]), "values[email]"),
    ] {
        let refused = check(&form, Version::V02, NOW).expect_err(field);
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
        assert_eq!(refused.values, form.as_typed().values);
        assert_eq!(refused.value("phone"), form.phone);
    }
}

proptest! {
    #[test]
    fn a_number_of_the_specifications_pattern_passes_however_it_is_spaced(number in "\\+[1-9][0-9]{4,14}", separator in "[ .-]{0,2}") {
        let spaced: String = number.chars().map(|c| format!("{c}{separator}")).collect();
        prop_assert_eq!(check_phone(&spaced), Ok(number));
    }

    /// Nothing is sent that was not filled, nothing longer than its limit, and never nothing at
    /// all.
    #[test]
    fn whatever_is_typed_what_is_sent_was_filled_and_fits(values in proptest::collection::btree_map(
        proptest::sample::select(Attribute::ALL.iter().map(|a| a.code().to_owned()).collect::<Vec<_>>()), "\\PC{0,30}", 0..6), v04 in any::<bool>()) {
        let version = if v04 { Version::V04 } else { Version::V02 };
        let form = NumberMatchForm { values, ..form(&[]) };
        match check(&form, version, NOW) {
            Ok(launch) => {
                prop_assert!(!launch.values.is_empty());
                for (attribute, value) in &launch.values {
                    prop_assert!(!form.values[attribute.code()].trim().is_empty() && attribute.is_in(version));
                    prop_assert!(!value.is_empty() && value.chars().count() <= attribute.max_length());
                }
            }
            Err(refused) => prop_assert_eq!(refused.values, form.as_typed().values),
        }
    }
}
