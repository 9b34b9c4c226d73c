//! Many checks of one service from one table: its columns, and what a line becomes. The rest is
//! [`crate::services::tables`].

use super::{
    super::{Form, Question},
    launch::{New, checked, write},
};
use crate::{
    Casework, Error,
    journal::Actor,
    records::{
        connections::{self, Connection},
        customers::who::Fields,
    },
    services::tables::{self, Format, LineForm, Named, Sent, What, Write},
    store::Conn,
};
use domain::{CheckId, checks::Kind, fields::Refused, launch::Target, people::Caller, who::Bears};
use std::collections::BTreeSet;

/// A column of a service's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The input of the form that it fills.
    pub field: String,
    /// What it may be called; the template takes the first.
    pub names: Vec<&'static str>,
    /// In the template's line.
    pub example: &'static str,
    /// Every table has it.
    pub is_needed: bool,
}

impl Column {
    /// A column that every table has, for an input of its own first name.
    #[must_use]
    pub fn needed(field: &str, names: &[&'static str], example: &'static str) -> Self {
        Self { is_needed: true, ..Self::may(field, names, example) }
    }

    /// A column that a table may have.
    #[must_use]
    pub fn may(field: &str, names: &[&'static str], example: &'static str) -> Self {
        Self { field: field.to_owned(), names: names.to_vec(), example, is_needed: false }
    }
}

pub type Line = tables::Line<Form, Question>;
pub type Table = tables::Table<Form, Question>;

/// A table of a kind with all its columns and one made-up line, to begin with; nothing for a kind
/// that has none.
#[must_use]
pub fn template(kind: Kind) -> Option<String> {
    let columns = Form::empty(kind)?.columns();
    let names: Vec<&str> =
        columns.iter().filter_map(|column| column.names.first().copied()).collect();
    let line: Vec<&str> = columns.iter().map(|column| column.example).collect();
    (!columns.is_empty()).then(|| format!("{}\r\n{}\r\n", names.join(","), line.join(",")))
}

/// Reads and checks a table of a kind for a connection; launches nothing.
///
/// # Errors
/// The table as a whole (`table`) or the connection; the database. Errors of lines are in the
/// lines.
pub async fn look(
    work: &Casework,
    kind: Kind,
    connection: &str,
    text: &str,
) -> Result<Table, Error> {
    let raw = tables::read(text, &Rows::of(kind, connection)?)?;
    let mut lines = Vec::with_capacity(raw.forms.len());
    for (number, form) in raw.forms {
        let result = match checked(work, &form).await {
            Ok((_, question)) => Ok(question),
            Err(Error::Form(refused)) if refused.error("connection").is_some() => {
                return Err(Refused::default()
                    .because("connection", "Choose a connection that is active.")
                    .into());
            }
            Err(Error::Form(refused)) => Err(*refused),
            Err(error) => return Err(error),
        };
        lines.push(Line { number, form, result });
    }
    tables::refuse_repeated(work, &mut lines).await?;
    let (elsewhere, named) = tables::refuse_changed(work, &mut lines, &raw.changed).await?;
    Ok(Table { headings: raw.headings, lines, changed: raw.changed, elsewhere, named })
}

/// Launches the lines of a table in one transaction. With a bad line nothing is launched, unless it
/// is left out on purpose.
///
/// # Errors
/// As [`look`]; a bad line that is not left out; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    (kind, connection): (Kind, &str),
    sent: &Sent<'_>,
) -> Result<tables::Launched, Error> {
    if let Some(launched) = tables::before(work, sent).await? {
        return Ok(launched);
    }
    let table = look(work, kind, connection, sent.text).await?;
    let connection = connections::get(work, &connection.into()).await?;
    let about = (What::AtOnce(kind), connection.id.as_str());
    let writer = Writer { work, caller, actor, connection: &connection, changed: &table.changed };
    tables::launch(work, caller, actor, about, sent, &table, &writer).await
}

struct Writer<'a> {
    work: &'a Casework,
    caller: &'a Caller,
    actor: &'a Actor,
    connection: &'a Connection,
    changed: &'a BTreeSet<usize>,
}

impl Write<Form, Question> for Writer<'_> {
    async fn write(&self, conn: &mut Conn<'_>, id: &CheckId, line: &Line) -> Result<bool, Error> {
        let Ok(question) = &line.result else { return Ok(false) };
        let (typed, confirmed) =
            (line.form.as_typed(), &tables::confirmed(self.changed, line.number));
        let new =
            New { id, connection: self.connection, question, typed, confirmed, relaunch_of: None };
        write(self.work, conn, self.caller, self.actor, new).await
    }
}

impl Named for Question {
    fn target(&self) -> Target {
        Self::target(self)
    }

    fn bears(&self) -> Vec<Bears> {
        Self::bears(self)
    }

    fn fields(&self) -> Fields {
        Self::fields(self)
    }

    fn asked_name(&self) -> Option<String> {
        self.another_name()
    }
}

impl LineForm for Form {
    fn reference(&self) -> &str {
        self.customer_reference()
    }

    fn kind(&self) -> Kind {
        Self::kind(self)
    }

    fn typed(&self) -> Refused {
        self.as_typed()
    }
}

/// The tables of a kind at a connection; a column is known by its place.
struct Rows<'a> {
    kind: Kind,
    columns: &'static [Column],
    connection: &'a str,
}

impl<'a> Rows<'a> {
    fn of(kind: Kind, connection: &'a str) -> Result<Self, Error> {
        let columns = Form::empty(kind).map_or(&[][..], |form| form.columns());
        if columns.is_empty() {
            Err(Error::NotFound)
        } else {
            Ok(Self { kind, columns, connection })
        }
    }
}

impl Format for Rows<'_> {
    type Column = usize;
    type Form = Form;

    fn needed(&self) -> Vec<(usize, &'static str)> {
        let needed = self.columns.iter().enumerate().filter(|(_, column)| column.is_needed);
        needed.filter_map(|(at, column)| Some((at, *column.names.first()?))).collect()
    }

    /// Of two columns that may be called so, the one that does not stand yet.
    fn column(&self, name: &str, before: &[usize]) -> Option<usize> {
        let called =
            |at: &usize| self.columns[*at].names.iter().any(|known| known.to_lowercase() == name);
        let mut all = (0..self.columns.len()).filter(called);
        all.clone().find(|at| !before.contains(at)).or_else(|| all.next())
    }

    fn field(&self, column: usize) -> String {
        self.columns[column].field.clone()
    }

    fn put(&self, form: &mut Form, column: usize, cell: &str) {
        let is_there = form.put(&self.columns[column].field, cell);
        debug_assert!(is_there, "a column for an input that no form has");
    }

    fn empty(&self) -> Result<Form, Error> {
        let mut form = Form::empty(self.kind).ok_or(Error::NotFound)?;
        form.put("connection", self.connection);
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::tables::{LINES_MAX, read};

    fn format() -> Rows<'static> {
        Rows::of(Kind::NumberMatch, "c").expect("it has tables")
    }

    fn typed(form: &Form, field: &str) -> String {
        form.as_typed().value(field).to_owned()
    }

    fn message(text: &str) -> String {
        match read(text, &format()) {
            Err(Error::Form(refused)) => refused.error("table").unwrap_or_default().to_owned(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{text:?} was read"),
        }
    }

    #[test]
    fn the_template_is_a_good_table() {
        let forms = read(&template(Kind::NumberMatch).expect("it has tables"), &format())
            .expect("reads")
            .forms;
        assert_eq!(forms.len(), 1);
        let (number, form) = &forms[0];
        assert_eq!(
            (*number, form.customer_reference(), typed(form, "phone").as_str()),
            (2, "C-000123", "+34629255833")
        );
        assert_eq!(typed(form, "values[birthdate]"), "1978-08-22");
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let text = "\u{FEFF}Reference;Name;Phone;familyName;fullName\r\nC-0;Z;+4930;x;y\r\nC-1;\"Müller; Anna\";+49 30 1234567;Müller;Anna Müller\r\n\r\n;;;;\r\nC-2;B;+4930;x;y\r\n";
        let forms = read(text, &format()).expect("reads").forms;
        assert_eq!(forms.len(), 3);
        assert_eq!(typed(&forms[1].1, "name"), "Müller; Anna");
        assert_eq!(typed(&forms[1].1, "values[name]"), "Anna Müller");
        let numbers: Vec<usize> = forms.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 3, 6], "lines are counted as an editor does");
    }

    #[test]
    fn what_spreadsheets_add_is_skipped() {
        for text in [
            "sep=;\ncustomer_reference;name;phone\nC-1;A;+4930\n",
            "\u{FEFF}sep=;\r\ncustomer_reference;name;phone\r\nC-1;A;+4930\r\n",
            "\"sep=,\"\ncustomer_reference,name,phone\nC-1,A,+4930\n",
            "SEP=|\ncustomer_reference|name|phone\nC-1|A|+4930\n",
            "sep=\t\ncustomer_reference\tname\tphone\nC-1\tA\t+4930\n",
            ";;;\ncustomer_reference;name;phone;\nC-1;A;+4930;\n",
            "\ncustomer_reference,name,phone,,\nC-1,A,+4930,,,\n",
        ] {
            let forms = read(text, &format()).unwrap_or_else(|e| panic!("{text:?}: {e:?}")).forms;
            let (number, form) = &forms[0];
            assert_eq!(
                (forms.len(), *number, typed(form, "phone").as_str()),
                (1, 3, "+4930"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_bad_table_is_told_what_is_wrong() {
        for (text, words) in [
            ("", "Choose a file"),
            ("customer_reference,name\nC,N\n", "“phone” is missing"),
            ("customer_reference,name,phone,colour\n", "“colour”"),
            ("customer_reference,name,phone,email,email\n", "stands twice"),
            ("customer_reference,name,phone\n", "no line below"),
            ("customer_reference,name,phone\na,b,c,d\n", "Line 2 has more cells"),
            ("customer_reference,name,phone\nC,M\u{FFFD}ller,+4930\n", "Line 2 has characters"),
        ] {
            assert!(message(text).contains(words), "{text:?}: {}", message(text));
        }
        let many =
            format!("customer_reference,name,phone\n{}", "C,N,+49301\n".repeat(LINES_MAX + 1));
        assert!(message(&many).contains("1,000 lines"));
    }
}
