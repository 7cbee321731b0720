//! Names of elements and attributes: the words a CIB uses cost nothing to copy.
//!
//! A word from [`WORDS`] is a static string; any other is shared.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The words that fill large CIBs, sorted by bytes so that they can be searched.
const WORDS: &[&str] = &[
    "action",
    "admin_epoch",
    "attributes",
    "call-id",
    "cib",
    "cib-last-written",
    "class",
    "clone",
    "configuration",
    "constraints",
    "crm-debug-origin",
    "crm_config",
    "crm_feature_set",
    "crmd",
    "dc-uuid",
    "epoch",
    "exec-time",
    "execution-date",
    "exit-reason",
    "expected",
    "expression",
    "first",
    "first-action",
    "group",
    "have-quorum",
    "id",
    "id-ref",
    "in_ccm",
    "index",
    "instance_attributes",
    "interval",
    "join",
    "kind",
    "lrm",
    "lrm_resource",
    "lrm_resources",
    "lrm_rsc_op",
    "meta_attributes",
    "name",
    "node",
    "node_state",
    "nodes",
    "num_updates",
    "nvpair",
    "on-fail",
    "on_node",
    "op",
    "op-digest",
    "op-force-restart",
    "op-restart-digest",
    "op-secure-digest",
    "op-secure-params",
    "op-status",
    "op_defaults",
    "operation",
    "operation_key",
    "operations",
    "primitive",
    "provider",
    "queue-time",
    "rc-code",
    "resource-discovery",
    "resource_ref",
    "resource_set",
    "resources",
    "role",
    "rsc",
    "rsc_colocation",
    "rsc_defaults",
    "rsc_location",
    "rsc_order",
    "rule",
    "score",
    "status",
    "symmetrical",
    "then",
    "then-action",
    "timeout",
    "transient_attributes",
    "transition-key",
    "transition-magic",
    "type",
    "uname",
    "update-client",
    "update-origin",
    "update-user",
    "utilization",
    "validate-with",
    "value",
    "with-rsc",
];

/// The name of an element or attribute. Compared, ordered and borrowed as its text.
#[derive(Clone)]
pub struct Name(Repr);

#[derive(Clone)]
enum Repr {
    Word(&'static str),
    Other(Arc<str>),
}

impl Name {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Word(word) => word,
            Repr::Other(text) => text,
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        match WORDS.binary_search(&text) {
            Ok(at) => Name(Repr::Word(WORDS[at])),
            Err(_) => Name(Repr::Other(text.into())),
        }
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_and_unique() {
        assert!(WORDS.windows(2).all(|pair| pair[0] < pair[1]), "{WORDS:?}");
    }
}
