//! Documents, edits, patches and merges as tables and properties.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use quorate_core::cib::{ApplyError, Document, Patch, apply, diff, merge};
use quorate_core::xml::{Element, Node, read, write};

fn document(resources: &str) -> Document {
    Document::read(&format!(
        "<cib epoch='5'><configuration><crm_config/><nodes/><resources>{resources}</resources>\
         <constraints/></configuration><status/></cib>"
    ))
    .unwrap()
}

fn resources(document: &Document) -> String {
    let inside = document.configuration().child("resources").unwrap();
    inside
        .children
        .iter()
        .map(|node| match node {
            Node::Element(element) => write(element),
            Node::Comment(text) => format!("<!--{text}-->"),
            Node::Text(text) => text.to_string(),
        })
        .collect()
}

#[track_caller]
fn check_merge(base: &str, theirs: &str, mine: &str, expected: &str) {
    let shown = match merge(&document(base), &document(theirs), &document(mine)) {
        Ok(merged) => resources(&merged),
        Err(conflicts) => conflicts
            .iter()
            .map(|conflict| match &conflict.attribute {
                Some(attribute) => format!("{}@{attribute}", conflict.path.0.last().unwrap().name),
                None => format!("{} whole", conflict.path.0.last().unwrap().name),
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    assert_eq!(shown, expected);
}

#[test]
fn a_new_schema_merges_with_nothing_written_in_the_old_one() {
    let of = |schema: &str, resources: &str| {
        let mut document = document(resources);
        document.root_mut().set("validate-with", schema);
        document
    };
    let (old, new) = ("pacemaker-3.9", "pacemaker-4.0");
    for (theirs, mine, merges) in [
        (of(old, "<a id='1'/>"), of(new, "<b id='2'/>"), true),
        (of(new, "<a id='1'/>"), of(old, "<a id='1'/>"), true),
        (of(new, "<b id='2'/>"), of(new, "<b id='2'/>"), true),
        (of(old, "<a id='1'/><c id='3'/>"), of(new, "<a id='1'/>"), false),
        (of(new, "<a id='1'/>"), of(old, "<a id='1'/><c id='3'/>"), false),
    ] {
        let merged = merge(&of(old, "<a id='1'/>"), &theirs, &mine);
        let found = merged.map(|merged| merged.root().attr("validate-with") == Some(new));
        assert_eq!(found.unwrap_or(false), merges, "{theirs:?} {mine:?}");
    }
}

#[test]
fn disjoint_changes_merge() {
    check_merge("<a id='1'/>", "<a id='1'/><b id='2'/>", "<a id='1' x='1'/>", "<a id=\"1\" x=\"1\"/><b id=\"2\"/>");
    check_merge(
        "<a id='1' x='0' y='0'/>",
        "<a id='1' x='1' y='0'/>",
        "<a id='1' x='0' y='1'/>",
        "<a id=\"1\" x=\"1\" y=\"1\"/>",
    );
    check_merge(
        "<a id='1'/><b id='2'/>",
        "<a id='1'/>",
        "<a id='1'/><b id='2'/><c id='3'/>",
        "<a id=\"1\"/><c id=\"3\"/>",
    );
}

#[test]
fn the_same_change_on_both_sides_is_no_conflict() {
    check_merge("<a id='1'/>", "<a id='1' x='1'/>", "<a id='1' x='1'/>", "<a id=\"1\" x=\"1\"/>");
    check_merge("<a id='1'/>", "", "", "");
}

#[test]
fn overlapping_changes_are_named() {
    check_merge("<a id='1' x='0'/>", "<a id='1' x='1'/>", "<a id='1' x='2'/>", "a@x");
    check_merge("<a id='1' x='0'/>", "", "<a id='1' x='2'/>", "a whole");
    check_merge("<a id='1' x='0'/>", "<a id='1' x='1'/>", "", "a whole");
    check_merge("", "<a id='1' x='1'/>", "<a id='1' x='2'/>", "a@x");
}

#[test]
fn a_new_order_holds_if_only_one_side_changed_it() {
    let (ab, ba) = ("<a id='1'/><b id='2'/>", "<b id='2'/><a id='1'/>");
    check_merge(ab, ab, ba, "<b id=\"2\"/><a id=\"1\"/>");
    check_merge(ab, ba, ab, "<b id=\"2\"/><a id=\"1\"/>");
    check_merge(ab, "<a id='1' x='1'/><b id='2'/>", ba, "<b id=\"2\"/><a id=\"1\" x=\"1\"/>");
}

#[test]
fn a_patch_on_another_configuration_is_stale() {
    let old = document("");
    let patch = diff(&old, &document("<a id='1'/>"));
    let mut moved = old.clone();
    moved.set_version(old.version().next_configuration());
    assert!(matches!(apply(&moved, &patch), Err(ApplyError::Stale { .. })));
}

#[test]
fn a_status_update_does_not_make_a_configuration_patch_stale() {
    let old = document("");
    let patch = diff(&old, &document("<a id='1'/>"));
    let mut moved = old.clone();
    moved.set_version(old.version().next_status());
    let new = apply(&moved, &patch).unwrap();
    assert_eq!(new.version(), old.version().next_configuration());
    assert_eq!(resources(&new), "<a id=\"1\"/>");
}

#[test]
fn a_new_order_of_attributes_is_a_change() {
    let (old, new) = (document("<a id='1' x='' y=''/>"), document("<a id='1' y='' x=''/>"));
    let made = apply(&old, &diff(&old, &new)).unwrap();
    assert_eq!(resources(&made), resources(&new));
}

#[test]
fn what_moves_is_not_counted_while_others_are_placed() {
    let (old, new) = (document("<m id='1'/><s id='2'/>"), document("<s id='2'/><c id='3'/><m id='1'/><d id='4'/>"));
    let made = apply(&old, &diff(&old, &new)).unwrap();
    assert_eq!(resources(&made), resources(&new));
}

#[test]
fn a_patch_that_does_not_fit_changes_nothing() {
    let patch = diff(&document("<a id='1'><b/></a>"), &document("<a id='1'><b x='1'/></a>"));
    assert!(matches!(apply(&document(""), &patch), Err(ApplyError::Mismatch { .. })));
}

fn attribute() -> impl Strategy<Value = (String, String)> {
    ("[xyz]", "[a-c&<>\"\n]{0,2}")
}

fn tree() -> impl Strategy<Value = Element> {
    let leaf = ("[ab]", proptest::option::weighted(0.9, "[1-4]"), proptest::collection::vec(attribute(), 0..3));
    let leaf = leaf.prop_map(|(name, id, attributes)| {
        let mut element = Element::new(&name);
        if let Some(id) = id {
            element.set("id", id);
        }
        attributes.iter().for_each(|(name, value)| element.set(name, value));
        element
    });
    leaf.prop_recursive(3, 24, 4, |inner| {
        (
            inner.clone(),
            proptest::collection::vec(inner, 0..4),
            proptest::option::weighted(0.2, "[cd]"),
            proptest::bool::weighted(0.05),
        )
            .prop_map(|(mut element, children, comment, text)| {
                children.into_iter().for_each(|child| element.push(child));
                if let Some(comment) = comment {
                    element.children.insert(0, Node::Comment(comment.into()));
                }
                if text {
                    element.children.push(Node::Text("t".into()));
                }
                element
            })
    })
}

fn whole() -> impl Strategy<Value = Document> {
    proptest::collection::vec(tree(), 0..4).prop_map(|trees| {
        let mut document = document("");
        let resources = document.configuration_mut().child_or_new("resources");
        trees.into_iter().for_each(|tree| resources.push(tree));
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_patch_leads_from_the_old_to_the_new(old in whole(), new in whole()) {
        let patch = diff(&old, &new);
        let text = write(&patch.to_xml());
        let read = Patch::from_xml(&read(&text).unwrap()).unwrap();
        for patch in [patch, read] {
            let made = apply(&old, &patch);
            prop_assert!(made.is_ok(), "{:?} from {} to {}", made, resources(&old), resources(&new));
            let mut made = made.unwrap();
            made.set_version(new.version());
            prop_assert_eq!(made.to_text(), new.to_text());
            prop_assert_eq!(made.digest(), new.digest());
        }
    }

    #[test]
    fn a_merge_with_an_unchanged_side_is_the_other_side(base in whole(), other in whole()) {
        prop_assert_eq!(merge(&base, &other, &base).unwrap().to_text(), other.to_text());
        prop_assert_eq!(merge(&base, &base, &other).unwrap().to_text(), other.to_text());
    }
}
