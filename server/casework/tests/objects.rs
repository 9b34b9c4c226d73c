//! Large files lie outside the database: durable before a row names them, unreadable without their
//! row, gone with their customer, and nothing but themselves is lost when one is lost.

use crate::{on_both, support::*};
use casework::{
    Casework, Clock, Db, Error, Sealer, Work,
    checks::review,
    customers,
    idv::{self, Sent},
    journal::Actor,
    objects::{self, Objects, SMALL},
    providers::Networks,
    workers,
};
use domain::{CheckId, idv::Slot, time::DAY};
use std::path::{Path, PathBuf};

/// The desk once more, with a folder for its files.
async fn with_folder(desk: &Desk, folder: &Path) -> Work {
    let db = Db::open(&desk.url).await.expect("opens");
    let sealer = Sealer::new(desk.key.clone(), vec![]);
    let objects = Objects::in_folder(folder.join("objects"));
    Casework::within(
        db,
        sealer,
        Clock::default(),
        pace(),
        "http://127.0.0.1:9".into(),
        objects,
        Networks::loopback(),
    )
}

async fn try_upload(desk: &Desk, work: &Work) -> Result<CheckId, Error> {
    let id = CheckId::from(casework::new_id());
    let uploads = vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)];
    let sent = Sent { form: desk.idv_form("upload", "Jörg Müller"), uploads, kept: vec![] };
    idv::launch(work, &desk.anna, &by(&desk.anna), &id, sent, false, None).await.map(|_| id)
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

on_both!(large_files_lie_outside_and_are_read_back_byte_for_byte, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let work = with_folder(&desk, folder.path()).await;
    let check = try_upload(&desk, &work).await.expect("launches");
    let review = review::get(&work, &check).await.expect("reads");
    let large = review.evidence.iter().filter(|e| e.size > SMALL as i64).count();
    assert!(large > 0 && files(folder.path()).len() == large, "{large}");
    for (slot, name) in [(Slot::Front, "front"), (Slot::Back, "back"), (Slot::Face, "face")] {
        let evidence = review
            .evidence
            .iter()
            .find(|e| e.source == format!("picture_{}", slot.code()))
            .expect("kept");
        let body = review::evidence_body(&work, &check, &evidence.id).await.expect("opens");
        let (bytes, _) = sandbox::pictures::specimen("joerg-mueller", name).expect("a specimen");
        assert!(body.intact && body.bytes == bytes, "{name}");
        let (lies, held) = (
            format!("id = '{}' AND object IS NOT NULL", evidence.id),
            "SELECT COUNT(*) FROM evidence WHERE ",
        );
        assert_eq!(
            number(&work.db, &format!("{held}{lies}")).await,
            i64::from(bytes.len() > SMALL),
            "{name}"
        );
        assert_eq!(
            number(&work.db, &format!("{held}{lies} AND LENGTH(sealed) > 200")).await,
            0,
            "the row holds a key only"
        );
        for file in files(folder.path()) {
            let sealed = std::fs::read(&file).expect("reads");
            assert!(
                !sealed.windows(16).any(|w| w == &bytes[bytes.len() / 2..bytes.len() / 2 + 16]),
                "nothing stands in clear"
            );
        }
    }
    // It is sent from there as well, and whoever knows no folder still reads all that is small.
    assert!(
        workers::settle(&work, LONG, async || casework::checks::get(&work, &check)
            .await
            .expect("there")
            .provider_ref
            .is_some())
        .await
        .expect("works")
    );
    assert!(review::get(&desk.work, &check).await.is_ok());
    work.close().await;
});

on_both!(no_row_names_a_file_that_was_not_written, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    // Where the folder should be stands a file.
    std::fs::write(folder.path().join("objects"), b"in the way").expect("written");
    let work = with_folder(&desk, folder.path()).await;
    assert!(
        matches!(try_upload(&desk, &work).await, Err(Error::Files(why)) if why.contains("could not be written"))
    );
    for table in ["checks", "evidence", "deliveries", "pictures"] {
        assert_eq!(number(&work.db, &format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    work.close().await;
});

on_both!(a_missing_or_altered_file_is_named_and_harms_nothing_else, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let work = with_folder(&desk, folder.path()).await;
    let check = try_upload(&desk, &work).await.expect("launches");
    let review = review::get(&work, &check).await.expect("reads");
    let mut lost = Vec::new();
    let all = files(folder.path());
    for (at, file) in all.iter().enumerate() {
        if at == 0 {
            std::fs::remove_file(file).expect("removes");
        } else {
            let mut bytes = std::fs::read(file).expect("reads");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(file, bytes).expect("writes");
        }
    }
    for evidence in &review.evidence {
        match review::evidence_body(&work, &check, &evidence.id).await {
            Ok(body) => {
                assert!(body.intact && evidence.size <= SMALL as i64, "{}", evidence.source)
            }
            Err(Error::Unreadable { id, why }) => {
                assert_eq!(id, evidence.id);
                lost.push(why);
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(lost.len(), all.len());
    assert_eq!(lost.iter().filter(|why| why.ends_with("is missing")).count(), 1, "{lost:?}");
    assert_eq!(
        lost.iter().filter(|why| why.ends_with("was altered")).count(),
        all.len() - 1,
        "{lost:?}"
    );
    let again = review::get(&work, &check).await.expect("the check's page has all the rest");
    assert_eq!(again.pictures.len(), 3);
    work.close().await;
});

on_both!(files_go_with_their_customer_and_orphans_after_a_day, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let work = with_folder(&desk, folder.path()).await;
    let check = try_upload(&desk, &work).await.expect("launches");
    let kept = files(folder.path());
    // A crash before the commit left one that no row names, and half of another.
    let orphans = folder.path().join("objects/ff");
    std::fs::create_dir_all(&orphans).expect("a folder");
    std::fs::write(orphans.join("0".repeat(30)), b"sealed").expect("written");
    std::fs::write(orphans.join(format!("{}.part", "1".repeat(30))), b"half").expect("written");
    assert_eq!(
        objects::sweep(&work, work.now()).await.expect("sweeps"),
        0,
        "a transaction may still be under way"
    );
    assert_eq!(objects::sweep(&work, work.now() + DAY + 60_000).await.expect("sweeps"), 2);
    assert_eq!(files(folder.path()), kept, "what a row names stays");
    let customer = casework::checks::get(&work, &check).await.expect("there").customer_id;
    customers::erase_now(&work, &Actor::worker(), &customer, "a test").await.expect("erases");
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    // Put back from some copy, they are swept again: their customer is erased.
    std::fs::create_dir_all(kept[0].parent().expect("a folder")).expect("a folder");
    std::fs::write(&kept[0], b"sealed").expect("written");
    work.clock.advance(2 * DAY);
    workers::reap(&work).await.expect("reaps");
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    work.close().await;
});
