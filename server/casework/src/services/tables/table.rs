//! Reading a table: lines as an editor counts them, columns by their names, each line checked by
//! itself.

use crate::{
    Casework, Error,
    records::{
        checks as check_store,
        customers::{
            self, Confirmed, Elsewhere, Other,
            who::{self, Fields, NAMED_MAX},
        },
    },
};
use domain::{
    CheckId,
    checks::Kind,
    fields::{Refused, thousands},
    launch::Target,
    who::{Bears, Trait, of_person, of_reference},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most lines of a table, the header not counted.
pub const LINES_MAX: usize = 1_000;
/// The largest table, in bytes.
pub const TABLE_MAX: usize = 1024 * 1024;

/// What a kind of table has: its columns, and what a line becomes.
pub(crate) trait Format {
    type Column: Copy + PartialEq + 'static;
    type Form: LineForm;

    /// Columns that every table has, under the names of the template.
    fn needed(&self) -> Vec<(Self::Column, &'static str)>;
    /// The column of this name in small letters, after those that stand before it.
    fn column(&self, name: &str, before: &[Self::Column]) -> Option<Self::Column>;
    /// The field of the form that a column fills.
    fn field(&self, column: Self::Column) -> String;
    fn put(&self, form: &mut Self::Form, column: Self::Column, cell: &str);
    /// A line's form before its cells are read.
    ///
    /// # Errors
    /// A kind that has no tables.
    fn empty(&self) -> Result<Self::Form, Error>;
}

/// What a good line becomes, as far as it says whom it is about.
pub(crate) trait Named {
    fn target(&self) -> Target;
    fn bears(&self) -> Vec<Bears>;
    fn fields(&self) -> Fields;

    /// Another name than the target's, about which somebody is asked.
    fn asked_name(&self) -> Option<String> {
        None
    }
}

/// The column in which a line confirms that the data of a known customer changed. Every table may
/// have it.
pub const CHANGED: &str = "data_changed";

/// What a line asks for, as typed.
pub(crate) trait LineForm: Send + Sync {
    fn reference(&self) -> &str;
    fn kind(&self) -> Kind;
    fn typed(&self) -> Refused;
}

/// One line of a table, checked.
#[derive(Debug, Clone)]
pub struct Line<F, G> {
    /// As an editor counts: the header is 1.
    pub number: usize,
    pub form: F,
    pub result: Result<G, Refused>,
}

/// A column of a table's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// As it stands in the first line.
    pub name: String,
    /// The field of the form that it fills.
    pub field: String,
}

/// A table, checked.
#[derive(Debug, Clone)]
pub struct Table<F, G> {
    pub headings: Vec<Heading>,
    pub lines: Vec<Line<F, G>>,
    /// Lines that confirm that the data of their customer changed.
    pub changed: BTreeSet<usize>,
    /// Lines about somebody who seems to be known under another reference.
    pub elsewhere: BTreeMap<usize, Elsewhere>,
    /// References of customers of whom this says who they are, for the journal.
    pub named: BTreeSet<String>,
}

impl<F, G> Table<F, G> {
    #[must_use]
    pub fn good(&self) -> usize {
        self.lines.iter().filter(|l| l.result.is_ok()).count()
    }

    #[must_use]
    pub fn bad(&self) -> usize {
        self.lines.len() - self.good()
    }

    /// Number, from 1, and name of the column that fills a field.
    #[must_use]
    pub fn column_of(&self, field: &str) -> Option<(usize, &str)> {
        let at = self.headings.iter().position(|h| h.field == field)?;
        Some((at + 1, &self.headings[at].name))
    }
}

/// A table that was read and not checked yet: its lines with their numbers.
pub(crate) struct Raw<F> {
    pub headings: Vec<Heading>,
    pub forms: Vec<(usize, F)>,
    /// Lines that confirm that the data of their customer changed.
    pub changed: BTreeSet<usize>,
}

/// Why a table as a whole cannot be read.
pub(crate) fn refuse(message: impl Into<String>) -> Error {
    Refused::default().because("table", message).into()
}

/// Reads a table.
pub(crate) fn read<T: Format>(text: &str, format: &T) -> Result<Raw<T::Form>, Error> {
    // One kind of line end, so that lines are counted as an editor counts them.
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() {
        return Err(refuse("Choose a file or paste a table."));
    }
    if text.len() > TABLE_MAX {
        return Err(refuse("A table may have 1 MB. Split it."));
    }
    if let Some(at) = text.lines().position(|line| line.contains(['\u{FFFD}', '\0'])) {
        return Err(refuse(format!(
            "Line {} has characters that cannot be read. Save the table as CSV in UTF-8.",
            at + 1
        )));
    }
    let (text, said) = without_preface(&text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let counted = || {
        [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|d| first.bytes().filter(|b| b == d).count())
            .unwrap_or(b',')
    };
    let delimiter = said.unwrap_or_else(counted);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut header = reader
        .headers()
        .map_err(|e| refuse(format!("The first line cannot be read: {e}.")))?
        .clone();
    // Spreadsheets go on to the last column that ever had a cell.
    let beyond = header.iter().rev().take_while(|name| name.trim().is_empty()).count();
    header.truncate(header.len() - beyond);
    let columns = columns(format, &header).map_err(refuse)?;
    let (mut forms, mut changed) = (Vec::new(), BTreeSet::new());
    for record in reader.records() {
        let record = record.map_err(|e| refuse(format!("The table cannot be read: {e}.")))?;
        let number = record.position().map_or(0, |at| line_of(&text, at));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.iter().skip(header.len()).any(|cell| !cell.trim().is_empty()) {
            return Err(refuse(format!(
                "Line {number} has more cells than the first line has columns. Put texts with commas into quotes."
            )));
        }
        if forms.len() == LINES_MAX {
            return Err(refuse(format!(
                "A table may have {} lines below the first. Split it.",
                thousands(LINES_MAX)
            )));
        }
        let mut form = format.empty()?;
        for (column, cell) in columns.iter().zip(&record) {
            match column {
                Some(column) => format.put(&mut form, *column, cell),
                None if cell.eq_ignore_ascii_case("yes") => drop(changed.insert(number)),
                None if cell.is_empty() || cell.eq_ignore_ascii_case("no") => {}
                None => {
                    return Err(refuse(format!(
                        "Line {number}: write yes in the column {CHANGED}, or leave it empty."
                    )));
                }
            }
        }
        forms.push((number, form));
    }
    if forms.is_empty() {
        return Err(refuse("There is no line below the first."));
    }
    let field = |column: &Option<T::Column>| {
        column.map_or_else(|| CHANGED.to_owned(), |column| format.field(column))
    };
    let heading = |(name, column): (&str, &Option<T::Column>)| Heading {
        name: name.trim().to_owned(),
        field: field(column),
    };
    Ok(Raw { headings: header.iter().zip(&columns).map(heading).collect(), forms, changed })
}

/// A table whose lines above the first one with names are emptied, so that the others keep their
/// numbers, and the delimiter that one of them names: spreadsheets write `sep=;`, and lines of
/// nothing but delimiters.
fn without_preface(text: &str) -> (String, Option<u8>) {
    let (mut kept, mut delimiter, mut is_preface) = (String::with_capacity(text.len()), None, true);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_matches(|c: char| c.is_whitespace() && c != '\t').trim_matches('"');
        let said = bare.get(..4).filter(|begin| begin.eq_ignore_ascii_case("sep=")).and_then(
            |_| match bare.as_bytes()[4..] {
                [one] => Some(one),
                [] => Some(b'\t'),
                _ => None,
            },
        );
        delimiter = if is_preface { said.or(delimiter) } else { delimiter };
        is_preface = is_preface
            && (said.is_some()
                || bare.chars().all(|c| matches!(c, ',' | ';' | '"') || c.is_whitespace()));
        if is_preface {
            kept.extend(line.chars().filter(|c| *c == '\n'));
        } else {
            kept.push_str(line);
        }
    }
    (
        kept,
        delimiter.filter(|d| {
            d.is_ascii() && !d.is_ascii_alphanumeric() && !matches!(d, b'"' | b'\n' | b'\r')
        }),
    )
}

/// The line that a record begins in; the reader counts from before the empty lines that it skips.
fn line_of(text: &str, at: &csv::Position) -> usize {
    let rest = text.as_bytes().get(at.byte() as usize..).unwrap_or_default();
    at.line() as usize + rest.iter().take_while(|b| **b == b'\n').count()
}

/// The columns in their order; nothing for the one that confirms a change.
fn columns<T: Format>(
    format: &T,
    header: &csv::StringRecord,
) -> Result<Vec<Option<T::Column>>, String> {
    let (mut columns, mut own) = (Vec::new(), Vec::new());
    for name in header {
        let name = name.trim();
        let column = if name.eq_ignore_ascii_case(CHANGED) {
            None
        } else {
            let column = format.column(&name.to_lowercase(), &own).ok_or_else(|| {
                format!(
                    "No column is called “{name}”. Take the names of the template's first line."
                )
            })?;
            Some(column)
        };
        if columns.contains(&column) {
            return Err(format!("The column “{name}” stands twice."));
        }
        own.extend(column);
        columns.push(column);
    }
    match format.needed().into_iter().find(|(needed, _)| !own.contains(needed)) {
        Some((_, name)) => Err(format!("The column “{name}” is missing in the first line.")),
        None => Ok(columns),
    }
}

/// One line about a customer is enough: a second one is refused, and so is who has an open check of
/// the kind.
pub(crate) async fn refuse_repeated<F: LineForm, G>(
    work: &Casework,
    lines: &mut [Line<F, G>],
) -> Result<(), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let none = CheckId::from("");
    let mut seen: HashMap<String, usize> = HashMap::new();
    for line in lines {
        let reference = line.form.reference().trim().to_owned();
        let first = *seen.entry(reference.clone()).or_insert(line.number);
        if line.result.is_err() {
            continue;
        }
        if first != line.number {
            let why = format!("Line {first} is about this customer already.");
            line.result = Err(line.form.typed().because("customer_reference", why));
            continue;
        }
        let Some(customer) = customers::store::by_reference(&mut conn, &reference).await? else {
            continue;
        };
        let kind = line.form.kind();
        if check_store::open_check(&mut conn, &customer.id, kind, &none).await?.is_some() {
            // Person or company is said by the line itself.
            let why = format!("This customer already has an open {}.", kind.in_a_sentence());
            line.result = Err(line.form.typed().because("customer_reference", why));
        }
    }
    Ok(())
}

/// Refuses lines about somebody else than their reference is known for, unless they say that the
/// data changed, and gives who seems to be known under another reference.
pub(crate) async fn refuse_changed<F: LineForm, G: Named>(
    work: &Casework,
    lines: &mut [Line<F, G>],
    changed: &BTreeSet<usize>,
) -> Result<(BTreeMap<usize, Elsewhere>, BTreeSet<String>), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (none, confirmed) = (CheckId::from(""), Confirmed::default());
    let (mut elsewhere, mut named) = (BTreeMap::new(), BTreeSet::new());
    let mut above = Above::default();
    for line in lines {
        let Ok(good) = &line.result else { continue };
        let (target, bears, reference) =
            (good.target(), good.bears(), line.form.reference().trim().to_owned());
        let asked_name = good.asked_name();
        let launch = who::Launch {
            check: &none,
            reference: &reference,
            target: &target,
            document_country: None,
            asked_name: asked_name.as_deref(),
            bears: &bears,
            fields: good.fields(),
            confirmed: &confirmed,
        };
        if let Some(change) =
            who::unconfirmed(&mut conn, &launch).await?.filter(|_| !changed.contains(&line.number))
        {
            let mut refused = line.form.typed();
            let known = who::in_words(&change.known);
            let given = change
                .differences
                .first()
                .map(|difference| difference.given.as_str())
                .unwrap_or_default();
            let is_known = !change.customer_id.is_empty();
            let why = if is_known {
                format!(
                    "{reference} is known as {known}. Correct the line, or write yes in a column {CHANGED}: the change is then a finding."
                )
            } else {
                let own = &change.known.name;
                format!(
                    "This asks about {given}, but the customer is called {own}. Correct the line, or write yes in a column {CHANGED}: that is then a finding."
                )
            };
            refused.refuse("customer_reference", why);
            line.result = Err(refused);
            if is_known {
                named.insert(reference);
            }
            continue;
        }
        let mut known = who::also_known(work, &mut conn, &launch).await?;
        named.extend(
            known.iter().flat_map(|known| &known.others).map(|other| other.reference.clone()),
        );
        let (here, more) = above.see(&reference, &target, &bears);
        if !here.is_empty() {
            known
                .get_or_insert_with(|| Elsewhere { token: String::new(), others: vec![], more: 0 })
                .add(here, more);
        }
        if let Some(known) = known {
            elsewhere.insert(line.number, known);
        }
    }
    Ok((elsewhere, named))
}

/// Whom the lines above are about, and by what they would be known again: nobody of a table is a
/// customer before it is launched.
#[derive(Default)]
struct Above {
    lines: Vec<Other>,
    bearers: HashMap<Bears, Vec<usize>>,
}

impl Above {
    /// Adds a line, and gives who of the lines above it seems to be the same under another
    /// reference: some, and how many more.
    fn see(&mut self, reference: &str, target: &Target, bears: &[Bears]) -> (Vec<Other>, usize) {
        let mut all: BTreeSet<Bears> = bears.iter().cloned().collect();
        all.insert(of_reference(reference));
        if target.kind != Kind::DdKyb {
            all.extend(of_person(&target.name, target.birth_date.as_deref()));
        }
        let mut found: BTreeMap<usize, BTreeSet<Trait>> = BTreeMap::new();
        let own = self.lines.len();
        for bears in all {
            let kind = bears.0;
            let bearers = self.bearers.entry(bears).or_default();
            for at in bearers.iter() {
                found.entry(*at).or_default().insert(kind);
            }
            bearers.push(own);
        }
        self.lines.push(Other {
            id: String::new(),
            reference: reference.to_owned(),
            name: target.name.clone(),
            birth_date: target.birth_date.clone(),
            why: vec![],
            risk: None,
            open_checks: 0,
            decided: None,
            said: None,
        });
        let other = |(at, why): (usize, BTreeSet<Trait>)| Other {
            why: why.into_iter().collect(),
            ..self.lines[at].clone()
        };
        let more = found.len().saturating_sub(NAMED_MAX);
        (found.into_iter().take(NAMED_MAX).map(other).collect(), more)
    }
}

#[cfg(test)]
mod tests;
