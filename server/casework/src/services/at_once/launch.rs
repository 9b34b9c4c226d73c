//! Launching a check whose answer is the outcome, and reading its question again.

use super::{
    super::{Form, Question},
    Asked, QUESTION,
};
use crate::{
    Casework, Error,
    journal::Actor,
    records::{
        checks, checks as check_store,
        connections::{self, Connection},
        customers::{self, Confirmed},
        to_json,
    },
    seal,
    services::launch::{About, Launched, NewCheck, launch_new},
    store::{Conn, again},
};
use domain::{CheckId, fields::Refused, people::Caller, services::Life};

/// Launches a check; one transaction writes check, sealed question, promise and journal.
///
/// # Errors
/// The form with a message beside each cause; an unknown or disabled connection; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &Form,
    confirmed: impl Into<Confirmed>,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let confirmed = confirmed.into();
    again(|| launch_once(work, caller, actor, id, form, &confirmed, relaunch_of)).await
}

async fn launch_once(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &Form,
    confirmed: &Confirmed,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let (connection, question) = checked(work, form).await?;
    let mut tx = work.db.begin().await?;
    let new = New {
        id,
        connection: &connection,
        question: &question,
        typed: form.as_typed(),
        confirmed,
        relaunch_of,
    };
    let written = write(work, &mut tx.conn(), caller, actor, new).await?;
    if written {
        tx.commit().await?;
        work.wake.notify_waiters();
    }
    Ok(Launched { id: id.clone(), repeated: !written })
}

/// What one launch writes.
pub(super) struct New<'a> {
    pub id: &'a CheckId,
    pub connection: &'a Connection,
    pub question: &'a Question,
    pub typed: Refused,
    pub confirmed: &'a Confirmed,
    pub relaunch_of: Option<&'a CheckId>,
}

/// Writes check and question; nothing when this page was sent before.
pub(super) async fn write(
    work: &Casework,
    conn: &mut Conn<'_>,
    caller: &Caller,
    actor: &Actor,
    new: New<'_>,
) -> Result<bool, Error> {
    let (asked, target) = (new.question.asked(), new.question.target());
    let another = new.question.another_name();
    let about = About {
        document_country: None,
        asked_name: another.as_deref(),
        bears: new.question.bears(),
        fields: new.question.fields(),
    };
    let check = NewCheck {
        id: new.id,
        kind: new.question.kind(),
        customer_reference: &asked.customer_reference,
        target: &target,
        connection: new.connection,
        request: to_json(&asked)?,
        confirmed: new.confirmed,
        about,
        relaunch_of: new.relaunch_of,
        typed: new.typed,
    };
    let Some(check) = launch_new(work, conn, caller, actor, check).await? else { return Ok(false) };
    let body = to_json(new.question)?.into_bytes();
    let answer = crate::providers::Answer { body, content_type: "application/json".into() };
    checks::evidence::keep(work, conn, &check, QUESTION, &answer, work.now()).await?;
    Ok(true)
}

/// The connection and the checked question, or the form with what stands in the way.
pub(super) async fn checked(work: &Casework, form: &Form) -> Result<(Connection, Question), Error> {
    let (chosen, _) = connections::chosen(work, form.connection(), form.kind()).await?;
    let options = match &chosen {
        Some(connection) => Some(connection.options()?),
        None => None,
    };
    let question = form.check(options.as_ref(), work.now()).and_then(|question| {
        match question.phone().and_then(crate::phones::trunk_zero) {
            Some(words) => Err(form.as_typed().because("phone", words)),
            None => Ok(question),
        }
    });
    match (chosen, question) {
        (Some(connection), question) => Ok((connection, question?)),
        (None, question) => {
            let mut refused = question.err().unwrap_or_else(|| form.as_typed());
            refused.errors.remove("connection");
            Err(refused.because("connection", "Choose a connection that is active.").into())
        }
    }
}

/// The whole question of a check, opened.
///
/// # Errors
/// The customer was erased, a damaged seal, or the database.
pub async fn question(work: &Casework, check: &check_store::Check) -> Result<Question, Error> {
    let mut reader = work.db.read().await?;
    question_of(work, &mut reader.conn(), check).await
}

pub(crate) async fn question_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &check_store::Check,
) -> Result<Question, Error> {
    let (id, sealed) = check_store::latest_evidence(conn, &check.id.as_str().into(), QUESTION)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("check {} has no question", check.id)))?;
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let body = seal::open_evidence(&key, &id, &sealed)?;
    serde_json::from_slice(&body)
        .map_err(|e| Error::Corrupt(format!("question of check {}: {e}", check.id)))
}

/// A question about a person's numbers, indented, with the numbers masked as everywhere on screen;
/// nothing for other bytes.
#[must_use]
pub fn masked(body: &[u8]) -> Option<String> {
    let mut shown: serde_json::Value = serde_json::from_slice(body).ok()?;
    let masked = serde_json::from_slice::<Question>(body).ok()?.masked();
    if masked.is_empty() {
        return None;
    }
    for (name, text) in masked {
        shown["ask"][name] = text.into();
    }
    serde_json::to_string_pretty(&shown).ok()
}

/// The form that would ask the same again, for a check that ended.
///
/// # Errors
/// Unknown, of another kind, erased, or the database.
pub async fn form_of(work: &Casework, id: &CheckId) -> Result<Form, Error> {
    let check = checks::get(work, id).await?;
    if check.kind()?.card().life != Life::AtOnce {
        return Err(Error::NotFound);
    }
    Ok(question(work, &check).await?.into_form(&check.connection_id))
}

/// Takes out of a stored launch what it says of the person; nothing for one that cannot be read.
pub(crate) fn emptied(request: &str) -> Option<String> {
    let mut asked: Asked = serde_json::from_str(request).ok()?;
    asked.empty();
    to_json(&asked).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::registers::PidCprForm;

    #[test]
    fn what_stands_in_clear_has_no_number_of_a_person() {
        let form = PidCprForm {
            customer_reference: "C-1".into(),
            name: "Tika Klaussen".into(),
            connection: "c".into(),
            pid: "9208-2002-2-577168596796".into(),
            cpr: "150609-3330".into(),
        };
        let question = Form::PidCprMatch(form).check(None, 1_795_000_000_000).expect("good");
        let clear = to_json(&question.asked()).expect("JSON");
        assert!(!clear.contains("3330") && !clear.contains("577168596796"), "{clear}");
        let shown = masked(&to_json(&question).expect("JSON").into_bytes())
            .expect("a question about numbers");
        assert!(
            !shown.contains("3330")
                && !shown.contains("577168596796")
                && shown.contains("150609-••••"),
            "{shown}"
        );
        assert_eq!(masked(b"{\"kind\":\"kya\"}"), None);
    }
}
