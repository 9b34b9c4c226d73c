//! Whom a text is looking for, and how they are found.
//!
//! Few are looked up by their words and then put in order. Of many, a page is met soon by whoever walks along the list in its
//! order and looks at each: all of them would take long to look up, and some of them would not do.

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
}

impl Sought {
    /// Reads the text and sees how many it may mean, without counting them all.
    ///
    /// # Errors
    /// The database.
    pub async fn by(conn: &mut Conn<'_>, text: &str) -> Result<Self, Error> {
        let few = Self::few(search::terms(text));
        if !few.has_words() {
            return Ok(few);
        }
        let mut sql = Sql::default();
        sql.push("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one");
        few.endings(&mut sql);
        sql.push(" LIMIT ").int(FEW + 1).push(") x");
        let count = rows_of!(conn, (i64,), &sql)?.first().map_or(0, |(n,)| *n);
        Ok(Self { are_many: count > FEW, ..few })
    }

    /// To be looked up, however many there are.
    pub(crate) const fn few(terms: Vec<String>) -> Self {
        Self { terms, are_many: false }
    }

    /// To be met along a list, however few there are.
    #[must_use]
    pub fn many(text: &str) -> Self {
        Self { terms: search::terms(text), are_many: true }
    }

    pub(crate) const fn has_words(&self) -> bool {
        !self.terms.is_empty()
    }

    pub(crate) const fn are_many(&self) -> bool {
        self.are_many
    }

    /// Adds `(their ids)`.
    pub(crate) fn ids(&self, sql: &mut Sql) {
        sql.push("(SELECT DISTINCT e.customer_id");
        self.endings(sql);
        sql.push(")");
    }

    /// Adds where from: the longest word is a range of the index; each further one is a look-up for each match.
    fn endings(&self, sql: &mut Sql) {
        let longest = self.terms.first().map_or("", String::as_str);
        sql.push(" FROM customer_endings e WHERE e.ending >= ").text(longest).push(" AND e.ending < ").text(search::after(longest));
        for term in self.terms.iter().skip(1) {
            sql.push(" AND ");
            has(sql, "e.customer_id", term);
        }
    }

    /// Adds what is true of each of them, and of nobody else; `id` is the column with the customer.
    pub(crate) fn is_one(&self, sql: &mut Sql, id: &'static str) {
        for (at, term) in self.terms.iter().enumerate() {
            sql.push(if at == 0 { "" } else { " AND " });
            has(sql, id, term);
        }
    }
}

fn has(sql: &mut Sql, id: &'static str, term: &str) {
    sql.push("EXISTS (SELECT 1 FROM customer_endings h WHERE h.customer_id = ").push(id).push(" AND h.ending >= ").text(term);
    sql.push(" AND h.ending < ").text(search::after(term)).push(")");
}
