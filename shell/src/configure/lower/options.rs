//! Options, the topology and single operations put onto a document.

use super::{Lowered, Lowering, keep_foreign_comments, merged_set, unknown_resource};
use crate::configure::build;
use crate::configure::lower::Mode;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Monitor, Operation, OptionSet, OptionsKind, Pair, Statement};
use quorate_grammar::{Diagnostic, Word};

impl Lowering<'_> {
    pub(super) fn options(&mut self, options: &OptionSet, comments: &[String]) -> Lowered {
        let section = match options.kind {
            OptionsKind::Property => "crm_config",
            OptionsKind::ResourceDefaults => "rsc_defaults",
            OptionsKind::OperationDefaults => "op_defaults",
        };
        if options.reference.is_some() {
            let element = build::options(options);
            self.configuration.child_or_new(section).push(element);
            return Ok(());
        }
        let id = options.id.as_ref().map_or_else(|| self.default_set(options.kind, section), |id| id.text.clone());
        self.has_values(options, &id)?;
        let mut element = build::options(options);
        element.set("id", &id);
        let place = objects::find(self.configuration, &id)
            .filter(|object| object.kind == options.kind.keyword())
            .map(|object| object.place);
        let Some(place) = place else {
            if self.pool.has(&id) {
                let span = options.id.as_ref().map(|id| id.span).unwrap_or_default();
                return Err(Diagnostic::error(span, format!("the id `{id}` is already used by another object")));
            }
            build::with_comments(&mut element, comments);
            self.assign(&mut element, None);
            self.configuration.child_or_new(section).push(element);
            self.options_seen.insert(id);
            return Ok(());
        };
        let old = objects::at(self.configuration, &place).clone();
        if self.mode != Mode::Replace {
            governs_others(&old, options)?;
        }
        let given = element.clone();
        // A second statement for the same set adds to the first.
        let replaced = self.mode == Mode::Replace && self.options_seen.insert(id.clone());
        let mut new = if replaced { element } else { merged_set(&old, &element) };
        if replaced {
            build::with_comments(&mut new, comments);
            keep_foreign_comments(&mut new, &old);
        }
        drop_other_names(&mut new, &given);
        self.assign(&mut new, Some(&old));
        *objects::at_mut(self.configuration, &place) = new;
        Ok(())
    }

    /// An option without a value, or with an empty one, would lose the one it has, and nobody means to set none by
    /// a command. A text may have what stands so in some configuration.
    fn has_values(&self, options: &OptionSet, id: &str) -> Lowered {
        let old = objects::find(self.configuration, id).map(|object| object.element);
        let loses = |name: &Word| {
            let mut pairs = old.into_iter().flat_map(|set| set.elements_named("nvpair"));
            let pair = pairs.find(|pair| pair.attr("name") == Some(name.as_str()));
            match pair {
                Some(pair) => pair.attr("value").is_some_and(|value| !value.is_empty()),
                None => self.mode == Mode::Create,
            }
        };
        let bare = options.pairs.iter().find_map(|pair| match pair {
            Pair::Named { name, value: None, .. } if loses(name) => Some((name, "has no value")),
            Pair::Named { name, value: Some(value), .. } if value.text.is_empty() && loses(name) => {
                Some((name, "has an empty value"))
            }
            _ => None,
        });
        let Some((name, what)) = bare else { return Ok(()) };
        let kind = match options.kind {
            OptionsKind::Property => "",
            OptionsKind::ResourceDefaults => "-t rsc_defaults ",
            OptionsKind::OperationDefaults => "-t op_defaults ",
        };
        Err(Diagnostic::error(name.span, format!("`{name}` {what}"))
            .hint(format!("write `{name}=…`; `crm_attribute {kind}-n {name} -D` takes it away")))
    }

    /// Defaults go into the last set that has no rule; cluster options into the well-known one.
    fn default_set(&self, kind: OptionsKind, section: &str) -> String {
        let name = match kind {
            OptionsKind::Property => return "cib-bootstrap-options".to_string(),
            OptionsKind::ResourceDefaults => "rsc-options",
            OptionsKind::OperationDefaults => "op-options",
        };
        let mut sets = self.configuration.child(section).into_iter().flat_map(|section| section.elements());
        let plain = sets.rfind(|set| set.child("rule").is_none());
        plain.and_then(Element::id).unwrap_or(name).to_string()
    }

    pub(super) fn topology(&mut self, mut element: Element, comments: &[String], statement: &Statement) -> Lowered {
        if element.children.is_empty() {
            return Err(Diagnostic::error(statement.span, "there are no nodes that these devices could fence")
                .hint("name the targets: `fencing_topology NODE: DEVICE …`"));
        }
        build::with_comments(&mut element, comments);
        let old = self.configuration.child("fencing-topology").cloned();
        self.assign(&mut element, old.as_ref());
        *self.configuration.child_or_new("fencing-topology") = element;
        Ok(())
    }

    pub(super) fn monitor(&mut self, monitor: &Monitor) -> Lowered {
        let attribute = |name: &str, value: &Word| (Word::new(name), value.clone());
        let role = monitor.role.iter().map(|role| attribute("role", role));
        let timeout = monitor.timeout.iter().map(|timeout| attribute("timeout", timeout));
        let operation = Operation {
            name: Word::new("monitor"),
            attributes: role.chain([attribute("interval", &monitor.interval)]).chain(timeout).collect(),
            sets: Vec::new(),
        };
        let id = &monitor.resource;
        let Some(object) = objects::find_resource(self.configuration, &id.text) else {
            return Err(unknown_resource(self.configuration, id));
        };
        if !matches!(object.kind, "primitive" | "rsc_template") {
            return Err(Diagnostic::error(
                id.span,
                format!("`{}` is a {}; only primitives have operations", id.text, object.kind),
            ));
        }
        let place = object.place;
        let old = objects::at(self.configuration, &place).clone();
        let mut new = old.clone();
        // As crmsh does it: named after the resource, though the operations may have an id.
        let wanted = format!("{}-monitor-{}", id.text, monitor.interval.text);
        let element = build::operation(&operation).with("id", self.pool.make(&wanted));
        new.child_or_new("operations").push(element);
        self.assign(&mut new, Some(&old));
        *objects::at_mut(self.configuration, &place) = new;
        Ok(())
    }
}

/// What is given is not to stand there under another name, too, which may be the one that counts.
fn drop_other_names(set: &mut Element, given: &Element) {
    let of = if set.name == "cluster_property_set" { Of::Cluster } else { Of::Resource };
    let given: Vec<&str> = given.elements().filter_map(|pair| pair.attr("name")).collect();
    set.retain_elements(|pair| {
        let other = pair.attr("name").and_then(|name| names::other(of, name));
        !other.is_some_and(|other| given.contains(&other))
    });
}

/// A rule governs all that is in its set: laid over one that is there, it would switch off the others, too.
fn governs_others(old: &Element, options: &OptionSet) -> Lowered {
    let given = |pair: &&Element| {
        let mut pairs = options.pairs.iter();
        pairs.any(|new| matches!(new, Pair::Named { name, .. } if pair.attr("name") == Some(name.as_str())))
    };
    let mut others = old.elements_named("nvpair").filter(|pair| !given(pair));
    let (Some(_), None, Some(other)) = (options.rules.first(), old.child("rule"), others.next()) else {
        return Ok(());
    };
    let (id, name) = (old.id().unwrap_or_default(), other.attr("name").unwrap_or_default());
    let span = options.id.as_ref().map(|id| id.span).unwrap_or_default();
    let text = format!("the rule would govern all that is in `{id}`: `{name}`, too");
    Err(Diagnostic::error(span, text).hint("give the rule a set of its own, with another id"))
}
