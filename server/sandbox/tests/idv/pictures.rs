//! Where the pictures are, what they carry, and how their addresses misbehave; and the specimens.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, Response};
use sandbox::pictures::{BAD, CANARY, SLOTS, SPECIMENS};
use serde_json::{Value, json};

use super::{
    specimen,
    support::{Desk, quick},
};

impl Desk {
    /// Without the key, as from a storage.
    async fn fetch(&self, url: &Value) -> Response {
        self.client.get(url.as_str().expect("an address")).send().await.unwrap()
    }
}

fn carries_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

fn content_type(response: &Response) -> String {
    response.headers()["content-type"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_uploaded_comes_back_with_a_canary() {
    let desk = Desk::open(quick()).await;
    // A picture without metadata, as a desk should send it.
    let plain = image::load_from_memory(&STANDARD.decode(specimen("face")).unwrap()).unwrap();
    let mut clean = std::io::Cursor::new(Vec::new());
    plain.write_to(&mut clean, image::ImageFormat::Jpeg).unwrap();
    let clean = clean.into_inner();
    assert!(!carries_canary(&clean));

    let id = desk.upload("Ana", json!({"face_image": STANDARD.encode(&clean)})).await;
    assert_eq!(desk.control_idv(id).await["images"]["face_image"]["canary"], false);
    let body = desk.idv(id).await;
    assert_eq!(body["id_and_face_image_url"], Value::Null, "none was sent");
    let face = desk.fetch(&body["face_image_url"]).await;
    assert_eq!((face.status().as_u16(), content_type(&face).as_str()), (200, "image/jpeg"));
    let face = face.bytes().await.unwrap();
    assert!(carries_canary(&face));
    assert!(face.ends_with(&clean[2..]), "the rest is what was sent");
    let front = desk.fetch(&body["id_image_url"]).await;
    assert_eq!(content_type(&front), "image/png");
    let front = image::load_from_memory(&front.bytes().await.unwrap()).unwrap();
    assert_eq!(
        front,
        image::load_from_memory(&STANDARD.decode(specimen("front")).unwrap()).unwrap()
    );
}

#[tokio::test]
async fn a_customers_pictures_are_drawn_as_the_workflow_asks() {
    let desk = Desk::open(quick()).await;
    for (form, expected) in [
        (json!({}), [true, true, true, false]),
        (json!({"workflow_id": 101}), [true, true, false, false]),
        (json!({"id_type": "PASSPORT"}), [true, false, true, false]),
        (json!({"id_type": null, "workflow_id": null}), [true, true, true, true]),
    ] {
        let (id, _) = desk.link("Олена Коваленко", form.clone()).await;
        desk.post(&format!("/control/idvs/{id}/complete"), json!({})).await;
        let body = desk.idv(id).await;
        let keys = ["id_image_url", "id_back_image_url", "face_image_url", "id_and_face_image_url"];
        assert_eq!(keys.map(|key| body[key].is_string()), expected, "{form}");
        for key in keys.into_iter().filter(|key| body[key].is_string()) {
            let picture = desk.fetch(&body[key]).await;
            let kind = content_type(&picture);
            assert_eq!(kind, if key.contains("face") { "image/jpeg" } else { "image/png" });
            let bytes = picture.bytes().await.unwrap();
            assert!(carries_canary(&bytes) && image::load_from_memory(&bytes).is_ok(), "{key}");
        }
    }
}

#[tokio::test]
async fn nobody_finds_a_picture_without_its_address() {
    let desk = Desk::open(quick()).await;
    let first = desk.upload("Ana", json!({})).await;
    let second = desk.upload("Ana", json!({})).await;
    let (first, second) = (
        desk.idv(first).await["id_image_url"].clone(),
        desk.idv(second).await["id_image_url"].clone(),
    );
    assert_ne!(first, second);
    let address = first.as_str().unwrap();
    for wrong in [
        address.replace("/id_image", "/id_and_face_image"),
        address.replace("/id_image", "/x"),
        address.replace("/files/", "/files/0"),
    ] {
        let answer = desk.client.get(&wrong).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{wrong}");
    }
}

#[tokio::test]
async fn addresses_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    let address = async |name: &str| {
        let id = desk.upload(name, json!({})).await;
        let body = desk.ended(id).await;
        assert_eq!(body["state"], 0, "{name}");
        body["id_image_url"].clone()
    };
    let gone = address("Test Idv Image Gone").await;
    assert_eq!(
        (desk.fetch(&gone).await.status(), desk.fetch(&gone).await.status()),
        (http::StatusCode::NOT_FOUND, http::StatusCode::NOT_FOUND)
    );

    let slow = address("Test Idv Image Slow").await;
    let start = Instant::now();
    assert_eq!(desk.fetch(&slow).await.status(), 504);
    assert!(start.elapsed() >= Duration::from_millis(quick().hang_ms));
    assert_eq!(desk.fetch(&slow).await.status(), 200);

    let wrong = desk.fetch(&address("Test Idv Image Wrong").await).await;
    assert_eq!(
        (wrong.status().as_u16(), content_type(&wrong).starts_with("text/html")),
        (200, true)
    );
    assert!(wrong.text().await.unwrap().contains("<script>"));

    let bomb = desk.fetch(&address("Test Idv Image Bomb").await).await;
    assert_eq!(content_type(&bomb), "image/png");
    let bytes = bomb.bytes().await.unwrap();
    let reader =
        image::ImageReader::new(std::io::Cursor::new(&bytes)).with_guessed_format().unwrap();
    assert_eq!((reader.into_dimensions().unwrap(), bytes.len() < 200), ((60_000, 60_000), true));
}

#[tokio::test]
async fn the_zone_has_right_check_digits_and_the_recognised_values() {
    let desk = Desk::open(quick()).await;
    let digit = |field: &str| {
        let value = |(at, sign): (usize, char)| sign.to_digit(36).unwrap_or(0) * [7, 3, 1][at % 3];
        char::from_digit(field.chars().enumerate().map(value).sum::<u32>() % 10, 10).unwrap()
    };
    let id = desk
        .upload(
            "Łukasz Wójcik",
            json!({"country": "POL", "id_type": "PASSPORT", "expected_id_number": "EK1234567"}),
        )
        .await;
    let zone = desk.ended(id).await["mrz"].as_str().unwrap().to_owned();
    let lines: Vec<_> = zone.lines().collect();
    assert_eq!((lines.len(), lines[0].len(), lines[1].len()), (2, 44, 44));
    assert!(lines[0].starts_with("P<POLWOJCIK<<LUKASZ<<<"), "{zone}");
    assert!(lines[1].starts_with("EK1234567") && lines[1][13..].starts_with("900611"), "{zone}");
    for (field, at) in [
        (&lines[1][..9], 9),
        (&lines[1][13..19], 19),
        (&lines[1][21..27], 27),
        (&lines[1][28..42], 42),
    ] {
        assert_eq!(lines[1][at..].chars().next(), Some(digit(field)), "{zone}");
    }
    let all = [&lines[1][..10], &lines[1][13..20], &lines[1][21..43]].concat();
    assert!(lines[1].ends_with(digit(&all)), "{zone}");

    let id = desk.upload("林雅婷", json!({})).await;
    let zone = desk.ended(id).await["mrz"].as_str().unwrap().to_owned();
    let lines: Vec<_> = zone.lines().collect();
    assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [30, 30, 30]);
    assert_eq!(lines[2], "LIN<<YA<TING<<<<<<<<<<<<<<<<<<");
    // A123456789 has ten signs: the last one and the check digit stand in the optional data.
    assert!(lines[0].starts_with(&format!("I<TWNA12345678<9{}<", digit("A123456789"))), "{zone}");
    let all = [&lines[0][5..30], &lines[1][..7], &lines[1][8..15], &lines[1][18..29]].concat();
    assert!(lines[1].ends_with(digit(&all)), "{zone}");
}

#[tokio::test]
async fn specimens_are_listed_and_can_be_downloaded() {
    let desk = Desk::open(quick()).await;
    let get = async |path: &str| {
        desk.client.get(format!("{}{path}", desk.sandbox.base_url())).send().await.unwrap()
    };
    let html = get("/specimens").await.text().await.unwrap();
    for person in &SPECIMENS {
        assert!(
            SLOTS.iter().all(|(slot, ending)| html
                .contains(&format!("/specimens/{}/{slot}.{ending}", person.slug))),
            "{}",
            person.slug
        );
    }
    let face = get("/specimens/olena-kovalenko/face.jpg").await;
    assert_eq!((face.status().as_u16(), content_type(&face).as_str()), (200, "image/jpeg"));
    assert_eq!(
        face.bytes().await.unwrap(),
        sandbox::pictures::specimen("olena-kovalenko", "face").unwrap().0
    );
    for (name, _) in BAD {
        assert!(html.contains(&format!("/specimens/{name}")));
        assert_eq!(
            get(&format!("/specimens/{name}")).await.bytes().await.unwrap(),
            sandbox::pictures::bad(name).unwrap().0
        );
    }
    for path in [
        "/specimens/nobody/face.jpg",
        "/specimens/olena-kovalenko/face.png",
        "/specimens/olena-kovalenko/face",
        "/specimens/good.png",
    ] {
        assert_eq!(get(path).await.status(), 404, "{path}");
    }
    assert_eq!(
        desk.send(Method::GET, "/control/requests", None).await.json::<Value>().await.unwrap(),
        json!([]),
        "no provider's request"
    );
}
