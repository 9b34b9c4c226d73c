//! What the browser downloads: `<target>/site` with wasm, its JavaScript, the style sheet and
//! `public/`.
//!
//! Names carry a hash of the content, so that the server lets browsers keep them for ever; the
//! manifest tells it the names of this build. Steps whose inputs did not change are skipped.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use brotli::CompressorWriter;
use lightningcss::rules::CssRule;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use lightningcss::traits::ToCss;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::children;
use crate::tools::{self, Failure, OrSay, Result, WASM_TARGET, Workspace};

/// All JavaScript and wasm of a first visit, as brotli sends it: 138 KB.
const FIRST_VISIT_BYTES_MAX: u64 = 141_312;
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 24;
/// What Rust's wasm uses and every browser of the last years has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Another recipe may make another site from the same inputs, so it is one of them.
const RECIPE: &[u8] = include_bytes!("site.rs");

/// A finished site.
pub struct Site {
    pub first_visit: FirstVisit,
}

/// What a first visit downloads, in bytes after brotli.
pub struct FirstVisit {
    javascript: u64,
    wasm: u64,
}

impl FirstVisit {
    pub fn fits(&self) -> bool {
        self.total() <= FIRST_VISIT_BYTES_MAX
    }

    fn total(&self) -> u64 {
        self.javascript + self.wasm
    }
}

impl Display for FirstVisit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "First visit (brotli): JavaScript {} + wasm {} = {} of {FIRST_VISIT_BYTES_MAX} bytes: {}",
            self.javascript,
            self.wasm,
            self.total(),
            if self.fits() { "fits" } else { "TOO MUCH" }
        )
    }
}

/// Builds what changed since the last time.
pub fn build(workspace: &Workspace) -> Result<Site> {
    let compiled = compile(workspace)?;
    let optimizer = Optimizer::find(workspace);
    let mut record = Record::read(workspace)?;

    let wasm_inputs = fingerprint(&[&compiled, optimizer.describe().as_bytes(), RECIPE]);
    if !record.is_current("wasm", &wasm_inputs, &["js", "wasm"]) {
        let (javascript, wasm) = bind(&compiled)?;
        let wasm = optimizer.shrink(wasm)?;
        refuse_build_paths(workspace, &wasm)?;
        refuse_server_words(&wasm)?;
        record.publish("js", javascript.as_bytes())?;
        record.publish("wasm", &wasm)?;
        record.keep("wasm", wasm_inputs);
    }

    add_style(workspace, &mut record)?;
    record.write()?;
    Ok(Site {
        first_visit: FirstVisit {
            javascript: record.compressed_bytes("js")?,
            wasm: record.compressed_bytes("wasm")?,
        },
    })
}

/// Makes only what a page needs to look right, in a second: the style sheet and `public/`. What
/// wakes pages up stays as an earlier build left it.
pub fn build_style(workspace: &Workspace) -> Result<()> {
    let mut record = Record::read(workspace)?;
    add_style(workspace, &mut record)?;
    record.write()
}

fn add_style(workspace: &Workspace, record: &mut Record) -> Result<()> {
    let style = workspace.root.join("style");
    let inputs = fingerprint_files(&style)?;
    if !record.is_current("style", &inputs, &["css"]) {
        record.publish("css", bundle_style(&style.join("main.css"))?.as_bytes())?;
        record.keep("style", inputs);
    }
    copy_public(&workspace.root.join("public"), &workspace.site())
}

/// Which scripts the site has now, to see whether a build changed them.
pub fn scripts(workspace: &Workspace) -> Result<Vec<String>> {
    let record = Record::read(workspace)?;
    let names =
        ["js", "wasm"].iter().filter_map(|kind| record.manifest.get(*kind).and_then(Value::as_str));
    Ok(names.map(str::to_owned).collect())
}

/// Compiles the browser half; the wasm carries no path of the machine that built it.
fn compile(workspace: &Workspace) -> Result<Vec<u8>> {
    tools::must_succeed(cargo(workspace, "build")?, "Building the browser half failed.")?;
    tools::read(&workspace.target.join(WASM_TARGET).join("browser/browser.wasm"))
}

/// A command of cargo about the browser half, as the site has it.
pub fn cargo(workspace: &Workspace, command: &str) -> Result<Command> {
    tools::ensure_wasm_target(workspace)?;
    let mut cargo = workspace.cargo();
    cargo
        .args([command, "-p", "browser", "--features", "hydrate"])
        .args(["--target", WASM_TARGET, "--profile", "browser"])
        // Not RUSTFLAGS: that would reach, and rebuild, other builds' artefacts, and it would split
        // at spaces. Our own sources need no remapping, cargo names them relative to the workspace;
        // leaving the workspace out keeps a shared target folder warm for another clone.
        .env("CARGO_ENCODED_RUSTFLAGS", remapped_paths(workspace)?);
    Ok(cargo)
}

fn remapped_paths(workspace: &Workspace) -> Result<String> {
    let remaps = [
        (cargo_home()?, "/cargo"),
        (rustup_home()?, "/rustup"),
        (workspace.target.clone(), "/target"),
    ];
    let flags = remaps.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.join("\u{1f}"))
}

fn cargo_home() -> Result<PathBuf> {
    home_of("CARGO_HOME", ".cargo")
}

fn rustup_home() -> Result<PathBuf> {
    home_of("RUSTUP_HOME", ".rustup")
}

fn home_of(variable: &str, folder: &str) -> Result<PathBuf> {
    if let Some(home) = std::env::var_os(variable).filter(|home| !home.is_empty()) {
        return Ok(home.into());
    }
    let home = std::env::home_dir();
    home.map(|home| home.join(folder))
        .ok_or_else(|| Failure::new(format!("Neither {variable} nor HOME is set.")))
}

/// Makes the JavaScript that loads the wasm, and the wasm that fits it.
fn bind(compiled: &[u8]) -> Result<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().or_say("Cannot make a folder for wasm-bindgen")?;
    Bindgen::new()
        .input_bytes("probity", compiled.to_owned())
        .out_name("probity")
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder.path())
        })
        // `{:#}` tells the causes too: mostly that the two wasm-bindgen versions differ.
        .map_err(|error| Failure::new(format!("wasm-bindgen failed: {error:#}")))?;

    let (javascript, wasm) =
        (folder.path().join("probity.js"), folder.path().join("probity_bg.wasm"));
    let made = tools::files_below(folder.path())?;
    if made != [javascript.clone(), wasm.clone()] {
        return Err(Failure::new(format!(
            "A dependency of the browser half brings JavaScript files of its own, which the site cannot serve: {made:?}"
        )));
    }
    let javascript =
        String::from_utf8(tools::read(&javascript)?).or_say("wasm-bindgen's JavaScript is odd")?;
    Ok((javascript, tools::read(&wasm)?))
}

/// `wasm-opt`, when there is one: the site works without, only larger.
struct Optimizer(Option<PathBuf>);

impl Optimizer {
    /// Prefers the version that end2end's lock file pins.
    fn find(workspace: &Workspace) -> Self {
        let pinned = workspace.end2end().join("node_modules/.bin/wasm-opt");
        let pinned = Some(pinned).filter(|_| tools::find_on_path("node").is_some());
        Self(pinned.filter(|program| program.is_file()).or_else(|| tools::find_on_path("wasm-opt")))
    }

    fn describe(&self) -> String {
        match &self.0 {
            Some(program) => format!("{} {}", program.display(), modified(program)),
            None => String::from("none"),
        }
    }

    fn shrink(&self, wasm: Vec<u8>) -> Result<Vec<u8>> {
        let Some(program) = &self.0 else {
            println!("No wasm-opt here (`npm ci` in end2end brings one): the wasm stays larger.");
            return Ok(wasm);
        };
        let folder = tempfile::tempdir().or_say("Cannot make a folder for wasm-opt")?;
        let (before, after) = (folder.path().join("before.wasm"), folder.path().join("after.wasm"));
        tools::write(&before, &wasm)?;
        let mut command = Command::new(program);
        command
            .arg("-Oz")
            .args(WASM_FEATURES)
            .arg(&before)
            .arg("-o")
            .arg(&after)
            .stdout(Stdio::null());
        if !children::run(command)? {
            return Err(Failure::new(format!("{} failed.", program.display())));
        }
        tools::read(&after)
    }
}

/// What only the server may know: SQL, settings, providers' hosts and headers, seals (S-37).
const SERVER_ONLY: [&str; 9] = [
    "SELECT ",
    "INSERT INTO",
    "UPDATE checks",
    "PROBITY_",
    "DATABASE_URL",
    "api.kryptogo",
    "GOFACT",
    "|sealed|",
    "argon2",
];

/// Whoever opens the desk may read the wasm, so nothing of the server may have slipped into it.
fn refuse_server_words(wasm: &[u8]) -> Result<()> {
    match SERVER_ONLY
        .iter()
        .find(|word| wasm.windows(word.len()).any(|window| window == word.as_bytes()))
    {
        Some(word) => Err(Failure::new(format!(
            "The wasm holds {word:?}, which belongs to the server alone."
        ))),
        None => Ok(()),
    }
}

/// A path inside would tell strangers about the machine and make each machine's wasm another.
fn refuse_build_paths(workspace: &Workspace, wasm: &[u8]) -> Result<()> {
    let folders = [workspace.root.clone(), workspace.target.clone(), cargo_home()?, rustup_home()?];
    for folder in folders {
        let path = folder.as_os_str().as_encoded_bytes();
        if wasm.windows(path.len()).any(|window| window == path) {
            return Err(Failure::new(format!(
                "The wasm names a folder of this machine, {}.",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// One minified style sheet from `style/main.css` and all that it imports.
fn bundle_style(main: &Path) -> Result<String> {
    let whole = with_imports(main)?;
    let mut sheet = parse_style(&whole, main)?;
    let targets = Targets::from(browsers());
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .or_say("The style sheet cannot be minified")?;
    let printed =
        sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() });
    Ok(printed.or_say("The style sheet cannot be printed")?.code)
}

/// The main sheet with each sheet that it imports in its place, in the layer that the import names.
/// What is imported imports nothing itself.
fn with_imports(main: &Path) -> Result<String> {
    let text = read_style(main)?;
    let mut whole = String::new();
    for rule in &parse_style(&text, main)?.rules.0 {
        match rule {
            CssRule::Import(import) => {
                let file = main.with_file_name(&*import.url);
                let sheet = read_style(&file)?;
                let imports = parse_style(&sheet, &file)?
                    .rules
                    .0
                    .iter()
                    .any(|rule| matches!(rule, CssRule::Import(_)));
                match &import.layer {
                    Some(Some(layer))
                        if import.supports.is_none()
                            && import.media.media_queries.is_empty()
                            && !imports =>
                    {
                        let layer = layer
                            .to_css_string(PrinterOptions::default())
                            .or_say("A layer's name is wrong")?;
                        whole.push_str(&format!("@layer {layer} {{\n{sheet}\n}}\n"));
                    }
                    _ => {
                        return Err(Failure::new(format!(
                            "{} must be imported by the main sheet, into a layer with a name.",
                            file.display()
                        )));
                    }
                }
            }
            other => whole.push_str(
                &other
                    .to_css_string(PrinterOptions::default())
                    .or_say("A rule of the main sheet is wrong")?,
            ),
        }
    }
    Ok(whole)
}

fn read_style(file: &Path) -> Result<String> {
    fs::read_to_string(file).or_say(format!("Cannot read {}", file.display()))
}

fn parse_style<'a>(text: &'a str, file: &Path) -> Result<StyleSheet<'a>> {
    let parsed = StyleSheet::parse(
        text,
        ParserOptions { filename: file.display().to_string(), ..ParserOptions::default() },
    );
    parsed.map_err(|error| {
        Failure::new(format!("The style sheet {} is wrong: {error}", file.display()))
    })
}

/// The browsers of the last two years: they all know layers, nesting, `light-dark()` and `oklch()`.
fn browsers() -> Browsers {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Browsers {
        chrome: version(131, 0),
        edge: version(131, 0),
        firefox: version(128, 0),
        safari: version(18, 0),
        ios_saf: version(18, 0),
        ..Browsers::default()
    }
}

/// Makes the site's root the image of `public/`, beside what this module makes itself.
fn copy_public(public: &Path, site: &Path) -> Result<()> {
    let mut wanted = BTreeSet::from([site.join("manifest.json")]);
    for file in tools::files_below(public)? {
        let name = file.strip_prefix(public).or_say("A file of public/ is elsewhere")?;
        let copy = site.join(name);
        let content = tools::read(&file)?;
        if fs::read(&copy).ok().as_ref() != Some(&content) {
            tools::write(&copy, content)?;
        }
        wanted.insert(copy);
    }
    for file in tools::files_below(site)? {
        if !file.starts_with(site.join("pkg")) && !wanted.contains(&file) {
            remove(&file)?;
        }
    }
    Ok(())
}

/// What the last build made from which inputs: the manifest, and a file beside the site.
struct Record {
    site: PathBuf,
    stamps_path: PathBuf,
    /// Fingerprints of inputs, by step.
    stamps: Map<String, Value>,
    /// Addresses of files, by kind: what `manifest.json` says.
    manifest: Map<String, Value>,
}

impl Record {
    fn read(workspace: &Workspace) -> Result<Self> {
        let site = workspace.site();
        let stamps_path = workspace.target.join("site.stamps.json");
        let object = |path: &Path| -> Map<String, Value> {
            let text = fs::read(path).unwrap_or_default();
            serde_json::from_slice(&text).unwrap_or_default()
        };
        Ok(Self {
            stamps: object(&stamps_path),
            manifest: object(&site.join("manifest.json")),
            stamps_path,
            site,
        })
    }

    /// Whether a step made these kinds of files from these inputs and they are still there.
    fn is_current(&self, step: &str, inputs: &str, kinds: &[&str]) -> bool {
        self.stamps.get(step).and_then(Value::as_str) == Some(inputs)
            && kinds.iter().all(|kind| {
                let file = self.file(kind);
                file.is_ok_and(|file| file.is_file() && compressed(&file).is_file())
            })
    }

    fn keep(&mut self, step: &str, inputs: String) {
        self.stamps.insert(step.to_owned(), Value::String(inputs));
    }

    /// Writes a file under the name of its content, and the same compressed beside it.
    fn publish(&mut self, kind: &str, content: &[u8]) -> Result<()> {
        let hash = &fingerprint(&[content])[..8];
        let address = format!("/pkg/probity.{hash}.{kind}");
        self.manifest.insert(kind.to_owned(), Value::String(address));
        let file = self.file(kind)?;
        tools::write(&file, content)?;
        tools::write(&compressed(&file), compress(content)?)
    }

    fn compressed_bytes(&self, kind: &str) -> Result<u64> {
        let file = compressed(&self.file(kind)?);
        let metadata = fs::metadata(&file).or_say(format!("Cannot read {}", file.display()))?;
        Ok(metadata.len())
    }

    fn file(&self, kind: &str) -> Result<PathBuf> {
        let address = self.manifest.get(kind).and_then(Value::as_str);
        address
            .map(|address| self.site.join(address.trim_start_matches('/')))
            .ok_or_else(|| Failure::new(format!("The site's manifest has no {kind}.")))
    }

    /// Writes manifest and stamps, then removes the files of earlier builds.
    fn write(&self) -> Result<()> {
        let text = |object: &Map<String, Value>| -> Result<String> {
            serde_json::to_string_pretty(object).or_say("Cannot write JSON")
        };
        tools::write(&self.site.join("manifest.json"), text(&self.manifest)?)?;
        tools::write(&self.stamps_path, text(&self.stamps)?)?;

        let mut wanted = BTreeSet::new();
        for kind in self.manifest.keys() {
            let file = self.file(kind)?;
            wanted.insert(compressed(&file));
            wanted.insert(file);
        }
        for file in tools::files_below(&self.site.join("pkg"))? {
            if !wanted.contains(&file) {
                remove(&file)?;
            }
        }
        Ok(())
    }
}

fn compressed(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

fn compress(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = CompressorWriter::new(Vec::new(), 1 << 16, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(content).or_say("brotli failed")?;
    Ok(writer.into_inner())
}

fn remove(file: &Path) -> Result<()> {
    fs::remove_file(file).or_say(format!("Cannot remove {}", file.display()))
}

/// The hash of all parts, in hex.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fingerprint_files(folder: &Path) -> Result<String> {
    let mut parts = vec![RECIPE.to_vec()];
    for file in tools::files_below(folder)? {
        parts.push(file.as_os_str().as_encoded_bytes().to_owned());
        parts.push(tools::read(&file)?);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(fingerprint(&parts))
}

/// When a file was last changed, in nanoseconds; 0 when nobody knows.
fn modified(file: &Path) -> u128 {
    let changed = fs::metadata(file).and_then(|metadata| metadata.modified());
    changed
        .ok()
        .and_then(|moment| moment.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |age| age.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_counts_both_files_to_the_byte() {
        let visit = |javascript, wasm| FirstVisit { javascript, wasm };
        assert!(visit(11_312, 130_000).fits());
        assert!(!visit(11_313, 130_000).fits());
    }

    #[test]
    fn words_of_the_server_are_found_in_the_wasm() {
        assert!(refuse_server_words(b"\0asm nothing of interest").is_ok());
        assert!(refuse_server_words(b"\0asm SELECT id FROM checks").is_err());
        assert!(refuse_server_words(b"\0asm GOFACT-API-TOKEN").is_err());
    }

    #[test]
    fn a_style_sheet_is_bundled_and_minified_but_not_lowered() {
        let folder = tempfile::tempdir().expect("a folder");
        let main = folder.path().join("main.css");
        tools::write(&main, "@layer base, parts;\n@import './parts.css' layer(parts);\n")
            .expect("writes");
        tools::write(
            &folder.path().join("parts.css"),
            ".a { color: light-dark(oklch(20% 0 0), white); & .b { margin: 0 } }",
        )
        .expect("writes");

        let css = bundle_style(&main).expect("bundles");

        assert!(css.contains("@layer parts"), "{css}");
        assert!(css.contains("light-dark(oklch("), "{css}");
        assert!(css.contains("& .b"), "{css}");
        assert!(!css.contains('\n'), "{css}");
    }

    #[test]
    fn a_file_is_named_by_its_content_and_kept_compressed() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace =
            Workspace { root: folder.path().to_owned(), target: folder.path().join("target") };
        let mut record = Record::read(&workspace).expect("an empty record");
        record.publish("css", b"a{}").expect("publishes");
        let first = record.file("css").expect("a file");
        record.publish("css", b"b{}").expect("publishes");
        let second = record.file("css").expect("a file");
        record.write().expect("writes");

        assert_ne!(first, second);
        assert!(!first.exists(), "files of earlier builds go");
        assert!(second.is_file() && compressed(&second).is_file());
    }
}
