//! Small situations in words, with what is to happen and why: `tests/cases/*.txt`.
//!
//! In: a file's text. Out: cases, the CIB of each, what a scheduler says to it, and how that differs
//! from what the case expects. Absent: running them (see `tests/scheduler_cases.rs`).
//!
//! A case is a title and fields; a line that begins with a blank goes on with the field above it:
//!
//! ```text
//! # the node with the highest score is chosen
//! why      scores are compared before names are
//! cluster  primitive p1 Dummy
//!          location l1 p1 50: n2
//! state    n1 online; n2 online
//! then     Start p1 ( n2 )
//!          score p1 on n2: 50
//! ```
//!
//! A file begins with what it is `about`; fields above the first title belong to all its cases. Without a word about
//! `stonith-enabled` a case plays without fencing. `peer` names in a few words why the Pacemaker that
//! is installed does not do so.

pub mod expect;
pub mod outcome;
pub mod stages;
pub mod state;

use quorate_core::cib::Document;
use quorate_core::xml::{self, Element};
use quorate_shell::catalogue::Catalogue;
use quorate_shell::configure::lower::{self, Mode};
use std::collections::BTreeMap;
use std::path::Path;

/// One situation and what is to come of it.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The file's name without its ending.
    pub theme: String,
    pub title: String,
    pub why: String,
    /// Statements of crm.
    pub cluster: String,
    /// Facts, a line or several.
    pub state: String,
    pub then: Vec<String>,
    /// Why another Pacemaker does otherwise.
    pub peer: Option<String>,
}

const FIELDS: [&str; 6] = ["about", "why", "cluster", "state", "then", "peer"];

/// All cases below a directory, by file.
pub fn read_all(directory: &Path) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(directory).expect("the cases").flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let cases = files.iter().flat_map(|path| {
        let theme = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        read(&theme, &std::fs::read_to_string(path).expect("a file of cases"))
    });
    cases.collect()
}

/// The cases of one file.
pub fn read(theme: &str, text: &str) -> Vec<Case> {
    let mut parts = text.split("\n# ");
    let shared = fields(theme, parts.next().unwrap_or_default());
    let join = |of: &BTreeMap<&str, Vec<String>>, name: &str| of.get(name).cloned().unwrap_or_default();
    parts
        .map(|part| {
            let (title, body) = part.split_once('\n').unwrap_or((part, ""));
            let own = fields(title, body);
            let both = |name: &str| [join(&shared, name), join(&own, name)].concat();
            Case {
                theme: theme.to_owned(),
                title: title.trim().to_owned(),
                why: both("why").join(" "),
                cluster: both("cluster").join("\n") + "\n",
                state: both("state").join("\n"),
                then: both("then"),
                peer: own.get("peer").map(|lines| lines.join(" ")),
            }
        })
        .collect()
}

fn fields<'t>(title: &str, text: &'t str) -> BTreeMap<&'t str, Vec<String>> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut open = None;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (name, rest) = match line.starts_with(' ') {
            true => (open.unwrap_or_else(|| panic!("{title}: `{line}` belongs to no field")), line),
            false => line.split_once(' ').unwrap_or((line, "")),
        };
        assert!(FIELDS.contains(&name), "{title}: there is no field `{name}`");
        open = Some(name);
        found.entry(name).or_default().push(rest.trim().to_owned());
    }
    found
}

impl Case {
    /// The CIB that says all this.
    /// Its feature set is one that older peers know, too.
    pub fn document(&self) -> Document {
        let mut root = Element::new("cib")
            .with("crm_feature_set", "3.16.1")
            .with("validate-with", "pacemaker-3.9")
            .with("epoch", "1")
            .with("num_updates", "1")
            .with("admin_epoch", "0")
            .with("have-quorum", "1");
        let mut configuration = ["crm_config", "nodes", "resources", "constraints"]
            .iter()
            .fold(Element::new("configuration"), |all, section| all.with_child(Element::new(section)));
        let mut text = self.cluster.clone();
        if !text.contains("stonith-enabled") {
            text.push_str("property stonith-enabled=false\n");
        }
        let (statements, diagnostics) = quorate_grammar::crm::parse(&text);
        assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", self.name());
        let catalogue = Catalogue::new(&[("pacemaker", &["Dummy", "Stateful", "remote"])], &["fence_dummy"]);
        let diagnostics = lower::lower(&statements, Mode::Create, &mut configuration, &catalogue);
        assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", self.name());
        let facts = state::read(&self.state).unwrap_or_else(|wrong| panic!("{}: {wrong}", self.name()));
        let status = state::status(&facts, &mut configuration, &mut root);
        let root = root.with_child(configuration).with_child(status);
        let mut document = Document::read(&xml::write_pretty(&root)).expect("a document");
        state::add_digests(&mut document);
        document
    }

    /// Where a case is found.
    pub fn name(&self) -> String {
        format!("{}: {}", self.theme, self.title)
    }
}
