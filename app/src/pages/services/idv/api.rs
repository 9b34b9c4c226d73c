//! Server functions of ID verification: authorise, call, answer.

use super::{launch, review};
use crate::pages::{
    AppError,
    forms::{answer, is_id, show},
    launching::asks::answered,
    request::ctx,
};
use casework::{
    customers::Confirmed,
    idv::{self as work, Sent, pictures::Upload},
};
use domain::{
    CheckId,
    idv::{Form, PICTURE_BYTES_MAX, Slot, Way},
    people::Permission,
};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// The longest text field that is read, in bytes.
const TEXT_MAX: usize = 16 * 1024;

#[server(endpoint = "idv/launch", input = MultipartFormData)]
pub async fn launch_idv(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let read = Read::of(data).await?;
    let way = Way::parse(&read.sent.form.way).unwrap_or(Way::Upload);
    let again = Some(read.relaunch_of.as_str()).filter(|a| !a.is_empty()).map(CheckId::from);
    let mut typed = read.sent.form.as_typed();
    typed.values.insert("check_id".into(), read.check_id.clone());
    typed.values.insert("relaunch_of".into(), read.relaunch_of.clone());
    answered(&mut typed, &read.anyway, &read.changed, &read.shown);
    let confirmed = Confirmed::sent(&read.anyway, &read.changed, &read.shown);
    let result = if is_id(&read.check_id) {
        let id = CheckId::from(read.check_id.as_str());
        let launched = work::launch(
            &ctx.work,
            &caller,
            &ctx.actor(),
            &id,
            read.sent,
            confirmed,
            again.as_ref(),
        )
        .await;
        launched
            .map(|l| {
                format!(
                    "/checks/{}?done={}",
                    l.id,
                    if l.repeated { "launched-before" } else { "launched" }
                )
            })
            .map_err(AppError::from)
    } else {
        Err(AppError::Unreadable)
    };
    answer(&ctx, result, &launch::address(way, &[]), || typed).await
}

/// A form in parts, read to its end.
#[derive(Default)]
struct Read {
    check_id: String,
    relaunch_of: String,
    anyway: String,
    changed: String,
    shown: String,
    sent: Sent,
}

impl Read {
    async fn of(data: MultipartData) -> Result<Self, AppError> {
        let mut parts = data.into_inner().ok_or(AppError::Unreadable)?;
        let mut read = Self::default();
        let mut turns: Vec<(Slot, u16)> = Vec::new();
        while let Some(mut part) = parts.next_field().await.map_err(|_| AppError::Unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(slot) = Slot::parse(&name) {
                let file = part
                    .file_name()
                    .unwrap_or("picture")
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(100)
                    .collect();
                // The rule refuses a second file for a picture; what is in it need not be held for
                // that.
                let is_second = read.sent.uploads.iter().any(|other| other.slot == slot);
                let mut bytes = Vec::new();
                while let Some(chunk) = part.chunk().await.map_err(|_| AppError::Unreadable)? {
                    // One byte more than is taken, so that it is refused for its size and not read
                    // any further.
                    let room = if is_second {
                        0
                    } else {
                        (PICTURE_BYTES_MAX + 1).saturating_sub(bytes.len())
                    };
                    bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                }
                // A field in which nothing was chosen comes as an empty file without a name.
                if !bytes.is_empty() || part.file_name().is_some_and(|n| !n.is_empty()) {
                    read.sent.uploads.push(Upload { slot, name: file, bytes, turn: 0 });
                }
            } else {
                let text = part.text().await.map_err(|_| AppError::Unreadable)?;
                if text.len() > TEXT_MAX {
                    return Err(AppError::Unreadable);
                }
                match name.strip_prefix("rotate_").and_then(Slot::parse) {
                    Some(slot) => turns.push((slot, text.parse().unwrap_or(0))),
                    None => read.take(&name, text),
                }
            }
        }
        for (slot, turn) in turns {
            for upload in read.sent.uploads.iter_mut().filter(|u| u.slot == slot) {
                upload.turn = turn;
            }
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, text: String) {
        let form: &mut Form = &mut self.sent.form;
        let place = match name {
            "check_id" => &mut self.check_id,
            "relaunch_of" => &mut self.relaunch_of,
            "way" => &mut form.way,
            "connection" => &mut form.connection,
            "customer_reference" => &mut form.customer_reference,
            "name" => &mut form.name,
            "birth_date" => &mut form.birth_date,
            "number" => &mut form.number,
            "country" => &mut form.country,
            "id_type" => &mut form.id_type,
            "issuing_date" => &mut form.issuing_date,
            "expiry_date" => &mut form.expiry_date,
            "gender" => &mut form.gender,
            "engine" => &mut form.engine,
            "workflow" => &mut form.workflow,
            "locale" => &mut form.locale,
            "success_url" => &mut form.success_url,
            "error_url" => &mut form.error_url,
            "tw_apply_code" => &mut form.tw_apply_code,
            "tw_apply_date" => &mut form.tw_apply_date,
            "tw_issue_site" => &mut form.tw_issue_site,
            "follow_up" => &mut form.follow_up,
            "search_setting" => &mut form.search_setting,
            "anyway" => &mut self.anyway,
            "changed" => &mut self.changed,
            "shown" => &mut self.shown,
            _ => {
                if let Some(slot) =
                    name.strip_prefix("kept_").and_then(Slot::parse).filter(|_| is_id(&text))
                {
                    self.sent.kept.push((slot, text));
                }
                return;
            }
        };
        *place = text;
    }
}

/// Shows a link or token, to the first who asks. The answer is a page without an address of its
/// own.
#[server(endpoint = "idv/hand-out")]
pub async fn hand_out(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let id = CheckId::from(check_id.as_str());
    match work::show_handout(&ctx.work, &ctx.actor(), &id).await.map_err(AppError::from) {
        Ok((text, handout)) => {
            show(review::handed_out(&id, text, &handout, ctx.now()));
            Ok(())
        }
        other => {
            let page = format!("/checks/{id}");
            answer(&ctx, other.map(|_| page.clone()), &page, domain::fields::Refused::default).await
        }
    }
}

/// Notes that somebody copied what they were shown.
#[server(endpoint = "idv/copied")]
pub async fn copied(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    Ok(work::copied_handout(&ctx.work, &ctx.actor(), &check_id.as_str().into()).await?)
}
