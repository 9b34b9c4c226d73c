//! Statements that are put together at run time, and lists that go into several.

/// A value for a statement whose text was put together at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
    /// NULL where a text may stand.
    Nothing,
}

/// Text and parameters of a statement that is put together at run time. Only fixed pieces go into
/// the text; everything that came from outside is a parameter.
#[derive(Debug, Default)]
pub struct Sql {
    pub text: String,
    pub values: Vec<Value>,
}

impl Sql {
    /// Adds a fixed piece, which names no parameter: each is used once, where it is bound.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter and its `$n`.
    pub fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// The text for SQLite. Its parameters have no numbers there: to find a number, SQLite walks
    /// along all of them, for each.
    pub(crate) fn unnumbered(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut pieces = self.text.split('$');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            text.push(if rest.len() < piece.len() { '?' } else { '$' });
            text.push_str(rest);
        }
        text
    }

    pub fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.bind(Value::Text(value.into()))
    }

    /// A list of texts, with commas between them.
    pub fn texts<T: Into<String>>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        self.list(values.into_iter().map(|text| Value::Text(text.into())))
    }

    pub fn int(&mut self, value: i64) -> &mut Self {
        self.bind(Value::Int(value))
    }

    /// A list of numbers, with commas between them.
    pub fn ints(&mut self, values: impl IntoIterator<Item = i64>) -> &mut Self {
        self.list(values.into_iter().map(Value::Int))
    }

    fn list(&mut self, values: impl Iterator<Item = Value>) -> &mut Self {
        for (at, value) in values.enumerate() {
            self.push(if at == 0 { "" } else { ", " }).bind(value);
        }
        self
    }

    pub fn bytes(&mut self, value: impl Into<Vec<u8>>) -> &mut Self {
        self.bind(Value::Bytes(value.into()))
    }

    pub fn maybe(&mut self, value: Option<&str>) -> &mut Self {
        self.bind(value.map_or(Value::Nothing, |text| Value::Text(text.to_owned())))
    }
}

/// How many rows go into one statement: any few at once, and of many so that there are not too many
/// texts to prepare.
const PARTS: [usize; 16] = [64, 48, 32, 24, 16, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/// Cuts a list into parts, the largest first, each for one statement.
pub(crate) fn parts<T>(mut list: &[T]) -> Vec<&[T]> {
    let mut parts = Vec::new();
    for size in PARTS {
        while let Some((part, rest)) = list.split_at_checked(size) {
            parts.push(part);
            list = rest;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_sqlite_parameters_have_no_numbers() {
        let mut sql = Sql::default();
        sql.push("SELECT '$.x', '5$' WHERE a = ").int(1).push(" OR b IN (");
        (0..12).for_each(|n| {
            sql.int(n).push(", ");
        });
        sql.push("'$')");
        assert_eq!(
            sql.unnumbered(),
            format!("SELECT '$.x', '5$' WHERE a = ? OR b IN ({}'$')", "?, ".repeat(12))
        );
        assert!(sql.text.ends_with("$12, $13, '$')"));
    }

    #[test]
    fn parts_keep_everything_in_its_order() {
        assert_eq!(parts(&[(); 10]).len(), 1, "a few are one statement");
        for length in [0, 1, 3, 4, 63, 64, 129, 1_000] {
            let list: Vec<usize> = (0..length).collect();
            let parts = parts(&list);
            assert_eq!(parts.concat(), list);
            assert!(parts.iter().all(|part| PARTS.contains(&part.len())), "{length}");
        }
    }
}
