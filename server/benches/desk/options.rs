//! What the command line asks for.

/// Every row by its name, in the order of the list of goals.
const ROWS: [&str; 23] = [
    "P-01", "P-02", "P-04", "P-05", "P-06", "P-07", "P-08", "P-11", "P-12", "P-13", "P-15", "P-16",
    "P-17", "P-18", "P-20", "P-21", "P-25", "P-26", "P-27", "P-28", "P-31", "P-32", "P-33",
];
const USAGE: &str = "Arguments: --checks N, --only P-01,P-02, --webhooks (P-15 and P-16 alone), --profile SECONDS (the queue page alone)";

/// How many checks, and which rows.
pub struct Options {
    pub checks: usize,
    only: Vec<String>,
    /// Nothing but the queue page for so many seconds, for a profiler.
    pub profile: Option<u64>,
}

impl Options {
    /// Reads the program's arguments.
    ///
    /// # Errors
    /// The sentence that says what cannot be understood.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { checks: 100_000, only: vec![], profile: None };
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or_else(|| format!("{argument} needs a value. {USAGE}"));
            match argument.as_str() {
                "--checks" => {
                    options.checks =
                        value()?.parse().map_err(|_| format!("--checks takes a number. {USAGE}"))?
                }
                "--only" => {
                    options.only =
                        value()?.split(',').map(|row| row.trim().to_uppercase()).collect()
                }
                "--webhooks" => options.only = vec!["P-15".into(), "P-16".into()],
                "--profile" => {
                    options.profile = Some(
                        value()?
                            .parse()
                            .map_err(|_| format!("--profile takes seconds. {USAGE}"))?,
                    )
                }
                // Cargo says so to every bench.
                "--bench" => {}
                other => return Err(format!("{other} is not known. {USAGE}")),
            }
        }
        match options.only.iter().find(|row| !ROWS.contains(&row.as_str())) {
            Some(row) => Err(format!("There is no row {row}; there are {}.", ROWS.join(", "))),
            None => Ok(options),
        }
    }

    /// Whether a row is measured.
    pub fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == row)
    }

    /// Whether one of these rows is measured.
    pub fn wants_one(&self, rows: &[&str]) -> bool {
        rows.iter().any(|row| self.wants(row))
    }
}
