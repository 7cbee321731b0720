//! Who may see and change what.
//!
//! In: nothing. Out: [`Acls`]. Never here: deciding a request.

/// The `acls` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acls {
    pub roles: Vec<AclRole>,
    pub users: Vec<AclSubject>,
    pub groups: Vec<AclSubject>,
}

/// An `acl_role`: permissions under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclRole {
    pub id: String,
    pub description: Option<String>,
    pub permissions: Vec<AclPermission>,
}

/// A user or group with the roles it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclSubject {
    pub id: String,
    /// The account; the id where none is given.
    pub name: String,
    pub roles: Vec<String>,
}

/// An `acl_permission`: what is done to which elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclPermission {
    pub id: String,
    pub kind: AclKind,
    pub scope: AclScope,
    pub description: Option<String>,
}

/// What a permission lets its users do with what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclKind {
    Read,
    Write,
    Deny,
}

/// Which elements a permission is about: `xpath`, `reference`, or `object-type` with `attribute`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclScope {
    Xpath(String),
    Reference(String),
    Element { kind: String, attribute: Option<String> },
}
