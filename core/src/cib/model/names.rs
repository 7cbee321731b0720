//! Options that have two names, an older and a newer: one option, whichever of them is used.
//!
//! In: names, the schema of a document. Out: whether two names are one option's, and which of them a document uses.
//! Never here: names that were dropped or moved elsewhere (see `cib::upgrade`).

use crate::cib::upgrade::Schema;

/// Whose options they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Cluster,
    /// Meta attributes of resources.
    Resource,
}

/// One option's names; documents use the newer one since a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    pub old: &'static str,
    pub new: &'static str,
    since: Schema,
}

const fn renamed(old: &'static str, new: &'static str, major: u8, minor: u8) -> Renamed {
    Renamed { old, new, since: Schema { major, minor } }
}

const CLUSTER: &[Renamed] = &[
    renamed("stonith-enabled", "fencing-enabled", 4, 0),
    renamed("stonith-action", "fencing-action", 4, 0),
    renamed("stonith-timeout", "fencing-timeout", 4, 0),
    renamed("stonith-max-attempts", "fencing-max-attempts", 4, 0),
    renamed("stonith-watchdog-timeout", "fencing-watchdog-timeout", 4, 0),
    renamed("stop-orphan-resources", "stop-removed-resources", 4, 0),
    renamed("stop-orphan-actions", "cancel-removed-actions", 4, 0),
    renamed("fence-reaction", "fencing-reaction", 4, 0),
    renamed("crmd-finalization-timeout", "join-finalization-timeout", 3, 0),
    renamed("crmd-integration-timeout", "join-integration-timeout", 3, 0),
    renamed("crmd-transition-delay", "transition-delay", 3, 0),
];

const RESOURCE: &[Renamed] =
    &[renamed("master-max", "promoted-max", 3, 0), renamed("master-node-max", "promoted-node-max", 3, 0)];

const ROLES: &[Renamed] = &[renamed("Master", "Promoted", 3, 7), renamed("Slave", "Unpromoted", 3, 7)];

const fn table(of: Of) -> &'static [Renamed] {
    match of {
        Of::Cluster => CLUSTER,
        Of::Resource => RESOURCE,
    }
}

fn find(table: &'static [Renamed], name: &str) -> Option<&'static Renamed> {
    table.iter().find(|one| one.old == name || one.new == name)
}

fn chosen<'a>(table: &'static [Renamed], name: &'a str, schema: Schema) -> &'a str {
    match find(table, name) {
        Some(one) if schema >= one.since => one.new,
        Some(one) => one.old,
        None => name,
    }
}

/// The older names there are.
pub fn older(of: Of) -> impl Iterator<Item = &'static str> {
    table(of).iter().map(|one| one.old)
}

/// The option's other name, if it has one.
pub fn other(of: Of, name: &str) -> Option<&'static str> {
    find(table(of), name).map(|one| if one.old == name { one.new } else { one.old })
}

/// Whether it is an older name of an option.
pub fn is_older(of: Of, name: &str) -> bool {
    table(of).iter().any(|one| one.old == name)
}

/// What an option of the cluster was called until schema 4.0, if that is its newer name.
pub fn until_schema_4(name: &str) -> Option<&'static str> {
    CLUSTER.iter().find(|one| one.new == name && one.since.major >= 4).map(|one| one.old)
}

/// Whether both are names of one option.
pub fn is_same(of: Of, one: &str, another: &str) -> bool {
    one == another || other(of, one) == Some(another)
}

/// The name that a document of this schema has for it. Before the schema that has the newer name of an option of
/// the cluster, either may stand there.
pub fn in_schema(of: Of, name: &str, schema: Schema) -> &str {
    match find(table(of), name) {
        Some(one) if of == Of::Cluster && schema < one.since => name,
        _ => chosen(table(of), name, schema),
    }
}

/// The word that a document of this schema has for a role.
pub fn role_in_schema(role: &str, schema: Schema) -> &str {
    chosen(ROLES, role, schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_its_name_for_an_option() {
        let schema = |minor| Schema { major: 3, minor };
        let four = Schema { major: 4, minor: 0 };
        for (of, name, schema, used) in [
            (Of::Cluster, "stonith-enabled", four, "fencing-enabled"),
            (Of::Cluster, "fencing-enabled", four, "fencing-enabled"),
            (Of::Cluster, "fencing-enabled", schema(10), "fencing-enabled"),
            (Of::Cluster, "stonith-enabled", schema(10), "stonith-enabled"),
            (Of::Cluster, "master-max", four, "master-max"),
            (Of::Resource, "master-max", schema(0), "promoted-max"),
            (Of::Resource, "promoted-node-max", Schema { major: 2, minor: 10 }, "master-node-max"),
        ] {
            assert_eq!(in_schema(of, name, schema), used, "{name} in {schema:?}");
        }
        assert_eq!(role_in_schema("Promoted", schema(6)), "Master");
        assert_eq!(role_in_schema("Slave", schema(7)), "Unpromoted");
        assert_eq!(other(Of::Cluster, "fencing-timeout"), Some("stonith-timeout"));
        assert!(is_same(Of::Resource, "promoted-max", "master-max") && !is_same(Of::Resource, "a", "b"));
    }
}
