//! Who may do what: role, acl_target, acl_group, and the older user.

use crate::span::Word;

#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub id: Word,
    pub description: Option<Word>,
    pub permissions: Vec<Permission>,
}

/// `read|write|deny` of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    pub right: Word,
    pub id: Option<Word>,
    pub description: Option<Word>,
    pub what: Spec,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    XPath(Word),
    Reference(Word),
    /// `type:` or `tag:`: elements of this name, or one attribute of theirs.
    Type {
        name: Word,
        attribute: Option<Word>,
    },
    /// `meta:RSC:NAME` and its like, which stand for an XPath.
    Shortcut {
        name: Word,
        arguments: Vec<Word>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActorKind {
    Target,
    Group,
}

impl ActorKind {
    pub fn keyword(self) -> &'static str {
        match self {
            ActorKind::Target => "acl_target",
            ActorKind::Group => "acl_group",
        }
    }
}

/// A user or a group of users, and the roles they have.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Word,
    /// `$name=…`, where the id is not the user's name.
    pub name: Option<Word>,
    pub roles: Vec<Word>,
}

/// A user in the form of schemas before 2.0.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: Word,
    pub description: Option<Word>,
    pub grants: Vec<Grant>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Grant {
    Role(Word),
    Permission(Permission),
}
