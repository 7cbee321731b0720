//! What the status section does not hold of transient attributes: private values, values that wait to be written,
//! and what is known of each name.
//!
//! In: changes, delivered alike on every member. Out: edits; values. The same changes give the same table everywhere,
//! but for the moment at which something is due, which is each member's own.
//! Absent: timers, who writes what is due (see `node::attributes`).

use super::{Place, get, put_edit, remove_everywhere};
use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::pattern::Pattern;
use crate::score::Score;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Which attributes a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    Name(String),
    /// All that the node has whose name matches.
    Pattern(String),
}

/// What is done to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A value, or none. It waits as long as its name's values do.
    Value(Option<String>),
    /// A value, and how long values wait from now on.
    Both(Option<String>),
    /// How long values wait from now on.
    Delay,
}

/// A change, as a tool asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub which: Which,
    pub what: What,
    /// How long values wait before they are written. Milliseconds.
    pub delay_ms: Option<u64>,
    /// A name that is new is never written to the CIB.
    pub private: bool,
    /// The set that values of a new name are written to.
    pub set: Option<String>,
    /// Values of a new name are amounts that a node can bear.
    pub utilization: bool,
}

impl Change {
    /// A change that changes nothing yet.
    pub fn of(which: Which) -> Change {
        Change { which, what: What::Delay, delay_ms: None, private: false, set: None, utilization: false }
    }
}

/// What is known of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub delay_ms: u64,
    pub private: bool,
    pub set: Option<String>,
    pub utilization: bool,
}

impl About {
    fn place(&self) -> Place<'_> {
        Place { set: self.set.as_deref(), utilization: self.utilization }
    }
}

/// What a member brings into a view of one name: what it knows, and its own value that no document has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    pub name: String,
    pub about: About,
    pub value: Option<Option<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    about: About,
    /// By node: private values; others until they are written. `None` takes the attribute away.
    values: BTreeMap<String, Option<String>>,
    /// When what waits is to be written, by this member's clock. Milliseconds.
    due_ms: Option<u64>,
}

/// What comes of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub edits: Vec<Edit>,
    /// After how long something new is due. Milliseconds.
    pub wait_ms: Option<u64>,
}

/// All that is known beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    by_name: BTreeMap<String, Entry>,
}

impl Table {
    /// Whether values of this name may be here and not in the document.
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// A node's value; `Some(None)` where the name is known and has none. Nothing for a name that nobody knows.
    pub fn value(&self, document: &Document, node: &NodeRef, name: &str) -> Option<Option<String>> {
        let known = self.by_name.get(name);
        let here = known.and_then(|known| known.values.get(&node.name));
        if let Some(value) = here {
            return Some(value.clone());
        }
        let written = get(document, node, name);
        if written.is_some() || known.is_some() { Some(written) } else { None }
    }

    /// Carries out a change for a node.
    pub fn change(&mut self, document: &Document, node: &NodeRef, change: &Change, now_ms: u64) -> Outcome {
        let mut outcome = Outcome::default();
        for name in self.meant(document, node, &change.which) {
            self.change_one(document, node, &name, change, now_ms, &mut outcome);
        }
        outcome
    }

    fn meant(&self, document: &Document, node: &NodeRef, which: &Which) -> Vec<String> {
        let pattern = match which {
            Which::Name(name) => return vec![name.clone()],
            Which::Pattern(text) => Pattern::new(text),
        };
        let written = super::all(document, node).into_iter().map(|(name, _)| name);
        let known = self.by_name.iter().filter(|(_, known)| known.values.contains_key(&node.name));
        let names: BTreeSet<String> = written.chain(known.map(|(name, _)| name.clone())).collect();
        names.into_iter().filter(|name| pattern.as_ref().is_some_and(|pattern| pattern.matches(name))).collect()
    }

    fn change_one(
        &mut self,
        document: &Document,
        node: &NodeRef,
        name: &str,
        change: &Change,
        now_ms: u64,
        outcome: &mut Outcome,
    ) {
        let before = self.value(document, node, name).flatten();
        let is_new = !self.knows(name);
        if is_new && change.what == What::Delay {
            return;
        }
        let known = self.by_name.entry(name.to_string()).or_default();
        if is_new {
            known.about = About {
                delay_ms: change.delay_ms.unwrap_or(0),
                private: change.private,
                set: change.set.clone(),
                utilization: change.utilization,
            };
        }
        let slower = change.delay_ms.filter(|ms| *ms != known.about.delay_ms);
        if let (What::Both(_) | What::Delay, Some(delay_ms)) = (&change.what, slower) {
            known.about.delay_ms = delay_ms;
            // A new delay holds from now on: what waited by the old one is written.
            outcome.edits.extend(known.take(document, node, name));
        }
        let value = match &change.what {
            What::Value(value) | What::Both(value) => value.as_deref().map(|value| summed(before.as_deref(), value)),
            What::Delay => return,
        };
        if value == before {
            return;
        }
        known.values.insert(node.name.clone(), value);
        if known.about.private {
            return;
        }
        match known.about.delay_ms {
            0 => outcome.edits.extend(known.take(document, node, name)),
            delay_ms if known.due_ms.is_none() => {
                known.due_ms = Some(now_ms.saturating_add(delay_ms));
                outcome.wait_ms = Some(outcome.wait_ms.map_or(delay_ms, |other| other.min(delay_ms)));
            }
            // The first value began the wait; what comes before its end is written with it.
            _ => {}
        }
    }

    /// Names of what is due.
    pub fn due(&self, now_ms: u64) -> Vec<String> {
        let due = self.by_name.iter().filter(|(_, known)| known.due_ms.is_some_and(|due| due <= now_ms));
        due.map(|(name, _)| name.clone()).collect()
    }

    /// Writes what waits of these names, for all nodes that are known.
    pub fn write(
        &mut self,
        document: &Document,
        names: &[String],
        find: &dyn Fn(&str) -> Option<NodeRef>,
    ) -> Vec<Edit> {
        let mut edits = Vec::new();
        for name in names {
            let Some(known) = self.by_name.get_mut(name).filter(|known| !known.about.private) else { continue };
            known.due_ms = None;
            for (node, value) in std::mem::take(&mut known.values) {
                if let Some(node) = find(&node) {
                    edits.extend(written(document, &node, name, &known.about, value.as_deref()));
                }
            }
        }
        edits
    }

    /// What a node brings into a view.
    pub fn brought(&self, node: &str) -> Vec<Brought> {
        let one = |(name, known): (&String, &Entry)| Brought {
            name: name.clone(),
            about: known.about.clone(),
            value: known.values.get(node).cloned(),
        };
        self.by_name.iter().map(one).collect()
    }

    /// The table of a view: what its members brought, each of itself. What is known of a name, the first says that
    /// knows it. What waits, waits anew: nobody knows whether its writer is still here.
    pub fn of<'a>(members: impl Iterator<Item = (&'a str, &'a [Brought])>, now_ms: u64) -> (Table, Option<u64>) {
        let mut table = Table::default();
        for (node, brought) in members {
            for one in brought {
                let known = table
                    .by_name
                    .entry(one.name.clone())
                    .or_insert_with(|| Entry { about: one.about.clone(), ..Entry::default() });
                if let Some(value) = &one.value {
                    known.values.insert(node.to_string(), value.clone());
                }
            }
        }
        let waiting = table.by_name.values_mut().filter(|known| !known.about.private && !known.values.is_empty());
        let mut wait_ms: Option<u64> = None;
        for known in waiting {
            known.due_ms = Some(now_ms.saturating_add(known.about.delay_ms));
            wait_ms = Some(wait_ms.map_or(known.about.delay_ms, |other| other.min(known.about.delay_ms)));
        }
        (table, wait_ms)
    }

    /// Nodes that have a value here, by a name.
    pub fn nodes_of(&self, name: &str) -> Vec<String> {
        self.by_name.get(name).map(|known| known.values.keys().cloned().collect()).unwrap_or_default()
    }
}

impl Entry {
    /// Writes this node's value, if it may be written and there is one.
    fn take(&mut self, document: &Document, node: &NodeRef, name: &str) -> Vec<Edit> {
        if self.about.private {
            return Vec::new();
        }
        let value = self.values.remove(&node.name);
        if self.values.is_empty() {
            self.due_ms = None;
        }
        value.map_or(Vec::new(), |value| written(document, node, name, &self.about, value.as_deref()))
    }
}

fn written(document: &Document, node: &NodeRef, name: &str, about: &About, value: Option<&str>) -> Vec<Edit> {
    match value {
        Some(value) if get(document, node, name).as_deref() == Some(value) => Vec::new(),
        Some(value) => {
            let put = put_edit(node, about.place(), name, value);
            let mut edits = remove_everywhere(document, node, name);
            edits.retain(|edit| edit.path() != put.path());
            edits.push(put);
            edits
        }
        None => remove_everywhere(document, node, name),
    }
}

/// `value++` and `value+=N` add to what is there; all else is the value itself.
pub fn summed(old: Option<&str>, value: &str) -> String {
    let more = match value.strip_prefix("value") {
        Some("++") => Some(Score::from(1)),
        Some(rest) => rest.strip_prefix("+=").and_then(Score::parse),
        None => None,
    };
    match more {
        Some(more) => (Score::parse(old.unwrap_or_default()).unwrap_or_default() + more).to_string(),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::edit::apply_all;

    fn n1() -> NodeRef {
        NodeRef { id: "1".into(), name: "n1".into() }
    }

    /// Changes of n1, one after the other: `name=value`, `name~value` (both), with `/delay`, `!` for private; `@ms` is the time,
    /// `write` lets what is due be written. Said is what the document holds, and what a query is told.
    #[track_caller]
    fn check(script: &str, written: &str, told: &str) {
        let (mut document, mut table, mut now_ms) = (Document::empty(), Table::default(), 0);
        for word in script.split(' ') {
            let edits = if let Some(ms) = word.strip_prefix('@') {
                now_ms = ms.parse().expect("a time");
                Vec::new()
            } else if word == "write" {
                let due = table.due(now_ms);
                table.write(&document, &due, &|_| Some(n1()))
            } else if word == "view" {
                let brought = table.brought("n1");
                table = Table::of([("n1", &brought[..])].into_iter(), now_ms).0;
                Vec::new()
            } else {
                table.change(&document, &n1(), &change(word), now_ms).edits
            };
            document = apply_all(&document, &edits).expect("edits that fit");
        }
        let all = super::super::all(&document, &n1());
        let all: Vec<String> = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let value = table.value(&document, &n1(), "a");
        let value = value.map_or("unknown".to_string(), |value| value.unwrap_or("unset".to_string()));
        assert_eq!((all.join(" ").as_str(), value.as_str()), (written, told), "{script}");
    }

    fn change(word: &str) -> Change {
        let private = word.ends_with('!');
        let word = word.trim_end_matches('!');
        let (word, delay) = match word.split_once('/') {
            Some((word, delay)) => (word, Some(delay.parse().expect("a delay"))),
            None => (word, None),
        };
        let (name, both, value) = match word.split_once('=') {
            Some((name, value)) if !name.contains('~') => (name, false, value),
            _ => word.split_once('~').map_or((word, true, ""), |(name, value)| (name, true, value)),
        };
        let value = (value != "-").then(|| value.to_string());
        let what = match both {
            true if word == name => What::Delay,
            true => What::Both(value),
            false => What::Value(value),
        };
        let which = match name.strip_prefix('^') {
            Some(pattern) => Which::Pattern(pattern.to_string()),
            None => Which::Name(name.to_string()),
        };
        Change { which, what, delay_ms: delay, private, set: None, utilization: false }
    }

    #[test]
    fn a_value_without_delay_is_written_at_once() {
        check("a=1", "a=1", "1");
        check("a=1 b=3 a=2", "a=2 b=3", "2");
        check("a=1 a=-", "", "unset");
        check("b=1", "b=1", "unknown");
    }

    #[test]
    fn what_is_added_is_added_to_what_is_there() {
        for (old, value, new) in [
            (Some("5"), "value++", "6"),
            (Some("5"), "value+=2", "7"),
            (None, "value++", "1"),
            (Some("999999"), "value+=5", "INFINITY"),
            (Some("5"), "value", "value"),
            (Some("5"), "value+=x", "value+=x"),
            (Some("5"), "++", "++"),
        ] {
            assert_eq!(summed(old, value), new, "{value} on {old:?}");
        }
    }

    #[test]
    fn values_are_summed_where_they_are_delivered() {
        check("a=1 a=value++ a=value+=5", "a=7", "7");
        check("a=value++", "a=1", "1");
    }

    #[test]
    fn the_first_value_starts_the_wait_and_what_follows_is_gathered() {
        check("a=1/1000 @500 a=2 write", "", "2");
        check("a=1/1000 @900 a=2 @1000 write", "a=2", "2");
        check("a=1/1000 @1000 write a=3 @1500 write", "a=1", "3");
        check("a=1/1000 @1000 write a=3 @2000 write", "a=3", "3");
    }

    #[test]
    fn a_delay_is_the_names_own_until_it_is_changed() {
        check("a=1 a=2/1000", "a=2", "2");
        check("a=1 a~2/1000 write", "a=1", "2");
        check("a=1/1000 a~2/0", "a=2", "2");
        check("a=1/1000 a/0", "a=1", "1");
        check("a/1000", "", "unknown");
    }

    #[test]
    fn what_is_private_is_told_and_never_written() {
        check("a=1! a=2 @9999 write", "", "2");
        check("a=1! a=-", "", "unset");
    }

    #[test]
    fn a_pattern_means_what_the_node_has() {
        check("a=1 ab=2! c=3 ^a=9", "a=9 c=3", "9");
    }

    #[test]
    fn what_waits_outlives_a_change_of_members() {
        check("a=1/1000 @800 view @1500 write", "", "1");
        check("a=1/1000 @800 view @1800 write", "a=1", "1");
        check("a=1! view", "", "1");
    }
}
