//! Documents: uploads, what a session leaves, files.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, hasty};

#[tokio::test]
async fn an_upload_is_kept_as_it_came() {
    let bank = Bank::open().await;
    let person = bank.person("Jane", "Doe").await;
    let path = format!("/v1/persons/{person}/documents");
    let (status, made) = bank.upload(&path, "PROOF_OF_ADDRESS", b"%PDF-1.4 \xff\x00").await;
    assert_eq!(
        (status, &made["size"], &made["name"]),
        (201, &json!(11), &json!("my contract.pdf"))
    );
    assert_eq!(
        (&made["content_type"], &made["customer_accessible"], &made["deleted_at"]),
        (&json!("application/pdf"), &json!(false), &Value::Null)
    );
    let id = made["id"].as_str().unwrap();
    assert!(id.ends_with("cdoc"));
    let one = format!("{path}/{id}");
    assert_eq!(bank.get(&one).await, made);
    let file = bank.call(Method::GET, &format!("{one}/file"), None).await;
    assert_eq!(
        (&file.headers()["content-disposition"], &file.headers()["x-content-type-options"]),
        (&"attachment; filename=\"my contract.pdf\"".parse().unwrap(), &"nosniff".parse().unwrap())
    );
    assert_eq!(file.headers()["content-type"], "application/pdf");
    assert_eq!(&file.bytes().await.unwrap()[..], b"%PDF-1.4 \xff\x00");

    let (status, changed) =
        bank.patch(&one, json!({"document_type": "OTHER", "customer_accessible": true})).await;
    assert_eq!(
        (status, &changed["document_type"], &changed["customer_accessible"]),
        (200, &json!("OTHER"), &json!(true))
    );
    assert_eq!(bank.patch(&one, json!({"document_type": "NAPKIN"})).await.0, 400);
    assert_eq!(bank.get(&format!("{path}?customer_accessible=false")).await, json!([]));

    assert_eq!(bank.call(Method::DELETE, &one, None).await.status(), 204);
    assert_eq!(bank.get(&path).await, json!([]));
    assert_eq!(bank.call(Method::GET, &format!("{one}/file"), None).await.status(), 404);
    assert!(bank.get(&format!("{path}?include_deleted=true")).await[0]["deleted_at"].is_string());
}

#[tokio::test]
async fn every_document_type_is_taken_and_no_other() {
    let bank = Bank::open().await;
    let person = bank.person("Jane", "Doe").await;
    let id = bank.identification(&person).await;
    let enums: Value =
        serde_json::from_str(include_str!("../../src/solaris/data/enums.json")).unwrap();
    let path = format!("/v1/persons/{person}/identifications/{id}/document_upload");
    for kind in enums["document_type"].as_array().unwrap() {
        assert_eq!(bank.upload(&path, kind.as_str().unwrap(), b"x").await.0, 201, "{kind}");
    }
    let (status, refused) = bank.upload(&path, "id_document", b"").await;
    let fields: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["source"]["field"])
        .collect();
    assert_eq!((status, fields), (400, vec![&json!("document_type"), &json!("file")]));
    let (status, refused) = bank.post(&path, json!({"file": "x"})).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (400, &json!("validation_error")));
    let list = bank.get(&format!("/v1/persons/{person}/documents?page[size]=1000")).await;
    assert_eq!(list.as_array().unwrap().len(), 56);
}

#[tokio::test]
async fn a_session_leaves_readable_pictures_and_a_report() {
    let bank = Bank::with(hasty(), "/solaris").await;
    let (person, id, _) = bank.started("X-AUTOTEST-HAPPYPATH", "Müller").await;
    let path = format!("/v1/persons/{person}/identifications/{id}");
    assert_eq!(bank.get(&format!("{path}?include_documents=true")).await["documents"], json!([]));
    bank.until_status(&person, &id, "successful").await;
    let documents = bank.get(&format!("{path}?include_documents=true")).await["documents"].clone();
    let kinds: Vec<_> = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["document_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["KYC_REPORT", "ID_DOCUMENT", "ID_DOCUMENT", "PICTURE", "SIGNATURE"]);
    for one in documents.as_array().unwrap() {
        let file = bank
            .call(
                Method::GET,
                &format!("/v1/persons/{person}/documents/{}/file", one["id"].as_str().unwrap()),
                None,
            )
            .await;
        assert_eq!(file.headers()["content-type"], one["content_type"].as_str().unwrap());
        let bytes = file.bytes().await.unwrap();
        assert_eq!(json!(bytes.len()), one["size"]);
        if one["content_type"] == "application/pdf" {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            assert!(
                text.starts_with("%PDF-1.4")
                    && text.contains("Last name: M\u{fc}ller \\(MATCH\\)")
                    && text.contains(&id)
            );
        } else {
            let picture = image::load_from_memory(&bytes).unwrap();
            assert!(picture.width() >= 600);
        }
    }
    assert_eq!(
        bank.call(Method::GET, &format!("{path}?include_documents=perhaps"), None).await.status(),
        400
    );
    let legitimation = bank.get(&format!("{path}/idnow_legitimation_data")).await;
    assert_eq!(
        (&legitimation["type"]["value"], &legitimation["country"]["value"]),
        (&json!("IDCARD"), &json!("DE"))
    );
}
