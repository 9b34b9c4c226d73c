//! Whom a text is looking for, and how they are found.
//!
//! Few are looked up by their words and then put in order. Of many, a page is met soon by whoever
//! walks along the list in its order and looks at each: all of them would take long to look up, and
//! some of them would not do.
//!
//! PostgreSQL cannot tell how many customers have a word. It takes them for one, and for each match
//! of one word reads all those of the next; or for very many, and reads whole tables. So it is
//! asked for each word's customers apart, is then given the few that have all of them, and along a
//! list it gets questions that it cannot turn into a join.

use crate::{
    Error,
    store::{Conn, Sql, rows_of},
};
use domain::search;

/// So many are still looked up one by one.
const FEW: i64 = 2_000;

/// Customers whose words hold every typed word; everybody, when there is none.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    terms: Vec<String>,
    are_many: bool,
    is_postgres: bool,
    /// Their ids as a JSON array, where they were read already.
    ids: Option<String>,
}

impl Sought {
    /// Reads the text and sees how many it may mean, without counting them all.
    ///
    /// # Errors
    /// The database.
    pub async fn by(conn: &mut Conn<'_>, text: &str) -> Result<Self, Error> {
        let few = Self::few(search::terms(text), conn);
        if !few.has_words() {
            return Ok(few);
        }
        if few.is_postgres {
            return few.with_ids(conn).await;
        }
        let mut sql = Sql::default();
        sql.push("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one");
        few.endings(&mut sql);
        sql.push(" LIMIT ").int(FEW + 1).push(") x");
        let count = rows_of!(conn, (i64,), &sql)?.first().map_or(0, |(n,)| *n);
        Ok(Self { are_many: count > FEW, ..few })
    }

    /// To be looked up, however many there are.
    pub(crate) fn few(terms: Vec<String>, conn: &Conn<'_>) -> Self {
        Self { terms, is_postgres: matches!(conn, Conn::Postgres(_)), ..Self::default() }
    }

    async fn with_ids(self, conn: &mut Conn<'_>) -> Result<Self, Error> {
        let mut sql = Sql::default();
        for (at, term) in self.terms.iter().enumerate() {
            sql.push(if at == 0 { "" } else { " INTERSECT " })
                .push("SELECT e.customer_id FROM customer_endings e WHERE e.ending >= ");
            sql.text(term).push(" AND e.ending < ").text(search::after(term));
        }
        sql.push(" LIMIT ").int(FEW + 1);
        let ids: Vec<String> =
            rows_of!(conn, (String,), &sql)?.into_iter().map(|(id,)| id).collect();
        if ids.len() as i64 > FEW {
            return Ok(Self { are_many: true, ..self });
        }
        let distinct: std::collections::BTreeSet<String> = ids.into_iter().collect();
        let ids = serde_json::to_string(&distinct)
            .map_err(|e| Error::Corrupt(format!("ids as JSON: {e}")))?;
        Ok(Self { ids: Some(ids), ..self })
    }

    /// To be met along a list, however few there are.
    #[must_use]
    pub fn many(text: &str) -> Self {
        Self { terms: search::terms(text), are_many: true, ..Self::default() }
    }

    pub(crate) const fn has_words(&self) -> bool {
        !self.terms.is_empty()
    }

    pub(crate) const fn are_many(&self) -> bool {
        self.are_many
    }

    /// Adds `(their ids)`.
    pub(crate) fn ids(&self, sql: &mut Sql) {
        if let Some(ids) = &self.ids {
            sql.push("(SELECT json_array_elements_text(CAST(")
                .text(ids.as_str())
                .push(" AS json)) AS customer_id)");
            return;
        }
        sql.push("(SELECT DISTINCT e.customer_id");
        self.endings(sql);
        sql.push(")");
    }

    /// Adds where from: the longest word is a range of the index; each further one is a look-up for
    /// each match.
    fn endings(&self, sql: &mut Sql) {
        let longest = self.terms.first().map_or("", String::as_str);
        sql.push(" FROM customer_endings e WHERE e.ending >= ")
            .text(longest)
            .push(" AND e.ending < ")
            .text(search::after(longest));
        for term in self.terms.iter().skip(1) {
            sql.push(" AND ");
            self.has(sql, "e.customer_id", term);
        }
    }

    /// Adds what is true of each of them, and of nobody else; `id` is the column with the customer.
    pub(crate) fn is_one(&self, sql: &mut Sql, id: &'static str) {
        for (at, term) in self.terms.iter().enumerate() {
            sql.push(if at == 0 { "" } else { " AND " });
            self.has(sql, id, term);
        }
    }

    fn has(&self, sql: &mut Sql, id: &'static str, term: &str) {
        // On PostgreSQL: found by the customer, not by the ending.
        let (begins, ending, ends) = match self.is_postgres {
            true => ("(SELECT 1", "h.ending || ''", " LIMIT 1) IS NOT NULL"),
            false => ("EXISTS (SELECT 1", "h.ending", ")"),
        };
        sql.push(begins).push(" FROM customer_endings h WHERE h.customer_id = ").push(id);
        sql.push(" AND ")
            .push(ending)
            .push(" >= ")
            .text(term)
            .push(" AND ")
            .push(ending)
            .push(" < ")
            .text(search::after(term))
            .push(ends);
    }
}
