//! Access lists: what a user sees of a document, and may change in it.
//!
//! In: a document, which holds its own lists, and who asks. Out: [`Rights`].
//! Rules as in Pacemaker Explained, "Access Control Lists": without a permission nothing is seen; of an element
//! and all around it the nearest permission decides; on the same element `deny` goes before the others; writing
//! includes reading. Absent: who is privileged.

use super::apply::apply;
use super::decode;
use super::document::Document;
use super::model::acl::{AclKind, AclPermission, AclScope, AclSubject};
use super::patch::{Change, Patch};
use crate::xml::path::{Path, Step};
use crate::xml::xpath::XPath;
use crate::xml::{Element, Node};
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub user: String,
    pub groups: Vec<String>,
}

/// What was said of one element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    denied: bool,
    writes: bool,
    reads: bool,
}

/// What somebody may do with one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Denied,
    Readable,
    Writable,
}

/// What somebody may do with one document.
#[derive(Clone, Debug)]
pub struct Rights {
    permissions: Vec<AclPermission>,
    /// By the way from the root: places among children.
    marks: BTreeMap<Vec<usize>, Mark>,
}

/// Whether lists count at all (`enable-acl`).
pub fn is_in_force(document: &Document) -> bool {
    let sets = document.configuration().child("crm_config").into_iter().flat_map(Element::elements);
    let mut pairs = sets.flat_map(Element::elements);
    let given = pairs.find(|pair| pair.attr("name") == Some("enable-acl")).and_then(|pair| pair.attr("value"));
    given.is_some_and(|text| literal::boolean(text) == Ok(true))
}

/// Attributes of the root that say which document it is, and nothing of what it holds.
const OF_THE_ROOT: [&str; 5] = ["admin_epoch", "epoch", "num_updates", "validate-with", "crm_feature_set"];

impl Rights {
    /// The rights that the document gives somebody.
    pub fn of(document: &Document, subject: &Subject) -> Rights {
        let (configuration, _) = decode::configuration(document.root());
        let acls = &configuration.acls;
        let is_user = |target: &&AclSubject| target.name == subject.user;
        let is_group = |target: &&AclSubject| subject.groups.contains(&target.name);
        let mut roles: Vec<&String> = acls.users.iter().filter(is_user).flat_map(|user| &user.roles).collect();
        roles.extend(acls.groups.iter().filter(is_group).flat_map(|group| &group.roles));
        let own = acls.roles.iter().filter(|role| roles.contains(&&role.id));
        Rights::on(document.root(), own.flat_map(|role| role.permissions.iter().cloned()).collect())
    }

    /// What these permissions mean in a document.
    fn on(root: &Element, permissions: Vec<AclPermission>) -> Rights {
        let mut rights = Rights { permissions: Vec::new(), marks: BTreeMap::new() };
        permissions.iter().for_each(|permission| rights.mark(root, permission));
        Rights { permissions, ..rights }
    }

    fn mark(&mut self, root: &Element, permission: &AclPermission) {
        // What cannot be understood permits nothing; a denial that cannot be would deny nothing, so it denies all.
        let found = XPath::parse(&xpath(&permission.scope)).and_then(|path| path.find(root));
        let ways: BTreeSet<Vec<usize>> = match (found, permission.kind) {
            (Ok(found), _) => found.into_iter().map(|found| found.way).collect(),
            (Err(_), AclKind::Deny) => BTreeSet::from([Vec::new()]),
            (Err(_), _) => BTreeSet::new(),
        };
        for way in ways {
            let mark = self.marks.entry(way).or_default();
            match permission.kind {
                AclKind::Deny => mark.denied = true,
                AclKind::Write => mark.writes = true,
                AclKind::Read => mark.reads = true,
            }
        }
    }

    /// What is seen of the document, and no more; `None` if that is nothing.
    pub fn seen_of(&self, document: &Document) -> Option<Element> {
        self.seen(document.root(), &mut Vec::new(), false)
    }

    /// What is seen of the document, with what says which document it is; `None` if nothing is seen.
    pub fn shown(&self, document: &Document) -> Option<Element> {
        let root = document.root();
        let mut shown = self.seen_of(document)?;
        for name in OF_THE_ROOT {
            if let Some(value) = root.attr(name) {
                shown.set(name, value);
            }
        }
        Some(shown)
    }

    fn seen(&self, element: &Element, way: &mut Vec<usize>, inherited: bool) -> Option<Element> {
        let readable = match self.marks.get(way) {
            Some(mark) if mark.denied => false,
            Some(_) => true,
            None => inherited,
        };
        if readable
            && !self.marks.range(way.clone()..).any(|(below, _)| below.len() > way.len() && below.starts_with(way))
        {
            return Some(element.clone());
        }
        let mut children = Vec::new();
        for (at, child) in element.children.iter().enumerate() {
            match child {
                Node::Element(child) => {
                    way.push(at);
                    children.extend(self.seen(child, way, readable).map(|seen| Node::Element(seen.into())));
                    way.pop();
                }
                other if readable => children.push(other.clone()),
                _ => {}
            }
        }
        if !readable && children.is_empty() {
            return None;
        }
        // What leads to something seen is named, and no more.
        let mut seen = if readable { element.clone() } else { bare(element) };
        seen.children = children;
        Some(seen)
    }

    /// Why a change may not be made, if it may not.
    ///
    /// What is new is judged where it comes to stand: a permission for `//nvpair[@name='target-role']` lets somebody
    /// set a role for the first time, too, and make the set that holds it.
    pub fn refuses(&self, document: &Document, patch: &Patch) -> Option<String> {
        let creates = patch.changes.iter().any(|change| matches!(change, Change::Create { .. }));
        let next = creates.then(|| apply(document, patch).ok()).flatten();
        let after = next.as_ref().map(|next| (next.root(), Rights::on(next.root(), self.permissions.clone())));
        patch.changes.iter().find_map(|change| match (change, &after) {
            (Change::Create { parent, node: Node::Element(element), .. }, Some((root, rights))) => {
                let path = parent.join(Step::to(element));
                let way = way(root, &path);
                let may = way.len() + 1 == path.0.len() && rights.may_create(root, &way);
                (!may).then(|| format!("you may not change {parent}"))
            }
            _ => self.refuses_change(document.root(), change),
        })
    }

    /// Whether what stands at a place may be new there: it may be written, or it only holds what may be.
    fn may_create(&self, root: &Element, way: &[usize]) -> bool {
        if self.writes(way) {
            return !self.denies_below(way);
        }
        let Some(element) = at(root, way).filter(|element| is_scaffolding(element)) else { return false };
        if self.access(way) == Access::Denied && self.is_marked(way) || is_of_lists(root, way) {
            return false;
        }
        let below = element.children.iter().enumerate();
        let mut children = below.filter(|(_, node)| node.element().is_some()).map(|(place, _)| place).peekable();
        children.peek().is_some() && children.all(|place| self.may_create(root, &[way, &[place]].concat()))
    }

    fn is_marked(&self, way: &[usize]) -> bool {
        (0..=way.len()).any(|length| self.marks.contains_key(&way[..length]))
    }

    fn refuses_change(&self, root: &Element, change: &Change) -> Option<String> {
        let path = change.path();
        let way = way(root, path);
        let whole = way.len() + 1 == path.0.len();
        let removes = matches!(change, Change::Delete { .. });
        // What an element holds goes with it.
        let hides = removes && whole && self.denies_below(&way);
        (hides || !self.writes(&way)).then(|| format!("you may not change {path}"))
    }

    /// Whether what is at a path may be written, be it there or not.
    pub fn may_write(&self, document: &Document, path: &Path) -> bool {
        self.writes(&way(document.root(), path))
    }

    /// What may be done with what is at a place.
    pub fn access(&self, way: &[usize]) -> Access {
        let nearest = (0..=way.len()).rev().find_map(|length| self.marks.get(&way[..length]));
        match nearest {
            None | Some(Mark { denied: true, .. }) => Access::Denied,
            Some(_) if self.writes(way) => Access::Writable,
            Some(_) => Access::Readable,
        }
    }

    fn writes(&self, way: &[usize]) -> bool {
        let nearest = (0..=way.len()).rev().filter_map(|length| self.marks.get(&way[..length]));
        nearest.into_iter().find(|mark| mark.denied || mark.writes).is_some_and(|mark| !mark.denied)
    }

    fn denies_below(&self, way: &[usize]) -> bool {
        self.marks.range(way.to_vec()..).take_while(|(below, _)| below.starts_with(way)).any(|(_, mark)| mark.denied)
    }
}

/// An element that has an id, and nothing else of its own.
fn is_scaffolding(element: &Element) -> bool {
    element.attributes.iter().all(|(name, _)| name.as_str() == "id")
}

/// Whether a place is within the access lists: nobody makes room there for more rights.
fn is_of_lists(root: &Element, way: &[usize]) -> bool {
    (0..=way.len()).any(|length| at(root, &way[..length]).is_some_and(|element| element.name == "acls"))
}

fn at<'a>(root: &'a Element, way: &[usize]) -> Option<&'a Element> {
    way.iter().try_fold(root, |element, place| element.children.get(*place)?.element().map(|child| &**child))
}

fn bare(element: &Element) -> Element {
    let bare = Element::new(&element.name.to_string());
    match element.id() {
        Some(id) => bare.with("id", id),
        None => bare,
    }
}

/// A permission's scope as an expression.
fn xpath(scope: &AclScope) -> String {
    match scope {
        AclScope::Xpath(text) => text.clone(),
        AclScope::Reference(id) => format!("//*[@id={}]", quoted(id)),
        AclScope::Element { kind, attribute: None } => format!("//{kind}"),
        AclScope::Element { kind, attribute: Some(name) } => format!("//{kind}[@{name}]"),
    }
}

fn quoted(id: &str) -> String {
    if id.contains('\'') { format!("\"{id}\"") } else { format!("'{id}'") }
}

/// The places that lead along a path, as far as it exists. The root is where it begins.
fn way(root: &Element, path: &Path) -> Vec<usize> {
    let mut way = Vec::new();
    let mut element = root;
    for step in path.0.iter().skip(1) {
        let Some((at, child)) = child(element, step) else { break };
        way.push(at);
        element = child;
    }
    way
}

fn child<'a>(element: &'a Element, step: &Step) -> Option<(usize, &'a Element)> {
    element.children.iter().enumerate().find_map(|(at, node)| match node {
        Node::Element(child) if step.fits(child) => Some((at, &**child)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::diff;

    const RESOURCES: &str = "<resources><primitive id='a'><meta_attributes id='a-m'>\
        <nvpair id='a-r' name='target-role' value='Started'/><nvpair id='a-s' name='secret' value='x'/></meta_attributes>\
        </primitive><primitive id='b'/></resources>";

    fn document(permissions: &str, resources: &str) -> Document {
        let text = format!(
            "<cib admin_epoch='0' epoch='1' num_updates='2' validate-with='pacemaker-4.0'><configuration><crm_config/>\
             <nodes/>{resources}<constraints/><acls><acl_role id='r'>{permissions}</acl_role>\
             <acl_target id='ann'><role id='r'/></acl_target><acl_group id='ops'><role id='r'/></acl_group></acls>\
             </configuration><status/></cib>"
        );
        Document::read(&text).expect("a CIB")
    }

    fn permissions(list: &[(&str, &str)]) -> String {
        let one = |(number, (kind, scope)): (usize, &(&str, &str))| {
            format!("<acl_permission id='p{number}' kind='{kind}' {scope}/>")
        };
        list.iter().enumerate().map(one).collect()
    }

    fn rights(document: &Document) -> Rights {
        Rights::of(document, &Subject { user: "ann".into(), groups: Vec::new() })
    }

    /// What is seen of the resources, as ids; `id!` where attributes are seen, too.
    #[track_caller]
    fn check_seen(list: &[(&str, &str)], expected: &str) {
        let document = document(&permissions(list), RESOURCES);
        let shown = rights(&document).shown(&document);
        let mut ids = Vec::new();
        let resources =
            shown.iter().flat_map(|root| root.child("configuration")).flat_map(|all| all.child("resources"));
        for element in resources.flat_map(|all| all.descendants()).filter(|element| element.id().is_some()) {
            let mark = if element.attr("value").is_some() { "!" } else { "" };
            ids.push(format!("{}{mark}", element.id().unwrap_or_default()));
        }
        assert_eq!(ids.join(" "), expected, "{list:?}");
    }

    #[test]
    fn only_what_is_permitted_is_seen_and_what_leads_there() {
        check_seen(&[], "");
        check_seen(&[("read", "xpath='/cib'")], "a a-m a-r! a-s! b");
        check_seen(&[("read", "reference='b'")], "b");
        check_seen(&[("read", "xpath=\"//nvpair[@name='target-role']\"")], "a a-m a-r!");
        check_seen(&[("read", "object-type='primitive'")], "a a-m a-r! a-s! b");
    }

    #[test]
    fn the_nearest_permission_decides_and_a_denial_goes_first() {
        check_seen(&[("read", "xpath='/cib'"), ("deny", "reference='a-m'")], "a b");
        check_seen(
            &[("read", "xpath='/cib'"), ("deny", "reference='a-m'"), ("read", "reference='a-r'")],
            "a a-m a-r! b",
        );
        check_seen(&[("write", "reference='b'"), ("deny", "reference='b'")], "");
        check_seen(&[("deny", "xpath='///'"), ("read", "xpath='/cib'")], "");
    }

    #[test]
    fn who_has_no_role_sees_nothing_and_a_group_may_have_one() {
        let document = document(&permissions(&[("read", "xpath='/cib'")]), RESOURCES);
        let seen = |user: &str, groups: &[&str]| {
            let groups = groups.iter().map(|name| name.to_string()).collect();
            Rights::of(&document, &Subject { user: user.into(), groups }).shown(&document).is_some()
        };
        assert!(!seen("bob", &[]));
        assert!(!seen("bob", &["staff"]));
        assert!(seen("bob", &["staff", "ops"]));
    }

    #[test]
    fn the_version_is_seen_by_all_who_see_anything() {
        let document = document(&permissions(&[("read", "reference='b'")]), RESOURCES);
        let shown = rights(&document).shown(&document).expect("something");
        assert_eq!((shown.attr("epoch"), shown.attr("num_updates")), (Some("1"), Some("2")));
    }

    /// Whether a change of the resources is let through.
    #[track_caller]
    fn check_change(list: &[(&str, &str)], from: &str, to: &str, allowed: bool) {
        let list = permissions(list);
        let (before, after) = (document(&list, from), document(&list, to));
        let refusal = rights(&before).refuses(&before, &diff(&before, &after));
        assert_eq!(refusal.is_none(), allowed, "{refusal:?}");
    }

    #[test]
    fn only_what_may_be_written_is_changed() {
        let role = RESOURCES.replace("Started", "Stopped");
        let secret = RESOURCES.replace("value='x'", "value='y'");
        let without_b = RESOURCES.replace("<primitive id='b'/>", "");
        let with_c = RESOURCES.replace("<primitive id='b'/>", "<primitive id='b'/><primitive id='c'/>");
        let one = [("read", "xpath='/cib'"), ("write", "xpath=\"//nvpair[@name='target-role']\"")];
        check_change(&one, RESOURCES, &role, true);
        check_change(&one, RESOURCES, &secret, false);
        check_change(&one, RESOURCES, &without_b, false);
        check_change(&one, RESOURCES, &with_c, false);
        // For the first time.
        let first = "<primitive id='b'><meta_attributes id='b-m'><nvpair id='b-r' name='target-role' value='Stopped'/>\
            </meta_attributes></primitive>";
        let of_b = |text: &str| RESOURCES.replace("<primitive id='b'/>", text);
        check_change(&one, RESOURCES, &of_b(first), true);
        check_change(&one, RESOURCES, &of_b(&first.replace("target-role", "is-managed")), false);
        check_change(&one, RESOURCES, &of_b("<primitive id='b'><meta_attributes id='b-m'/></primitive>"), false);
        let mixed = first.replace("</meta", "<nvpair id='b-s' name='secret' value='y'/></meta");
        check_change(&one, RESOURCES, &of_b(&mixed), false);
        let denied = [one[0], one[1], ("deny", "xpath=\"//primitive[@id='b']\"")];
        check_change(&denied, RESOURCES, &of_b(first), false);
        let all = [("write", "xpath='//resources'"), ("deny", "reference='a-s'")];
        check_change(&all, RESOURCES, &role, true);
        check_change(&all, RESOURCES, &secret, false);
        check_change(&all, RESOURCES, &without_b, true);
        check_change(&all, RESOURCES, &with_c, true);
        // What is denied does not go with what holds it.
        check_change(&all, RESOURCES, "<resources><primitive id='b'/></resources>", false);
        check_change(&[("read", "xpath='/cib'")], RESOURCES, &role, false);
    }
}
