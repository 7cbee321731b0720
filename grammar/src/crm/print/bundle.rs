//! Bundles as text.

use super::{Layout, Printer, Role};
use crate::crm::ast::{Bundle, BundlePart, Mapping};

impl Printer<'_> {
    pub(super) fn bundle(&mut self, bundle: &Bundle) {
        self.word(Role::Identifier, &bundle.id.text);
        self.description(&bundle.description);
        for part in &bundle.parts {
            self.part();
            match part {
                BundlePart::Engine { name, settings } => {
                    self.put(Role::Keyword, &name.text);
                    self.attributes(settings);
                }
                BundlePart::Network { settings, ports } => {
                    self.put(Role::Keyword, "network");
                    self.attributes(settings);
                    self.mappings("port-mapping", ports);
                }
                BundlePart::Storage { mappings } => {
                    self.put(Role::Keyword, "storage");
                    self.mappings("storage-mapping", mappings);
                }
                BundlePart::Set(set) => self.set(set),
                BundlePart::Primitive(id) => {
                    self.put(Role::Keyword, "primitive");
                    self.word(Role::Reference, &id.text);
                }
            }
        }
    }

    /// Each on a line of its own, one step further in.
    fn mappings(&mut self, keyword: &str, mappings: &[Mapping]) {
        for mapping in mappings {
            self.put(Role::Plain, if self.layout == Layout::Lines { " \\\n\t\t" } else { " " });
            self.put(Role::Keyword, keyword);
            if let Some(id) = &mapping.id {
                self.pair("id", Some(&id.text));
            }
            self.attributes(&mapping.settings);
        }
    }
}
