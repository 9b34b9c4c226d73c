//! The launch forms of the two Danish registers.

use super::launch::{Words, begin, customer_part, labels, page};
use crate::pages::{AppError, Asked, Ctx, Page, launching::fields::connection_field, parts::Field};
use domain::{checks::Kind, fields::Refused};
use leptos::prelude::*;

const CPR_HINT: &str = "Ten digits: day, month and year of birth, then four more; the hyphen may be left out. For example 150609-3330. \
     The seventh digit gives the century. No check digit is tested, since numbers are given out that have none.";
const PID_HINT: &str = "Digits in groups of 4, 4, 1 and 12 with hyphens between them, for example 9208-2002-2-577168596796; PID: before it may \
     stay. It comes from records of NemID, which ended for citizens in 2023.";
const NAME_HINT: &str = "For your own records: the register is asked about the numbers alone.";

/// # Errors
/// The database.
pub async fn pid_cpr(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let begun = begin(&ctx, &asked, Kind::PidCprMatch).await?;
    let words = Words {
        about: "PID-CPR match at ZignSec: whether two Danish numbers belong to one person",
        action: "/api/pid-cpr/launch",
        labels: labels(&[("pid", "PID"), ("cpr", "CPR number")]),
        will: "Both numbers are kept sealed and shown masked.",
    };
    let fields = |begun: &super::launch::Begun| {
        let form = &begun.form;
        view! {
            {customer_part(form, NAME_HINT)}
            <fieldset>
                <legend>"Numbers"</legend>
                {connection_field(&begun.connections, form)}
                {Field::text("pid", "PID").required().hint(PID_HINT).width("medium").show(form)}
                {Field::text("cpr", "CPR number").required().hint(CPR_HINT).width("short").show(form)}
            </fieldset>
        }
        .into_any()
    };
    Ok(page(&asked, begun, words, fields).into())
}

/// # Errors
/// The database.
pub async fn rofus(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let begun = begin(&ctx, &asked, Kind::Rofus).await?;
    let words = Words {
        about: "ROFUS at ZignSec: whether a person has excluded themselves from gambling in Denmark",
        action: "/api/rofus/launch",
        labels: labels(&[("cpr", "CPR number"), ("environment_mock", "Made-up answer")]),
        will: "The answer holds for the moment it is given: the register has to be asked again at every login.",
    };
    let fields = |begun: &super::launch::Begun| {
        let form = &begun.form;
        view! {
            {customer_part(form, NAME_HINT)}
            <fieldset>
                <legend>"Register"</legend>
                {connection_field(&begun.connections, form)}
                {Field::text("cpr", "CPR number").required().hint(CPR_HINT).width("short").show(form)}
                {mock(form)}
            </fieldset>
        }
        .into_any()
    };
    Ok(page(&asked, begun, words, fields).into())
}

/// The provider's mock environment, named as what it is.
fn mock(form: &Refused) -> impl IntoView + use<> {
    let checked = !form.value("environment_mock").is_empty();
    let error = form.error("environment_mock").map(str::to_owned);
    let clean = error.is_none();
    view! {
        <div class="field">
            <ul class="ticks wide"><li><label><input id="environment_mock" type="checkbox" name="environment_mock" value="Mock" checked=checked
                aria-invalid=(!clean).then_some("true") aria-describedby="environment_mock-hint environment_mock-error"/>" Ask for a made-up answer (ZignSec's Mock environment)"</label></li></ul>
            <p class="hint" id="environment_mock-hint">"For trying out only. ZignSec picks one of the three answers at random and does not ask the register: it says nothing about this person."</p>
            <p class="error" id="environment_mock-error" hidden=clean>{error}</p>
        </div>
    }
}
