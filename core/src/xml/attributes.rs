//! The attributes of one element, packed: a large CIB has ten million of them.
//!
//! Elements of one shape (the same names in the same order) share their names, and the values of an
//! element stand in one piece of text. So an element costs three pieces of memory, however many
//! attributes it has, and not one for every value.

use super::name::Name;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Attributes in document order, names unique.
#[derive(Clone, Default)]
pub struct Attributes {
    /// `None` for an element without attributes.
    names: Option<Arc<Vec<Name>>>,
    /// All values, one after another.
    text: String,
    /// Where each value ends in `text`.
    ends: Vec<u32>,
}

impl Attributes {
    /// Attributes of a shape that other elements have too. `text` holds their values in its order, and
    /// `ends` where each ends in it.
    pub(super) fn of_shape(names: &Arc<Vec<Name>>, text: &str, ends: &[u32]) -> Attributes {
        debug_assert_eq!(names.len(), ends.len(), "a value for each name");
        if names.is_empty() {
            return Attributes::default();
        }
        Attributes { names: Some(Arc::clone(names)), text: text.to_owned(), ends: ends.to_owned() }
    }

    fn append(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(u32::try_from(self.text.len()).expect("documents are smaller than 4 GiB"));
    }

    fn names(&self) -> &[Name] {
        self.names.as_ref().map_or(&[], |names| names)
    }

    fn names_mut(&mut self) -> &mut Vec<Name> {
        Arc::make_mut(self.names.get_or_insert_default())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names().iter().position(|known| known == name)
    }

    fn start(&self, at: usize) -> usize {
        if at == 0 { 0 } else { self.ends[at - 1] as usize }
    }

    fn value(&self, at: usize) -> &str {
        &self.text[self.start(at)..self.ends[at] as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.place(name).map(|at| self.value(at))
    }

    /// Sets a value, in place if the name is there, else as the last.
    pub fn set(&mut self, name: &str, value: &str) {
        let Some(at) = self.place(name) else {
            self.names_mut().push(Name::from(name));
            return self.append(value);
        };
        let (start, old_end) = (self.start(at), self.ends[at] as usize);
        self.text.replace_range(start..old_end, value);
        for end in &mut self.ends[at..] {
            *end = u32::try_from(*end as usize - (old_end - start) + value.len()).expect("as in append");
        }
    }

    /// Removes a name and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = self.place(name)?;
        let value = self.value(at).to_owned();
        self.set(name, "");
        self.names_mut().remove(at);
        self.ends.remove(at);
        Some(value)
    }

    /// Gives a value another name, at its place. Nothing happens if the old name is not there.
    pub fn rename(&mut self, old: &str, new: &str) {
        if let Some(at) = self.place(old) {
            self.names_mut()[at] = Name::from(new);
        }
    }

    /// Keeps what passes.
    pub fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        if !self.iter().all(|(name, value)| keep(name, value)) {
            *self = self.iter().filter(|(name, value)| keep(name, value)).collect();
        }
    }

    /// Puts them in the order of a key; those of one key stay as they are.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&Name) -> K) {
        if !self.names().is_sorted_by_key(&key) {
            let mut all: Vec<_> = self.iter().collect();
            all.sort_by_key(|(name, _)| key(name));
            *self = all.into_iter().collect();
        }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { attributes: self, at: 0 }
    }
}

/// Shapes that were met: thousands of elements have the same names in the same order.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    known: Vec<Arc<Vec<Name>>>,
}

/// More are not remembered: looking through them must stay cheaper than a new one.
const SHAPES_MAX: usize = 24;

impl Shapes {
    /// The shape with these names, if it was met.
    pub(super) fn find(&self, names: &[&str]) -> Option<Arc<Vec<Name>>> {
        let fits = |shape: &&Arc<Vec<Name>>| shape.len() == names.len() && shape.iter().zip(names).all(|(a, b)| a == b);
        self.known.iter().find(fits).cloned()
    }

    /// Remembers a new shape.
    pub(super) fn add(&mut self, names: &[&str]) -> Arc<Vec<Name>> {
        let shape = Arc::new(names.iter().map(|name| Name::from(*name)).collect());
        self.known.truncate(SHAPES_MAX - 1);
        self.known.push(Arc::clone(&shape));
        shape
    }

    /// Pairs as attributes that share their names with others; names must be unique.
    pub fn pack<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Attributes {
        let names: Vec<&str> = pairs.clone().map(|(name, _)| name).collect();
        let shape = self.find(&names).unwrap_or_else(|| self.add(&names));
        let size = pairs.clone().map(|(_, value)| value.len()).sum();
        let (text, ends) = (String::with_capacity(size), Vec::with_capacity(names.len()));
        let mut packed = Attributes { names: Some(shape), text, ends };
        pairs.for_each(|(_, value)| packed.append(value));
        packed
    }
}

/// They travel as pairs.
impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Attributes, D::Error> {
        let mut attributes = Attributes::default();
        for (name, value) in Vec::<(String, String)>::deserialize(deserializer)? {
            attributes.set(&name, &value);
        }
        Ok(attributes)
    }
}

/// Names and values, from [`Attributes::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    attributes: &'a Attributes,
    at: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Name, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let name = self.attributes.names().get(at)?;
        self.at += 1;
        Some((name, self.attributes.value(at)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.attributes.len() - self.at;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Attributes {
    type Item = (&'a Name, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> FromIterator<(&'a Name, &'a str)> for Attributes {
    /// Names must be unique.
    fn from_iter<I: IntoIterator<Item = (&'a Name, &'a str)>>(all: I) -> Attributes {
        let mut attributes = Attributes::default();
        for (name, value) in all {
            attributes.names_mut().push(name.clone());
            attributes.append(value);
        }
        attributes
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Attributes) -> bool {
        self.ends == other.ends && self.text == other.text && self.names() == other.names()
    }
}

impl Eq for Attributes {}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}
