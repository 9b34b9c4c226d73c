//! Reads how long files and functions are, and how many parameters a function takes: whoever opens
//! one shall be able to hold it in mind.
//!
//! It reads text, not syntax: comments and the insides of strings are blanked first, so that braces
//! and commas in them count for nothing. What a macro writes is not seen.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Lines of a file, its tests among them: they may stand in a `tests.rs` beside it.
const FILE: usize = 500;
/// Lines of code between a function's braces; blank lines and comments do not count.
const BODY: usize = 60;
const PARAMETERS: usize = 6;

/// Where the sources of the product and of its tools stand.
const ROOTS: [&str; 3] = ["app", "server", "xtask"];
/// Folders and files of this name hold no product: what they say is long because it is told in
/// order.
const ASIDE: [&str; 4] = ["tests", "tests.rs", "benches", "target"];
/// Files that are data, each with why.
const DATA: [(&str, &str); 1] = [("app/domain/src/countries.rs", "the countries, a line each")];

/// Something longer than it may be, in words.
#[derive(Debug, PartialEq)]
struct Over {
    line: usize,
    what: String,
    number: usize,
    limit: usize,
}

/// What a file's text has over the limits.
fn over(text: &str) -> Vec<Over> {
    let mut all = Vec::new();
    let lines = text.lines().count();
    if lines > FILE {
        all.push(Over { line: 1, what: "lines".into(), number: lines, limit: FILE });
    }
    let code = without_tests(&blanked(text));
    for function in functions(&code) {
        let said = |what: &str, number, limit| Over {
            line: function.line,
            what: format!("{what} of {}", function.name),
            number,
            limit,
        };
        if function.lines > BODY {
            all.push(said("lines of code", function.lines, BODY));
        }
        if function.parameters > PARAMETERS {
            all.push(said("parameters", function.parameters, PARAMETERS));
        }
    }
    all
}

/// The text with comments blank and the insides of strings and characters as `_`; each line stays
/// where it is.
fn blanked(text: &str) -> Vec<char> {
    let from: Vec<char> = text.chars().collect();
    let mut to = from.clone();
    let mut at = 0;
    while at < from.len() {
        let (end, with) = match (from[at], from.get(at + 1)) {
            ('/', Some('/')) => (line_end(&from, at), ' '),
            ('/', Some('*')) => (comment_end(&from, at), ' '),
            ('"', _) => (string_end(&from, at), '_'),
            ('r', Some('"' | '#')) if !in_word(&from, at) => (raw_end(&from, at), '_'),
            ('\'', _) => (character_end(&from, at), '_'),
            _ => (at + 1, from[at]),
        };
        let end = end.min(from.len());
        for place in &mut to[at..end] {
            if *place != '\n' {
                *place = with;
            }
        }
        at = end;
    }
    to
}

fn line_end(text: &[char], at: usize) -> usize {
    text[at..].iter().position(|c| *c == '\n').map_or(text.len(), |length| at + length)
}

/// Comments of this kind stand in each other.
fn comment_end(text: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(text: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < text.len() && text[end] != '"' {
        end += if text[end] == '\\' { 2 } else { 1 };
    }
    end + 1
}

/// `r"…"`, `r#"…"#`; a name such as `r#type` is no string and ends behind its `r`.
fn raw_end(text: &[char], at: usize) -> usize {
    let hashes = text[at + 1..].iter().take_while(|c| **c == '#').count();
    let begin = at + 1 + hashes;
    if text.get(begin) != Some(&'"') {
        return at + 1;
    }
    let closes = |end: &usize| {
        text[*end] == '"'
            && text[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (begin + 1..text.len()).find(closes).map_or(text.len(), |end| end + 1 + hashes)
}

/// `'x'`, `'\n'`; a lifetime such as `'a` ends behind its mark.
fn character_end(text: &[char], at: usize) -> usize {
    match (text.get(at + 1), text.get(at + 2)) {
        (Some('\\'), _) => text[(at + 3).min(text.len())..]
            .iter()
            .position(|c| *c == '\'')
            .map_or(text.len(), |length| at + 4 + length),
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// Whether the letter goes on with a word: the `r` of `for`, but not of `br"…"`.
fn in_word(text: &[char], at: usize) -> bool {
    let is_letter = |at: usize| text[at].is_alphanumeric() || text[at] == '_';
    at > 0 && is_letter(at - 1) && !(text[at - 1] == 'b' && (at < 2 || !is_letter(at - 2)))
}

/// Without what is only compiled for tests: `#[cfg(test)]` and the item behind it.
fn without_tests(code: &[char]) -> Vec<char> {
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut code = code.to_vec();
    let mut at = 0;
    while at + mark.len() <= code.len() {
        if code[at..].starts_with(&mark) {
            let begin = at + mark.len();
            let item = item_end(&code, begin);
            let end = if code.get(item) == Some(&'{') { closing(&code, item) } else { item };
            for place in &mut code[at..end] {
                if *place != '\n' {
                    *place = ' ';
                }
            }
            at = end;
        }
        at += 1;
    }
    code
}

/// The `{` or `;` that an item's head ends with.
fn item_end(code: &[char], begin: usize) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code.iter().enumerate().skip(begin) {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' | ';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

/// The bracket that closes the one that stands here. `<` and `>` are brackets in a function's head,
/// where nothing is compared; the arrow of `->` is none.
fn closing(code: &[char], open: usize) -> usize {
    let angles = code[open] != '{';
    let mut depth = 0_usize;
    for at in open..code.len() {
        match code[at] {
            '(' | '[' | '{' => depth += 1,
            '<' if angles => depth += 1,
            '>' if !angles || code[at - 1] == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
    parameters: usize,
}

/// Each function with a name; one that stands within another counts for both.
fn functions(code: &[char]) -> Vec<Function> {
    let is_letter = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut all = Vec::new();
    let mut line = 1;
    for at in 0..code.len() {
        line += usize::from(code[at] == '\n');
        let is_word =
            code[at..].starts_with(&['f', 'n', ' ']) && (at == 0 || !is_letter(&code[at - 1]));
        let name: String = code[at..].iter().skip(3).take_while(|c| is_letter(c)).collect();
        if !is_word || name.is_empty() {
            continue;
        }
        let mut open = at + 3 + name.chars().count();
        if code.get(open) == Some(&'<') {
            open = closing(code, open) + 1;
        }
        if code.get(open) != Some(&'(') {
            continue;
        }
        let close = closing(code, open);
        let body = item_end(code, close + 1);
        let lines = if code.get(body) == Some(&'{') {
            lines_of_code(&code[body + 1..closing(code, body)])
        } else {
            0
        };
        all.push(Function { name, line, lines, parameters: parameters(&code[open + 1..close]) });
    }
    all
}

/// The lines between braces that are not blank.
fn lines_of_code(body: &[char]) -> usize {
    body.split(|c| *c == '\n').filter(|line| line.iter().any(|c| !c.is_whitespace())).count()
}

/// How many there are between the parentheses, `self` among them.
fn parameters(list: &[char]) -> usize {
    let (mut count, mut depth, mut begun) = (0, 0_usize, false);
    for (at, letter) in list.iter().enumerate() {
        match letter {
            ',' if depth == 0 => {
                count += usize::from(begun);
                begun = false;
                continue;
            }
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if at > 0 && list[at - 1] == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        begun |= !letter.is_whitespace();
    }
    count + usize::from(begun)
}

/// The sources below a folder that are neither tests nor data.
fn sources(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), ROOTS.map(|folder| root.join(folder)).to_vec());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if ASIDE.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What was longer before there was this test, each with its number: it may not grow, and what is
/// short enough now goes from the list.
const OWED: &str = include_str!("lengths.txt");

/// The list of what is owed, by its words.
fn owed() -> BTreeMap<String, usize> {
    let entry = |line: &str| {
        let (what, number) = line.rsplit_once(": ").expect("a number after a colon");
        (what.to_owned(), number.parse().expect("a number"))
    };
    OWED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(entry).collect()
}

/// What is over its limit and not owed, or more than that; and what is owed no more.
fn held_against(
    found: &BTreeMap<String, (usize, String)>,
    owed: &BTreeMap<String, usize>,
) -> Vec<String> {
    let news = found
        .iter()
        .filter(|(what, (number, _))| owed.get(*what).is_none_or(|most| number > most))
        .map(|(_, (_, words))| words.clone());
    let paid = owed
        .keys()
        .filter(|what| !found.contains_key(*what))
        .map(|what| format!("{what} is short enough: take it from xtask/src/lengths.txt"));
    news.chain(paid).collect()
}

#[test]
fn files_functions_and_parameters_keep_to_their_limits() {
    // Not known when this is compiled: several clones may share what is built.
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("..");
    for (file, why) in DATA {
        assert!(
            root.join(file).is_file() && !why.is_empty(),
            "{file} is gone; so may its entry be"
        );
    }
    let files = sources(&root);
    assert!(files.len() > 200, "only {} files were read", files.len());
    let mut found = BTreeMap::new();
    for path in files {
        let name = path.strip_prefix(&root).expect("inside").display().to_string();
        if DATA.iter().any(|(file, _)| *file == name) {
            continue;
        }
        for Over { line, what, number, limit } in over(&fs::read_to_string(&path).expect("text")) {
            let words = format!("{name}:{line}: {number} {what}, at most {limit}");
            // Namesakes in one file are one entry, of the longest.
            let longest = found.entry(format!("{name}: {what}")).or_insert((number, words.clone()));
            if number > longest.0 {
                *longest = (number, words);
            }
        }
    }
    let said = held_against(&found, &owed());
    assert!(said.is_empty(), "{} to mend:\n{}", said.len(), said.join("\n"));
}

#[test]
fn what_is_owed_may_not_grow_and_goes_when_it_is_paid() {
    let found = |number| BTreeMap::from([("a.rs: lines".to_owned(), (number, "a.rs".to_owned()))]);
    let owed = BTreeMap::from([("a.rs: lines".to_owned(), 600)]);
    assert_eq!(held_against(&found(600), &owed), Vec::<String>::new());
    assert_eq!(held_against(&found(590), &owed), Vec::<String>::new());
    assert_eq!(held_against(&found(601), &owed), ["a.rs"]);
    assert_eq!(held_against(&found(501), &BTreeMap::new()), ["a.rs"]);
    let paid = held_against(&BTreeMap::new(), &owed);
    assert!(paid.len() == 1 && paid[0].starts_with("a.rs: lines is short enough"), "{paid:?}");
}

fn read(text: &str) -> Vec<(String, usize, usize, usize)> {
    functions(&without_tests(&blanked(text)))
        .into_iter()
        .map(|f| (f.name, f.line, f.lines, f.parameters))
        .collect()
}

#[test]
fn strings_comments_and_lifetimes_are_no_code() {
    let text = "/* fn no() { /* nested */ } */\n// fn neither(a: u8) {}\nfn one(a: &'static str) {\n    \
                let brace = '{';\n    // a comment\n\n    let quote = '\\'';\n    \
                let text = \"fn two() { \\\" } \";\n    let raw = br#\"}\" fn three( \"#;\n}\n\
                fn four<'a>(a: &'a str) -> &'a str { a }\n";
    assert_eq!(read(text), [("one".into(), 3, 4, 1), ("four".into(), 11, 1, 1)]);
}

#[test]
fn heads_are_read_over_generics_and_where_clauses() {
    let text = "fn a<F: Fn(u8, u8) -> Vec<u8>, const N: usize>(\n    &self,\n    f: F,\n    \
                (b, c): (u8, [u8; 4]),\n    map: HashMap<u8, Box<dyn Fn(u8, u8) -> u8>>,\n) -> [u8; 4]\n\
                where\n    F: Send,\n{\n    fn inner() {\n        1\n    }\n    2 < 3\n}\n\
                trait T { fn head(&self, a: u8); }\nlet f: fn(u8, u8) = x;\nlet y = r#fn;\n";
    assert_eq!(
        read(text),
        [("a".into(), 1, 4, 4), ("inner".into(), 10, 1, 0), ("head".into(), 15, 0, 2)]
    );
}

#[test]
fn what_is_compiled_for_tests_alone_is_not_read() {
    let text = "#[cfg(test)]\nmod far;\nfn a() {}\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n    \
                fn b() {}\n}\nfn c() {}\n";
    assert_eq!(read(text), [("a".into(), 3, 0, 0), ("c".into(), 9, 0, 0)]);
}

#[test]
fn each_limit_names_what_is_over_it() {
    let long = |lines: usize| format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines));
    assert_eq!(over(&long(BODY)), []);
    let one = |what: &str, number, limit| [Over { line: 1, what: what.into(), number, limit }];
    assert_eq!(over(&long(BODY + 1)), one("lines of code of long", 61, BODY));
    let takes = |count: usize| format!("fn many({}) {{}}\n", "a: u8, ".repeat(count));
    assert_eq!(over(&takes(PARAMETERS)), []);
    assert_eq!(over(&takes(PARAMETERS + 1)), one("parameters of many", 7, PARAMETERS));
    assert_eq!(over(&"//\n".repeat(FILE)), []);
    assert_eq!(over(&"//\n".repeat(FILE + 1)), one("lines", 501, FILE));
}
