//! The queue: every check exactly once, whatever the sort, direction and filter.

use crate::{on_both, support::*};
use casework::checks::{
    self,
    queue::{self, Row},
};
use domain::{
    PersonId,
    checks::{Band, State},
    queue::{Age, Filter, PAGE_ROWS, Page, Sort, Tab},
    time::{DAY, NEVER},
};
use std::collections::{BTreeMap, BTreeSet};

const CHECKS: i64 = 137;

/// Fills the queue with checks whose keys are often equal. States, people and risks go round at
/// different speeds.
async fn fill(desk: &Desk) {
    // Checks are put in and moved by hand, with nothing that was decided about them.
    without_triggers(&desk.work.db, "checks").await;
    let seed = desk.launch("Somebody").await;
    let seed = desk.check(&seed).await;
    run_sql(&desk.work.db, "DELETE FROM deliveries").await.expect("clears");
    run_sql(&desk.work.db, &format!("DELETE FROM checks WHERE id = '{}'", seed.id))
        .await
        .expect("clears");
    let now = desk.work.now();
    let rows: Vec<String> = (0..CHECKS)
        .map(|n| {
            let state = ["to_review", "proposed", "queued", "running", "accepted", "to_review"][(n % 6) as usize];
            let kind = if n % 4 == 0 { "dd_kyb" } else { "dd_kyc" };
            let risk = [-1, 0, 24, 25, 60, 100][(n % 7 % 6) as usize];
            let assignee = match n % 5 {
                0 => format!("'{}'", desk.anna.id),
                1 => format!("'{}'", desk.ben.id),
                _ => "NULL".to_owned(),
            };
            let telling = ["none", "none", "conflict", "dead", "unconfirmed"][(n % 5) as usize];
            let (launched, due) = (now - (n % 9) * 5 * DAY - 1, now + n % 4);
            format!(
                "('k{n:03}', '{kind}', '{}', '{}', '{state}', 1, 0, {risk}, 0, '{{}}', {launched}, {launched}, {due}, {assignee}, 0, '{telling}', {NEVER}, 0, 0)",
                seed.customer_id, seed.connection_id
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO checks (id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, progress, request, launched_at_ms, due_from_ms, due_at_ms, \
         assignee_id, claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence) VALUES {}",
        rows.join(", ")
    );
    assert_eq!(run_sql(&desk.work.db, &sql).await.expect("inserts"), CHECKS as u64);
}

async fn page(desk: &Desk, filter: &Filter, page: &Page) -> queue::Listed {
    let listed = queue::list(&desk.work, &desk.anna.id, filter, page).await.expect("lists");
    assert!(listed.rows.len() <= PAGE_ROWS);
    listed
}

/// All rows of a view, page by page to the end, then page by page back.
async fn walk(desk: &Desk, filter: &Filter) -> Vec<Row> {
    let (mut pages, mut at) = (Vec::new(), Page::First);
    loop {
        let listed = page(desk, filter, &at).await;
        assert_eq!(listed.has_before, !pages.is_empty());
        let Some(last) = listed.rows.last() else { break };
        at = Page::After(last.place(filter.sort()));
        let more = listed.has_after;
        pages.push(listed.rows);
        if !more {
            break;
        }
    }
    for pair in pages.windows(2).rev() {
        let first = pair[1].first().expect("a row").place(filter.sort());
        let back = page(desk, filter, &Page::Before(first)).await;
        let ids = |rows: &[Row]| rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&back.rows), ids(&pair[0]), "the way back shows the same page");
        assert!(back.has_after);
    }
    if let Some(first) = pages.first().and_then(|p| p.first()) {
        let before = page(desk, filter, &Page::Before(first.place(filter.sort()))).await;
        assert!(before.rows.is_empty() && !before.has_before);
    }
    pages.concat()
}

fn key(row: &Row, sort: Sort) -> (i64, String) {
    match sort {
        Sort::Due => (row.due_at_ms, row.id.clone()),
        Sort::Risk => (row.risk_score, row.id.clone()),
        Sort::Newest | Sort::Oldest => (row.launched_at_ms, row.id.clone()),
    }
}

on_both!(each_sort_shows_every_check_exactly_once_in_both_directions, |desk| async {
    fill(&desk).await;
    for tab in [Tab::All, Tab::ToReview] {
        let expected = if tab == Tab::All {
            "SELECT COUNT(*) FROM checks"
        } else {
            "SELECT COUNT(*) FROM checks WHERE state = 'to_review'"
        };
        let expected = number(&desk.work.db, expected).await;
        for sort in Sort::ALL {
            let rows =
                walk(&desk, &Filter { tab: Some(tab), sort: Some(*sort), ..Filter::default() })
                    .await;
            let ids: BTreeSet<_> = rows.iter().map(|r| r.id.clone()).collect();
            assert_eq!((rows.len() as i64, ids.len() as i64), (expected, expected), "{tab} {sort}");
            let keys: Vec<_> = rows.iter().map(|r| key(r, *sort)).collect();
            let descending = matches!(sort, Sort::Risk | Sort::Newest);
            assert!(
                keys.windows(2).all(|w| if descending { w[0] > w[1] } else { w[0] < w[1] }),
                "{tab} {sort} is in order"
            );
            assert!(
                keys.iter().map(|k| k.0).collect::<BTreeSet<_>>().len() < 10,
                "many keys are equal"
            );
        }
    }
});

on_both!(every_filter_shows_what_it_says_and_all_of_it, |desk| async {
    fill(&desk).await;
    let all = walk(&desk, &Filter { tab: Some(Tab::All), ..Filter::default() }).await;
    let now = desk.work.now();
    let base = Filter { tab: Some(Tab::All), ..Filter::default() };
    let connection = desk.connection.to_string();
    type Wanted = fn(&Row, i64) -> bool;
    let cases: Vec<(&str, Filter, Wanted)> = vec![
        ("kind", Filter { kind: Some(domain::checks::Kind::DdKyb), ..base.clone() }, |r, _| {
            r.kind == "dd_kyb"
        }),
        ("state", Filter { state: Some(State::Accepted), ..base.clone() }, |r, _| {
            r.state == "accepted"
        }),
        ("low", Filter { band: Some(Band::Low), ..base.clone() }, |r, _| {
            (0..25).contains(&r.risk_score)
        }),
        ("very high", Filter { band: Some(Band::VeryHigh), ..base.clone() }, |r, _| {
            r.risk_score == 100
        }),
        ("mine", Filter { assignee: Some("me".into()), ..base.clone() }, |r, _| {
            r.assignee.as_deref() == Some("Anna Berg")
        }),
        ("nobody", Filter { assignee: Some("none".into()), ..base.clone() }, |r, _| {
            r.assignee.is_none()
        }),
        ("ben", Filter { assignee: Some(desk.ben.id.to_string()), ..base.clone() }, |r, _| {
            r.assignee.as_deref() == Some("Ben Berg")
        }),
        ("day", Filter { age: Some(Age::Day), ..base.clone() }, |r, now| {
            r.launched_at_ms >= now - DAY
        }),
        ("week", Filter { age: Some(Age::Week), ..base.clone() }, |r, now| {
            r.launched_at_ms >= now - 7 * DAY
        }),
        ("older", Filter { age: Some(Age::Older), ..base.clone() }, |r, now| {
            r.launched_at_ms < now - 30 * DAY
        }),
        ("connection", Filter { connection: Some(connection), ..base.clone() }, |_, _| true),
        ("no connection", Filter { connection: Some("other".into()), ..base.clone() }, |_, _| {
            false
        }),
        ("tab mine", Filter { tab: Some(Tab::Mine), ..Filter::default() }, |r, _| {
            r.assignee.as_deref() == Some("Anna Berg") && r.state != "accepted"
        }),
        ("tab running", Filter { tab: Some(Tab::Running), ..Filter::default() }, |r, _| {
            r.state == "queued" || r.state == "running"
        }),
        ("tab proposed", Filter { tab: Some(Tab::Proposed), ..Filter::default() }, |r, _| {
            r.state == "proposed"
        }),
        ("tab attention", Filter { tab: Some(Tab::Attention), ..Filter::default() }, |r, _| {
            ["conflict", "dead", "unconfirmed"].contains(&r.telling.as_str())
        }),
        (
            "both",
            Filter {
                kind: Some(domain::checks::Kind::DdKyc),
                band: Some(Band::Medium),
                assignee: Some("none".into()),
                ..base
            },
            |r, _| r.kind == "dd_kyc" && r.risk_score == 60 && r.assignee.is_none(),
        ),
    ];
    for (name, filter, wanted) in cases {
        let expected: BTreeSet<_> =
            all.iter().filter(|r| wanted(r, now)).map(|r| r.id.clone()).collect();
        let shown: BTreeSet<_> = walk(&desk, &filter).await.into_iter().map(|r| r.id).collect();
        assert_eq!(shown, expected, "{name}");
        assert_eq!(expected.is_empty(), name == "no connection", "{name} tells something");
    }
});

on_both!(the_tabs_count_what_they_show, |desk| async {
    fill(&desk).await;
    let counts = queue::counts(&desk.work, &desk.anna.id).await.expect("counts");
    for tab in [Tab::Mine, Tab::ToReview, Tab::Proposed, Tab::Running, Tab::Attention] {
        let shown = walk(&desk, &Filter { tab: Some(tab), ..Filter::default() }).await.len() as i64;
        assert_eq!(counts.of(tab), Some(shown), "{tab}");
    }
    run_sql(&desk.work.db, "UPDATE checks SET state = 'accepted'").await.expect("changes");
    assert_eq!(
        queue::counts(&desk.work, &desk.anna.id).await.expect("counts"),
        counts,
        "remembered for a moment"
    );
    desk.work.clock.advance(2_001);
    assert_eq!(queue::counts(&desk.work, &desk.anna.id).await.expect("counts").to_review, 0);
    let nobody = PersonId::from("nobody");
    assert_eq!(queue::counts(&desk.work, &nobody).await.expect("counts").mine, 0);
});

on_both!(new_arrivals_are_counted_for_the_view_that_is_open, |desk| async {
    fill(&desk).await;
    let filter = Filter { tab: Some(Tab::ToReview), ..Filter::default() };
    let since = desk.work.now();
    assert_eq!(
        queue::newer_than(&desk.work, &desk.anna.id, &filter, since).await.expect("counts"),
        0
    );
    desk.work.clock.advance(10);
    desk.reviewed("Ana Popović").await;
    assert_eq!(
        queue::newer_than(&desk.work, &desk.anna.id, &filter, since).await.expect("counts"),
        1
    );
    let other = Filter { kind: Some(domain::checks::Kind::DdKyb), ..filter };
    assert_eq!(
        queue::newer_than(&desk.work, &desk.anna.id, &other, since).await.expect("counts"),
        0
    );
});

on_both!(assigning_many_checks_leaves_decided_ones_alone, |desk| async {
    fill(&desk).await;
    let before: BTreeMap<String, String> = states(&desk).await;
    let ids: Vec<_> = before.keys().map(|id| id.as_str().into()).collect();
    let open = before.values().filter(|s| *s != "accepted").count();
    let assigned = checks::assign(&desk.work, &by(&desk.anna), &ids, Some(&desk.ben.id))
        .await
        .expect("assigns");
    assert_eq!(assigned, open);
    assert_eq!(states(&desk).await, before, "only the assignee changes");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'check_assigned'").await,
        open as i64
    );
    for unfit in [&desk.adam.id, &PersonId::from("nobody")] {
        let refused = form_of(checks::assign(&desk.work, &by(&desk.anna), &ids, Some(unfit)).await);
        assert!(refused.error("assignee").is_some());
    }
    // Two who assign the same checks in different orders do not stand in each other's way.
    let reversed: Vec<_> = ids.iter().rev().cloned().collect();
    let (anna, ben) = (by(&desk.anna), by(&desk.ben));
    let (one, two) = tokio::join!(
        checks::assign(&desk.work, &anna, &ids, Some(&desk.anna.id)),
        checks::assign(&desk.work, &ben, &reversed, None)
    );
    assert_eq!((one.expect("assigns"), two.expect("assigns")), (open, open));
    assert_journal_intact(&desk.work).await;
});

async fn states(desk: &Desk) -> BTreeMap<String, String> {
    let rows = texts(&desk.work.db, "SELECT id || '|' || state FROM checks").await;
    rows.iter()
        .filter_map(|r| r.split_once('|'))
        .map(|(id, state)| (id.to_owned(), state.to_owned()))
        .collect()
}
