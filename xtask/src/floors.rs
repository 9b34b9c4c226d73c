//! Reads what modules import, and holds it against the floors that ARCHITECTURE.md draws: an arrow
//! that runs up, or a circle where there is to be none, fails with the file and the path that makes
//! it.
//!
//! It reads text, not types: `crate::` and `super::` paths outside of comments and test modules.
//! What goes through a method call or a re-export is not seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A module's path from the crate's root: `services`, `rofus`.
type Module = Vec<String>;

/// The sources of a crate: each file's module and text.
struct Sources {
    files: BTreeMap<Module, String>,
}

impl Sources {
    fn of(root: &str) -> Self {
        // Not known when this is compiled: several clones may share what is built.
        let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
            .join("..")
            .join(root);
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let text = fs::read_to_string(&path).expect("text");
                    files.insert(module_of(&root, &path), text);
                }
            }
        }
        assert!(files.len() > 20, "{} has sources", root.display());
        Self { files }
    }

    /// The paths that a file names, from the crate's root.
    fn named_in(&self, module: &Module) -> BTreeSet<Module> {
        let text = code(&self.files[module]);
        let mut named = BTreeSet::new();
        for (at, _) in text.match_indices("::") {
            let before = &text[..at];
            let word = before
                .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            let start = at - word.len();
            if before[..start].ends_with("::") || before[..start].ends_with('$') {
                continue;
            }
            let base = match word {
                "crate" => Module::new(),
                "super" => parent(module, 1),
                "self" => module.clone(),
                _ => continue,
            };
            tree(&text[at + 2..], base, &mut named);
        }
        named
    }

    /// The file that holds what a path names: the longest beginning of it that is a module.
    fn file_of(&self, path: &Module) -> Option<Module> {
        (1..=path.len())
            .rev()
            .map(|length| path[..length].to_vec())
            .find(|module| self.files.contains_key(module))
    }
}

fn module_of(root: &Path, path: &Path) -> Module {
    let inside: PathBuf = path.strip_prefix(root).expect("inside").with_extension("");
    let mut module: Module =
        inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn parent(module: &Module, levels: usize) -> Module {
    module[..module.len().saturating_sub(levels)].to_vec()
}

/// Without comments, and without the test module at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Reads what follows a `::`: names, `super`, a list in braces. Gives what is left.
fn tree<'a>(text: &'a str, base: Module, named: &mut BTreeSet<Module>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = tree(rest.trim_start(), base.clone(), named).trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let path = match word {
        "" | "self" => base,
        "super" => parent(&base, 1),
        word => base.into_iter().chain([word.to_owned()]).collect(),
    };
    if let Some(rest) = rest.strip_prefix("::") {
        return tree(rest, path, named);
    }
    named.insert(path);
    // `as another`
    rest.trim_start().strip_prefix("as ").map_or(rest, |rest| {
        rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ' ')
    })
}

/// A circle among these arrows, if there is one.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        at: &str,
        arrows: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> bool {
        if let Some(begin) = way.iter().position(|seen| seen == at) {
            way.drain(..begin);
            return true;
        }
        if done.contains(at) {
            return false;
        }
        way.push(at.to_owned());
        for next in arrows.get(at).into_iter().flatten() {
            if walk(next, arrows, way, done) {
                return true;
            }
        }
        way.pop();
        done.insert(at.to_owned());
        false
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    arrows.keys().any(|from| walk(from, arrows, &mut way, &mut done)).then_some(way)
}

/// The floors of casework from the ground up. What is none of them lies on the ground; the crate's
/// root stands above all.
const FLOORS: [&str; 4] = ["records", "services", "desk", "work"];

/// What stands on the ground: it knows no floor.
const GROUND: [&str; 12] = [
    "clock",
    "error",
    "journal",
    "objects",
    "phones",
    "providers",
    "refused",
    "remembered",
    "seal",
    "store",
    "wake",
    "lib",
];

fn floor_of(module: &Module) -> Option<usize> {
    let first = module.first()?.as_str();
    FLOORS
        .iter()
        .position(|floor| *floor == first)
        .map(|at| at + 1)
        .or_else(|| GROUND.contains(&first).then_some(0))
}

#[test]
fn no_arrow_of_casework_runs_up() {
    let sources = Sources::of("server/casework/src");
    let (mut up, mut looked) = (Vec::new(), 0);
    for module in sources.files.keys().filter(|module| !module.is_empty()) {
        let from = floor_of(module).unwrap_or_else(|| {
            panic!("{module:?} stands on no floor: name it in GROUND or move it")
        });
        for path in sources.named_in(module) {
            // Types and functions of the root itself, such as `Casework` and `new_id`.
            let Some(first) = path.first() else { continue };
            let is_root = first.starts_with(char::is_uppercase)
                || (path.len() == 1 && floor_of(&path).is_none());
            if is_root {
                continue;
            }
            looked += 1;
            match floor_of(&path) {
                Some(to) if to <= from => {}
                _ => up.push(format!("{} -> {}", module.join("/"), path.join("::"))),
            }
        }
    }
    assert!(looked > 500, "only {looked} arrows were read");
    assert!(
        up.is_empty(),
        "these arrows run up, or through what the crate's root offers to others:\n{}",
        up.join("\n")
    );
}

/// The arrows between the folders of services below a module, by name.
fn between_services(sources: &Sources, below: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let below: Module = below.iter().map(|part| (*part).to_owned()).collect();
    let all = services();
    let service = |module: &Module| {
        let name = module.strip_prefix(below.as_slice())?.first()?;
        all.contains(name).then(|| name.clone())
    };
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in sources.files.keys() {
        let Some(from) = service(module) else { continue };
        let to = sources
            .named_in(module)
            .iter()
            .filter_map(service)
            .filter(|to| *to != from)
            .collect::<Vec<_>>();
        arrows.entry(from).or_default().extend(to);
    }
    assert!(arrows.len() == all.len(), "a folder for each service: {arrows:?}");
    arrows
}

/// The folders that every zone has: a service has one in each.
fn services() -> BTreeSet<String> {
    let folders = |root: &str, below: &[&str]| {
        let sources = Sources::of(root);
        let inside = |module: &Module| {
            let rest = module.strip_prefix(
                below.iter().map(|part| (*part).to_owned()).collect::<Module>().as_slice(),
            )?;
            rest.first().cloned()
        };
        sources.files.keys().filter_map(inside).collect::<BTreeSet<_>>()
    };
    let [domain, casework, pages] = ZONES.map(|(root, below)| folders(root, below));
    let all: BTreeSet<String> =
        domain.into_iter().filter(|name| casework.contains(name) && pages.contains(name)).collect();
    assert!(all.len() >= 10 && all.contains("rofus"), "{all:?}");
    all
}

/// Where services have their folders.
const ZONES: [(&str, &[&str]); 3] = [
    ("app/domain/src", &["services"]),
    ("server/casework/src", &["services"]),
    ("app/src", &["pages", "services"]),
];

#[test]
fn services_stand_in_no_circle_in_any_zone() {
    for (root, below) in [
        ("server/casework/src", &["services"][..]),
        ("app/domain/src", &["services"]),
        ("app/src", &["pages", "services"]),
    ] {
        let arrows = between_services(&Sources::of(root), below);
        assert_eq!(circle(&arrows), None, "{root}: {arrows:?}");
    }
}

#[test]
fn no_page_of_a_service_knows_another_service() {
    let arrows = between_services(&Sources::of("app/src"), &["pages", "services"]);
    let known: Vec<_> = arrows.iter().filter(|(_, to)| !to.is_empty()).collect();
    assert!(known.is_empty(), "{known:?}");
}

#[test]
fn pages_of_checks_stand_in_no_circle_and_no_service_looks_up_to_them() {
    let sources = Sources::of("app/src");
    let is_checks =
        |module: &Module| module.len() > 2 && module[0] == "pages" && module[1] == "checks";
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut up = Vec::new();
    for module in sources.files.keys() {
        for path in sources.named_in(module) {
            let Some(to) = sources.file_of(&path).filter(|to| to != module) else { continue };
            if is_checks(module) && is_checks(&to) {
                arrows.entry(module.join("/")).or_default().insert(to.join("/"));
            }
            if module.len() > 2 && module[1] == "services" && is_checks(&to) {
                up.push(format!("{} -> {}", module.join("/"), path.join("::")));
            }
        }
    }
    assert!(!arrows.is_empty(), "arrows are read");
    assert_eq!(circle(&arrows), None, "{arrows:?}");
    assert!(up.is_empty(), "{}", up.join("\n"));
}

#[test]
fn a_path_is_read_as_the_compiler_reads_it() {
    let read = |text: &str| {
        let mut named = BTreeSet::new();
        tree(text, Module::new(), &mut named);
        named.into_iter().map(|path| path.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(read("{a::{self, b as c, d::E}, f};"), ["a", "a::b", "a::d::E", "f"]);
    assert_eq!(read("a::b(x::y)"), ["a::b"]);
    let arrows = |pairs: &[(&str, &str)]| {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            all.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        circle(&all)
    };
    assert_eq!(arrows(&[("a", "b"), ("b", "c"), ("a", "c")]), None);
    assert_eq!(arrows(&[("a", "b"), ("b", "c"), ("c", "b")]).map(|way| way.len()), Some(2));
}
