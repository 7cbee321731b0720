//! What crm_ticket prints: lines, or a `pacemaker-result` document.
//!
//! In: tickets and parts of the CIB. Out: text for standard output and for standard error.
//! Absent: finding them.

use crate::Exit;
use crate::standard::Format;
use quorate_core::view::cluster::TicketView;
use quorate_core::view::words;
use quorate_core::view::xml::{API_VERSION, ticket as ticket_element};
use quorate_core::xml::{Element, Node, write_pretty};
use quorate_transport::zone;

pub struct Report {
    format: Format,
    text: String,
    errors: Vec<String>,
    root: Element,
}

impl Report {
    pub fn new(format: Format, request: &str) -> Report {
        let root = Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request);
        Report { format, text: String::new(), errors: Vec::new(), root }
    }

    pub fn error(&mut self, text: &str) {
        self.errors.push(text.to_string());
    }

    /// A line that only people need.
    pub fn note(&mut self, line: &str) {
        self.text.push_str(&format!("{line}\n"));
    }

    pub fn tickets(&mut self, tickets: &[TicketView], details: bool, raw: bool) {
        let zone = zone::local();
        let mut element = Element::new("tickets");
        for ticket in tickets {
            self.note(&if raw { ticket.id.clone() } else { line(ticket, details) });
            element.push(ticket_element(ticket, &zone));
        }
        self.root.push(element);
    }

    pub fn state(&mut self, state: &Element) {
        self.text.push_str(&format!("State XML:\n\n{}", write_pretty(state)));
        let alone = std::slice::from_ref(state);
        let tickets: Vec<&Element> =
            if state.name == "tickets" { state.elements().collect() } else { alone.iter().collect() };
        let ticket = |state: &Element| {
            let mut ticket = Element::new("ticket");
            state.attributes.iter().for_each(|(name, value)| ticket.set(name, value));
            ticket
        };
        self.root.push(tickets.into_iter().map(ticket).fold(Element::new("tickets"), Element::with_child));
    }

    pub fn constraints(&mut self, constraints: &[&Element]) {
        self.text.push_str("Constraints XML:\n\n");
        let (mut tickets, mut resources) = (Element::new("tickets"), Element::new("resources"));
        for constraint in constraints {
            self.text.push_str(&write_pretty(constraint));
            let id = constraint.attr("ticket").unwrap_or_default();
            let holder = Element::new("constraints").with_child((*constraint).clone());
            tickets.push(Element::new("ticket").with("id", id).with_child(holder));
            // What the constraint refers to by id must be in the document, once.
            let members = constraint.descendants().filter(|part| part.name == "resource_ref").filter_map(Element::id);
            for id in constraint.attr("rsc").into_iter().chain(members) {
                if resources.child_with_id("resource", id).is_none() {
                    resources.push(Element::new("resource").with("id", id));
                }
            }
        }
        self.root.push(tickets);
        self.root.push(resources);
    }

    pub fn attribute(&mut self, id: &str, name: &str, value: &str) {
        self.note(value);
        let attribute = Element::new("attribute").with("name", name).with("value", value);
        let ticket = Element::new("ticket").with("id", id).with_child(attribute);
        self.root.push(Element::new("tickets").with_child(ticket));
    }

    /// What goes to standard output, and to standard error.
    pub fn finish(mut self, exit: Exit) -> (String, String) {
        let told: String = self.errors.iter().map(|error| format!("{error}\n")).collect();
        match self.format {
            Format::Text => (self.text, told),
            Format::None => (String::new(), told),
            Format::Xml => {
                let mut status = Element::new("status").with("code", exit.0.to_string()).with("message", exit.words());
                if !self.errors.is_empty() {
                    let error = |text: &String| Element {
                        children: vec![Node::Text(text.as_str().into())],
                        ..Element::new("error")
                    };
                    status.push(self.errors.iter().map(error).fold(Element::new("errors"), Element::with_child));
                }
                self.root.push(status);
                (write_pretty(&self.root), String::new())
            }
        }
    }
}

/// The name, a tab, `granted [standby] last-granted="…"`; or all attributes in brackets.
fn line(ticket: &TicketView, details: bool) -> String {
    let state = if ticket.granted { "granted" } else { "revoked" };
    let standby = if ticket.standby { " [standby]" } else { "" };
    let time = |moment: i64| words::time(moment, &zone::local());
    let attributes = (details && !ticket.attributes.is_empty()).then(|| {
        let shown = ticket.attributes.iter().map(|(name, value)| match (name.as_str(), value.parse()) {
            ("last-granted" | "expires", Ok(moment)) => format!("{name}={}", time(moment)),
            _ => format!("{name}={value}"),
        });
        format!("\t({})", shown.collect::<Vec<_>>().join(", "))
    });
    let end = match (attributes, ticket.last_granted) {
        (Some(attributes), Some(_)) => format!(" {attributes}"),
        (Some(attributes), None) => attributes,
        (None, Some(moment)) => format!(" last-granted=\"{}\"", time(moment)),
        (None, None) => String::new(),
    };
    format!("{}\t{state}{standby}{end}", ticket.id)
}
