//! Many number matches from one table: its columns, and what a line becomes. The rest is `many`.

use super::{Form, New, Question, checked, write};
use crate::{
    Casework, Error,
    connections::Connection,
    customers::who::Fields,
    journal::Actor,
    many::{self, Format, LineForm, Named, Sent, What, Write},
    store::Conn,
};
use domain::{
    CheckId,
    checks::Kind,
    fields::Refused,
    launch::Target,
    number_match::{Attribute, NumberMatchForm},
    people::Caller,
    who::Bears,
};
use std::collections::BTreeSet;

/// Columns that every table has.
pub const NEEDED: [&str; 3] = ["customer_reference", "name", "phone"];

pub type Line = many::Line<NumberMatchForm, Question>;
pub type Table = many::Table<NumberMatchForm, Question>;

/// A table with all columns and one made-up line, to begin with.
#[must_use]
pub fn template() -> String {
    // The attribute "name" shares its name with our own column.
    let asked = Attribute::ALL.iter().map(|a| if *a == Attribute::Name { "fullName" } else { a.code() });
    let columns: Vec<&str> = NEEDED.into_iter().chain(asked).collect();
    let example = |column: &str| match column {
        "customer_reference" => "C-000123",
        "name" => "Federica Sanchez Arjona",
        "phone" => "+34629255833",
        "givenName" => "Federica",
        "familyName" => "Sanchez Arjona",
        "birthdate" => "1978-08-22",
        _ => "",
    };
    let line: Vec<&str> = columns.iter().map(|c| example(c)).collect();
    format!("{}\r\n{}\r\n", columns.join(","), line.join(","))
}

/// Reads and checks a table for a connection; launches nothing.
///
/// # Errors
/// The table as a whole (`table`) or the connection; the database. Errors of lines are in the lines.
pub async fn look(work: &Casework, connection: &str, text: &str) -> Result<Table, Error> {
    let raw = many::read(text, &Matches { connection })?;
    let mut lines = Vec::with_capacity(raw.forms.len());
    for (number, form) in raw.forms {
        let result = match checked(work, &Form::NumberMatch(form.clone())).await {
            Ok((_, question)) => Ok(question),
            Err(Error::Form(refused)) if refused.error("connection").is_some() => {
                return Err(Refused::default().because("connection", "Choose a connection that is active.").into());
            }
            Err(Error::Form(refused)) => Err(*refused),
            Err(error) => return Err(error),
        };
        lines.push(Line { number, form, result });
    }
    many::refuse_repeated(work, &mut lines).await?;
    let (elsewhere, named) = many::refuse_changed(work, &mut lines, &raw.changed).await?;
    Ok(Table { headings: raw.headings, lines, changed: raw.changed, elsewhere, named })
}

/// Launches the lines of a table in one transaction. With a bad line nothing is launched, unless it is left out on purpose.
///
/// # Errors
/// As [`look`]; a bad line that is not left out; the database.
pub async fn launch(work: &Casework, caller: &Caller, actor: &Actor, connection: &str, sent: &Sent<'_>) -> Result<many::Launched, Error> {
    if let Some(launched) = many::before(work, sent).await? {
        return Ok(launched);
    }
    let table = look(work, connection, sent.text).await?;
    let connection = crate::connections::get(work, &connection.into()).await?;
    let about = (What::NumberMatch, connection.id.as_str());
    many::launch(
        work,
        caller,
        actor,
        about,
        sent,
        &table,
        &Writer { work, caller, actor, connection: &connection, changed: &table.changed },
    )
    .await
}

struct Writer<'a> {
    work: &'a Casework,
    caller: &'a Caller,
    actor: &'a Actor,
    connection: &'a Connection,
    changed: &'a BTreeSet<usize>,
}

impl Write<NumberMatchForm, Question> for Writer<'_> {
    async fn write(&self, conn: &mut Conn<'_>, id: &CheckId, line: &Line) -> Result<bool, Error> {
        let Ok(question) = &line.result else { return Ok(false) };
        let (typed, confirmed) = (line.form.as_typed(), &many::confirmed(self.changed, line.number));
        let new = New { id, connection: self.connection, question, typed, confirmed, relaunch_of: None };
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
        self.another_name().map(|(_, asked)| asked)
    }
}

impl LineForm for NumberMatchForm {
    fn reference(&self) -> &str {
        &self.customer_reference
    }

    fn kind(&self) -> Kind {
        Kind::NumberMatch
    }

    fn typed(&self) -> Refused {
        self.as_typed()
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Reference,
    OurName,
    Phone,
    Asked(Attribute),
}

/// The table of a connection.
struct Matches<'a> {
    connection: &'a str,
}

impl Format for Matches<'_> {
    type Column = Column;
    type Form = NumberMatchForm;
    const NEEDED: &'static [(Column, &'static str)] =
        &[(Column::Reference, NEEDED[0]), (Column::OurName, NEEDED[1]), (Column::Phone, NEEDED[2])];

    /// `name` is ours when it stands once; asked is then what `fullName` or a second `name` holds.
    fn column(name: &str, before: &[Column]) -> Option<Column> {
        Some(match name {
            "customer_reference" | "reference" => Column::Reference,
            "name" if !before.contains(&Column::OurName) => Column::OurName,
            "phone" | "phonenumber" | "phone_number" => Column::Phone,
            "name" | "fullname" => Column::Asked(Attribute::Name),
            lower => Column::Asked(*Attribute::ALL.iter().find(|a| a.code().to_lowercase() == lower)?),
        })
    }

    fn field(column: Column) -> String {
        match column {
            Column::Reference => "customer_reference".into(),
            Column::OurName => "name".into(),
            Column::Phone => "phone".into(),
            Column::Asked(attribute) => attribute.field(),
        }
    }

    fn put(form: &mut NumberMatchForm, column: Column, cell: &str) {
        match column {
            Column::Reference => cell.clone_into(&mut form.customer_reference),
            Column::OurName => cell.clone_into(&mut form.name),
            Column::Phone => cell.clone_into(&mut form.phone),
            Column::Asked(attribute) => {
                form.values.insert(attribute.code().to_owned(), cell.to_owned());
            }
        }
    }

    fn empty(&self) -> NumberMatchForm {
        NumberMatchForm { connection: self.connection.to_owned(), ..NumberMatchForm::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::{LINES_MAX, read};

    const FORMAT: Matches<'_> = Matches { connection: "c" };

    fn message(text: &str) -> String {
        match read(text, &FORMAT) {
            Err(Error::Form(refused)) => refused.error("table").unwrap_or_default().to_owned(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{text:?} was read"),
        }
    }

    #[test]
    fn the_template_is_a_good_table() {
        let forms = read(&template(), &FORMAT).expect("reads").forms;
        assert_eq!(forms.len(), 1);
        let (number, form) = &forms[0];
        assert_eq!((*number, form.customer_reference.as_str(), form.phone.as_str()), (2, "C-000123", "+34629255833"));
        assert_eq!(form.values.get("birthdate").map(String::as_str), Some("1978-08-22"));
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let text = "\u{FEFF}Reference;Name;Phone;familyName;fullName\r\nC-0;Z;+4930;x;y\r\nC-1;\"Müller; Anna\";+49 30 1234567;Müller;Anna Müller\r\n\r\n;;;;\r\nC-2;B;+4930;x;y\r\n";
        let forms = read(text, &FORMAT).expect("reads").forms;
        assert_eq!(forms.len(), 3);
        assert_eq!(forms[1].1.name, "Müller; Anna");
        assert_eq!(forms[1].1.values.get("name").map(String::as_str), Some("Anna Müller"));
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
            let forms = read(text, &FORMAT).unwrap_or_else(|e| panic!("{text:?}: {e:?}")).forms;
            let (number, form) = &forms[0];
            assert_eq!((forms.len(), *number, form.phone.as_str()), (1, 3, "+4930"), "{text:?}");
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
        let many = format!("customer_reference,name,phone\n{}", "C,N,+49301\n".repeat(LINES_MAX + 1));
        assert!(message(&many).contains("1,000 lines"));
    }
}
