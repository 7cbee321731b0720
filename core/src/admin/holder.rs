//! Whose attribute it is: of a container's meta attributes some belong to its members.
//!
//! In: a resource and an attribute's name. Out: the elements that hold it, as `crm_resource` chooses them; edits.

use super::attribute::{self, Sort};
use super::find::find_resource;
use super::refusal::Refusal;
use super::target_role::is_clone;
use crate::cib::objects::{self, Object, Place, is_resource};
use crate::cib::{Document, Edit};
use crate::xml::Element;

/// Where an attribute of a resource is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holders {
    pub places: Vec<Place>,
    pub choice: Choice,
}

/// Why there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is the resource that was named.
    Itself,
    /// The clone around it.
    Parent(String),
    /// A member has it already.
    Child(String),
}

impl Holders {
    /// The objects whose attribute is meant when `object` is named.
    pub fn of(configuration: &Element, object: &Object, sort: Sort, name: &str) -> Holders {
        let has = |element: &Element| attribute::get(element, sort, name).is_some();
        let alone = |place: &[usize], choice| Holders { places: vec![place.to_vec()], choice };
        let Some((_, parent)) = object.place.split_last().filter(|_| sort == Sort::Meta) else {
            return alone(&object.place, Choice::Itself);
        };
        let around = objects::at(configuration, parent);
        if is_clone(around) {
            return match has(object.element) {
                true => alone(&object.place, Choice::Itself),
                false => alone(parent, Choice::Parent(around.id().unwrap_or_default().to_string())),
            };
        }
        let members = members(object.element);
        let below = |at: usize| [&object.place[..], &[at]].concat();
        if is_clone(object.element) {
            let within = members.iter().find(|(_, member)| member.name == "primitive" && has(member));
            return match within {
                Some((at, member)) => alone(&below(*at), Choice::Child(member.id().unwrap_or_default().to_string())),
                None => alone(&object.place, Choice::Itself),
            };
        }
        let mut places: Vec<Place> =
            members.iter().filter(|(_, member)| has(member)).map(|(at, _)| below(*at)).collect();
        places.push(object.place.clone());
        Holders { places, choice: Choice::Itself }
    }
}

/// Sets an attribute (or removes it, without a value) wherever its holders are.
///
/// # Errors
/// There is no such resource.
pub fn edits(document: &Document, id: &str, sort: Sort, name: &str, value: Option<&str>) -> Result<Vec<Edit>, Refusal> {
    let configuration = document.configuration();
    let holders = Holders::of(configuration, &find_resource(document, id)?, sort, name);
    let paths = holders.places.iter().map(|place| objects::path(configuration, place));
    Ok(paths.flat_map(|path| attribute::edits(document, &path, sort, name, value)).collect())
}

/// Resources directly inside, with their places among the children.
fn members(element: &Element) -> Vec<(usize, &Element)> {
    let children = element.children.iter().enumerate();
    let inside = children.filter_map(|(at, child)| Some((at, &**child.element()?)));
    inside.filter(|(_, child)| is_resource(child)).collect()
}
