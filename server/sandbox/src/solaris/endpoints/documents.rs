//! Documents of a person, and uploads to one of their identifications.

use axum::{
    Json,
    body::Bytes,
    extract::{Multipart, Path, multipart::MultipartRejection},
    response::IntoResponse,
};
use http::{StatusCode, header};
use serde_json::Value;

use super::{
    super::{
        book::{Book, Thing},
        call::{Call, Received, object},
        documents::{Document, Origin},
        errors::{Problem, Problems},
        identification::choice,
        odd,
        paging::{self, Asked},
        words::ENUMS,
    },
    Answer, identification, person,
};

type Ids = Path<(String, String)>;
type Form = Result<Multipart, MultipartRejection>;

/// "Upload documents for a person identification".
pub(crate) async fn upload_to_identification(
    call: Call,
    Path((id, one)): Ids,
    form: Form,
) -> Answer {
    let person = person(&call, &id)?;
    call.look(|book| identification(book, &person.id, &one).map(drop))?;
    keep(&call, &person.id, Some(one), form).await
}

/// "Create a document": `POST /v1/persons/{person_id}/documents`.
pub(crate) async fn upload(call: Call, Path(id): Path<String>, form: Form) -> Answer {
    let person = person(&call, &id)?;
    keep(&call, &person.id, None, form).await
}

async fn keep(
    call: &Call,
    person_id: &str,
    identification_id: Option<String>,
    form: Form,
) -> Answer {
    let part = read(form).await?;
    let document = call.change(|book, now_ms| {
        let document = Document {
            id: book.new_id(Thing::Document),
            person_id: person_id.to_owned(),
            identification_id,
            name: part.name,
            content_type: part.content_type,
            document_type: part.document_type,
            size: part.bytes.len(),
            customer_accessible: part.customer_accessible,
            created_ms: now_ms,
            deleted_ms: None,
            origin: Origin::Uploaded,
            bytes: Some(part.bytes),
        };
        book.documents.push(document.clone());
        document
    });
    Ok((StatusCode::CREATED, Json(document.shown())).into_response())
}

struct Uploaded {
    name: String,
    content_type: String,
    document_type: String,
    customer_accessible: bool,
    bytes: Bytes,
}

/// The parts `file` and `document_type`, and `name` and `customer_accessible` for who sends them.
async fn read(form: Form) -> Result<Uploaded, Problems> {
    let mut form = form
        .map_err(|_| Problems::bad("validation_error", "The body must be multipart/form-data."))?;
    let broken = |error: axum::extract::multipart::MultipartError| {
        Problems::new(error.status(), "validation_error", "The form cannot be read.")
    };
    let (mut file, mut words) = (None, serde_json::Map::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let Some(part) = field.name().map(str::to_owned) else { continue };
        if part == "file" {
            let name = field.file_name().unwrap_or("file").to_owned();
            let kind = field.content_type().unwrap_or("application/octet-stream").to_owned();
            file = Some((name, kind, field.bytes().await.map_err(broken)?));
        } else {
            words.insert(part, Value::String(field.text().await.map_err(broken)?));
        }
    }
    let mut problems = Vec::new();
    let document_type = choice(&words, "document_type", &ENUMS.document_type, &mut problems);
    if !words.contains_key("document_type") {
        problems.push(Problem::invalid("document_type", "can't be blank"));
    }
    if file.as_ref().is_none_or(|(.., bytes)| bytes.is_empty()) {
        problems.push(Problem::invalid("file", "can't be blank"));
    }
    Problems::any(problems)?;
    let (name, content_type, bytes) = file.unwrap_or_default();
    let text = |name: &str| words.get(name).and_then(Value::as_str);
    Ok(Uploaded {
        name: text("name").map_or(name, str::to_owned),
        content_type,
        document_type: document_type.unwrap_or_default(),
        customer_accessible: text("customer_accessible") == Some("true"),
        bytes,
    })
}

/// "Index documents of a person": without the deleted ones unless `include_deleted` says so.
pub(crate) async fn list(call: Call, Path(id): Path<String>, query: Asked) -> Answer {
    let person = person(&call, &id)?;
    if odd::has_no_documents(&person) {
        return Err(Problems::not_found("Documents", &id));
    }
    let query = paging::pairs(query)?;
    call.draw_documents(&person.id).await;
    let asked = |name: &str| query.get(name).map(String::as_str);
    let with_deleted = asked("include_deleted") == Some("true");
    let accessible = asked("customer_accessible").map(|word| word == "true");
    let items = call.look(|book| {
        let own = book.documents.iter().filter(|document| document.person_id == person.id);
        let own = own.filter(|document| with_deleted || document.deleted_ms.is_none());
        own.filter(|document| {
            accessible.is_none_or(|wanted| document.customer_accessible == wanted)
        })
        .map(Document::shown)
        .collect()
    });
    paging::answer(&call, &query, items)
}

/// "Retrieve a document": what is known about it.
pub(crate) async fn retrieve(call: Call, Path((id, one)): Ids) -> Answer {
    let person = person(&call, &id)?;
    call.draw_documents(&person.id).await;
    let shown = call.look(|book| find(book, &person.id, &one).map(Document::shown))?;
    Ok(Json(shown).into_response())
}

/// "Update a document": its name, type, and whether the customer may see it.
pub(crate) async fn update(call: Call, Path((id, one)): Ids, body: Received) -> Answer {
    let person = person(&call, &id)?;
    let body = object(body)?;
    let mut problems = Vec::new();
    let document_type = choice(&body, "document_type", &ENUMS.document_type, &mut problems);
    let name = super::super::identification::text(&body, "name", &mut problems);
    let accessible = match body.get("customer_accessible") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(accessible)) => Some(*accessible),
        Some(_) => {
            problems.push(Problem::of_field(
                "type_error",
                "customer_accessible",
                "must be true or false",
            ));
            None
        }
    };
    Problems::any(problems)?;
    call.draw_documents(&person.id).await;
    let shown = call.change(|book, _| {
        find(book, &person.id, &one)?;
        let document = book
            .documents
            .iter_mut()
            .find(|document| document.id == one)
            .ok_or_else(Problems::internal)?;
        document.name = name.unwrap_or_else(|| document.name.clone());
        document.document_type = document_type.unwrap_or_else(|| document.document_type.clone());
        document.customer_accessible = accessible.unwrap_or(document.customer_accessible);
        Ok::<_, Problems>(document.shown())
    })?;
    Ok(Json(shown).into_response())
}

/// "Delete a document": it is marked, and its file is gone.
pub(crate) async fn delete(call: Call, Path((id, one)): Ids) -> Answer {
    let person = person(&call, &id)?;
    call.change(|book, now_ms| {
        find(book, &person.id, &one)?;
        if let Some(document) = book.documents.iter_mut().find(|document| document.id == one) {
            document.deleted_ms = Some(now_ms);
        }
        Ok::<_, Problems>(())
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// "Download a document": never shown by a browser, whatever it is.
pub(crate) async fn file(call: Call, Path((id, one)): Ids) -> Answer {
    let person = person(&call, &id)?;
    call.draw_documents(&person.id).await;
    let document = call.look(|book| find(book, &person.id, &one).cloned())?;
    let bytes = document.bytes.ok_or_else(|| Problems::not_found("DocumentFile", &one))?;
    let name: String =
        document
            .name
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() || "._- ".contains(letter) { letter } else { '_' }
            })
            .collect();
    let headers = [
        (header::CONTENT_TYPE, document.content_type),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    Ok((headers, bytes).into_response())
}

/// A document that is not deleted.
fn find<'a>(book: &'a Book, person_id: &str, id: &str) -> Result<&'a Document, Problems> {
    let mut own = book
        .documents
        .iter()
        .filter(|document| document.person_id == person_id && document.deleted_ms.is_none());
    own.find(|document| document.id == id).ok_or_else(|| Problems::not_found("Document", id))
}
