//! One function for each endpoint: checks the request, asks the book, misbehaves when the last name
//! asks for it.

pub(super) mod documents;
pub(super) mod identifications;
pub(super) mod persons;

use axum::response::Response;

use super::{Book, call::Call, errors::Problems, identification::Identification, person::Person};

pub(super) type Answer = Result<Response, Problems>;

/// The person of the path, whose name the log learns.
fn person(call: &Call, id: &str) -> Result<Person, Problems> {
    let person = call
        .look(|book| book.person(id).cloned())
        .ok_or_else(|| Problems::not_found("Person", id))?;
    call.about(&person.first_name, &person.last_name);
    Ok(person)
}

/// The person's identification.
fn identification<'a>(
    book: &'a Book,
    person_id: &str,
    id: &str,
) -> Result<&'a Identification, Problems> {
    let found = book.identification(id).filter(|found| found.person_id == person_id);
    found.ok_or_else(|| Problems::not_found("PersonIdentification", id))
}
