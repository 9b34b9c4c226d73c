//! The queue: pages of checks by keyset, and the bounded counts on its tabs.

use crate::{
    Casework, Error, Remembered,
    records::{customers::Sought, people::told_apart},
    store::{Conn, Sql, row, rows, rows_in_one, rows_of},
};
use domain::{
    CheckId, Moment, PersonId,
    checks::{Band, State},
    queue::{Age, COUNT_MAX, DueBy, Filter, PAGE_ROWS, Page, Place, Sort, Tab},
    team::SELECTED_MAX,
    time::DAY,
};

/// A row of the queue.
#[derive(Debug, Clone, sqlx_macros::FromRow, serde::Deserialize)]
pub struct Row {
    pub id: String,
    pub kind: String,
    pub state: String,
    pub risk_score: i64,
    pub provider_state: Option<String>,
    pub progress: i64,
    pub telling: String,
    pub launched_at_ms: i64,
    pub due_from_ms: i64,
    pub due_at_ms: i64,
    pub claim_until_ms: i64,
    pub name: String,
    pub reference: String,
    pub assignee: Option<String>,
    pub claimed_by: Option<String>,
    /// 1 when a colleague handed it to its assignee.
    pub handed: i64,
}

impl Row {
    /// The place of this row under a sort.
    #[must_use]
    pub fn place(&self, sort: Sort) -> Place {
        let key = match sort {
            Sort::Due => self.due_at_ms,
            Sort::Risk => self.risk_score,
            Sort::Newest | Sort::Oldest => self.launched_at_ms,
        };
        Place { key, id: self.id.clone() }
    }
}

/// One page of the queue.
#[derive(Debug, Clone)]
pub struct Listed {
    pub rows: Vec<Row>,
    /// Whether there is a page in either direction.
    pub has_before: bool,
    pub has_after: bool,
}

/// Lists one page. Each page costs the same, however far down it is.
///
/// # Errors
/// The database.
pub async fn list(
    work: &Casework,
    me: &PersonId,
    filter: &Filter,
    page: &Page,
) -> Result<Listed, Error> {
    let mut reader = work.db.read().await?;
    let sought = Sought::by(&mut reader.conn(), &filter.text).await?;
    let sql = statement(me, filter, &sought, page, work.now());
    let mut rows = rows_in_one!(
        &mut reader.conn(),
        Row,
        "id, kind, state, risk_score, provider_state, progress, telling, launched_at_ms, due_from_ms, due_at_ms, claim_until_ms, name, reference, assignee, claimed_by, handed",
        sql
    )?;
    work.db.keep(reader);
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let backwards = matches!(page, Page::Before(_));
    if backwards {
        rows.reverse();
    }
    let (has_before, has_after) = match page {
        Page::First => (false, more),
        Page::After(_) => (true, more),
        Page::Before(_) => (more, true),
    };
    Ok(Listed { rows, has_before, has_after })
}

/// The columns of a [`Row`], and what they are joined from besides `checks k`.
const ROW: &str = "SELECT k.id, k.kind, k.state, k.risk_score, k.provider_state, k.progress, k.telling, k.launched_at_ms, k.due_from_ms, k.due_at_ms, k.claim_until_ms, \
     COALESCE(k.about, c.name) AS name, c.reference, a.name AS assignee, t.name AS claimed_by, CAST(CASE WHEN k.handed_by IS NULL THEN 0 ELSE 1 END AS BIGINT) AS handed FROM ";
const JOINED: &str = " JOIN customers c ON c.id = k.customer_id LEFT JOIN people a ON a.id = k.assignee_id LEFT JOIN people t ON t.id = k.claimed_by WHERE ";

/// The checks of these ids, by customer; unknown ones are left out.
///
/// # Errors
/// The database.
pub async fn chosen(work: &Casework, ids: &[CheckId]) -> Result<Vec<Row>, Error> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut sql = Sql::default();
    sql.push(ROW).push("checks k").push(JOINED).push("k.id IN (");
    sql.texts(ids.iter().take(SELECTED_MAX).map(CheckId::as_str)).push(") ORDER BY c.name, k.id");
    let mut reader = work.db.read().await?;
    Ok(rows_of!(&mut reader.conn(), Row, &sql)?)
}

/// The statement behind a page; the bench measures it by itself.
#[must_use]
pub fn statement(me: &PersonId, filter: &Filter, sought: &Sought, page: &Page, now: Moment) -> Sql {
    let mut sql = Sql::default();
    sql.push(ROW);
    let text = typed(filter);
    match &text {
        Some(text) if !sought.are_many() => found(&mut sql, text, sought),
        _ => {
            sql.push("checks k");
        }
    }
    sql.push(JOINED);
    conditions(&mut sql, me, filter, now);
    match &text {
        Some(text) if sought.are_many() => is_found(&mut sql, text, sought),
        Some(_) => {
            sql.push(" AND k.id = f.id");
        }
        None => {}
    }
    let (column, descending) = match filter.sort() {
        Sort::Due => ("k.due_at_ms", false),
        Sort::Risk => ("k.risk_score", true),
        Sort::Newest => ("k.launched_at_ms", true),
        Sort::Oldest => ("k.launched_at_ms", false),
    };
    let backwards = matches!(page, Page::Before(_));
    if let Page::After(place) | Page::Before(place) = page {
        sql.push(" AND (").push(column).push(if descending == backwards {
            ", k.id) > ("
        } else {
            ", k.id) < ("
        });
        sql.int(place.key).push(", ").text(place.id.as_str()).push(")");
    }
    let direction = if descending == backwards { " ASC" } else { " DESC" };
    sql.push(" ORDER BY ")
        .push(column)
        .push(direction)
        .push(", k.id")
        .push(direction)
        .push(" LIMIT ")
        .int(PAGE_ROWS as i64 + 1);
    sql
}

fn conditions(sql: &mut Sql, me: &PersonId, filter: &Filter, now: Moment) {
    match filter.tab() {
        Tab::Mine => sql
            .push("k.assignee_id = ")
            .text(me.as_str())
            .push(" AND k.state IN ('queued', 'running', 'to_review', 'proposed')"),
        Tab::ToReview => sql.push("k.state = 'to_review'"),
        Tab::Proposed => sql.push("k.state = 'proposed'"),
        Tab::Running => sql.push("k.state IN ('queued', 'running')"),
        Tab::Attention => sql.push("k.telling IN ('unconfirmed', 'conflict', 'dead')"),
        Tab::All => sql.push("k.launched_at_ms >= 0"),
    };
    if let Some(kind) = filter.kind {
        sql.push(" AND k.kind = ").text(kind.code());
    }
    if let Some(state) = filter.state {
        sql.push(" AND k.state = ").text(state.code());
    }
    if filter.open {
        sql.push(" AND k.state IN ('queued', 'running', 'to_review', 'proposed')");
    }
    if let Some((low, high)) = filter.band.map(Band::range) {
        sql.push(" AND k.risk_score BETWEEN ").int(low).push(" AND ").int(high);
    }
    match filter.assignee.as_deref() {
        Some("none") => {
            sql.push(" AND k.assignee_id IS NULL");
        }
        Some("me") => {
            sql.push(" AND k.assignee_id = ").text(me.as_str());
        }
        Some(id) => {
            sql.push(" AND k.assignee_id = ").text(id);
        }
        None => {}
    }
    match filter.age {
        Some(Age::Day) => {
            sql.push(" AND k.launched_at_ms >= ").int(now - DAY);
        }
        Some(Age::Week) => {
            sql.push(" AND k.launched_at_ms >= ").int(now - 7 * DAY);
        }
        Some(Age::Month) => {
            sql.push(" AND k.launched_at_ms >= ").int(now - 30 * DAY);
        }
        Some(Age::Older) => {
            sql.push(" AND k.launched_at_ms < ").int(now - 30 * DAY);
        }
        None => {}
    }
    match filter.due {
        Some(DueBy::Past) => {
            sql.push(" AND k.due_at_ms <= ").int(now);
        }
        Some(DueBy::Day) => {
            sql.push(" AND k.due_at_ms <= ").int(now + DAY);
        }
        None => {}
    }
    if let Some(connection) = &filter.connection {
        sql.push(" AND k.connection_id = ").text(connection);
    }
    if let Some(batch) = &filter.batch {
        sql.push(" AND k.id IN (SELECT check_id FROM batch_checks WHERE batch_id = ")
            .text(batch)
            .push(")");
    }
}

/// What was typed to search, if anything.
fn typed(filter: &Filter) -> Option<String> {
    Some(crate::records::visible(filter.text.trim())).filter(|text| !text.is_empty())
}

/// The checks that a text finds, which then are looked up one by one: by their id, by the
/// provider's number, and those of the customers who are sought. `CROSS JOIN` keeps SQLite from
/// walking the whole queue instead, which for a rare name reads millions of rows.
fn found(sql: &mut Sql, text: &str, sought: &Sought) {
    sql.push("(SELECT id FROM checks WHERE id = ").text(text.to_lowercase());
    sql.push(" UNION SELECT o.id FROM connections n CROSS JOIN checks o WHERE o.connection_id = n.id AND o.provider_ref = ").text(text);
    if sought.has_words() {
        sql.push(" UNION SELECT id FROM checks WHERE customer_id IN ");
        sought.ids(sql);
    }
    sql.push(") f CROSS JOIN checks k");
}

/// The same, asked of each check.
fn is_found(sql: &mut Sql, text: &str, sought: &Sought) {
    sql.push(" AND (k.id = ").text(text.to_lowercase()).push(" OR k.provider_ref = ").text(text);
    if sought.has_words() {
        sql.push(" OR (");
        sought.is_one(sql, "k.customer_id");
        sql.push(")");
    }
    sql.push(")");
}

/// Counts on the tabs and the people to assign to, remembered for a moment (two seconds,
/// [`crate::Pace`]): what is that old costs nobody anything.
#[derive(Default)]
pub struct Counts {
    tabs: Remembered<TabCounts>,
    /// Under a name for each list: they are the same for everybody.
    people: Remembered<People>,
}

impl Counts {
    /// What is remembered may be older than what somebody else just did.
    pub(crate) fn forget(&self) {
        self.tabs.forget();
        self.people.forget();
    }
}

/// Ids and names.
type People = Vec<(String, String)>;
const EVERYBODY: &str = "";
/// The name of those that a filter may ask for.
const ONCE: &str = "once";

/// How many checks stand on each tab, up to [`COUNT_MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TabCounts {
    pub mine: i64,
    pub to_review: i64,
    pub proposed: i64,
    pub running: i64,
    pub attention: i64,
}

impl TabCounts {
    #[must_use]
    pub const fn of(&self, tab: Tab) -> Option<i64> {
        match tab {
            Tab::Mine => Some(self.mine),
            Tab::ToReview => Some(self.to_review),
            Tab::Proposed => Some(self.proposed),
            Tab::Running => Some(self.running),
            Tab::Attention => Some(self.attention),
            Tab::All => None,
        }
    }
}

/// The counts for a person; no count reads more than a thousand index entries.
///
/// # Errors
/// The database.
pub async fn counts(work: &Casework, me: &PersonId) -> Result<TabCounts, Error> {
    let now = work.now();
    if let Some(counts) = work.counts.tabs.get_within(me.as_str(), now, work.pace.counts_ms) {
        return Ok(counts);
    }
    let mut reader = work.db.read().await?;
    let counts = read_counts(&mut reader.conn(), me).await?;
    work.db.keep(reader);
    work.counts.tabs.put(me.as_str(), counts, now);
    Ok(counts)
}

async fn read_counts(conn: &mut Conn<'_>, me: &PersonId) -> Result<TabCounts, Error> {
    let counted: Option<(i64, i64, i64, i64, i64)> = row!(
        conn,
        (i64, i64, i64, i64, i64),
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE assignee_id = $1 AND state IN ('queued', 'running', 'to_review', 'proposed') LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE state = 'to_review' LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE state = 'proposed' LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE state IN ('queued', 'running') LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE telling IN ('unconfirmed', 'conflict', 'dead') LIMIT 1001) x)",
        me.as_str()
    )?;
    let (mine, to_review, proposed, running, attention) = counted.unwrap_or_default();
    Ok(TabCounts { mine, to_review, proposed, running, attention })
}

/// `4`, or `1,000+`.
#[must_use]
pub fn count_text(count: i64) -> String {
    if count > COUNT_MAX { "1,000+".into() } else { count.to_string() }
}

/// Of checks that arrived, this many are looked at to see which of them a view shows.
const ARRIVED_MAX: i64 = 10_000;

/// How many checks of this view arrived after `since`, up to 100. Says nothing of whom they are
/// about.
///
/// # Errors
/// The database.
pub async fn newer_than(
    work: &Casework,
    me: &PersonId,
    filter: &Filter,
    since: Moment,
) -> Result<i64, Error> {
    let sql = arrived(me, filter, since, work.now());
    let mut reader = work.db.read().await?;
    let counted = rows_of!(&mut reader.conn(), (i64,), &sql)?;
    work.db.keep(reader);
    Ok(counted.first().map_or(0, |(n,)| *n))
}

/// The statement behind it; tests look at its plan. Begins with what is new, which is little,
/// whatever the view.
#[must_use]
pub fn arrived(me: &PersonId, filter: &Filter, since: Moment, now: Moment) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM (SELECT id FROM checks WHERE due_from_ms > ").int(since);
    sql.push(" ORDER BY due_from_ms DESC LIMIT ")
        .int(ARRIVED_MAX)
        .push(") f CROSS JOIN checks k WHERE k.id = f.id AND ");
    conditions(&mut sql, me, filter, now);
    if let Some(text) = typed(filter) {
        is_found(&mut sql, &text, &Sought::many(&text));
    }
    sql.push(" LIMIT 100) x");
    sql
}

/// People who can be assigned a check, by name.
///
/// # Errors
/// The database.
pub async fn assignees(work: &Casework) -> Result<People, Error> {
    let now = work.now();
    if let Some(people) = work.counts.people.get(EVERYBODY, now) {
        return Ok(people);
    }
    let mut reader = work.db.read().await?;
    let people = rows!(
        &mut reader.conn(),
        (String, String, String),
        "SELECT id, name, account FROM people WHERE state = 'active' AND role IN ('analyst', 'supervisor') \
         AND (role_confirmed_by IS NOT NULL OR role_alone = 1) ORDER BY name, id"
    )?;
    work.db.keep(reader);
    let people = told_apart(people);
    work.counts.people.put(EVERYBODY, people.clone(), now);
    Ok(people)
}

/// Everybody whom a filter may ask for: whom checks can be assigned to, and who left and still
/// stands on some.
///
/// # Errors
/// The database.
pub async fn once_assigned(work: &Casework) -> Result<People, Error> {
    let now = work.now();
    if let Some(people) = work.counts.people.get(ONCE, now) {
        return Ok(people);
    }
    let mut reader = work.db.read().await?;
    let people = rows!(
        &mut reader.conn(),
        (String, String, String),
        "SELECT p.id, p.name, p.account FROM people p WHERE (p.state = 'active' AND p.role IN ('analyst', 'supervisor') \
         AND (p.role_confirmed_by IS NOT NULL OR p.role_alone = 1)) \
         OR (SELECT k.assignee_id FROM checks k WHERE k.assignee_id = p.id LIMIT 1) IS NOT NULL ORDER BY p.name, p.id"
    )?;
    work.db.keep(reader);
    let people = told_apart(people);
    work.counts.people.put(ONCE, people.clone(), now);
    Ok(people)
}

/// All checks of one customer, newest first, at most 200.
///
/// # Errors
/// The database.
pub async fn of_customer(work: &Casework, customer_id: &str) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    Ok(rows!(
        &mut reader.conn(),
        Row,
        "SELECT k.id, k.kind, k.state, k.risk_score, k.provider_state, k.progress, k.telling, k.launched_at_ms, k.due_from_ms, k.due_at_ms, k.claim_until_ms, \
         COALESCE(k.about, c.name) AS name, c.reference, a.name AS assignee, t.name AS claimed_by, CAST(CASE WHEN k.handed_by IS NULL THEN 0 ELSE 1 END AS BIGINT) AS handed FROM checks k JOIN customers c ON c.id = k.customer_id \
         LEFT JOIN people a ON a.id = k.assignee_id LEFT JOIN people t ON t.id = k.claimed_by WHERE k.customer_id = $1 ORDER BY k.launched_at_ms DESC, k.id DESC LIMIT 200",
        customer_id
    )?)
}

/// Today's numbers for the first page: launched, decided, overdue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Today {
    pub launched: i64,
    pub decided: i64,
    pub overdue: i64,
}

/// Numbers since midnight UTC, each counted up to a thousand.
///
/// # Errors
/// The database.
pub async fn today(work: &Casework) -> Result<Today, Error> {
    let now = work.now();
    let midnight = now - now.rem_euclid(DAY);
    let mut reader = work.db.read().await?;
    let counted: Option<(i64, i64, i64)> = row!(
        &mut reader.conn(),
        (i64, i64, i64),
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE launched_at_ms >= $1 LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM decisions WHERE decided_at_ms >= $1 AND step IN ('decision', 'approval', 'overturn') LIMIT 1001) x), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks WHERE state = 'to_review' AND due_at_ms <= $2 LIMIT 1001) x)",
        midnight,
        now
    )?;
    let (launched, decided, overdue) = counted.unwrap_or_default();
    Ok(Today { launched, decided, overdue })
}

/// Whether a state belongs to a tab's states (used to leave the state column out where it says
/// nothing).
#[must_use]
pub const fn mixes_states(tab: Tab, state: Option<State>) -> bool {
    matches!(tab, Tab::Mine | Tab::Running | Tab::Attention | Tab::All) && state.is_none()
}
