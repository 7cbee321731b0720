//! Rules as text.

use super::{Printer, Role, bare, quote};
use crate::crm::ast::{Boolean, Condition, Expression, Rule, Source};
use crate::span::Word;

impl Printer<'_> {
    pub(super) fn rule(&mut self, rule: &Rule) {
        self.put(Role::Keyword, "rule");
        self.rule_body(rule);
    }

    fn rule_body(&mut self, rule: &Rule) {
        match rule {
            Rule::Reference(id) => self.space(Role::Plain, &format!("$id-ref={}", quote(&id.text))),
            Rule::Own { id, role, score, boolean, verbatim, conditions } => {
                if let Some(id) = id {
                    self.space(Role::Plain, &format!("$id={}", quote(&id.text)));
                }
                if let Some(role) = role {
                    self.space(Role::Plain, &format!("$role={}", quote(&role.text)));
                }
                self.verbatim(verbatim);
                if let Some(score) = score {
                    self.word(Role::Score, &format!("{}:", score.text));
                }
                self.conditions(*boolean, conditions);
            }
        }
    }

    fn conditions(&mut self, boolean: Boolean, conditions: &[Condition]) {
        for (index, condition) in conditions.iter().enumerate() {
            if index > 0 {
                self.space(Role::Keyword, boolean.keyword());
            }
            self.own_id(condition.id.as_ref());
            self.expression(&condition.expression);
        }
    }

    fn own_id(&mut self, id: Option<&Word>) {
        if let Some(id) = id {
            self.pair("$id", Some(&id.text));
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Defined { name } => self.words(&["defined", &bare(&name.text)]),
            Expression::NotDefined { name } => self.words(&["not_defined", &bare(&name.text)]),
            Expression::Compare { name, kind, operation, value, source } => {
                let kind = kind.as_ref().map_or(String::new(), |kind| format!("{}:", kind.text));
                let sourced = |source: &str| bare(&format!("{source}{{{}}}", value.text));
                let value = match source {
                    Source::Literal => quote(&value.text),
                    Source::SaidLiteral => sourced("literal"),
                    Source::Parameter => sourced("param"),
                    Source::Meta => sourced("meta"),
                };
                self.words(&[&bare(&name.text), &format!("{kind}{}", operation.text), &value]);
            }
            Expression::Before { end } => self.words(&["date", "lt", &quote(&end.text)]),
            Expression::After { start } => self.words(&["date", "gt", &quote(&start.text)]),
            Expression::Within { start, end, duration_id, duration } => {
                self.words(&["date", "in"]);
                for (name, value) in [("start", start), ("end", end)] {
                    if let Some(value) = value {
                        self.pair(name, Some(&value.text));
                    }
                }
                self.own_id(duration_id.as_ref());
                self.attributes(duration);
            }
            Expression::Calendar { id, fields } => {
                self.words(&["date", "spec"]);
                self.own_id(id.as_ref());
                self.attributes(fields);
            }
            Expression::Nested(rule) => {
                self.words(&["("]);
                self.rule_body(rule);
                self.words(&[")"]);
            }
            Expression::Plain { element, attributes, below } => {
                self.words(&[&element.text]);
                self.attributes(attributes);
                if let Some((part, id, fields)) = below {
                    self.words(&[&part.text]);
                    self.own_id(id.as_ref());
                    self.attributes(fields);
                }
            }
        }
    }
}
