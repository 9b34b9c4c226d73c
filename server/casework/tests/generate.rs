//! A desk that was made up behaves like one that people worked on.

use crate::{on_both, support::*};
use casework::{
    checks::queue,
    generate,
    journal::{self, Verified},
};
use domain::queue::{Filter, Page, Tab};

on_both!(made_up_checks_stand_in_queue_search_decisions_and_an_intact_journal, |desk| async {
    let staff = [desk.anna.id.clone(), desk.ben.id.clone()];
    let mut told = 0;
    generate::fill(&desk.work, &staff, 300, 7, |made| told = made).await.expect("made");
    assert_eq!(told, 300);
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM checks").await, 300);
    let decided = "SELECT CAST(COUNT(*) AS BIGINT) FROM checks WHERE state IN ('accepted', 'rejected', 'proposed')";
    let decisions = number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM decisions").await;
    assert!(decisions > 150 && decisions == number(&desk.work.db, decided).await, "{decisions}");
    let unjudged = "SELECT CAST(COUNT(*) AS BIGINT) FROM findings f JOIN checks k ON k.id = f.check_id WHERE k.state = 'accepted' AND f.judgement = 'undecided'";
    assert_eq!(number(&desk.work.db, unjudged).await, 0, "what is decided was judged");
    assert!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM findings").await > 100);
    let verified = journal::verify(&desk.work.db, None).await.expect("reads");
    assert!(matches!(verified, Verified::Intact { entries, .. } if entries > 700), "{verified:?}");
    let mut found = Filter { tab: Some(Tab::All), text: "muller".into(), ..Filter::default() };
    let listed = queue::list(&desk.work, &desk.anna.id, &found, &Page::First).await.expect("lists");
    assert!(
        !listed.rows.is_empty() && listed.rows.iter().all(|r| r.name.contains("Müller")),
        "{:?}",
        listed.rows.len()
    );
    found.text = "又曾".into();
    assert!(
        !queue::list(&desk.work, &desk.anna.id, &found, &Page::First)
            .await
            .expect("lists")
            .rows
            .is_empty()
    );
    let again =
        generate::fill(&desk.work, &staff, 10, 7, |_| ()).await.expect_err("the seed was used");
    assert!(again.to_string().contains("Seed 7"), "{again}");
});
