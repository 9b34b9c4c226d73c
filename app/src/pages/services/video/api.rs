//! Server functions of video identification: authorise, call, answer.

use super::{reference, words::person_address};
use crate::pages::{
    AppError,
    forms::{answer, show},
    launching::Launching,
    request::{Ctx, ctx},
};
use casework::{
    Error,
    video::{self as work, Place},
};
use domain::{
    CheckId,
    fields::Refused,
    people::Permission,
    video::{IdentificationForm, PersonForm},
};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};
use std::collections::BTreeMap;

/// How long a form's answer waits for the provider; what takes longer is followed by the page.
const PATIENCE_MS: i64 = 4_000;
/// The largest file that is taken, in bytes.
pub const FILE_MAX: usize = work::UPLOAD_MAX;
/// The longest text field of the upload form that is read, in bytes.
const TEXT_MAX: usize = 16 * 1024;

/// The check's page, once nothing of the step is on its way any more or the patience is over.
async fn settled(ctx: &Ctx, id: &CheckId, done: &str) -> Result<String, AppError> {
    work::wait(&ctx.work, id, PATIENCE_MS).await?;
    Ok(if done.is_empty() { format!("/checks/{id}") } else { format!("/checks/{id}?done={done}") })
}

/// The first step: a new check, or a corrected person of one.
#[server(endpoint = "video/person")]
pub async fn send_person(
    #[server(flatten)] sent: Launching,
    #[server(default)] corrects: String,
    #[server(default)] known: String,
    #[server(flatten)] form: PersonForm,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let id = sent.id()?;
    let is_correction = corrects == "1";
    let result = match work::start(
        &ctx.work,
        &caller,
        &ctx.actor(),
        &id,
        &form,
        sent.confirmed(),
        sent.again().as_ref(),
    )
    .await
    {
        Ok(launched) => {
            let done = match (is_correction, launched.repeated) {
                (true, _) => "",
                (false, true) => "launched-before",
                (false, false) => "video-begun",
            };
            settled(&ctx, &launched.id, done).await
        }
        Err(error) => Err(error.into()),
    };
    let typed = || {
        let mut typed = sent.beside(form.as_typed());
        typed.values.insert("known".into(), known.clone());
        typed
    };
    let page =
        if is_correction { format!("/checks/{id}#errors") } else { "/checks/new/video".to_owned() };
    answer(&ctx, result, &page, typed).await
}

/// The second step.
#[server(endpoint = "video/identification")]
pub async fn make_identification(
    #[server(default)] check_id: String,
    #[server(flatten)] form: IdentificationForm,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let id = CheckId::from(check_id.as_str());
    let result = match work::identify(&ctx.work, &caller, &ctx.actor(), &id, &form).await {
        Ok(()) => settled(&ctx, &id, "").await,
        Err(error) => Err(error.into()),
    };
    answer(&ctx, result, &format!("/checks/{id}#errors"), || form.as_typed()).await
}

/// The third step, and a new session after it.
#[server(endpoint = "video/request")]
pub async fn request_session(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let id = CheckId::from(check_id.as_str());
    let result = match work::request(&ctx.work, &caller, &ctx.actor(), &id).await {
        Ok(()) => settled(&ctx, &id, "").await,
        Err(error) => Err(error.into()),
    };
    answer(&ctx, result, &format!("/checks/{id}#errors"), Refused::default).await
}

/// Notes that somebody copied the customer's address.
#[server(endpoint = "video/copied")]
pub async fn copied(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    Ok(work::copied(&ctx.work, &ctx.actor(), &check_id.as_str().into()).await?)
}

/// Shows the IDnow reference. The answer is a page without an address of its own.
#[server(endpoint = "video/reveal")]
pub async fn reveal(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::RevealReferences)?.clone();
    let id = CheckId::from(check_id.as_str());
    match work::reveal(&ctx.work, &caller, &ctx.actor(), &id).await.map_err(AppError::from) {
        Ok(text) => {
            show(reference::revealed(&id, text));
            Ok(())
        }
        other => {
            let page = format!("/checks/{id}");
            answer(&ctx, other.map(|_| page.clone()), &page, Refused::default).await
        }
    }
}

/// Settles an alarm, with what was done about it.
#[server(endpoint = "video/alarm")]
pub async fn settle_alarm(
    #[server(default)] check_id: String,
    #[server(default)] comment: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ReviewChecks)?.clone();
    let id = CheckId::from(check_id.as_str());
    let result = work::settle_alarm(&ctx.work, &caller, &ctx.actor(), &id, &comment).await;
    // The decision panel has a comment too: under this name it is the alarm's.
    let typed = || Refused::of([("alarm_comment", &comment)]);
    let result = result
        .map(|()| format!("/checks/{id}?done=alarm-settled"))
        .map_err(|error| alarm_field(AppError::from(error)));
    answer(&ctx, result, &format!("/checks/{id}#alarm"), typed).await
}

fn alarm_field(error: AppError) -> AppError {
    let AppError::Form(mut refused) = error else { return error };
    if let Some(message) = refused.errors.remove("comment") {
        refused.refuse("alarm_comment", message);
    }
    refused.values.remove("comment");
    AppError::Form(refused)
}

/// Sends a document to the identification or the person.
#[server(endpoint = "video/upload", input = MultipartFormData)]
pub async fn upload(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let sent = Sent::of(data).await?;
    let id = CheckId::from(sent.check_id.as_str());
    let typed =
        Refused::of([("document_type", sent.document_type.as_str()), ("place", &sent.place)]);
    let place = match sent.place.as_str() {
        "person" => Ok(Place::Person),
        "identification" => Ok(Place::Identification),
        _ => Err(typed.clone().because("place", "Choose where the document belongs.")),
    };
    let result = match place {
        _ if sent.bytes.len() > FILE_MAX => {
            Err(typed.clone().because("file", "A file may have 15 MB; this one has more.").into())
        }
        Err(refused) => Err(refused.into()),
        Ok(place) => {
            work::upload(
                &ctx.work,
                &ctx.actor(),
                &id,
                place,
                &sent.document_type,
                &sent.name,
                sent.bytes,
            )
            .await
        }
    };
    let done = match result {
        Ok(()) => work::wait(&ctx.work, &id, PATIENCE_MS)
            .await
            .map(|()| format!("/checks/{id}?done=document-sent#documents")),
        Err(error) => Err(error),
    };
    answer(&ctx, done.map_err(AppError::from), &format!("/checks/{id}#documents"), || typed).await
}

/// A form with a file, read to its end.
#[derive(Default)]
struct Sent {
    check_id: String,
    document_type: String,
    place: String,
    name: String,
    bytes: Vec<u8>,
}

impl Sent {
    async fn of(data: MultipartData) -> Result<Self, AppError> {
        let mut parts = data.into_inner().ok_or(AppError::Unreadable)?;
        let mut sent = Self::default();
        while let Some(mut part) = parts.next_field().await.map_err(|_| AppError::Unreadable)? {
            let field = part.name().unwrap_or_default().to_owned();
            if field == "file" {
                sent.name = part
                    .file_name()
                    .unwrap_or_default()
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(100)
                    .collect();
                while let Some(chunk) = part.chunk().await.map_err(|_| AppError::Unreadable)? {
                    // One byte more than is taken, so that it is refused for its size and not read
                    // any further.
                    let room = (FILE_MAX + 1).saturating_sub(sent.bytes.len());
                    sent.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                }
                continue;
            }
            let text = part.text().await.map_err(|_| AppError::Unreadable)?;
            if text.len() > TEXT_MAX {
                return Err(AppError::Unreadable);
            }
            match field.as_str() {
                "check_id" => sent.check_id = text,
                "document_type" => sent.document_type = text,
                "place" => sent.place = text,
                _ => {}
            }
        }
        Ok(sent)
    }
}

/// Sends a change of a person to Solaris.
#[server(endpoint = "video/change")]
pub async fn change_person(
    #[server(default)] reference: String,
    #[server(default)] person_id: String,
    #[server(default)] clear_industry: String,
    #[server(default)] values: BTreeMap<String, String>,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let page = person_address(&reference, &person_id);
    let clears = clear_industry == "1";
    // The page's own person, so that no other one is changed through it.
    let result = match work::person(&ctx.work, &reference, &person_id).await {
        Ok(known) => work::change(&ctx.work, &ctx.actor(), &known.id, &values, clears).await,
        Err(error) => Err(error),
    };
    let typed = || {
        let mut typed = Refused { values: values.clone(), ..Refused::default() };
        typed.values.insert("clear_industry".into(), clear_industry.clone());
        typed
    };
    let result = result
        .map(|()| format!("{page}?done=person-change"))
        .map_err(|error: Error| AppError::from(error));
    answer(&ctx, result, &format!("{page}#errors"), typed).await
}
