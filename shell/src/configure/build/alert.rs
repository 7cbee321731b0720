//! Alerts as elements.

use super::{attribute_set, with_options};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Alert, AlertPart, Recipient, Selection};

pub fn alert(alert: &Alert) -> Element {
    let element = Element::new("alert").with("id", &alert.id.text).with("path", &alert.path.text);
    let mut element = with_options(element, &[("description", alert.description.as_ref())]);
    for part in &alert.parts {
        element.push(match part {
            AlertPart::Set(set) => attribute_set(set),
            AlertPart::Select(selections) => select(selections),
            AlertPart::To(one) => recipient(one),
        });
    }
    element
}

fn select(selections: &[Selection]) -> Element {
    let mut element = Element::new("select");
    for selection in selections {
        element.push(match selection {
            Selection::Nodes => Element::new("select_nodes"),
            Selection::Fencing => Element::new("select_fencing"),
            Selection::Resources => Element::new("select_resources"),
            Selection::Attributes(names) => {
                let mut all = Element::new("select_attributes");
                for (id, name) in names {
                    all.push(with_options(Element::new("attribute"), &[("name", Some(name)), ("id", id.as_ref())]));
                }
                all
            }
        });
    }
    element
}

fn recipient(recipient: &Recipient) -> Element {
    let said = [
        ("id", recipient.id.as_ref()),
        ("value", Some(&recipient.value)),
        ("description", recipient.description.as_ref()),
    ];
    let mut element = with_options(Element::new("recipient"), &said);
    recipient.sets.iter().for_each(|set| element.push(attribute_set(set)));
    element
}
