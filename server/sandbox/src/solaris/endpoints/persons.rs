//! `/v1/persons`.

use axum::{Json, extract::Path, response::IntoResponse};
use http::StatusCode;

use super::{
    super::{
        book::Thing,
        call::{Call, Received, object},
        errors::Problems,
        faults, odd,
        paging::{self, Asked},
        person::Person,
        triggers::Stage,
    },
    Answer, person,
};

/// "Create person": `POST /v1/persons`.
pub(crate) async fn create(call: Call, body: Received) -> Answer {
    let body = object(body)?;
    let new =
        call.change(|book, now_ms| Person::create(book.new_id(Thing::Person), &body, now_ms))?;
    call.about(&new.first_name, &new.last_name);
    let key = format!("{} {}", new.first_name, new.last_name);
    let afterwards = faults::before(&call, Stage::Person, &new.last_name, &key).await?;
    let shown = new.shown();
    call.change(|book, _| {
        if book.has_too_many_like(&new) {
            return Err(Problems::invalid("base", "There are more than 1000 identical persons"));
        }
        book.persons.push(new);
        Ok(())
    })?;
    faults::answer(&call, afterwards, StatusCode::CREATED, &shown).await
}

/// "Index persons": `GET /v1/persons`.
pub(crate) async fn list(call: Call, query: Asked) -> Answer {
    let query = paging::pairs(query)?;
    let items = call.look(|book| book.persons.iter().map(Person::shown).collect());
    paging::answer(&call, &query, items)
}

/// "Retrieve person": `GET /v1/persons/{id}`.
pub(crate) async fn retrieve(call: Call, Path(id): Path<String>) -> Answer {
    let person = person(&call, &id)?;
    Ok(Json(odd::person(&person, person.shown())).into_response())
}

/// "Update person": `PATCH /v1/persons/{id}`.
pub(crate) async fn update(call: Call, Path(id): Path<String>, body: Received) -> Answer {
    person(&call, &id)?;
    let body = object(body)?;
    changed(&call, &id, |person, now_ms| person.patch(&body, now_ms))
}

/// `PATCH /v1/persons/{id}/update_for_development`: of the provider's own sandbox only.
pub(crate) async fn develop(call: Call, Path(id): Path<String>, body: Received) -> Answer {
    person(&call, &id)?;
    let body = object(body)?;
    changed(&call, &id, |person, _| person.develop(&body))
}

fn changed(
    call: &Call,
    id: &str,
    change: impl FnOnce(&mut Person, i64) -> Result<bool, Problems>,
) -> Answer {
    let options = &call.world.options;
    let shown = call.change(|book, now_ms| {
        let person = book.person_mut(id).ok_or_else(|| Problems::not_found("Person", id))?;
        let is_different = change(person, now_ms)?;
        let shown = person.shown();
        if is_different {
            book.person_changed(id, now_ms, options);
        }
        Ok(shown)
    })?;
    Ok(Json(shown).into_response())
}
