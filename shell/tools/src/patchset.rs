//! A patch as Pacemaker's tools show it to people.
//!
//! In: a patch. Out: lines: versions, and each change with `++`, `+ `, `+~` or `--` before it.
//! Absent: the patch as XML (see the core's `cib::patch_xml`).

use quorate_core::cib::patch::{AttributeChange, Change, Patch};
use quorate_core::cib::version::Version;
use quorate_core::xml::{Node, write_pretty};

/// The lines, each with its end; nothing for a patch that changes nothing.
pub fn text(patch: &Patch) -> String {
    if patch.is_empty() {
        return String::new();
    }
    let mut out = header(patch.source, patch.target);
    patch.changes.iter().for_each(|change| change_lines(change, &mut out));
    out
}

fn header(source: Version, target: Version) -> String {
    let shown = |version: Version| format!("{}.{}.{}", version.admin_epoch, version.epoch, version.num_updates);
    match (source == target, shown(target).as_str()) {
        (false, target) => format!("Diff: --- {} 2\nDiff: +++ {target} (no digest)\n", shown(source)),
        (true, "0.0.0") => String::new(),
        (true, both) => format!("Local-only Change: {both}\n"),
    }
}

fn change_lines(change: &Change, out: &mut String) {
    match change {
        Change::Create { parent, node, .. } => created(&format!("{parent}: "), node, out),
        Change::Delete { path } => out.push_str(&format!("-- {path}\n")),
        Change::DeleteComment { parent, position } => out.push_str(&format!("-- {parent}/comment ({position})\n")),
        Change::Move { path, position } => out.push_str(&format!("+~ {path} moved to offset {position}\n")),
        Change::Modify { path, attributes, .. } => {
            let set = attributes.iter().filter_map(|change| match change {
                AttributeChange::Set { name, value } => Some(format!("@{name}={value}")),
                AttributeChange::Unset { .. } => None,
            });
            let unset = attributes.iter().filter_map(|change| match change {
                AttributeChange::Unset { name } => Some(format!("@{name}")),
                AttributeChange::Set { .. } => None,
            });
            let mut line = |mark: &str, words: Vec<String>| {
                if !words.is_empty() {
                    out.push_str(&format!("{mark} {path}:  {}\n", words.join(", ")));
                }
            };
            line("+ ", set.collect());
            line("--", unset.collect());
        }
    }
}

/// What is new: its first line beside the place, the others below.
fn created(place: &str, node: &Node, out: &mut String) {
    let text = match node {
        Node::Element(element) => write_pretty(element),
        Node::Comment(text) => format!("<!--{text}-->"),
        Node::Text(text) => text.to_string(),
    };
    let blank = " ".repeat(place.chars().count());
    for (at, line) in text.lines().enumerate() {
        let before = if at == 0 { place } else { &blank };
        out.push_str(&format!("++ {before} {line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_core::cib::Document;
    use quorate_core::cib::compare::{Order, compare};

    #[track_caller]
    fn check(change: impl Fn(&str) -> String, expected: &str) {
        let text = "<cib admin_epoch=\"0\" epoch=\"1\" num_updates=\"2\"><configuration><crm_config/><nodes/><resources>\
                    <primitive id=\"a\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/></resources><constraints/>\
                    </configuration><status/></cib>";
        let old = Document::read(text).expect("a CIB");
        let new = Document::read(&change(text)).expect("a CIB");
        let changes = compare(old.root(), new.root(), Order::Counts);
        let patch = Patch { source: old.version(), target: new.version(), changes };
        assert_eq!(super::text(&patch), expected);
    }

    #[test]
    fn each_sort_of_change_has_its_mark() {
        check(|text| text.into(), "");
        check(
            |text| {
                text.replace("epoch=\"1\"", "epoch=\"2\"").replace("type=\"Dummy\"", "type=\"Dummy\" description=\"d\"")
            },
            "Diff: --- 0.1.2 2\nDiff: +++ 0.2.2 (no digest)\n+  /cib:  @epoch=2\n\
             +  /cib/configuration/resources/primitive[@id='a']:  @description=d\n",
        );
        check(
            |text| text.replace("<constraints/>", "<constraints/><tags><tag id=\"t\"/></tags>"),
            "Local-only Change: 0.1.2\n++ /cib/configuration:  <tags>\n++                        <tag id=\"t\"/>\n\
             ++                      </tags>\n",
        );
        check(
            |text| text.replace("<primitive id=\"a\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>", ""),
            "Local-only Change: 0.1.2\n-- /cib/configuration/resources/primitive[@id='a']\n",
        );
    }
}
