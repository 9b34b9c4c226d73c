//! Many number matches from one table: read, looked at as a whole, launched together or not at all.
//!
//! Each line becomes a check of its own with a promise of its own, so the connection's limit, 429 and restarts are
//! handled where they always are. Ids of checks come from the page's id, the table and the line, so that the same table
//! sent twice launches once.

use super::{Form, New, Question, checked, write};
use crate::{Casework, Error, checks::store as check_store, customers, journal::Actor};
use domain::{
    CheckId,
    checks::Kind,
    fields::Refused,
    number_match::{Attribute, NumberMatchForm},
    people::Caller,
};
use std::collections::{BTreeMap, HashMap};

/// The most lines of a table, the header not counted.
pub const LINES_MAX: usize = 1_000;
/// The largest table, in bytes.
pub const TABLE_MAX: usize = 1024 * 1024;
/// Columns that every table has.
pub const NEEDED: [&str; 3] = ["customer_reference", "name", "phone"];

/// One line of a table, checked.
#[derive(Debug, Clone)]
pub struct Line {
    /// As an editor counts: the header is 1.
    pub number: usize,
    pub form: NumberMatchForm,
    pub result: Result<Question, Refused>,
}

/// A table, checked.
#[derive(Debug, Clone)]
pub struct Table {
    pub lines: Vec<Line>,
}

impl Table {
    #[must_use]
    pub fn good(&self) -> usize {
        self.lines.iter().filter(|l| l.result.is_ok()).count()
    }

    #[must_use]
    pub fn bad(&self) -> usize {
        self.lines.len() - self.good()
    }
}

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
    let forms = read(text, connection)?;
    let mut lines = Vec::with_capacity(forms.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, form) in forms {
        let result = match checked(work, &Form::NumberMatch(form.clone())).await {
            Ok((_, question)) => Ok(question),
            Err(Error::Form(refused)) if refused.error("connection").is_some() => {
                return Err(Refused::default().because("connection", "Choose a connection that is active.").into());
            }
            Err(Error::Form(refused)) => Err(*refused),
            Err(error) => return Err(error),
        };
        let result = match (result, seen.get(form.customer_reference.trim())) {
            (Ok(_), Some(first)) => {
                Err(form.as_typed().because("customer_reference", format!("Line {first} is about this customer already.")))
            }
            (result, _) => result,
        };
        seen.entry(form.customer_reference.trim().to_owned()).or_insert(number);
        lines.push(Line { number, form, result });
    }
    mark_open(work, &mut lines).await?;
    Ok(Table { lines })
}

/// Customers who have an open number match get no second one from a table.
async fn mark_open(work: &Casework, lines: &mut [Line]) -> Result<(), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let none = CheckId::from("");
    for line in lines.iter_mut().filter(|l| l.result.is_ok()) {
        let reference = line.form.customer_reference.trim();
        let Some(customer) = customers::store::by_reference(&mut conn, reference).await? else { continue };
        if check_store::open_check(&mut conn, &customer.id, Kind::NumberMatch, &none).await?.is_some() {
            let refused = line.form.as_typed().because("customer_reference", "This customer already has an open number match.");
            line.result = Err(refused);
        }
    }
    Ok(())
}

/// What was launched of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchedMany {
    pub launched: usize,
    pub left_out: usize,
}

/// Launches the lines of a table in one transaction. With a bad line nothing is launched, unless `leave_out` says so.
///
/// # Errors
/// As [`look`]; a bad line without `leave_out`; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    batch: &str,
    connection: &str,
    text: &str,
    leave_out: bool,
) -> Result<LaunchedMany, Error> {
    // Another table sent from the same page is another batch: what was left out may be corrected and sent.
    let batch = &format!("{batch}\0{}", crate::sha256_hex(text.as_bytes()));
    if was_sent(work, batch).await? {
        return Ok(LaunchedMany { launched: 0, left_out: 0 });
    }
    let table = look(work, connection, text).await?;
    let refuse = |message: String| Error::from(Refused::default().because("table", message));
    if table.bad() > 0 && !leave_out {
        return Err(refuse(format!("{} of {} lines cannot be sent. Nothing was launched.", table.bad(), table.lines.len())));
    }
    if table.good() == 0 {
        return Err(refuse("No line can be sent. Nothing was launched.".into()));
    }
    let connection = crate::connections::get(work, &connection.into()).await?;
    let mut launched = 0;
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        for line in &table.lines {
            let Ok(question) = &line.result else { continue };
            let id = id_of(batch, line.number);
            let typed = line.form.as_typed();
            let new = New { id: &id, connection: &connection, question, typed, anyway: false, relaunch_of: None };
            match write(work, &mut conn, caller, actor, new).await {
                Ok(true) => launched += 1,
                Ok(false) => {}
                Err(Error::Form(refused)) => {
                    let why = refused.errors.into_values().collect::<Vec<_>>().join(" ");
                    return Err(refuse(format!("Line {}: {why} Nothing was launched.", line.number)));
                }
                Err(error) => return Err(error),
            }
        }
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(LaunchedMany { launched, left_out: table.bad() })
}

/// Whether this table was launched from this page before: some of its lines have checks.
async fn was_sent(work: &Casework, batch: &str) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let ids: Vec<CheckId> = (2..LINES_MAX + 2).map(|number| id_of(batch, number)).collect();
    check_store::any_known(&mut conn, &ids).await
}

/// The id of a line's check.
fn id_of(batch: &str, line: usize) -> CheckId {
    let hash = crate::sha256_hex(format!("{batch}\0{line}").as_bytes());
    // The batch's time stays in front, so that ids sort by time; version and variant are those of UUIDv8.
    let time = batch.get(..13).filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')).unwrap_or("00000000-0000");
    format!("{time}-8{}-a{}-{}", &hash[..3], &hash[3..6], &hash[6..18]).into()
}

fn read(text: &str, connection: &str) -> Result<Vec<(usize, NumberMatchForm)>, Error> {
    let refuse = |message: String| Error::from(Refused::default().because("table", message));
    // One kind of line end, so that lines are counted as an editor counts them.
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() {
        return Err(refuse("Choose a file or paste a table.".into()));
    }
    if text.len() > TABLE_MAX {
        return Err(refuse("A table may have 1 MB. Split it.".into()));
    }
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| refuse(format!("The first line cannot be read: {e}.")))?.clone();
    let columns = columns(&header).map_err(refuse)?;
    let mut forms = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| refuse(format!("The table cannot be read: {e}.")))?;
        let number = record.position().map_or(0, csv::Position::line) as usize;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() > header.len() {
            return Err(refuse(format!(
                "Line {number} has more cells than the first line has columns. Put texts with commas into quotes."
            )));
        }
        if forms.len() == LINES_MAX {
            return Err(refuse("A table may have 1,000 lines below the first. Split it.".into()));
        }
        forms.push((number, form_of(&columns, &record, connection)));
    }
    if forms.is_empty() {
        return Err(refuse("There is no line below the first.".into()));
    }
    Ok(forms)
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Reference,
    OurName,
    Phone,
    Asked(Attribute),
}

/// The columns of a first line. `name` is ours when it stands once; asked is then what `fullName` or a second `name` holds.
fn columns(header: &csv::StringRecord) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for name in header {
        let name = name.trim();
        let column = match name.to_lowercase().as_str() {
            "customer_reference" | "reference" => Column::Reference,
            "name" if !columns.contains(&Column::OurName) => Column::OurName,
            "phone" | "phonenumber" | "phone_number" => Column::Phone,
            "name" | "fullname" => Column::Asked(Attribute::Name),
            lower => {
                let known = Attribute::ALL.iter().find(|a| a.code().to_lowercase() == lower);
                Column::Asked(*known.ok_or_else(|| format!("No column is called “{name}”. Take the names of the template's first line."))?)
            }
        };
        if columns.contains(&column) {
            return Err(format!("The column “{name}” stands twice."));
        }
        columns.push(column);
    }
    for (needed, name) in [Column::Reference, Column::OurName, Column::Phone].into_iter().zip(NEEDED) {
        if !columns.contains(&needed) {
            return Err(format!("The column “{name}” is missing in the first line."));
        }
    }
    Ok(columns)
}

fn form_of(columns: &[Column], record: &csv::StringRecord, connection: &str) -> NumberMatchForm {
    let mut form = NumberMatchForm { connection: connection.to_owned(), ..NumberMatchForm::default() };
    let mut values = BTreeMap::new();
    for (column, cell) in columns.iter().zip(record) {
        match column {
            Column::Reference => form.customer_reference = cell.to_owned(),
            Column::OurName => form.name = cell.to_owned(),
            Column::Phone => form.phone = cell.to_owned(),
            Column::Asked(attribute) => {
                values.insert(attribute.code().to_owned(), cell.to_owned());
            }
        }
    }
    form.values = values;
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        match read(text, "c") {
            Err(Error::Form(refused)) => refused.error("table").unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_template_is_a_good_table() {
        let forms = read(&template(), "c").expect("reads");
        assert_eq!(forms.len(), 1);
        let (number, form) = &forms[0];
        assert_eq!((*number, form.customer_reference.as_str(), form.phone.as_str()), (2, "C-000123", "+34629255833"));
        assert_eq!(form.values.get("birthdate").map(String::as_str), Some("1978-08-22"));
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let text = "\u{FEFF}Reference;Name;Phone;familyName;fullName\r\nC-0;Z;+4930;x;y\r\nC-1;\"Müller; Anna\";+49 30 1234567;Müller;Anna Müller\r\n\r\n;;;;\r\nC-2;B;+4930;x;y\r\n";
        let forms = read(text, "c").expect("reads");
        assert_eq!(forms.len(), 3);
        assert_eq!(forms[1].1.name, "Müller; Anna");
        assert_eq!(forms[1].1.values.get("name").map(String::as_str), Some("Anna Müller"));
        let numbers: Vec<usize> = forms.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 3, 6], "lines are counted as an editor does");
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
        ] {
            assert!(message(text).contains(words), "{text:?}: {}", message(text));
        }
        let many = format!("customer_reference,name,phone\n{}", "C,N,+49301\n".repeat(LINES_MAX + 1));
        assert!(message(&many).contains("1,000 lines"));
    }

    #[test]
    fn ids_of_lines_are_their_own_and_always_the_same() {
        let batch = crate::new_id();
        assert_eq!(id_of(&batch, 2), id_of(&batch, 2));
        assert_ne!(id_of(&batch, 2), id_of(&batch, 3));
        assert_ne!(id_of(&batch, 2), id_of(&crate::new_id(), 2));
        assert!(uuid::Uuid::parse_str(id_of(&batch, 2).as_str()).is_ok());
    }
}
