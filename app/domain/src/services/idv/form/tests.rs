use super::*;

const NOW: Moment = 1_795_521_600_000;

fn form() -> Form {
    Form {
        way: "upload".into(),
        connection: "c".into(),
        customer_reference: "C-000123".into(),
        name: " 王又曾 ".into(),
        birth_date: "1990-06-21".into(),
        number: " A123456789 ".into(),
        country: "TWN".into(),
        id_type: "ID_CARD".into(),
        issuing_date: "2020-03-10".into(),
        expiry_date: "2030-03-10".into(),
        gender: "M".into(),
        ..Form::default()
    }
}

fn link() -> Form {
    Form { way: "link".into(), workflow: "200".into(), locale: "zh-HK".into(), ..form() }
}

fn error_at(form: &Form, field: &str) -> String {
    let refused = check(form, &[1], NOW).expect_err("must be refused");
    assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field], "{refused:?}");
    assert_eq!(refused.values, form.as_typed().values, "nothing typed may be lost");
    refused.errors[field].clone()
}

#[test]
fn a_good_form_of_each_way_becomes_a_launch() {
    let upload = check(&form(), &[1], NOW).expect("good");
    assert_eq!(
        (upload.expected.name.as_deref(), upload.expected.number.as_deref()),
        (Some("王又曾"), Some("A123456789"))
    );
    assert_eq!((upload.workflow, upload.engine, upload.locale), (None, None, None));
    let link = check(&link(), &[1], NOW).expect("good");
    assert_eq!(
        (link.workflow, link.engine, link.locale.as_deref()),
        (Some(200), Some(Engine::Jumio), Some("zh-HK"))
    );
    let sumsub = check(
        &Form { engine: "sumsub".into(), workflow: String::new(), ..super::tests::link() },
        &[1],
        NOW,
    )
    .expect("good");
    assert_eq!((sumsub.workflow, sumsub.engine), (None, Some(Engine::Sumsub)));
    let token =
        check(&Form { way: "token".into(), id_type: "PASSPORT".into(), ..form() }, &[1], NOW)
            .expect("good");
    assert_eq!((token.workflow, token.id_type), (Some(3), IdType::IdCard));
}

#[test]
fn dates_and_gender_that_only_the_upload_takes_are_left_out_of_the_others() {
    let link = check(&link(), &[1], NOW).expect("good");
    assert_eq!(
        (link.expected.issuing_date, link.expected.expiry_date, link.expected.gender),
        (None, None, None)
    );
}

#[test]
fn each_field_is_refused_beside_its_cause() {
    for (bad, field) in [
        (Form { way: "post".into(), ..form() }, "way"),
        (Form { connection: String::new(), ..form() }, "connection"),
        (Form { customer_reference: "a b".into(), ..form() }, "customer_reference"),
        (Form { name: String::new(), ..form() }, "name"),
        (Form { country: "TW!".into(), ..form() }, "country"),
        (Form { id_type: "LIBRARY_CARD".into(), ..form() }, "id_type"),
        (Form { birth_date: "2999-01-01".into(), ..form() }, "birth_date"),
        (Form { number: "x".repeat(51), ..form() }, "number"),
        (Form { issuing_date: "10.03.2020".into(), ..form() }, "issuing_date"),
        (Form { issuing_date: "2029-01-01".into(), ..form() }, "issuing_date"),
        (Form { expiry_date: "2019-01-01".into(), ..form() }, "expiry_date"),
        (Form { gender: "male".into(), ..form() }, "gender"),
        (Form { workflow: "3".into(), ..link() }, "workflow"),
        (Form { locale: "tlh".into(), ..link() }, "locale"),
        (Form { success_url: "http://desk.example".into(), ..link() }, "success_url"),
        (Form { success_url: "https://localhost/x".into(), ..link() }, "success_url"),
        (
            Form { error_url: format!("https://desk.example/{}", "x".repeat(255)), ..link() },
            "error_url",
        ),
        (Form { tw_apply_code: "4".into(), ..link() }, "tw_apply_code"),
        (Form { tw_apply_date: "1070231".into(), ..link() }, "tw_apply_date"),
        (Form { tw_apply_date: "2018-01-02".into(), ..link() }, "tw_apply_date"),
        (Form { tw_issue_site: "99999".into(), ..link() }, "tw_issue_site"),
        (Form { follow_up: "always".into(), ..form() }, "follow_up"),
        (Form { follow_up: "provider".into(), ..form() }, "search_setting"),
    ] {
        error_at(&bad, field);
    }
}

#[test]
fn the_taiwanese_fields_are_for_taiwanese_identity_cards_only() {
    let fields = Form {
        tw_apply_code: "2".into(),
        tw_apply_date: "1070102".into(),
        tw_issue_site: "10011".into(),
        ..link()
    };
    let taiwan = check(&fields, &[1], NOW).expect("good").taiwan.expect("given");
    assert_eq!((taiwan.apply_code, taiwan.issue_site.as_deref()), (Some(2), Some("10011")));
    for other in [
        Form { country: "DEU".into(), ..fields.clone() },
        Form { id_type: "PASSPORT".into(), ..fields.clone() },
    ] {
        assert_eq!(check(&other, &[1], NOW).expect("good").taiwan, None);
    }
}

#[test]
fn a_launch_can_be_typed_again() {
    let fields = Form {
        tw_apply_code: "2".into(),
        follow_up: "provider".into(),
        search_setting: "1".into(),
        ..link()
    };
    let first = check(&fields, &[1], NOW).expect("good");
    let again =
        check(&Form { connection: "c".into(), ..Form::from(&first) }, &[1], NOW).expect("good");
    assert_eq!(first, again);
}
