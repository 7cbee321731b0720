//! Roles, those who have them, and alerts as text.

use super::{Printer, Role as Paint, bare, quote};
use crate::crm::ast::{Actor, Alert, AlertPart, Grant, Permission, Recipient, Role, Selection, Spec, User};

impl Printer<'_> {
    pub(super) fn role(&mut self, role: &Role) {
        self.word(Paint::Identifier, &role.id.text);
        self.description(&role.description);
        for permission in &role.permissions {
            self.part();
            self.permission(permission);
        }
    }

    fn permission(&mut self, permission: &Permission) {
        self.put(Paint::Keyword, &permission.right.text);
        if let Some(id) = &permission.id {
            self.word(Paint::Identifier, &format!("{}:", id.text));
        }
        if let Some(text) = &permission.description {
            self.pair("description", Some(&text.text));
        }
        match &permission.what {
            Spec::XPath(path) => self.said("xpath", &path.text),
            Spec::Reference(id) => self.said("ref", &id.text),
            Spec::Type { name, attribute } => {
                if let Some(attribute) = attribute {
                    self.said("attr", &attribute.text);
                }
                self.said("type", &name.text);
            }
            Spec::Shortcut { name, arguments } => {
                let words: Vec<&str> = std::iter::once(name).chain(arguments).map(|word| word.as_str()).collect();
                self.word(Paint::Plain, &words.join(":"));
            }
        }
    }

    fn said(&mut self, what: &str, value: &str) {
        self.space(Paint::Plain, &format!("{what}:{}", quote(value)));
    }

    pub(super) fn actor(&mut self, actor: &Actor) {
        self.word(Paint::Identifier, &actor.id.text);
        if let Some(name) = &actor.name {
            self.pair("$name", Some(&name.text));
        }
        for role in &actor.roles {
            self.part();
            self.put(Paint::Reference, &bare(&role.text));
        }
    }

    pub(super) fn user(&mut self, user: &User) {
        self.word(Paint::Identifier, &user.id.text);
        self.description(&user.description);
        for grant in &user.grants {
            self.part();
            match grant {
                Grant::Role(role) => self.put(Paint::Reference, &bare(&format!("role:{}", role.text))),
                Grant::Permission(permission) => self.permission(permission),
            }
        }
    }

    pub(super) fn alert(&mut self, alert: &Alert) {
        self.word(Paint::Identifier, &alert.id.text);
        self.space(Paint::Plain, &quote(&alert.path.text));
        self.description(&alert.description);
        for part in &alert.parts {
            self.part();
            match part {
                AlertPart::Set(set) => self.set(set),
                AlertPart::Select(selections) => self.selections(selections),
                AlertPart::To(recipient) => self.recipient(recipient),
            }
        }
    }

    fn selections(&mut self, selections: &[Selection]) {
        self.put(Paint::Keyword, "select");
        for selection in selections {
            match selection {
                Selection::Nodes => self.space(Paint::Keyword, "nodes"),
                Selection::Fencing => self.space(Paint::Keyword, "fencing"),
                Selection::Resources => self.space(Paint::Keyword, "resources"),
                Selection::Attributes(names) => {
                    self.space(Paint::Keyword, "attributes");
                    self.space(Paint::Plain, "{");
                    for (id, name) in names {
                        if let Some(id) = id {
                            self.pair("$id", Some(&id.text));
                        }
                        self.word(Paint::Plain, &name.text);
                    }
                    self.space(Paint::Plain, "}");
                }
            }
        }
    }

    /// The sets stand on the recipient's line, as crmsh prints them.
    fn recipient(&mut self, recipient: &Recipient) {
        self.put(Paint::Keyword, "to");
        if let Some(id) = &recipient.id {
            self.pair("$id", Some(&id.text));
        }
        self.space(Paint::AttributeValue, &quote(&recipient.value.text));
        if let Some(text) = &recipient.description {
            self.pair("description", Some(&text.text));
        }
        for set in &recipient.sets {
            self.put(Paint::Plain, " ");
            self.set(set);
        }
    }
}
