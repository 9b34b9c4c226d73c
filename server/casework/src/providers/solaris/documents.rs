//! Documents of persons and identifications: lists, files and uploads.

use super::{
    client::{Client, Request, read},
    failure::Failure,
    records::DocumentRecord,
};
use crate::providers::guard::{Answer, BODY_MAX};
use bytes::Bytes;
use domain::video::DocumentType;
use reqwest::Method;

/// The largest file that is taken from Solaris, in bytes.
const FILE_MAX: usize = 32 * 1024 * 1024;

/// Where a document is uploaded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// `POST /v1/persons/{person_id}/documents`.
    Person(&'a str),
    /// `POST /v1/persons/{person_id}/identifications/{id}/document_upload`.
    Identification { person_id: &'a str, id: &'a str },
}

/// A document on its way to Solaris.
#[derive(Debug, Clone)]
pub struct Upload {
    pub name: String,
    /// What the bytes are, for example `application/pdf`.
    pub content_type: &'static str,
    pub document_type: DocumentType,
    pub bytes: Bytes,
}

/// A document's file.
#[derive(Debug, Clone)]
pub struct File {
    pub bytes: Vec<u8>,
    /// As the provider says it; whoever shows the file looks at the bytes.
    pub content_type: String,
}

impl Client {
    /// `GET /v1/persons/{person_id}/documents`: all that are not deleted.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn documents(&self, person_id: &str) -> Result<Vec<DocumentRecord>, Failure> {
        let all = self.every(&["persons", person_id, "documents"], &[]).await?;
        Ok(all
            .iter()
            .filter_map(DocumentRecord::of)
            .filter(|document| document.deleted_at.is_none())
            .collect())
    }

    /// `GET /v1/persons/{person_id}/documents/{id}/file`.
    ///
    /// # Errors
    /// [`Failure`]; files of more than 32 MB are unusable.
    pub async fn file(&self, person_id: &str, document_id: &str) -> Result<File, Failure> {
        let path = ["persons", person_id, "documents", document_id, "file"];
        let call = Request {
            body_max: FILE_MAX,
            time: Some(self.time_for(FILE_MAX)),
            ..Request::get(&path, &[])
        };
        let answer = self.settle(&call).await?;
        Ok(File { bytes: answer.body, content_type: answer.content_type })
    }

    /// Uploads a document: the bytes as received, and what Solaris keeps of it. Any 2xx is a
    /// creation.
    ///
    /// # Errors
    /// [`Failure`]; an answer without an id is unusable, and the document may be there.
    pub async fn upload(
        &self,
        place: Place<'_>,
        upload: &Upload,
    ) -> Result<(Answer, DocumentRecord), Failure> {
        let body = multipart(upload, &uuid::Uuid::new_v4().simple().to_string());
        let (to_person, to_identification);
        let path: &[&str] = match place {
            Place::Person(person_id) => {
                to_person = ["persons", person_id, "documents"];
                &to_person
            }
            Place::Identification { person_id, id } => {
                to_identification =
                    ["persons", person_id, "identifications", id, "document_upload"];
                &to_identification
            }
        };
        let time = Some(self.time_for(upload.bytes.len()));
        let call = Request {
            method: Method::POST,
            path,
            query: &[],
            body: Some(body),
            body_max: BODY_MAX,
            time,
        };
        read(self.settle(&call).await?, "document", DocumentRecord::of)
    }
}

/// Content type and bytes of `multipart/form-data` (RFC 7578) with the parts `document_type` and
/// `file`. The boundary is random, so that no file can contain it on purpose.
fn multipart(upload: &Upload, boundary: &str) -> (String, Bytes) {
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"document_type\"\r\n\r\n{}\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
        upload.document_type,
        file_name(&upload.name),
        upload.content_type,
    );
    let mut body = Vec::with_capacity(head.len() + upload.bytes.len() + boundary.len() + 8);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&upload.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}

/// A name that cannot end its header, as HTML has it: quotes and line ends are percent-encoded.
fn file_name(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control()).take(150).collect();
    let plain = plain.replace('"', "%22").replace('\\', "%5C");
    if plain.trim().is_empty() { "document".into() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_make_another_part() {
        assert_eq!(file_name("a\"\r\nx-evil: 1\\.pdf"), "a%22x-evil: 1%5C.pdf");
        assert_eq!(
            (file_name("\n"), file_name("Großer Beleg.pdf")),
            ("document".into(), "Großer Beleg.pdf".into())
        );
    }

    #[test]
    fn a_form_has_its_two_parts() {
        let upload = Upload {
            name: "bill.pdf".into(),
            content_type: "application/pdf",
            document_type: DocumentType::ProofOfAddress,
            bytes: Bytes::from_static(b"%PDF-1.7"),
        };
        let (kind, body) = multipart(&upload, "b0");
        assert_eq!(kind, "multipart/form-data; boundary=b0");
        assert_eq!(
            String::from_utf8_lossy(&body),
            "--b0\r\ncontent-disposition: form-data; name=\"document_type\"\r\n\r\nPROOF_OF_ADDRESS\r\n--b0\r\ncontent-disposition: form-data; name=\"file\"; filename=\"bill.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\r\n--b0--\r\n"
        );
    }
}
