//! The options of crm_ticket, and the one thing they ask for.
//!
//! In: words. Out: [`Options`], [`Wish`], or what is wrong with them.
//! Absent: doing it.

use crate::tools::standard::Standard;
use clap::Parser;
use quorate_core::ticket::Change;
use std::path::PathBuf;

const QUERIES: &str = "Queries";
const COMMANDS: &str = "Commands";
const ADVANCED: &str = "Advanced";
const ADDITIONAL: &str = "Additional";
const OUTPUT: &str = "Output";
const GENERAL: &str = "General";

const AFTER: &str = "Examples:
  crm_ticket --info
  crm_ticket --ticket ticketA --constraints
  crm_ticket --ticket ticketA --grant --force
  crm_ticket --ticket ticketA --standby
  crm_ticket --ticket ticketA --set-attr owner --attr-value siteB
  crm_ticket --ticket ticketA --cleanup";

#[derive(Parser, Debug)]
#[command(
    name = "crm_ticket",
    about = "Shows and changes the tickets of this site",
    after_help = AFTER,
    disable_version_flag = true
)]
pub struct Options {
    /// Show tickets
    #[arg(short = 'l', long, help_heading = QUERIES)]
    pub info: bool,
    /// Show tickets with all their attributes
    #[arg(short = 'L', long, help_heading = QUERIES)]
    pub details: bool,
    /// Show the names of tickets
    #[arg(short = 'w', long, help_heading = QUERIES)]
    pub raw: bool,
    /// Show tickets as they stand in the CIB
    #[arg(short = 'q', long, help_heading = QUERIES)]
    pub query_xml: bool,
    /// Show the constraints that depend on tickets
    #[arg(short = 'c', long, help_heading = QUERIES)]
    pub constraints: bool,
    /// Grant a ticket to this site (with --force)
    #[arg(short = 'g', long, help_heading = COMMANDS)]
    pub grant: bool,
    /// Revoke a ticket from this site (with --force)
    #[arg(short = 'r', long, help_heading = COMMANDS, conflicts_with = "grant")]
    pub revoke: bool,
    /// Let what depends on a ticket stop in good order
    #[arg(short = 's', long, help_heading = COMMANDS)]
    pub standby: bool,
    /// End the standby of a ticket
    #[arg(short = 'a', long, help_heading = COMMANDS, conflicts_with = "standby")]
    pub activate: bool,
    /// Show an attribute of a ticket
    #[arg(short = 'G', long, value_name = "ATTRIBUTE", help_heading = ADVANCED)]
    pub get_attr: Option<String>,
    /// Set an attribute of a ticket, with -v; may be repeated
    #[arg(short = 'S', long, value_name = "ATTRIBUTE", help_heading = ADVANCED)]
    pub set_attr: Vec<String>,
    /// Remove an attribute of a ticket; may be repeated
    #[arg(short = 'D', long, value_name = "ATTRIBUTE", help_heading = ADVANCED)]
    pub delete_attr: Vec<String>,
    /// Forget a ticket
    #[arg(short = 'C', long, help_heading = ADVANCED)]
    pub cleanup: bool,
    /// The value for -S
    #[arg(short = 'v', long, value_name = "VALUE", allow_hyphen_values = true, help_heading = ADDITIONAL)]
    pub attr_value: Vec<String>,
    /// What -G shows if there is no value
    #[arg(short = 'd', long, value_name = "VALUE", allow_hyphen_values = true, help_heading = ADDITIONAL)]
    pub default: Option<String>,
    /// Do what affects this and other sites
    #[arg(short = 'f', long, help_heading = ADDITIONAL)]
    pub force: bool,
    /// The ticket
    #[arg(short = 't', long, value_name = "ID", help_heading = ADDITIONAL)]
    pub ticket: Option<String>,
    /// Look at the CIB in a file
    #[arg(short = 'x', long, hide = true)]
    pub xml_file: Option<PathBuf>,
    /// For scripts of older versions; without effect
    #[arg(short = 'n', long, value_name = "ID", hide = true)]
    pub set_name: Option<String>,
    /// For scripts of older versions; without effect
    #[arg(short = 'i', long, value_name = "ID", hide = true)]
    pub nvpair: Option<String>,
    /// For scripts of older versions; without effect
    #[arg(short = 'Q', long, hide = true)]
    pub quiet: bool,
    /// text, xml or none
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = OUTPUT)]
    pub output_as: String,
    /// A file for the answer
    #[arg(long, value_name = "DEST", help_heading = OUTPUT)]
    pub output_to: Option<String>,
    /// Show the version
    #[arg(short = '$', long, help_heading = GENERAL)]
    pub version: bool,
    /// Say more (without effect)
    #[arg(short = 'V', long, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub verbose: u8,
    /// Show this text
    #[arg(long, help_heading = GENERAL)]
    pub help_all: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    List { details: bool, raw: bool },
    State,
    Constraints,
    Attribute(String),
    Change(Change),
}

impl Standard for Options {
    fn wants_help(&self) -> bool {
        self.help_all
    }

    fn wants_version(&self) -> bool {
        self.version
    }

    fn format(&self) -> &str {
        &self.output_as
    }
}

impl Options {
    /// The one thing that is asked for. Two at once are not guessed about.
    pub fn wish(&self) -> Result<Wish, String> {
        let queries = [
            (self.info, "--info", Wish::List { details: false, raw: false }),
            (self.details, "--details", Wish::List { details: true, raw: false }),
            (self.raw, "--raw", Wish::List { details: false, raw: true }),
            (self.query_xml, "--query-xml", Wish::State),
            (self.constraints, "--constraints", Wish::Constraints),
            (self.cleanup, "--cleanup", Wish::Change(Change::Forget)),
        ];
        let mut wishes: Vec<(&str, Wish)> =
            queries.into_iter().filter(|(asked, ..)| *asked).map(|(_, name, wish)| (name, wish)).collect();
        wishes.extend(self.get_attr.iter().map(|name| ("--get-attr", Wish::Attribute(name.clone()))));
        let pairs = self.pairs()?;
        if !pairs.is_empty() {
            wishes.push(("a change", Wish::Change(Change::Set(pairs))));
        }
        let names: Vec<&str> = wishes.iter().map(|(name, _)| *name).collect();
        match names.len() {
            0 => Err("Must supply a command".to_string()),
            1 => Ok(wishes.remove(0).1),
            _ => Err(format!("{} exclude each other", names.join(" and "))),
        }
    }

    fn pairs(&self) -> Result<Vec<(String, Option<String>)>, String> {
        let (names, values) = (&self.set_attr, &self.attr_value);
        match (names.get(values.len()), values.get(names.len())) {
            (Some(name), _) => return Err(format!("Must supply value with -v for -S {name}")),
            (_, Some(value)) => return Err(format!("Must supply attribute name with -S for -v {value}")),
            (None, None) => {}
        }
        let flags = [
            (self.grant, "granted", "true"),
            (self.revoke, "granted", "false"),
            (self.standby, "standby", "true"),
            (self.activate, "standby", "false"),
        ];
        let mut pairs: Vec<(String, Option<String>)> =
            self.delete_attr.iter().map(|name| (name.clone(), None)).collect();
        let flags = flags.into_iter().filter(|(asked, ..)| *asked);
        pairs.extend(flags.map(|(_, name, value)| (name.to_string(), Some(value.to_string()))));
        pairs.extend(names.iter().cloned().zip(values.iter().cloned().map(Some)));
        match Change::Set(pairs.clone()).misnamed() {
            Some(name) => Err(format!("`{name}` is no name for an attribute of a ticket")),
            None => Ok(pairs),
        }
    }
}
