//! Pictures: checked when they come, fetched, kept sealed, shown without what they carried.

use crate::{on_both, support::*};
use casework::{
    Error,
    checks::review,
    idv::{
        Sent,
        pictures::{self, Upload},
    },
};
use domain::{
    CheckId,
    checks::State,
    idv::{Form, Slot},
};
use sandbox::pictures::CANARY;

fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes())
}

async fn settled(desk: &Desk, id: &CheckId) -> Vec<casework::idv::Picture> {
    desk.until_state(id, State::ToReview).await;
    desk.settle("no picture is due", || async {
        let review = desk.review(id).await;
        let named = review.idv.map_or(0, |a| a.pictures.len());
        let provider: Vec<_> = review.pictures.iter().filter(|p| p.origin == "provider").collect();
        provider.len() == named && provider.iter().all(|p| p.state != "due")
    })
    .await;
    desk.review(id).await.pictures
}

on_both!(
    pictures_of_a_link_are_fetched_kept_as_they_came_and_shown_without_metadata,
    |desk| async {
        let id = desk.launch_idv(desk.idv_form("link", "Emily Clarke")).await;
        desk.until_state(&id, State::Running).await;
        desk.complete_idv(&id).await;
        let kept = settled(&desk, &id).await;
        assert!(
            kept.iter().any(|p| p.slot == "front") && kept.iter().any(|p| p.slot == "face"),
            "{kept:?}"
        );
        for picture in &kept {
            assert_eq!(picture.state, "kept", "{picture:?}");
            let evidence = picture.evidence_id.as_deref().expect("evidence");
            let original = review::evidence_body(&desk.work, &id, evidence).await.expect("opens");
            assert!(original.intact && has_canary(&original.bytes), "the evidence is what came");
            let (shown, content_type) =
                pictures::shown(&desk.work, &id, evidence).await.expect("opens");
            assert_eq!(content_type, "image/jpeg");
            assert!(
                shown.starts_with(&[0xFF, 0xD8, 0xFF]) && !has_canary(&shown),
                "what is shown carries nothing else"
            );
        }
        let other = desk.reviewed("Søren Ødegård").await;
        let evidence = kept[0].evidence_id.as_deref().expect("evidence");
        assert!(
            matches!(pictures::shown(&desk.work, &other, evidence).await, Err(Error::NotFound)),
            "not under another check"
        );
        assert_journal_intact(&desk.work).await;
    }
);

on_both!(pictures_that_cannot_be_had_say_why, |desk| async {
    for (name, state, words) in [
        ("Test Idv Image Gone", "gone", "does not have"),
        ("Test Idv Image Wrong", "failed", "no picture"),
        ("Test Idv Image Bomb", "failed", "too large"),
    ] {
        let id = desk.launch_idv(desk.idv_form("link", name)).await;
        desk.until_state(&id, State::Running).await;
        desk.complete_idv(&id).await;
        for picture in settled(&desk, &id).await {
            assert_eq!(picture.state, state, "{name}: {picture:?}");
            assert!(
                picture.why.as_deref().is_some_and(|w| w.contains(words)),
                "{name}: {picture:?}"
            );
        }
        assert!(
            actions(&desk.work, id.as_str()).await.contains(&"picture_missing".to_owned()),
            "{name}"
        );
    }
});

on_both!(a_picture_that_hangs_once_is_fetched_the_next_time, |desk| async {
    let id = desk.launch_idv(desk.idv_form("link", "Test Idv Image Slow")).await;
    desk.until_state(&id, State::Running).await;
    desk.complete_idv(&id).await;
    assert!(settled(&desk, &id).await.iter().all(|p| p.state == "kept"));
});

on_both!(what_the_provider_gives_back_is_not_kept_twice, |desk| async {
    let id = desk.upload("Jörg Müller").await;
    let rows = settled(&desk, &id).await;
    for slot in ["front", "back", "face"] {
        let of = |origin: &str| {
            rows.iter()
                .find(|p| p.slot == slot && p.origin == origin)
                .and_then(|p| p.evidence_id.clone())
        };
        assert_eq!(of("uploaded"), of("provider"), "{slot}");
    }
    assert_eq!(
        number(
            &desk.work.db,
            &format!(
                "SELECT COUNT(*) FROM evidence WHERE check_id = '{id}' AND source LIKE 'picture%'"
            )
        )
        .await,
        3
    );
});

on_both!(
    each_missing_or_bad_picture_is_refused_beside_its_field_and_the_good_ones_are_kept,
    |desk| async {
        let form = desk.idv_form("upload", "Refused Pictures");
        let bad = |name: &str| sandbox::pictures::bad(name).expect("a bad one").0;
        let none = desk.refused_idv(Sent { form: form.clone(), ..Sent::default() }).await;
        assert_eq!(none.errors.keys().collect::<Vec<_>>(), ["back", "face", "front"]);
        for (file, words) in [
            ("too-small.png", "above 300"),
            ("too-wide.png", "below 8,000"),
            ("bomb.png", "below 8,000"),
            ("not-a-picture.png", "not a JPEG or PNG"),
            ("truncated.jpg", "cannot be opened"),
        ] {
            let front = Upload { slot: Slot::Front, name: file.into(), bytes: bad(file), turn: 0 };
            let refused = desk
                .refused_idv(Sent {
                    form: form.clone(),
                    uploads: vec![front, drawn(Slot::Back), drawn(Slot::Face)],
                    kept: vec![],
                })
                .await;
            assert!(
                refused.error("front").is_some_and(|e| e.contains(words)),
                "{file}: {refused:?}"
            );
            assert_eq!(refused.errors.len(), 1, "{file}");
            assert_eq!(refused.value("name"), "Refused Pictures");
            let kept = refused.value("kept_back").to_owned();
            let waiting = pictures::waiting(&desk.work, desk.anna.id.as_str(), &kept)
                .await
                .expect("reads")
                .expect("kept");
            assert_eq!(waiting.slot, Slot::Back);
            assert!(
                pictures::waiting(&desk.work, desk.ben.id.as_str(), &kept)
                    .await
                    .expect("reads")
                    .is_none(),
                "not for somebody else"
            );
        }
        assert!(
            desk.idvs("Refused Pictures").await.is_empty()
                && number(&desk.work.db, "SELECT COUNT(*) FROM checks").await == 0
        );
    }
);

on_both!(kept_pictures_launch_without_being_chosen_again_and_are_then_forgotten, |desk| async {
    let form = Form { birth_date: "2999-01-01".into(), ..desk.idv_form("upload", "Kept Pictures") };
    let uploads = vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)];
    let refused = desk.refused_idv(Sent { form: form.clone(), uploads, kept: vec![] }).await;
    assert_eq!(refused.errors.keys().collect::<Vec<_>>(), ["birth_date"]);
    let kept = [Slot::Front, Slot::Back, Slot::Face]
        .map(|slot| (slot, refused.value(&format!("kept_{slot}")).to_owned()))
        .to_vec();
    let id = CheckId::from(casework::new_id());
    let sent =
        Sent { form: Form { birth_date: "1984-09-05".into(), ..form }, uploads: vec![], kept };
    desk.try_idv(&id, sent).await.expect("launches");
    assert_eq!(desk.review(&id).await.pictures.len(), 3);
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM kept_uploads").await, 0);
});

on_both!(kept_pictures_are_swept_after_an_hour, |desk| async {
    let form = Form { name: String::new(), ..desk.idv_form("upload", "") };
    desk.refused_idv(Sent {
        form,
        uploads: vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)],
        kept: vec![],
    })
    .await;
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM kept_uploads").await, 3);
    desk.work.clock.advance(3_700_000);
    casework::workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM kept_uploads").await, 0);
});

on_both!(the_key_alone_opens_pictures_so_deleting_it_erases_them, |desk| async {
    let id = desk.upload("Jörg Müller").await;
    let evidence = settled(&desk, &id).await[0].evidence_id.clone().expect("evidence");
    assert!(pictures::shown(&desk.work, &id, &evidence).await.is_ok());
    run_sql(&desk.work.db, "DELETE FROM customer_keys").await.expect("erased");
    assert!(matches!(pictures::shown(&desk.work, &id, &evidence).await, Err(Error::NotFound)));
});
