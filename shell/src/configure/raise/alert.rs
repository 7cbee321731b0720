//! Alerts as statements.

use super::attributes::{attribute_set, sets};
use super::{Context, attr, childless, only};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Alert, AlertPart, Recipient, Selection, SetKind};

const SETS: &[(&str, SetKind)] = &[("instance_attributes", SetKind::Attributes), ("meta_attributes", SetKind::Meta)];

/// The recipients come last: what stands behind one in the text is the recipient's.
pub fn alert(element: &Element, context: &Context) -> Option<Alert> {
    only(element, &["id", "path", "description"])?;
    let owner = element.id()?;
    let (mut parts, mut recipients) = (Vec::new(), Vec::new());
    for child in element.elements() {
        match &*child.name {
            "select" => parts.push(AlertPart::Select(select(child, owner, context)?)),
            "recipient" => {
                let given = format!("{owner}-recipient-{}", recipients.len() + 1);
                recipients.push(AlertPart::To(recipient(child, &given, context)?));
            }
            name => {
                let (_, kind) = SETS.iter().find(|(known, _)| *known == name)?;
                parts.push(AlertPart::Set(attribute_set(child, *kind, owner, context)?));
            }
        }
    }
    parts.extend(recipients);
    Some(Alert {
        id: attr(element, "id")?,
        path: attr(element, "path")?,
        description: attr(element, "description"),
        parts,
    })
}

fn select(element: &Element, owner: &str, context: &Context) -> Option<Vec<Selection>> {
    only(element, &[])?;
    let selection = |child: &Element| {
        only(child, &[])?;
        if child.name == "select_attributes" {
            let name = |one: &Element| {
                only(one, &["id", "name"])?;
                childless(one)?;
                Some((context.shown_id(one, owner), attr(one, "name").filter(|_| one.name == "attribute")?))
            };
            return Some(Selection::Attributes(child.elements().map(name).collect::<Option<_>>()?));
        }
        childless(child)?;
        Some(match &*child.name {
            "select_nodes" => Selection::Nodes,
            "select_fencing" => Selection::Fencing,
            "select_resources" => Selection::Resources,
            _ => return None,
        })
    };
    element.elements().map(selection).collect()
}

fn recipient(element: &Element, given: &str, context: &Context) -> Option<Recipient> {
    only(element, &["id", "value", "description"])?;
    Some(Recipient {
        id: context.shown_id(element, given),
        value: attr(element, "value")?,
        description: attr(element, "description"),
        sets: sets(element, SETS, context)?,
    })
}
