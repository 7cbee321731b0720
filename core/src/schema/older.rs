//! Documents of schemas that there is no grammar of: what came later, and what is wrong with what they become.
//!
//! In: a `<cib>` of a schema before 2.10. Out: [`Fault`]s; those of values and shapes name the element as the newest
//! schema has it. Absent: the translation itself (see `cib::upgrade`).

use super::fault::{Fault, Kind, Place};
use super::validate::validate;
use super::versions::LATEST;
use crate::cib::Document;
use crate::cib::upgrade::{self, Schema};
use crate::xml::Element;

/// Elements, and the first schema that has them (the file names of Pacemaker's schemas tell it).
const SINCE: [(&str, Schema); 8] = [
    ("acls", Schema { major: 1, minor: 2 }),
    ("fencing-topology", Schema { major: 1, minor: 2 }),
    ("template", Schema { major: 1, minor: 2 }),
    ("tags", Schema { major: 1, minor: 3 }),
    ("acl_target", Schema { major: 2, minor: 0 }),
    ("acl_group", Schema { major: 2, minor: 0 }),
    ("alerts", Schema { major: 2, minor: 5 }),
    ("bundle", Schema { major: 2, minor: 8 }),
];

pub fn faults(root: &Element, schema: Schema) -> Vec<Fault> {
    let mut faults = Vec::new();
    for element in root.child("configuration").into_iter().flat_map(Element::descendants) {
        let since = SINCE.iter().find(|(name, since)| element.name == **name && *since > schema);
        faults.extend(since.map(|(_, since)| too_new(element, schema, *since)));
    }
    let newest = Document::from_element(root.clone()).ok().and_then(|document| upgrade::to_latest(&document).ok());
    faults.extend(newest.into_iter().flat_map(|(newest, _)| validate(newest.root(), LATEST)));
    faults
}

fn too_new(element: &Element, schema: Schema, since: Schema) -> Fault {
    let message = format!("{schema} has no <{}>; {since} has it", element.name);
    Place { element, above: None }.fault(Kind::Shape, None, message)
}
