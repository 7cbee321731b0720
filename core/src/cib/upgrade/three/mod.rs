//! From 3.10 to 4.0: everything that had been deprecated goes.
//!
//! Six stages; `mark::unfold` first replaces references by copies, so that the others need not
//! know of references, and `mark::restore` last turns copies of what is still there back.
//! Between them, an element says what became of it:
//! - `original="0"`: it is a copy of what it referred to. All others stood here, or a stage made them.
//! - `changed="1"`: a stage changed its attributes.
//! - `<dropped/>`: something stood here that 4.0 does not know.

pub mod lifetime;
pub mod mark;
pub mod removed;
pub mod shape;
pub mod value;

use crate::xml::Element;

/// What ids that no person chose begin with.
const PREFIX: &str = "pcmk__3_10_upgrade-";

fn dropped() -> Element {
    Element::new("dropped")
}

fn is_dropped(element: &Element) -> bool {
    element.name == "dropped"
}

/// Makes it a copy, with all that is in it.
fn make_copy(element: &mut Element) {
    super::tree::visit(element, &mut |inner| inner.set("original", "0"));
}

fn is_original(element: &Element) -> bool {
    element.attr("original") != Some("0")
}

fn rename_attribute(element: &mut Element, old: &str, new: &str) {
    if element.attr(old).is_some() {
        element.attributes.rename(old, new);
        element.set("changed", "1");
    }
}
