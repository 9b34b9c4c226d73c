//! Policies: proposed by one supervisor, confirmed by another, never changed; and what they would
//! have asked of the past.

use crate::{on_both, support::*};
use casework::{Error, checks::decide::Act, policies};
use domain::{
    PersonId, Refusal,
    checks::{Band, Kind},
    decisions::Outcome,
    people::{Caller, Permission, Role},
    policy::{Policy, Threshold, Two},
    time::HOUR,
};

/// A second supervisor.
async fn boris(desk: &Desk) -> Caller {
    let boris = Caller {
        id: PersonId::from(casework::new_id()),
        account: "boris".into(),
        name: "Boris Berg".into(),
        role: Role::Supervisor,
    };
    add_person(&desk.work, &boris).await;
    boris
}

/// The first policy, with two people for each due diligence of a person that is accepted.
fn strict() -> Policy {
    let mut policy = Policy::default_first();
    policy.of_mut(Kind::DdKyc).accept = Two::from(Threshold::Always);
    policy
}

async fn in_force(desk: &Desk) -> Policy {
    policies::in_force(&desk.work).await.expect("reads")
}

async fn propose(desk: &Desk, who: &Caller, policy: &Policy) -> Result<u32, Error> {
    let after = in_force(desk).await.version;
    policies::propose(&desk.work, who, &by(who), after, policy, "The auditor asks for it.").await
}

async fn confirm(desk: &Desk, who: &Caller, version: u32) -> Result<(), Error> {
    policies::confirm(&desk.work, who, &by(who), version).await
}

fn whole(answer: Result<(), Error>) -> String {
    form_of(answer).error("").expect("a word about the whole").to_owned()
}

on_both!(a_desk_begins_with_the_first_policy, |desk| async {
    assert_eq!(in_force(&desk).await, Policy::default_first());
    let versions = policies::list(&desk.work).await.expect("lists");
    assert_eq!(versions.len(), 1);
    assert!(versions[0].is_confirmed() && versions[0].proposer.is_none());
    assert_eq!(versions[0].policy(), Some(Policy::default_first()));
});

on_both!(a_policy_takes_two_supervisors, |desk| async {
    let boris = boris(&desk).await;
    for who in [&desk.anna, &desk.adam] {
        assert_eq!(
            refusal(propose(&desk, who, &strict()).await),
            Refusal::NotAllowed(Permission::ChangePolicies)
        );
    }
    let version = propose(&desk, &desk.sofia, &strict()).await.expect("proposes");
    assert_eq!(
        (version, in_force(&desk).await),
        (2, Policy::default_first()),
        "nothing changes yet"
    );
    assert!(whole(confirm(&desk, &desk.sofia, version).await).contains("yourself"));
    assert_eq!(
        refusal(confirm(&desk, &desk.anna, version).await),
        Refusal::NotAllowed(Permission::ChangePolicies)
    );
    assert!(
        whole(propose(&desk, &boris, &strict()).await.map(|_| ()))
            .contains("Version 2, which Sofia Berg proposed, waits")
    );
    assert_eq!(in_force(&desk).await.version, 1);

    confirm(&desk, &boris, version).await.expect("confirms");
    assert_eq!(in_force(&desk).await, Policy { version: 2, ..strict() });
    assert!(whole(confirm(&desk, &boris, version).await).contains("does not wait any more"));
    assert!(
        whole(policies::withdraw(&desk.work, &boris, &by(&boris), version).await)
            .contains("does not wait any more")
    );
    assert_eq!(
        actions(&desk.work, "2").await,
        ["policy_proposed", "own_approval_refused", "policy_confirmed"]
    );
    let told = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(
        told.contains("\"note\":\"The auditor asks for it.\"")
            && told.contains("\"from\":\"always\""),
        "the entry says it in full"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(
    a_proposal_that_is_withdrawn_changes_nothing_and_its_number_is_not_used_again,
    |desk| async {
        let boris = boris(&desk).await;
        let own = propose(&desk, &desk.sofia, &strict()).await.expect("proposes");
        policies::withdraw(&desk.work, &desk.sofia, &by(&desk.sofia), own)
            .await
            .expect("takes it back");
        let declined = propose(&desk, &desk.sofia, &strict()).await.expect("proposes again");
        assert_eq!((own, declined), (2, 3));
        policies::withdraw(&desk.work, &boris, &by(&boris), declined).await.expect("declines");
        assert_eq!(in_force(&desk).await, Policy::default_first());
        assert!(matches!(confirm(&desk, &boris, 4).await, Err(Error::NotFound)));
        let versions = policies::list(&desk.work).await.expect("lists");
        let steps: Vec<_> = versions.iter().map(|v| (v.version, v.step.as_deref())).collect();
        assert_eq!(steps, [(3, Some("withdrawn")), (2, Some("withdrawn")), (1, Some("confirmed"))]);
    }
);

on_both!(a_policy_follows_the_one_that_its_page_showed_and_has_a_reason, |desk| async {
    let boris = boris(&desk).await;
    let version = propose(&desk, &desk.sofia, &strict()).await.expect("proposes");
    confirm(&desk, &boris, version).await.expect("confirms");
    let late = policies::propose(
        &desk.work,
        &boris,
        &by(&boris),
        1,
        &Policy::default_first(),
        "As before.",
    )
    .await;
    assert!(whole(late.map(|_| ())).contains("Version 2 came into force after"));
    let unfounded =
        policies::propose(&desk.work, &boris, &by(&boris), 2, &Policy::default_first(), " ").await;
    assert!(form_of(unfounded).error("note").is_some());
    let senseless = Policy { window_days: 0, ..strict() };
    assert!(whole(propose(&desk, &boris, &senseless).await.map(|_| ())).contains("1 to 3650 days"));
});

on_both!(
    s_26_who_loses_the_role_between_proposal_and_confirmation_does_not_confirm,
    |desk| async {
        let boris = boris(&desk).await;
        let version = propose(&desk, &desk.sofia, &strict()).await.expect("proposes");
        for change in [
            "state = 'disabled'",
            "state = 'active', role = 'analyst', role_given_at_ms = role_given_at_ms + 1, role_confirmed_by = NULL",
        ] {
            run_sql(
                &desk.work.db,
                &format!("UPDATE people SET {change} WHERE id = '{}'", boris.id),
            )
            .await
            .expect("changes");
            assert_eq!(
                refusal(confirm(&desk, &boris, version).await),
                Refusal::NotAllowed(Permission::ChangePolicies),
                "{change}"
            );
        }
        assert_eq!(in_force(&desk).await.version, 1);
    }
);

on_both!(of_many_who_confirm_and_withdraw_at_once_one_is_heard, |desk| async {
    let boris = boris(&desk).await;
    let version = propose(&desk, &desk.sofia, &strict()).await.expect("proposes");
    let hers = by(&desk.sofia);
    let (confirmed, withdrawn) = tokio::join!(
        confirm(&desk, &boris, version),
        policies::withdraw(&desk.work, &desk.sofia, &hers, version)
    );
    assert!(confirmed.is_ok() != withdrawn.is_ok(), "{confirmed:?} {withdrawn:?}");
    assert_eq!(in_force(&desk).await.version, if confirmed.is_ok() { 2 } else { 1 });
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM policy_ends").await, 2);
});

on_both!(s_26_no_statement_makes_one_person_two, |desk| async {
    let boris = boris(&desk).await;
    let db = &desk.work.db;
    let proposed = |version: i64, by: &Caller| {
        format!(
            "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT {version}, rules, note, '{}', 1 FROM policies WHERE version = 1",
            by.id
        )
    };
    let ended = |version: i64, step: &str, by: &Caller| {
        format!(
            "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES ({version}, '{step}', '{}', 1)",
            by.id
        )
    };
    let refused = async |statement: String, why: &str| {
        let said = run_sql(db, &statement).await.expect_err(&statement).to_string();
        assert!(said.contains(why), "{statement}: {said}");
    };
    refused(proposed(2, &desk.anna), "a supervisor proposes").await;
    refused(proposed(2, &desk.adam), "a supervisor proposes").await;
    refused(proposed(3, &desk.sofia), "counted one by one").await;
    refused(proposed(1, &desk.sofia), "append-only").await;
    run_sql(db, &proposed(2, &desk.sofia)).await.expect("proposes");
    refused(proposed(3, &boris), "one policy is proposed at a time").await;
    refused(ended(2, "confirmed", &desk.sofia), "nobody confirms the policy that they proposed")
        .await;
    refused(ended(2, "confirmed", &desk.anna), "a supervisor confirms").await;
    refused(ended(3, "confirmed", &boris), "only what is proposed").await;
    refused(
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', NULL, 1)".into(),
        "a supervisor confirms",
    )
    .await;
    refused(
        "INSERT INTO policy_terms (version, launcher_may_approve, window_days) VALUES (2, 1, 1)"
            .into(),
        "follow from a policy",
    )
    .await;
    refused(
        "INSERT INTO policy_terms (version, launcher_may_approve, window_days) VALUES (7, 1, 1)"
            .into(),
        "follow from a policy",
    )
    .await;
    for change in [
        "UPDATE policies SET proposed_by = NULL",
        "DELETE FROM policies WHERE version = 2",
        "UPDATE policy_ends SET version = 2",
    ] {
        refused(change.into(), "append-only").await;
    }
    run_sql(db, &ended(2, "confirmed", &boris)).await.expect("confirms");
    refused(ended(2, "withdrawn", &boris), "append-only").await;
    refused("DELETE FROM policy_ends WHERE version = 2".into(), "append-only").await;
});

on_both!(what_the_database_asks_follows_from_what_was_confirmed, |desk| async {
    let boris = boris(&desk).await;
    let mut policy = Policy { launcher_may_approve: true, window_days: 365, ..strict() };
    for (threshold, kind) in [
        (Threshold::High, Kind::DdKyb),
        (Threshold::LowToMedium, Kind::Kya),
        (Threshold::Never, Kind::Rofus),
    ] {
        *policy.of_mut(kind).two_mut(Outcome::Reject) =
            Two { relevant: true, ..Two::from(threshold) };
    }
    policy.of_mut(Kind::Idv).accept =
        Two { sanction: true, unjudged: true, ..Two::from(Threshold::Medium) };
    let version = propose(&desk, &desk.sofia, &policy).await.expect("proposes");
    confirm(&desk, &boris, version).await.expect("confirms");
    let db = &desk.work.db;
    let terms =
        texts(db, "SELECT CAST(launcher_may_approve AS TEXT) || ' ' || CAST(window_days AS TEXT) FROM policy_terms WHERE version = 2")
            .await;
    assert_eq!(terms, ["1 365"]);
    let floors = texts(
        db,
        "SELECT kind || ' ' || outcome || ' ' || CAST(risk_from AS TEXT) || ' ' || CAST(sanction AS TEXT) || CAST(relevant AS TEXT) || CAST(unjudged AS TEXT) \
         FROM policy_floors WHERE version = 2",
    )
    .await;
    assert_eq!(floors.len(), 2 * Kind::ALL.len());
    for floor in [
        "dd_kyc accept -1 000",
        "dd_kyb reject 75 010",
        "kya reject 25 010",
        "rofus reject 1000 010",
        "idv accept 50 101",
        "dd_kyb accept 100 000",
    ] {
        assert!(floors.iter().any(|f| f == floor), "{floor} in {floors:?}");
    }
});

on_both!(a_policy_that_cannot_be_read_means_two_people, |desk| async {
    let boris = boris(&desk).await;
    // Somebody with the database and two accounts; an older program may leave such rules, too.
    let rules = "replace(rules, '\"window_days\":90', '\"window_days\":90,\"later\":true')";
    let insert = format!(
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, {rules}, 'x', '{}', 1 FROM policies WHERE version = 1",
        desk.sofia.id
    );
    run_sql(&desk.work.db, &insert).await.expect("proposes");
    assert!(whole(confirm(&desk, &boris, 2).await).contains("cannot be read"));
    run_sql(
        &desk.work.db,
        &format!("INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', '{}', 1)", boris.id),
    )
    .await
    .expect("confirms");
    assert_eq!(in_force(&desk).await, Policy { version: 2, ..Policy::strictest() });
    // And is mended as any other is changed.
    let version = propose(&desk, &boris, &strict()).await.expect("proposes");
    confirm(&desk, &desk.sofia, version).await.expect("confirms");
    assert_eq!(in_force(&desk).await, Policy { version: 3, ..strict() });
});

on_both!(rules_of_another_version_or_of_no_sense_are_no_policy, |desk| async {
    let boris = boris(&desk).await;
    let db = &desk.work.db;
    // The first version's rules under another number; then rules under their own number, by which
    // no earlier check counts.
    for (version, rules) in [
        (2, "rules"),
        (
            3,
            "replace(replace(rules, '\"version\":1', '\"version\":3'), '\"window_days\":90', '\"window_days\":0')",
        ),
    ] {
        let insert = format!(
            "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT {version}, {rules}, 'x', '{}', 1 FROM policies WHERE version = 1",
            desk.sofia.id
        );
        run_sql(db, &insert).await.expect("proposes");
        assert!(
            whole(confirm(&desk, &boris, version).await).contains("cannot be read"),
            "{version}"
        );
        let confirmed = format!(
            "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES ({version}, 'confirmed', '{}', 1)",
            boris.id
        );
        run_sql(db, &confirmed).await.expect("confirms");
        assert_eq!(in_force(&desk).await, Policy { version, ..Policy::strictest() });
    }
});

on_both!(the_past_shows_what_would_have_needed_two_people, |desk| async {
    let low = desk.reviewed("Jan Novák").await;
    desk.clear_sanctions(&low).await;
    let decided = desk.decide(&desk.anna, &low, Outcome::Accept).await;
    let rejected = desk.reviewed("Ana Popović").await;
    desk.decide(&desk.anna, &rejected, Outcome::Reject).await;

    let first = policies::preview(&desk.work, &Policy::default_first()).await.expect("looks");
    assert_eq!((first.looked_at, first.would_need, first.no_longer, first.more), (2, 0, 0, false));
    let strict = policies::preview(&desk.work, &strict()).await.expect("looks");
    assert_eq!((strict.looked_at, strict.would_need), (2, 1));
    let example = &strict.examples[0];
    assert_eq!(
        (example.check.as_str(), example.decision.as_str()),
        (low.as_str(), decided.id.as_str())
    );
    assert_eq!(
        (example.kind, example.outcome, example.for_earlier),
        (Kind::DdKyc, Outcome::Accept, false)
    );
    let all = policies::preview(&desk.work, &Policy::strictest()).await.expect("looks");
    assert_eq!(all.would_need, 2);
    // Withdrawing takes two where accepting would.
    let left = desk.reviewed("Jan Novák").await;
    desk.step(&desk.anna, &left, Act::Withdraw, Outcome::Withdraw).await.expect("withdraws");
    let all = policies::preview(&desk.work, &Policy::strictest()).await.expect("looks");
    assert_eq!((all.looked_at, all.would_need), (3, 3));
    assert!(
        all.examples.iter().any(|e| e.check == left.as_str() && e.outcome == Outcome::Withdraw),
        "{:?}",
        all.examples
    );
});

on_both!(a_check_waits_for_its_review_as_long_as_the_policy_says, |desk| async {
    let boris = boris(&desk).await;
    let mut policy = strict();
    for band in [Band::Low, Band::LowToMedium, Band::Medium, Band::High, Band::VeryHigh] {
        *policy.of_mut(Kind::DdKyc).review_hours.of_mut(Some(band)) = 2;
    }
    policy.of_mut(Kind::DdKyc).review_hours.none = 2;
    let version = propose(&desk, &desk.sofia, &policy).await.expect("proposes");
    confirm(&desk, &boris, version).await.expect("confirms");
    let check = desk.check(&desk.reviewed("Jan Novák").await).await;
    assert_eq!(check.due_at_ms - check.due_from_ms, 2 * HOUR);
});
