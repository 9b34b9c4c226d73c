//! Reading a wallet's analysis again where it was made: KryptoGO keeps each under its number.

use super::super::at_once::ANSWER;
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        NOT_TAKEN,
        kryptogo::{Kya, NAME},
        overheard::{self, Overheard},
    },
    records::{
        checks::{
            self as check_store, Check,
            evidence::{keep, keep_overheard, latest},
        },
        connections, customers, proposals,
    },
    store::{Conn, written},
};
use domain::{
    CheckId,
    checks::{Kind, State},
    fields::Refused,
    journal::{Action, Subject},
};
use serde_json::json;

/// The evidence's source: what the provider says of an analysis when it is asked for it again.
pub const DETAIL: &str = "detail";

/// Reads the analysis of a wallet again and keeps it beside the first one; gives whether it says
/// the same.
///
/// Findings, risk and state stay as they came: where it says something else, the page says so, and
/// whoever decides has to have seen it.
///
/// # Errors
/// A check of another kind or without an answer, KryptoGO's refusal or silence in words, or the
/// database.
pub async fn read_again(work: &Casework, actor: &Actor, id: &CheckId) -> Result<bool, Error> {
    let (check, connection) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let check = check_store::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
        let connection = connections::get_on(&mut conn, &check.connection_id).await?;
        (check, connection)
    };
    if check.kind()? != Kind::Kya {
        return Err(Error::NotFound);
    }
    if customers::is_erased(work, &check.customer_id).await? {
        return Err(refused("The customer was erased: nothing about them is read any more."));
    }
    let number = check
        .provider_ref
        .as_deref()
        .ok_or_else(|| refused("KryptoGO gave no number by which this analysis could be read."))?;
    let client = connections::kryptogo_client(work, &connection).await?;
    let (answered, heard) = overheard::listen(Box::pin(client.kya_detail(number))).await;
    keep_overheard(work, id, &heard).await?;
    let (answer, again) = answered.map_err(|error| refused(error.last_sentence(NAME, 1)))?;
    let own = check.asked()?.address.ok_or(Error::NotFound)?;
    if again.address.as_deref().is_some_and(|said| !own.is(said)) {
        let heard = [Overheard { source: NOT_TAKEN, answer }];
        keep_overheard(work, id, &heard).await?;
        return Err(refused(
            "KryptoGO's answer is about another address. It is kept under Raw evidence, and nothing was taken from it.",
        ));
    }
    let now = work.now();
    let is_same = written!(work, async |conn| {
        let check = check_store::hold(conn, id).await?.ok_or(Error::NotFound)?;
        let first = read(work, conn, &check, ANSWER).await?;
        let is_same = first.as_ref().is_some_and(|first| says_the_same(first, &again));
        // What the page shows until now: what it said when it was last read again, and at first
        // before that.
        let shown = read(work, conn, &check, DETAIL).await?.or(first);
        let is_shown = shown.is_some_and(|shown| says_the_same(&shown, &again));
        // A body that says what is shown is no reason to end a proposal.
        let kept = if is_shown && check.state()? == State::Proposed {
            None
        } else {
            Some(keep(work, conn, &check, DETAIL, &answer, now).await?)
        };
        if is_shown {
            check_store::retouch(conn, id, now).await?;
        } else {
            check_store::touch(conn, id, now).await?;
        }
        let details = json!({ "evidence": kept, "same": is_same });
        journal::append(
            conn,
            &[actor.entry(now, Action::AnalysisReadAgain, Subject::Check, id.as_str(), details)],
        )
        .await?;
        proposals::void_if_overtaken(work, conn, id, now).await?;
        Ok(is_same)
    })?;
    Ok(is_same)
}

/// What the analysis says now, if it was read again and says something else than it did first.
pub(super) async fn changed(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Box<Kya>>, Error> {
    let Some(again) = read(work, conn, check, DETAIL).await? else { return Ok(None) };
    let first = read(work, conn, check, ANSWER).await?;
    Ok((!first.is_some_and(|first| says_the_same(&first, &again))).then(|| Box::new(again)))
}

async fn read(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    source: &str,
) -> Result<Option<Kya>, Error> {
    Ok(latest(work, conn, check, source).await?.and_then(|body| Kya::read(&body).ok()))
}

/// What a reviewer goes by; who asked for it and when is no part of it.
fn says_the_same(one: &Kya, other: &Kya) -> bool {
    let said = |kya: &Kya| Kya {
        created_at: None,
        creator: None,
        customer_reference: None,
        ..kya.clone()
    };
    said(one) == said(other)
}

fn refused(words: impl Into<String>) -> Error {
    Refused::default().because("", words.into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_the_wallet_makes_a_difference() {
        let kya = |more: &str| {
            Kya::read(format!(r#"{{"kya_id":12,"address":"0xab","sdnlist":[]{more}}}"#).as_bytes())
                .expect("reads")
        };
        let first = kya("");
        assert!(says_the_same(
            &first,
            &kya(r#","creator_name":"Eric","creation_timestamp":1698661028"#)
        ));
        assert!(!says_the_same(&first, &kya(r#","data":{"risk_score":70}"#)));
        assert!(!says_the_same(&first, &kya(r#","txlist":[{"hash":"0x1"}]"#)));
        let listed = Kya::read(br#"{"kya_id":12,"address":"0xab","sdnlist":[{"address":"0xcd"}]}"#)
            .expect("reads");
        assert!(!says_the_same(&first, &listed));
    }
}
