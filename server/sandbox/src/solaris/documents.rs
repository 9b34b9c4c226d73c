//! A person's documents: those that were uploaded, and those that a successful session leaves.
//! Bytes live in memory only; what the sandbox draws is drawn when somebody first looks.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{book::Book, moment, person::Person};

/// Where a document's bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    Uploaded,
    Report,
    Front,
    Back,
    Face,
    Signature,
    Signed,
}

impl Origin {
    /// Name, content type and document type.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Origin::Uploaded => ("", "", ""),
            Origin::Report => ("kyc_report.pdf", "application/pdf", "KYC_REPORT"),
            Origin::Front => ("id_front.png", "image/png", "ID_DOCUMENT"),
            Origin::Back => ("id_back.png", "image/png", "ID_DOCUMENT"),
            Origin::Face => ("face.jpg", "image/jpeg", "PICTURE"),
            Origin::Signature => ("signature.jpg", "image/jpeg", "SIGNATURE"),
            Origin::Signed => ("signed_contract.pdf", "application/pdf", "SIGNED_QES_DOCUMENT"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    pub id: String,
    pub person_id: String,
    pub identification_id: Option<String>,
    pub name: String,
    pub content_type: String,
    pub document_type: String,
    pub size: usize,
    pub customer_accessible: bool,
    pub created_ms: i64,
    pub deleted_ms: Option<i64>,
    pub origin: Origin,
    /// `None` until it is drawn, and for uploads after a restart.
    #[serde(skip)]
    pub bytes: Option<Bytes>,
}

impl Document {
    pub fn drawn(
        id: String,
        person_id: &str,
        identification_id: &str,
        origin: Origin,
        created_ms: i64,
    ) -> Document {
        let (name, content_type, document_type) = origin.words();
        Document {
            id,
            person_id: person_id.to_owned(),
            identification_id: Some(identification_id.to_owned()),
            name: name.into(),
            content_type: content_type.into(),
            document_type: document_type.into(),
            size: 0,
            customer_accessible: false,
            created_ms,
            deleted_ms: None,
            origin,
            bytes: None,
        }
    }

    /// As the identification lists it.
    pub fn brief(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "document_type": self.document_type,
            "size": self.size,
        })
    }

    /// As the person's list shows it.
    pub fn shown(&self) -> Value {
        let mut shown = self.brief();
        shown["customer_accessible"] = json!(self.customer_accessible);
        shown["created_at"] = json!(moment::written(self.created_ms));
        shown["deleted_at"] = json!(self.deleted_ms.map(moment::written));
        shown
    }
}

/// Something to draw, with all that it shows.
pub(super) struct ToDraw {
    pub document_id: String,
    pub origin: Origin,
    pub person: Person,
    pub passport: bool,
    /// Lines of a report.
    pub lines: Vec<String>,
}

impl Book {
    /// The person's documents that were never drawn.
    pub(super) fn undrawn(&self, person_id: &str) -> Vec<ToDraw> {
        let Some(person) = self.person(person_id) else { return Vec::new() };
        let missing = self.documents.iter().filter(|document| {
            document.person_id == person_id
                && document.bytes.is_none()
                && document.origin != Origin::Uploaded
        });
        missing
            .map(|document| {
                let of =
                    document.identification_id.as_deref().and_then(|id| self.identification(id));
                ToDraw {
                    document_id: document.id.clone(),
                    origin: document.origin,
                    person: person.clone(),
                    passport: of.is_some_and(|of| of.shown.passport),
                    lines: of.map(|of| report(of, person)).unwrap_or_default(),
                }
            })
            .collect()
    }

    /// The bytes of a drawn document; what is there already stays.
    pub fn put_bytes(&mut self, id: &str, bytes: Vec<u8>) {
        if let Some(document) =
            self.documents.iter_mut().find(|document| document.id == id && document.bytes.is_none())
        {
            document.size = bytes.len();
            document.bytes = Some(bytes.into());
        }
    }
}

fn report(identification: &super::Identification, person: &Person) -> Vec<String> {
    let last = identification.attempts.last();
    let data = last.map(|attempt| &attempt.payload["userdata"]);
    let line = |(label, key): (&str, &str)| {
        let entry = data.map(|data| &data[key]);
        let text =
            |member: &str| entry.and_then(|entry| entry[member].as_str()).unwrap_or("-").to_owned();
        format!("{label}: {} ({})", text("value"), text("status"))
    };
    let head = [
        format!("Identification: {}", identification.id),
        format!("Reference: {}", identification.reference.as_deref().unwrap_or("-")),
        format!("Result: {}", last.map_or("-", |attempt| attempt.verdict.word())),
        format!(
            "Time: {}",
            last.map_or_else(|| "-".into(), |attempt| moment::written(attempt.at_ms))
        ),
        format!("Person: {}", person.id),
    ];
    let fields = [
        ("First name", "firstname"),
        ("Last name", "lastname"),
        ("Birth name", "birthname"),
        ("Birthday", "birthday"),
        ("Birth place", "birthplace"),
        ("Nationality", "nationality"),
    ];
    head.into_iter()
        .chain(fields.into_iter().map(line))
        .chain(["Drawn by the sandbox; nobody was identified.".into()])
        .collect()
}
