//! What the review page shows of a wallet analysis.

use super::{
    flows::{self, Side},
    launch, picture,
};
use crate::pages::parts;
use casework::{
    checks::review::Review,
    providers::kryptogo::{Kya, Sanctioned, Transfer},
    services::Said,
};
use domain::{
    checks::State,
    fields::thousands,
    people::{Caller, Permission},
    time,
    wallet::Address,
};
use leptos::prelude::*;

/// Transactions that are shown before the rest is folded away.
const SHOWN_MAX: usize = 20;

/// The wallet with its totals, its flows, and its transactions.
pub fn wallet(review: &Review, kya: &Kya, caller: &Caller) -> Option<AnyView> {
    let own = review.check.asked().ok()?.address?;
    let sanctioned = kya.sanctioned.clone().unwrap_or_default();
    Some(
        view! {
            {totals(&own, kya, again(review, caller))}
            {flow_picture(&own, kya.transfers.as_deref(), &sanctioned)}
            {transactions(&own, kya, &sanctioned)}
        }
        .into_any(),
    )
}

/// Says what the analysis says now, where it was read again and says something else; the page shows
/// the one that was judged.
pub fn changed(review: &Review, caller: &Caller) -> Option<AnyView> {
    let (Some(Said::Kya(first)), Some(Said::Kya(again))) = (&review.said, &review.said_again)
    else {
        return None;
    };
    let words = differences(first, again).join("; ");
    let is_open = State::parse(&review.check.state).is_some_and(|s| !s.is_final());
    let next = match is_open {
        true => {
            "Everything below is what it said first: analyse the wallet anew before you decide."
        }
        false => "It was decided by what it said first, which stands below.",
    };
    let anew = caller.may(Permission::LaunchChecks).then(|| {
        view! { <div class="actions"><a class="btn" href=format!("{}?again={}", launch::ADDRESS, review.check.id)>"Analyse the wallet anew"</a></div> }
    });
    Some(
        view! { <div class="notice" data-tone="attention" role="note"><div><p><strong>"KryptoGO says something else of this wallet now:"</strong>" "{words}". "{next}</p></div>{anew}</div> }
            .into_any(),
    )
}

/// What a reviewer goes by and is not the same any more, in words.
fn differences(first: &Kya, again: &Kya) -> Vec<String> {
    let listed = |kya: &Kya| {
        kya.sanctioned.as_ref().map_or_else(|| "not said".to_owned(), |all| all.len().to_string())
    };
    let number = |n: Option<i64>| n.map_or_else(|| "not said".to_owned(), |n| n.to_string());
    let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "not said".to_owned());
    let pairs = [
        ("sanctioned addresses", listed(first), listed(again)),
        ("risk", number(first.risk_score), number(again.risk_score)),
        ("transactions", number(first.tx_count), number(again.tx_count)),
        ("received", text(&first.received), text(&again.received)),
        ("sent", text(&first.sent), text(&again.sent)),
        ("balance", text(&first.balance), text(&again.balance)),
    ];
    let mut words: Vec<String> = pairs
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(name, was, is)| format!("{name}: {is}, was {was}"))
        .collect();
    if words.is_empty() {
        words.push("its details differ, and both answers are under Raw evidence".into());
    }
    words
}

/// Asks KryptoGO for this very analysis again.
fn again(review: &Review, caller: &Caller) -> Option<AnyView> {
    (caller.may(Permission::LaunchChecks) && review.check.provider_ref.is_some()).then(|| {
        view! {
            <form method="post" action="/api/wallet/read-again">
                <input type="hidden" name="check_id" value=review.check.id.clone()/>
                <button class="btn quiet">"Read again at KryptoGO"</button>
            </form>
        }
        .into_any()
    })
}

fn totals(own: &Address, kya: &Kya, again: Option<AnyView>) -> impl IntoView + use<> {
    let coin = own.chain().code().to_uppercase();
    let amount = |text: &Option<String>| {
        text.as_ref().map(|t| format!("{t} {coin}")).unwrap_or_else(|| "not said".into())
    };
    let count = kya.tx_count.map_or_else(
        || "not said".into(),
        |n| usize::try_from(n).map_or_else(|_| n.to_string(), thousands),
    );
    let seen =
        |text: &Option<String>| text.as_deref().map_or_else(|| view! { "never" }.into_any(), date);
    let others: Vec<_> = kya
        .facts
        .iter()
        .map(|(name, value)| parts::fact(parts::setting_word(name), value.clone()))
        .collect();
    view! {
        <section class="panel" data-live="wallet"><header><h2>"Wallet"</h2>" "<span class="meta">{own.chain().label()}</span>{again}</header>
            {near(own, kya.sanctioned.as_deref())}
            <dl class="facts">
                <div><dt>"Address"</dt><dd>{parts::copyable(own.as_str().to_owned())}</dd></div>
                {parts::fact("Received", amount(&kya.received))}
                {parts::fact("Sent", amount(&kya.sent))}
                {parts::fact("Balance", amount(&kya.balance))}
                {parts::fact("Transactions", count)}
                <div><dt>"First seen"</dt><dd>{seen(&kya.first_seen)}</dd></div>
                <div><dt>"Last seen"</dt><dd>{seen(&kya.last_seen)}</dd></div>
                {others}
                {kya.creator.clone().map(|c| parts::fact("Analysed for", c))}
                {kya.created_at.map(|at| view! { <div><dt>"Analysed"</dt><dd>{date(&at.to_string())}</dd></div> })}
            </dl>
        </section>
    }
}

/// A moment in epoch seconds as a date; anything else as it came.
fn date(text: &str) -> AnyView {
    match moment(text) {
        Some(at) => view! { <time datetime=time::iso(at) title=time::utc_minute(at)>{time::utc_date(at)}</time> }.into_any(),
        None => view! { <bdi>{text.to_owned()}</bdi> }.into_any(),
    }
}

/// Epoch seconds from Bitcoin's beginning to the year 9999.
fn moment(text: &str) -> Option<i64> {
    let seconds: i64 = text.trim().parse().ok()?;
    (1_230_000_000..time::NEVER / 1_000).contains(&seconds).then(|| seconds * 1_000)
}

/// How near a sanctioned address is, in words.
pub fn nearness(hops: &str) -> String {
    match hops.trim() {
        "0" => "this wallet itself".into(),
        "1" => "1 transaction away".into(),
        n if n.parse::<u32>().is_ok() => format!("{n} transactions away"),
        other => other.to_owned(),
    }
}

fn near(own: &Address, sanctioned: Option<&[Sanctioned]>) -> impl IntoView + use<> {
    let words = match sanctioned {
        None => {
            "KryptoGO gave no list of sanctioned addresses. That is not an empty list.".to_owned()
        }
        Some([]) => "No sanctioned address is near this wallet.".to_owned(),
        Some(all) => {
            let itself =
                all.iter().any(|s| s.address.as_deref().is_some_and(|a| flows::same(own, a)));
            let nearest = all
                .iter()
                .flat_map(|s| &s.facts)
                .filter(|(name, _)| name == "hops")
                .filter_map(|(_, v)| v.parse::<u32>().ok())
                .min();
            let count = if all.len() == 1 {
                "One sanctioned address is".to_owned()
            } else {
                format!("{} sanctioned addresses are", all.len())
            };
            match (itself, nearest) {
                (true, _) => {
                    "This wallet itself is sanctioned. The list's entries are the findings above."
                        .to_owned()
                }
                (false, Some(hops)) => format!(
                    "{count} near, the nearest {}. Each is a finding above.",
                    nearness(&hops.to_string())
                ),
                (false, None) => {
                    format!("{count} near; how near is not said. Each is a finding above.")
                }
            }
        }
    };
    view! { <p class="nearness">{words}</p> }
}

fn flow_picture(
    own: &Address,
    transfers: Option<&[Transfer]>,
    sanctioned: &[Sanctioned],
) -> Option<AnyView> {
    let flows = flows::flows(own, transfers?, sanctioned);
    let drawn = picture::draw(own, &flows)?;
    let left_out = (flows.left_out > 0).then(|| {
        format!(" {} to the wallet itself, or without a side, are not drawn.", flows.left_out)
    });
    Some(
        view! {
            <section class="panel" data-live="flows"><header><h2>"Where money comes from and goes to"</h2></header>
                <div class="scroll flow-picture" role="region" tabindex="0" aria-label="Flows" inner_html=drawn></div>
                <p class="meta">"The wider, the more; what goes out is hatched. Summed by counterparty over the transactions below."{left_out}</p>
            </section>
        }
        .into_any(),
    )
}

fn transactions(own: &Address, kya: &Kya, sanctioned: &[Sanctioned]) -> AnyView {
    let Some(all) = &kya.transfers else {
        return view! { <section class="panel" data-live="transactions"><header><h2>"Transactions"</h2></header><p class="hush">"KryptoGO gave no list of transactions."</p></section> }.into_any();
    };
    let total =
        kya.tx_count.and_then(|n| usize::try_from(n).ok()).unwrap_or_default().max(all.len());
    let cut = (total > all.len()).then(|| view! { <p class="meta">{format!("The first {} of {} that the answer lists or counts; the raw evidence has what came.", thousands(all.len()), thousands(total))}</p> });
    let (first, rest) = all.split_at(all.len().min(SHOWN_MAX));
    let folded = (!rest.is_empty()).then(|| {
        view! { <details class="fold"><summary><h3>{format!("{} more", thousands(rest.len()))}</h3></summary>{table(own, rest, sanctioned, "More transactions")}</details> }
    });
    let body = if all.is_empty() {
        view! { <p class="hush">"This wallet has none."</p> }.into_any()
    } else {
        view! { {table(own, first, sanctioned, "Transactions")}{folded}{cut} }.into_any()
    };
    view! { <section class="panel" data-live="transactions"><header><h2>"Transactions " <span class="n">{thousands(total)}</span></h2></header>{body}</section> }.into_any()
}

fn table(
    own: &Address,
    transfers: &[Transfer],
    sanctioned: &[Sanctioned],
    caption: &'static str,
) -> impl IntoView + use<> {
    let coin = own.chain().code().to_uppercase();
    let rows: Vec<_> = transfers.iter().map(|t| transaction(own, t, sanctioned, &coin)).collect();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=caption><table class="rows stack transfers"><caption class="sr">{caption}</caption>
            <thead><tr><th scope="col">"When"</th><th scope="col">"Direction"</th><th scope="col">"Counterparty"</th><th scope="col" class="num">"Amount"</th><th scope="col">"Transaction"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
}

fn transaction(
    own: &Address,
    t: &Transfer,
    sanctioned: &[Sanctioned],
    coin: &str,
) -> impl IntoView + use<> {
    let side = Side::of(own, t);
    let words = match (side, &t.direction) {
        (Side::Unknown, Some(theirs)) => theirs.clone(),
        _ => side.words().to_owned(),
    };
    let other = match side {
        // Both ends, where neither is the wallet.
        Side::Unknown => {
            [&t.from, &t.to].into_iter().flatten().cloned().collect::<Vec<_>>().join(" to ")
        }
        _ => flows::counterparty(side, t).unwrap_or_default().to_owned(),
    };
    let listed = flows::is_listed(own.chain(), &other, sanctioned);
    let sign = match side {
        Side::In => "←",
        Side::Out => "→",
        Side::Itself | Side::Unknown => "·",
    };
    view! {
        <tr data-sanctioned=listed.then_some("")>
            <td data-label="When">{t.timestamp.as_deref().map(date)}</td>
            <td data-label="Direction"><span class="keep"><span aria-hidden="true">{sign}</span>" "<bdi>{words}</bdi></span></td>
            <td data-label="Counterparty"><code><bdi>{other}</bdi></code>{listed.then(|| view! { " " <span class="tag" data-tone="danger" data-needs="person">"sanctioned"</span> })}</td>
            <td class="num" data-label="Amount">{t.value.as_ref().map(|v| format!("{v} {coin}"))}</td>
            <td data-label="Transaction"><code class="hash" title=t.hash.clone()>{t.hash.as_deref().map(picture::shortened)}</code></td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_and_nothing_else() {
        assert_eq!(moment(" 1698661028 "), Some(1_698_661_028_000));
        for odd in ["", "0", "-5", "1698661028000", "2023-10-30", "9e9"] {
            assert_eq!(moment(odd), None, "{odd}");
        }
    }

    #[test]
    fn nearness_reads_as_words_and_an_unknown_word_stays() {
        assert_eq!(
            ["0", "1", "3", "far"].map(nearness),
            ["this wallet itself", "1 transaction away", "3 transactions away", "far"]
        );
    }
}
