//! ID verification: launching in three ways, what is handed out once, and the due diligence that
//! follows.
//!
//! What the provider answers is in `outcome`, pictures are in `pictures` and come through the
//! `darkroom`. Deciding is the same as for every check; the provider takes no decision on an ID
//! verification, so ours stays here.

pub mod darkroom;
pub(crate) mod outcome;
pub mod pictures;
pub(super) mod service;
pub(crate) mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    objects::Object,
    providers::{
        CallError,
        kryptogo::{self, Client, IdvAnswer, IdvRequest, Started, UPLOAD_TIME_MAX_MS},
    },
    records::{
        checks::{self, self as check_store, Check},
        connections::{self, Connection},
        customers::Confirmed,
        promises, to_json,
    },
    services::launch::{self, About, Launched, NewCheck, launch_new},
    store::{Conn, again, written},
};
use bytes::Bytes;
use domain::{
    CheckId, Moment,
    checks::{Kind, State},
    dates,
    fields::{Refused, is_placeholder},
    idv::{self, FollowUp, Form, IdType, Idv, Slot, Way},
    journal::{Action, Subject},
    launch::{DueDiligence, SOURCES, Target},
    people::Caller,
    who::{Bears, Trait, of_number},
};
use pictures::{Checked, Upload, Waiting};
use serde_json::json;

pub use store::{Handout, Picture};

/// What a reviewer reads while only a callback can tell whether an upload arrived.
pub(crate) const MAY_EXIST: &str = "KryptoGO did not confirm this upload, and it has no way to look it up. Nothing is sent again by itself: if it arrived, its callback finds this check.";
/// A form with its pictures, as it came.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub form: Form,
    pub uploads: Vec<Upload>,
    /// Pictures that were kept from a refused form, with their ids.
    pub kept: Vec<(Slot, String)>,
}

/// Launches an ID verification; one transaction writes check, pictures, promise and journal.
///
/// A refused form's good pictures are kept for an hour; their ids come back under `kept_{slot}`.
///
/// # Errors
/// The form with a message beside each cause; an unknown or disabled connection; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    sent: Sent,
    confirmed: impl Into<Confirmed>,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let Sent { form, uploads, kept } = sent;
    let confirmed = confirmed.into();
    // The same page again: its kept pictures are gone already, and nothing is to be looked at.
    match checks::get(work, id).await {
        Ok(_) => return Ok(Launched { id: id.clone(), repeated: true }),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let (connection, launch) = checked(work, &form).await?;
    let (developed, mut wrong) = develop(work, caller, uploads, &kept).await?;
    let typed = form.as_typed();
    let refused = match launch {
        Ok(launch) => {
            missing_pictures(&launch, &developed, &mut wrong);
            if wrong.is_clean() {
                let connection = connection.ok_or(Error::NotFound)?;
                let uploaded = if launch.way == Way::Upload { developed.as_slice() } else { &[] };
                let mut pictures = Vec::with_capacity(uploaded.len());
                for picture in uploaded {
                    pictures.push((picture, work.objects.put(&picture.bytes).await?));
                }
                let new = New {
                    id,
                    launch: &launch,
                    connection: &connection,
                    pictures: &pictures,
                    kept: &kept,
                    confirmed: &confirmed,
                    relaunch_of,
                };
                match again(|| write(work, caller, actor, &new, &typed)).await {
                    Err(Error::Form(refused)) => *refused,
                    other => return other,
                }
            } else {
                merged(typed, wrong)
            }
        }
        Err(refused) => merged(refused, wrong),
    };
    Err(with_kept(work, caller, refused, &developed).await?.into())
}

/// What one launch writes.
struct New<'a> {
    id: &'a CheckId,
    launch: &'a Idv,
    connection: &'a Connection,
    /// Uploaded ones, durable already if they are large.
    pictures: &'a [(&'a Checked, Option<Object>)],
    kept: &'a [(Slot, String)],
    confirmed: &'a Confirmed,
    relaunch_of: Option<&'a CheckId>,
}

async fn write(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    new: &New<'_>,
    typed: &Refused,
) -> Result<Launched, Error> {
    let target = target_of(new.launch);
    let check = NewCheck {
        id: new.id,
        kind: Kind::Idv,
        customer_reference: &new.launch.customer_reference,
        target: &target,
        connection: new.connection,
        request: to_json(new.launch)?,
        confirmed: new.confirmed,
        about: About {
            document_country: citizenship(new.launch),
            bears: bears(new.launch),
            ..About::default()
        },
        relaunch_of: new.relaunch_of,
        typed: typed.clone(),
    };
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let Some(check) = launch_new(work, &mut conn, caller, actor, check).await? else {
            return Ok(Launched { id: new.id.clone(), repeated: true });
        };
        for (picture, object) in new.pictures {
            pictures::keep(work, &mut conn, &check, "uploaded", (picture, object.as_ref()), now)
                .await?;
        }
        pictures::forget_kept(&mut conn, caller.id.as_str(), new.kept).await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(Launched { id: new.id.clone(), repeated: false })
}

/// Whose citizen the document says one is: who holds a driving licence of a country need not be.
fn citizenship(launch: &Idv) -> Option<&str> {
    Some(launch.country.as_str()).filter(|_| launch.id_type != IdType::DrivingLicense)
}

/// By what else whom it is about would be known again.
pub(crate) fn bears(launch: &Idv) -> Vec<Bears> {
    launch
        .expected
        .number
        .as_deref()
        .and_then(|number| of_number(Trait::Document, number))
        .into_iter()
        .collect()
}

/// Whom the customer's page shows.
pub(crate) fn target_of(launch: &Idv) -> Target {
    let expected = &launch.expected;
    Target {
        kind: Kind::Idv,
        name: expected.name.clone().unwrap_or_default(),
        birth_date: expected.birth_date.clone(),
        // The document's country says nothing certain of the customer's.
        country: None,
        registration_number: None,
    }
}

async fn checked(
    work: &Casework,
    form: &Form,
) -> Result<(Option<Connection>, Result<Idv, Refused>), Error> {
    let (chosen, settings) = connections::chosen(work, &form.connection, Kind::Idv).await?;
    let mut launch = idv::check(form, &settings, work.now());
    if chosen.is_none() {
        let mut refused = launch.err().unwrap_or_else(|| form.as_typed());
        refused.errors.remove("search_setting");
        refused.errors.remove("connection");
        launch = Err(refused.because("connection", "Choose a connection that is active."));
    }
    Ok((chosen, launch))
}

/// Checks and develops all pictures; what is wrong with which.
async fn develop(
    work: &Casework,
    caller: &Caller,
    uploads: Vec<Upload>,
    kept: &[(Slot, String)],
) -> Result<(Vec<Checked>, Refused), Error> {
    let (mut developed, mut wrong) = (Vec::new(), Refused::default());
    let mut all: Vec<Upload> = Vec::new();
    // One file for each picture: nothing of a heap of them is opened.
    for upload in uploads {
        let slot = upload.slot;
        if all.iter().any(|other| other.slot == slot) {
            wrong
                .refuse(slot.code(), "More than one file was chosen for this picture. Choose one.");
        } else {
            all.push(upload);
        }
    }
    for (slot, id) in kept {
        // A newly chosen picture replaces the kept one.
        if all.iter().any(|other| other.slot == *slot) {
            continue;
        }
        match pictures::take_kept(work, caller.id.as_str(), id)
            .await?
            .filter(|upload| upload.slot == *slot)
        {
            Some(upload) => all.push(upload),
            None => wrong.refuse(slot.code(), pictures::NOT_KEPT_ANY_MORE),
        }
    }
    for upload in all {
        let slot = upload.slot;
        if wrong.error(slot.code()).is_some() {
            continue;
        }
        match work.darkroom.develop(upload).await {
            Ok(picture) => developed.push(picture),
            Err(message) => wrong.refuse(slot.code(), message),
        }
    }
    developed.sort_by_key(|p| p.slot);
    Ok((developed, wrong))
}

fn missing_pictures(launch: &Idv, pictures: &[Checked], wrong: &mut Refused) {
    if launch.way != Way::Upload {
        return;
    }
    let has = |slot: Slot| pictures.iter().any(|p| p.slot == slot);
    let mut need = |missing: bool, slot: Slot, message: &str| {
        if missing && wrong.error(slot.code()).is_none() {
            wrong.refuse(slot.code(), message);
        }
    };
    need(!has(Slot::Front), Slot::Front, "Choose a picture of the document's front.");
    need(
        launch.id_type == IdType::IdCard && !has(Slot::Back),
        Slot::Back,
        "Choose a picture of the back: KryptoGO needs it for identity cards.",
    );
    let face_is_wrong =
        [Slot::Face, Slot::FaceWithId].iter().any(|s| wrong.error(s.code()).is_some());
    if !has(Slot::Face) && !has(Slot::FaceWithId) && !face_is_wrong {
        wrong.refuse(
            Slot::Face.code(),
            "Choose a picture of the face, or of the person holding the document.",
        );
    }
}

fn merged(mut refused: Refused, wrong: Refused) -> Refused {
    for (field, message) in wrong.errors {
        refused.refuse(&field, message);
    }
    refused
}

async fn with_kept(
    work: &Casework,
    caller: &Caller,
    mut refused: Refused,
    developed: &[Checked],
) -> Result<Refused, Error> {
    if !developed.is_empty() {
        for Waiting { id, slot, .. } in
            pictures::keep_for_later(work, caller.id.as_str(), developed).await?
        {
            refused.values.insert(format!("kept_{slot}"), id);
        }
    }
    Ok(refused)
}

/// A launch that is ready to be sent.
pub(crate) struct Prepared {
    launch: Idv,
    callback_url: String,
    pictures: Vec<(Slot, &'static str, Bytes)>,
}

impl Prepared {
    /// How much longer than usual it may take, in milliseconds.
    pub(crate) fn time_ms(&self) -> i64 {
        if self.pictures.is_empty() { 0 } else { UPLOAD_TIME_MAX_MS }
    }
}

/// Puts a launch together; the pictures are read from the evidence that was kept with it.
pub(crate) async fn prepare(
    work: &Casework,
    connection: &Connection,
    check: &Check,
) -> Result<Prepared, Error> {
    let launch = check.idv()?;
    let callback_url = connections::callback_url(work, connection, &check.id)?;
    let pictures = if launch.way == Way::Upload { uploaded(work, check).await? } else { vec![] };
    Ok(Prepared { launch, callback_url, pictures })
}

pub(crate) async fn send(client: &Client, prepared: &Prepared) -> Result<Started, CallError> {
    let Prepared { launch, callback_url, pictures } = prepared;
    client.start_idv(&IdvRequest { launch, callback_url, pictures }).await
}

/// What a reviewer reads of a launch that did not go through: what comes next depends on the way.
pub(crate) fn words_of(
    check: &Check,
    error: &CallError,
    usual: &str,
    given_up: bool,
) -> Result<String, Error> {
    let what = error.last_sentence(kryptogo::NAME, 1);
    let what = what.trim_end_matches(" It was given up after one try.");
    Ok(match (error, may_resend(check)?) {
        // Source: the page on `POST /idv/init` and `/idv/account`.
        (CallError::OutOfPoints, _) => "Our account at KryptoGO has too few points: an ID verification needs more than 500 points left. Top it up there, then run the check again.".to_owned(),
        (error, false) if error.may_have_happened() => format!("{what} {MAY_EXIST}"),
        (error, true) if error.may_have_happened() && !given_up => format!("{what} It is asked for again; nothing is paid before the customer has uploaded."),
        _ => usual.to_owned(),
    })
}

async fn uploaded(
    work: &Casework,
    check: &Check,
) -> Result<Vec<(Slot, &'static str, Bytes)>, Error> {
    let id = CheckId::from(check.id.as_str());
    let rows = {
        let mut reader = work.db.read().await?;
        store::pictures(&mut reader.conn(), &id).await?
    };
    let mut all = Vec::new();
    for row in rows.iter().filter(|r| r.origin == "uploaded") {
        if let (Some(slot), Some(evidence)) = (row.slot(), &row.evidence_id) {
            let body = checks::evidence::evidence_body(work, &id, evidence).await?;
            let kind = idv::PictureKind::parse(&body.content_type)
                .map_or("image/jpeg", idv::PictureKind::code);
            all.push((slot, kind, Bytes::from(body.bytes)));
        }
    }
    Ok(all)
}

/// Whether sending a launch twice costs nothing: no points go before the customer has uploaded.
pub(crate) fn may_resend(check: &Check) -> Result<bool, Error> {
    Ok(check.idv()?.way != Way::Upload)
}

/// Keeps what is handed out once, inside the caller's transaction.
pub(crate) async fn keep_handout(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    started: &Started,
    now: Moment,
) -> Result<Option<journal::Entry>, Error> {
    // A check that was withdrawn meanwhile hands nothing out.
    let Some(text) = started.handout.as_ref().filter(|_| check.state().is_ok_and(State::is_open))
    else {
        return Ok(None);
    };
    let id = CheckId::from(check.id.as_str());
    let kind = if check.idv()?.way == Way::Token { "token" } else { "link" };
    let sealed = work.sealer.seal(&handout_place(&check.id), text.as_bytes());
    store::put_handout(conn, &id, kind, &sealed, started.expires_at, now).await?;
    check_store::retouch(conn, &id, now).await?;
    let details = json!({ "kind": kind, "expires_at": started.expires_at });
    Ok(Some(Actor::worker().entry(now, Action::HandoutMade, Subject::Check, &check.id, details)))
}

/// The text of a handout, for the one person who asks first; recorded, and forgotten at once.
///
/// # Errors
/// None is there or it was shown already, or the database.
pub async fn show_handout(
    work: &Casework,
    actor: &Actor,
    id: &CheckId,
) -> Result<(String, Handout), Error> {
    let now = work.now();
    let (text, handout) = written!(work, async |conn| {
        let check = check_store::hold(conn, id).await?.ok_or(Error::NotFound)?;
        if check.state()? != State::Running {
            let over = "This check does not wait for the customer any more, so there is nothing to hand out.";
            return Err(Refused::default().because("", over).into());
        }
        let gone = || {
            Refused::default()
                .because("", "It was shown already, and is shown once. Launch again for a new one.")
        };
        let sealed = store::sealed_handout(conn, id).await?.ok_or_else(gone)?;
        let handout = store::handout(conn, id).await?.ok_or(Error::NotFound)?;
        let text = work.sealer.open(&handout_place(id.as_str()), &sealed)?;
        if store::show_handout(conn, id, &actor.id, now).await? == 0 {
            return Err(gone().into());
        }
        check_store::retouch(conn, id, now).await?;
        let entry = actor.entry(
            now,
            Action::HandoutShown,
            Subject::Check,
            id.as_str(),
            json!({ "kind": handout.kind }),
        );
        journal::append(conn, &[entry]).await?;
        Ok((String::from_utf8_lossy(&text).into_owned(), handout))
    })?;
    Ok((text, handout))
}

/// Records that somebody copied what was handed out.
///
/// # Errors
/// No such handout, or the database.
pub async fn copied_handout(work: &Casework, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    let handout = {
        let mut reader = work.db.read().await?;
        store::handout(&mut reader.conn(), id)
            .await?
            .filter(|h| h.shown_at_ms.is_some())
            .ok_or(Error::NotFound)?
    };
    let entry = actor.entry(
        work.now(),
        Action::HandoutCopied,
        Subject::Check,
        id.as_str(),
        json!({ "kind": handout.kind }),
    );
    journal::record(&work.db, &[entry]).await
}

fn handout_place(check: &str) -> String {
    format!("handouts|sealed|{check}")
}

/// Takes an ID verification over that the provider made although its answer never came: its
/// callback names both.
///
/// The callback is only a hint: what is read must be about our customer. Gives whether it was ours.
pub(crate) async fn adopt(work: &Casework, check: &Check, idv_id: &str) -> Result<bool, Error> {
    let connection = connections::get(work, &check.connection_id.as_str().into()).await?;
    let client = connections::kryptogo_client(work, &connection).await?;
    let (_, answer) = client.idv(idv_id).await?;
    if answer.customer_reference.as_deref() != Some(check.idv()?.customer_reference.as_str()) {
        return Ok(false);
    }
    let now = work.now();
    let ours = written!(work, async |conn| {
        let id = CheckId::from(check.id.as_str());
        let fresh = check_store::hold(conn, &id).await?.ok_or(Error::NotFound)?;
        let is_free = check_store::by_idv(conn, &check.connection_id, idv_id).await?.is_none();
        let ours = is_free && fresh.provider_ref.is_none() && fresh.state()? == State::Queued;
        if ours {
            check_store::move_to(conn, &id, State::Queued, State::Running, fresh.version, now)
                .await?;
            check_store::sent(conn, &id, idv_id, now).await?;
            let details = json!({ "idv": idv_id, "detail": "found by its callback" });
            journal::append(
                conn,
                &[Actor::worker().entry(
                    now,
                    Action::CheckSent,
                    Subject::Check,
                    &check.id,
                    details,
                )],
            )
            .await?;
        }
        Ok(ours)
    })?;
    Ok(ours)
}

/// Makes a linked check of a due-diligence task that the provider made of this ID verification;
/// once.
pub(crate) async fn link_task(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    answer: &IdvAnswer,
    task_id: &str,
    now: Moment,
) -> Result<(), Error> {
    if check_store::by_task(conn, &check.connection_id, task_id).await?.is_some() {
        return Ok(());
    }
    // Ours is on its way there, and this is it: its answer is still to come, or was lost.
    if let Some(ours) = check_store::following_unnumbered(conn, &check.id.as_str().into()).await? {
        let ours = CheckId::from(ours);
        if let Some(fresh) = check_store::hold(conn, &ours).await? {
            check_store::move_to(conn, &ours, State::Queued, State::Running, fresh.version, now)
                .await?;
            check_store::sent(conn, &ours, task_id, now).await?;
            let details = json!({ "task": task_id, "detail": "named by the ID verification" });
            return journal::append(
                conn,
                &[Actor::worker().entry(
                    now,
                    Action::CheckSent,
                    Subject::Check,
                    ours.as_str(),
                    details,
                )],
            )
            .await;
        }
    }
    let mut linked = follow_up(work, check, Some(answer), State::Running)?;
    linked.provider_ref = Some(task_id.to_owned());
    linked.provider_state = Some("created".into());
    linked.poll_at_ms = now;
    check_store::insert(conn, &linked).await?;
    let details = json!({ "check": linked.id, "task": task_id, "by": "KryptoGO" });
    let entries = [
        Actor::worker().entry(now, Action::FollowUpLaunched, Subject::Check, &check.id, details),
        Actor::worker().entry(
            now,
            Action::CheckLaunched,
            Subject::Check,
            &linked.id,
            json!({ "kind": linked.kind, "from_check": check.id, "task": task_id }),
        ),
    ];
    journal::append(conn, &entries).await
}

/// Launches the due diligence that an accepted ID verification asks for, unless there is one;
/// inside the decision's transaction.
pub(crate) async fn launch_follow_up(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    actor: &Actor,
    now: Moment,
) -> Result<(), Error> {
    let id = CheckId::from(check.id.as_str());
    if check.idv()?.follow_up == FollowUp::None
        || !check_store::following(conn, &id).await?.is_empty()
    {
        return Ok(());
    }
    let answer = outcome::latest(work, conn, check).await?;
    // The provider was asked for it and may still make it; if it does not, the reader launches
    // ours.
    if answer.as_ref().is_some_and(|a| outcome::may_still_follow(check, a, now)) {
        return Ok(());
    }
    let mut linked = follow_up(work, check, answer.as_ref(), State::Queued)?;
    // A worker is nobody who could have launched it: then it stays with whoever launched the ID
    // verification.
    if actor.id != Actor::worker().id {
        linked.launched_by = Some(actor.id.clone());
    }
    check_store::insert(conn, &linked).await?;
    promises::promise(
        conn,
        promises::Task::CreateCheck,
        &linked.id.as_str().into(),
        None,
        &check.connection_id,
        json!({}),
        now,
    )
    .await?;
    let entries = [
        actor.entry(
            now,
            Action::FollowUpLaunched,
            Subject::Check,
            &check.id,
            json!({ "check": linked.id, "by": "Probity" }),
        ),
        actor.entry(
            now,
            Action::CheckLaunched,
            Subject::Check,
            &linked.id,
            json!({ "kind": linked.kind, "from_check": check.id }),
        ),
    ];
    journal::append(conn, &entries).await
}

/// A due-diligence check about the person whom the document names.
fn follow_up(
    work: &Casework,
    check: &Check,
    answer: Option<&IdvAnswer>,
    state: State,
) -> Result<Check, Error> {
    let launch = check.idv()?;
    let (name, birth_date) = who_came(&launch.expected, answer.map(|a| &a.recognised));
    let sub_type = answer.and_then(|a| a.id_sub_type.as_deref()).unwrap_or_default();
    let is_of_citizens =
        launch.id_type != IdType::DrivingLicense && sub_type != "RESIDENT_PERMIT_ID";
    let request = DueDiligence {
        customer_reference: launch.customer_reference,
        target: Target {
            kind: Kind::DdKyc,
            name,
            birth_date,
            // Who holds a driving licence or a residence permit of a country need not be its
            // citizen.
            country: Some(launch.country).filter(|_| is_of_citizens),
            registration_number: None,
        },
        search_setting: launch.search_setting.unwrap_or_default(),
        sources: SOURCES.to_vec(),
        from_idv_id: check.provider_ref.as_deref().and_then(|id| id.parse().ok()),
    };
    let id = CheckId::from(new_id());
    let mut linked = launch::new_check(
        work,
        &id,
        Kind::DdKyc,
        &check.customer_id,
        &check.connection_id,
        to_json(&request)?,
        state,
    );
    linked.launched_by.clone_from(&check.launched_by);
    linked.from_check = Some(check.id.clone());
    Ok(linked)
}

/// Name and birth date of the person whom the document names. What it does not tell, or tells with
/// a word for nothing or a list, is taken from whom we expected.
fn who_came(expected: &idv::Data, recognised: Option<&idv::Data>) -> (String, Option<String>) {
    let is_name = |name: &String| !is_placeholder(name) && !name.starts_with(['[', '{']);
    let name = recognised.and_then(|r| r.name.clone()).filter(is_name);
    let birth_date =
        recognised.and_then(|r| dates::read(r.birth_date.as_deref()?).day().map(str::to_owned));
    (
        name.or_else(|| expected.name.clone()).unwrap_or_default(),
        birth_date.or_else(|| expected.birth_date.clone()),
    )
}

#[cfg(test)]
mod tests {
    use super::who_came;
    use domain::idv::Data;

    #[test]
    fn a_due_diligence_that_follows_asks_about_nobody_called_not_available() {
        let of = |name: &str, born: &str| Data {
            name: Some(name.into()),
            birth_date: Some(born.into()),
            ..Data::default()
        };
        let expected = of("Anna Berg", "1990-05-14");
        for (name, born, wanted, day) in [
            ("Anna Bergmann", "1990/05/15", "Anna Bergmann", "1990-05-15"),
            ("N/A", "UNKNOWN", "Anna Berg", "1990-05-14"),
            ("-", "05/06/1990", "Anna Berg", "1990-05-14"),
            (r#"["Anna Bergmann"]"#, "1990-05-15", "Anna Berg", "1990-05-15"),
        ] {
            let came = who_came(&expected, Some(&of(name, born)));
            assert_eq!(came, (wanted.to_owned(), Some(day.to_owned())), "{name} {born}");
        }
        assert_eq!(
            who_came(&expected, None),
            ("Anna Berg".to_owned(), Some("1990-05-14".to_owned()))
        );
    }
}
