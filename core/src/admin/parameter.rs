//! One attribute of a resource, as `crm_resource` sets and removes it: in which element, in which set, which pair.
//!
//! In: a document, what is [`Wanted`]. Out: edits, and what is to be said of the choice; or why it is not done.
//! Absent: whose attribute it is (see `holder`), ids of what is new where nobody gave any (see `attribute`).

use super::attribute::{self, Sort};
use super::find::find_resource;
use super::holder::{Choice, Holders};
use super::refusal::Refusal;
use crate::cib::edit::apply_all;
use crate::cib::objects::{self, Object};
use crate::cib::{Document, Edit};
use crate::xml::Element;
use crate::xml::path::Step;

/// Which attribute of which resource.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub resource: &'a str,
    pub sort: Sort,
    pub name: &'a str,
    /// Only in the set of this id.
    pub set: Option<&'a str>,
    /// Only the pair of this id.
    pub pair: Option<&'a str>,
    /// The resource that is named, and no other; whatever else has such an attribute.
    pub force: bool,
}

/// A pair that was there, or was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The resource's element, and its id.
    pub element: String,
    pub resource: String,
    pub kind: &'static str,
    /// The set, where the pair is new.
    pub set: Option<String>,
    pub pair: String,
}

/// What people are to hear of where the attribute is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Values and ids of all pairs of that name in the resource and around it.
    Several(Vec<(String, String)>),
    /// The clone around it has the attribute.
    Parent(String),
    /// What is cloned has the attribute.
    Child(String),
}

/// What becomes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub remarks: Vec<Remark>,
    pub changed: Vec<Changed>,
    pub edits: Vec<Edit>,
}

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    Refused(Refusal),
    /// Several pairs fit. Values and ids.
    Several(Vec<(String, String)>),
    /// A parameter, where there is a meta-attribute of that name.
    IsMeta {
        resource: String,
        pair: String,
    },
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Denial {
        Denial::Refused(refusal)
    }
}

/// The attribute with this value.
///
/// # Errors
/// There is no such resource, or it is not clear which attribute is meant.
pub fn set(document: &Document, wanted: &Wanted, value: &str) -> Result<Outcome, Denial> {
    let configuration = document.configuration();
    let object = find_resource(document, wanted.resource)?;
    let top = uppermost(configuration, &object);
    if let (Sort::Parameter, false) = (wanted.sort, wanted.force)
        && let Some(pair) = fitting(top, &Wanted { sort: Sort::Meta, ..*wanted }).first()
    {
        let resource = top.id().unwrap_or_default().to_string();
        return Err(Denial::IsMeta { resource, pair: pair.pair.id().unwrap_or_default().to_string() });
    }
    let mut outcome = begun(top, wanted);
    for holder in holders(configuration, &object, wanted, &mut outcome) {
        put(document, &holder, wanted, value, &mut outcome)?;
    }
    Ok(outcome)
}

/// Without the attribute; where it is not there, nothing is to be done.
///
/// # Errors
/// As [`set`].
pub fn unset(document: &Document, wanted: &Wanted) -> Result<Outcome, Denial> {
    let configuration = document.configuration();
    let object = find_resource(document, wanted.resource)?;
    let mut outcome = begun(uppermost(configuration, &object), wanted);
    for holder in holders(configuration, &object, wanted, &mut outcome) {
        let element = objects::at(configuration, &holder);
        let found = fitting(element, wanted);
        let one = match &found[..] {
            [] => continue,
            [one] => one,
            several => return Err(Denial::Several(listed(several))),
        };
        outcome.changed.push(changed(element, wanted, one));
        let path = objects::path(configuration, &holder).join(Step::to(one.set)).join(Step::to(one.pair));
        outcome.edits.push(Edit::Delete { path });
    }
    Ok(outcome)
}

/// The collective that holds the resource, if any does; else itself.
fn uppermost<'a>(configuration: &'a Element, object: &Object<'a>) -> &'a Element {
    objects::at(configuration, &object.place[..2.min(object.place.len())])
}

/// A pair in its set.
struct Fitting<'a> {
    set: &'a Element,
    pair: &'a Element,
}

/// All pairs that are wanted, of sets with rules, too.
fn fitting<'a>(element: &'a Element, wanted: &Wanted) -> Vec<Fitting<'a>> {
    let kind = kind(wanted.sort);
    let sets = element.elements().filter(|set| set.name == *kind && wanted.set.is_none_or(|id| set.id() == Some(id)));
    let pairs = sets.flat_map(|set| set.elements_named("nvpair").map(move |pair| Fitting { set, pair }));
    let fits = |one: &Fitting| {
        let named = wanted.name.is_empty() || attribute::names(one.pair, wanted.sort, wanted.name);
        named && wanted.pair.is_none_or(|id| one.pair.id() == Some(id))
    };
    pairs.filter(fits).collect()
}

const fn kind(sort: Sort) -> &'static str {
    match sort {
        Sort::Meta => "meta_attributes",
        Sort::Parameter | Sort::Node => "instance_attributes",
        Sort::Utilization | Sort::NodeUtilization => "utilization",
    }
}

fn listed(found: &[Fitting]) -> Vec<(String, String)> {
    let get = |one: &Fitting, name: &str| one.pair.attr(name).unwrap_or_default().to_string();
    found.iter().map(|one| (get(one, "value"), get(one, "id"))).collect()
}

/// Several of that name, in whatever sort of set, are told.
fn begun(top: &Element, wanted: &Wanted) -> Outcome {
    let mut outcome = Outcome::default();
    if wanted.pair.is_some() || wanted.force {
        return outcome;
    }
    let named = |pair: &&Element| pair.name == "nvpair" && pair.attr("name") == Some(wanted.name);
    let get = |pair: &Element, name: &str| pair.attr(name).unwrap_or_default().to_string();
    let all: Vec<_> = top.descendants().filter(named).map(|pair| (get(pair, "value"), get(pair, "id"))).collect();
    if all.len() > 1 {
        outcome.remarks.push(Remark::Several(all));
    }
    outcome
}

fn holders(configuration: &Element, object: &Object, wanted: &Wanted, outcome: &mut Outcome) -> Vec<objects::Place> {
    if wanted.force || wanted.sort == Sort::Parameter {
        return vec![object.place.clone()];
    }
    let holders = Holders::of(configuration, object, wanted.sort, wanted.name);
    match holders.choice {
        Choice::Itself => {}
        Choice::Parent(id) => outcome.remarks.push(Remark::Parent(id)),
        Choice::Child(id) => outcome.remarks.push(Remark::Child(id)),
    }
    // Who names a set or a pair means one resource: the last is the one that was named.
    let mut places = holders.places;
    if wanted.set.is_some() || wanted.pair.is_some() {
        places.drain(..places.len().saturating_sub(1));
    }
    places
}

fn changed(element: &Element, wanted: &Wanted, one: &Fitting) -> Changed {
    Changed {
        element: element.name.to_string(),
        resource: element.id().unwrap_or_default().to_string(),
        kind: kind(wanted.sort),
        set: wanted.set.map(str::to_string),
        pair: one.pair.id().unwrap_or_default().to_string(),
    }
}

fn put(
    document: &Document,
    holder: &[usize],
    wanted: &Wanted,
    value: &str,
    outcome: &mut Outcome,
) -> Result<(), Denial> {
    let configuration = document.configuration();
    let element = objects::at(configuration, holder);
    let path = objects::path(configuration, holder);
    let found = fitting(element, wanted);
    match &found[..] {
        [one] => {
            outcome.changed.push(changed(element, wanted, one));
            let path = path.join(Step::to(one.set)).join(Step::to(one.pair));
            outcome.edits.push(Edit::Set { path, name: "value".into(), value: value.to_string() });
        }
        [] => {
            let made = match wanted.set.is_none() && wanted.pair.is_none() {
                true => attribute::edits(document, &path, wanted.sort, wanted.name, Some(value)),
                false => vec![Edit::Merge { parent: path.clone(), element: named_set(element, wanted, value) }],
            };
            let after = apply_all(document, &made).unwrap_or_else(|_| document.clone());
            let after = path.find(after.root()).cloned().unwrap_or_else(|| element.clone());
            // In another schema it may have another name.
            let named = wanted.set.is_some() || wanted.pair.is_some();
            let place = attribute::place(&after, wanted.sort, wanted.name).filter(|_| !named);
            let place = place.map(|(set, pair)| (set.to_string(), pair.to_string()));
            let (set, pair) = place.unwrap_or_else(|| ids(element, wanted));
            outcome.changed.push(Changed {
                element: element.name.to_string(),
                resource: element.id().unwrap_or_default().to_string(),
                kind: kind(wanted.sort),
                set: Some(set),
                pair,
            });
            outcome.edits.extend(made);
        }
        several => return Err(Denial::Several(listed(several))),
    }
    Ok(())
}

fn ids(element: &Element, wanted: &Wanted) -> (String, String) {
    let usual = || format!("{}-{}", element.id().unwrap_or_default(), kind(wanted.sort));
    let set = wanted.set.map_or_else(usual, str::to_string);
    let pair = wanted.pair.map_or_else(|| format!("{set}-{}", wanted.name), str::to_string);
    (set, pair)
}

fn named_set(element: &Element, wanted: &Wanted, value: &str) -> Element {
    let (set, pair) = ids(element, wanted);
    let pair = Element::new("nvpair").with("id", pair).with("name", wanted.name).with("value", value);
    Element::new(kind(wanted.sort)).with("id", set).with_child(pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{read, write};

    const RESOURCES: &str = "<resources><clone id='c'><meta_attributes id='cm'><nvpair id='cm-k' name='k' value='1'/>\
        </meta_attributes><primitive id='p'><instance_attributes id='s1'><nvpair id='x1' name='x' value='1'/>\
        </instance_attributes><instance_attributes id='s2'><nvpair id='x2' name='x' value='2'/></instance_attributes>\
        </primitive></clone></resources>";

    fn wanted<'a>(resource: &'a str, sort: Sort, name: &'a str) -> Wanted<'a> {
        Wanted { resource, sort, name, set: None, pair: None, force: false }
    }

    /// Ids of what changed with the resources afterwards, or why not.
    #[track_caller]
    fn check(wanted: Wanted, value: Option<&str>, expected: &str) {
        let mut document = Document::empty();
        let configuration = document.configuration_mut();
        configuration.retain_elements(|one| one.name != "resources");
        configuration.push(read(RESOURCES).expect("XML"));
        let outcome = match value {
            Some(value) => set(&document, &wanted, value),
            None => unset(&document, &wanted),
        };
        let said = match outcome {
            Err(denial) => format!("{denial:?}"),
            Ok(outcome) => {
                let after = apply_all(&document, &outcome.edits).expect("edits that fit");
                let ids: Vec<_> = outcome.changed.iter().map(|one| format!("{}:{}", one.resource, one.pair)).collect();
                let found = ids.iter().map(|id| {
                    let id = id.rsplit(':').next().unwrap_or_default();
                    after.root().find_id(id).map_or("gone".to_string(), |pair| write(pair).replace('"', "'"))
                });
                let found: Vec<String> = found.collect();
                format!("{} {}", ids.join(" "), found.join(" "))
            }
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_value_goes_where_the_attribute_is() {
        check(wanted("p", Sort::Meta, "k"), Some("2"), "c:cm-k <nvpair id='cm-k' name='k' value='2'/>");
        check(
            Wanted { force: true, ..wanted("p", Sort::Meta, "k") },
            Some("2"),
            "p:p-meta_attributes-k <nvpair id='p-meta_attributes-k' name='k' value='2'/>",
        );
        check(
            Wanted { set: Some("s2"), ..wanted("p", Sort::Parameter, "x") },
            Some("3"),
            "p:x2 <nvpair id='x2' name='x' value='3'/>",
        );
        check(
            Wanted { set: Some("s3"), pair: Some("y"), ..wanted("p", Sort::Parameter, "x") },
            Some("3"),
            "p:y <nvpair id='y' name='x' value='3'/>",
        );
        check(wanted("c", Sort::Meta, "k"), None, "c:cm-k gone");
        check(wanted("p", Sort::Utilization, "cpu"), None, " ");
    }

    #[test]
    fn what_is_not_clear_is_asked() {
        let several = "Several([(\"1\", \"x1\"), (\"2\", \"x2\")])";
        check(wanted("p", Sort::Parameter, "x"), Some("3"), several);
        check(wanted("p", Sort::Parameter, "x"), None, several);
        check(wanted("p", Sort::Parameter, "k"), Some("3"), "IsMeta { resource: \"c\", pair: \"cm-k\" }");
        check(wanted("q", Sort::Meta, "k"), Some("3"), "Refused(NoResource(\"q\"))");
    }
}
