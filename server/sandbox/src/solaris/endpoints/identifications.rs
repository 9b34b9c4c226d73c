//! `/v1/persons/{person_id}/identifications` and `/v1/identifications`.

use axum::{Json, extract::Path, response::IntoResponse};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    super::{
        attempts::Attempt,
        book::Thing,
        call::{Call, Received, object},
        errors::Problems,
        faults,
        identification::Identification,
        odd,
        paging::{self, Asked},
        scenario::Verdict,
        triggers::Stage,
        words::{CARDS, PASSPORTS},
    },
    Answer, identification, person,
};

type Ids = Path<(String, String)>;

/// "Create person identification": asks the provider for nothing yet.
pub(crate) async fn create(call: Call, Path(id): Path<String>, body: Received) -> Answer {
    let person = person(&call, &id)?;
    let body = object(body)?;
    let new = call.change(|book, now_ms| {
        Identification::create(book.new_id(Thing::Identification), &person, &body, now_ms)
    })?;
    let afterwards =
        faults::before(&call, Stage::Identification, &person.last_name, &person.id).await?;
    let shown = new.shown();
    call.change(|book, _| book.identifications.push(new));
    faults::answer(&call, afterwards, StatusCode::CREATED, &shown).await
}

/// "Index identifications for a person".
pub(crate) async fn of_person(call: Call, Path(id): Path<String>, query: Asked) -> Answer {
    let person = person(&call, &id)?;
    let query = paging::pairs(query)?;
    let items = call.look(|book| {
        let own = book.identifications.iter().filter(|one| one.person_id == person.id);
        own.map(Identification::shown).collect()
    });
    paging::answer(&call, &query, items)
}

/// "Index all person identifications".
pub(crate) async fn all(call: Call, query: Asked) -> Answer {
    let query = paging::pairs(query)?;
    let items = call.look(|book| {
        let shown = |one: &Identification| {
            let mut shown = one.shown();
            shown["person_id"] = json!(one.person_id);
            shown
        };
        book.identifications.iter().map(shown).collect()
    });
    paging::answer(&call, &query, items)
}

/// "Retrieve person identification", with its documents when `include_documents` says so.
pub(crate) async fn retrieve(call: Call, Path((id, one)): Ids, query: Asked) -> Answer {
    let person = person(&call, &id)?;
    let query = paging::pairs(query)?;
    let with_documents = match query.get("include_documents").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(Problems::bad(
                "validation_error",
                "include_documents must be true or false.",
            ));
        }
    };
    let mut shown =
        call.look(|book| Ok(identification(book, &person.id, &one)?.retrieved(&person)))?;
    if with_documents {
        call.draw_documents(&person.id).await;
        let own = call.look(|book| {
            let own = book
                .documents
                .iter()
                .filter(|document| document.identification_id.as_ref() == Some(&one));
            own.filter(|document| document.deleted_ms.is_none())
                .map(super::super::documents::Document::brief)
                .collect::<Vec<_>>()
        });
        shown["documents"] = json!(own);
    }
    Ok(Json(shown).into_response())
}

/// "List supported documents for a person identification". Reconstruction: the elements' shape and
/// the countries.
pub(crate) async fn supported_documents(call: Call, Path((id, one)): Ids) -> Answer {
    let person = person(&call, &id)?;
    call.look(|book| identification(book, &person.id, &one).map(drop))?;
    Ok(Json(json!([
        { "document_type": "PASSPORT", "issuing_countries": PASSPORTS },
        { "document_type": "IDCARD", "issuing_countries": CARDS },
        { "document_type": "RESIDENCE_TITLE", "issuing_countries": ["DE"] },
    ]))
    .into_response())
}

/// "Request person identification": the status becomes `pending`, the customer gets an address.
pub(crate) async fn request(call: Call, Path((id, one)): Ids, body: Received) -> Answer {
    let person = person(&call, &id)?;
    object(body)?;
    call.look(|book| identification(book, &person.id, &one).map(drop))?;
    let afterwards = faults::before(&call, Stage::Request, &person.last_name, &one).await?;
    let (base_url, options) = (&call.world.base_url, &call.world.options);
    let shown = call.change(|book, now_ms| {
        let signs = book.signs(&one);
        let found = book.identifications.iter().position(|other| other.id == one);
        let index = found.ok_or_else(|| Problems::not_found("PersonIdentification", &one))?;
        book.identifications[index].request(&person, signs, base_url, now_ms, options)?;
        if book.identifications[index].status != "pending" {
            book.move_to(index, "pending", None, now_ms, options);
        }
        Ok::<_, Problems>(book.identifications[index].requested())
    })?;
    faults::answer(&call, afterwards, StatusCode::OK, &shown).await
}

/// "List the IDnow attempts of a person identification".
pub(crate) async fn attempts(call: Call, Path((id, one)): Ids, query: Asked) -> Answer {
    let person = person(&call, &id)?;
    let query = paging::pairs(query)?;
    if odd::keeps_sessions_back(&person) {
        return Err(Problems::not_found("IdnowAttempts", &one));
    }
    let items = call.look(|book| {
        let found = identification(book, &person.id, &one)?;
        Ok::<Vec<Value>, Problems>(found.attempts.iter().map(Attempt::shown).collect())
    })?;
    paging::answer(&call, &query, odd::sessions(&person, items))
}

/// "List IDnow legitimation data". Reconstruction: the path, and the answer, which is the
/// document's section of the last successful session; 404 before there is one.
pub(crate) async fn legitimation_data(call: Call, Path((id, one)): Ids) -> Answer {
    let person = person(&call, &id)?;
    if odd::keeps_sessions_back(&person) {
        return Err(Problems::not_found("IdnowLegitimationData", &one));
    }
    let section = call.look(|book| {
        let found = identification(book, &person.id, &one)?;
        let mut successful = found.attempts.iter().rev().filter(|attempt| {
            matches!(attempt.verdict, Verdict::Success | Verdict::SuccessDataChanged)
        });
        let section =
            successful.next().map(|attempt| attempt.payload["identificationdocument"].clone());
        section.ok_or_else(|| Problems::not_found("IdnowLegitimationData", &one))
    })?;
    Ok(Json(section).into_response())
}
